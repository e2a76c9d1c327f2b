"""`ports.Reviews`, `ports.Journal` and `ports.CodeChoices` in SQL: imports, decided, done and undone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from gateway.domain.errors import Moved
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.importing.codes import TheirCode
from gateway.domain.importing.journal import Beside, Change
from gateway.domain.importing.plan import Choices, Verb
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables_receiving import code_choices, journal, reviews
from gateway.usecases.ports.receiving import Entered, Review

_REVIEW = select(reviews).where(
    reviews.c.transfer == bindparam("transfer"), reviews.c.version == bindparam("version")
)
_NEXT = (
    update(reviews)
    .where(
        reviews.c.transfer == bindparam("b_transfer"),
        reviews.c.version == bindparam("b_version"),
        reviews.c.revision == bindparam("b_revision"),
    )
    .values({name: bindparam(name) for name in ("state", "revision", "actor", "at", "choices")})
)


class SqlReviews:
    """Imports under review, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def get(self, transfer: TransferId, version: int) -> Review | None:
        """Return it, if anybody began one."""
        row = self._db.first(_REVIEW, {"transfer": transfer, "version": version})
        return None if row is None else Review(**{**row, "choices": _choices(row["choices"])})

    def put(self, review: Review) -> None:
        """Store it in place of the revision before, or raise `Moved` if that is not there any more."""
        row = _review_row(review)
        before = {
            "b_transfer": review.transfer,
            "b_version": review.version,
            "b_revision": review.revision - 1,
        }
        stored = self._db.run(_NEXT, {**row, **before}) if review.revision else self._db.add(reviews, row)
        if not stored:
            raise Moved("somebody else decided on this import in the meantime")


def _review_row(review: Review) -> dict[str, Any]:
    choices = {
        **asdict(replace(review.choices, codes={})),
        "codes": [[code.list, code.code, ours] for code, ours in review.choices.codes.items()],
    }
    return {
        "transfer": review.transfer,
        "version": review.version,
        "state": review.state,
        "revision": review.revision,
        "actor": review.actor,
        "at": review.at,
        "choices": choices,
    }


def _choices(stored: Mapping[str, Any]) -> Choices:
    student = stored["student"]
    return Choices(
        student=LocalStudentId(student) if student is not None else None,
        new_student=stored["new_student"],
        sections={name: Verb(verb) for name, verb in stored["sections"].items()},
        entries={key: Verb(verb) for key, verb in stored["entries"].items()},
        codes={TheirCode(list_, code): ours for list_, code, ours in stored["codes"]},
        accepted=frozenset(stored["accepted"]),
    )


_lines = select(journal).where(journal.c.kept.is_(None)).order_by(journal.c.seq)
_OF: Final = _lines.where(
    journal.c.transfer == bindparam("transfer"), journal.c.version == bindparam("version")
)
_OF_STUDENT: Final = _lines.where(journal.c.student == bindparam("student"))
_UNDO = update(journal).where(journal.c.seq == bindparam("b_seq")).values(kept=bindparam("kept"))


class SqlJournal:
    """What imports wrote, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, lines: Sequence[Entered]) -> None:
        """Append, in order."""
        self._db.add_each(journal, [_line_row(line) for line in lines])

    def of(self, transfer: TransferId, version: int) -> Sequence[Entered]:
        """Return an import's lines that nobody undid, in the order in which they were written."""
        return [_line(row) for row in self._db.all(_OF, {"transfer": transfer, "version": version})]

    def of_student(self, student: str) -> Sequence[Entered]:
        """Return a student's lines that nobody undid, in the order in which they were written."""
        return [_line(row) for row in self._db.all(_OF_STUDENT, {"student": student})]

    def undo(self, transfer: TransferId, version: int, kept: Sequence[Mapping[str, Any]]) -> None:
        """Mark an import's lines as undone, with what stayed of each, in the order of `of`."""
        rows = self._db.all(_OF, {"transfer": transfer, "version": version})
        marks = [{"b_seq": row["seq"], "kept": dict(stayed)} for row, stayed in zip(rows, kept, strict=True)]
        self._db.run_each(_UNDO, marks)


def _line_row(line: Entered) -> dict[str, Any]:
    change = line.change
    return {
        "transfer": line.transfer,
        "version": line.version,
        "student": line.student,
        "section": change.section,
        "key": change.key,
        "theirs": change.theirs,
        "apart": int(change.apart),
        "at": line.at,
        "before": change.before,
        "after": change.after,
        "beside": [asdict(one) for one in change.beside],
        "kept": line.kept,
    }


def _line(row: AnyRow) -> Entered:
    change = Change(
        section=row["section"],
        key=row["key"],
        theirs=row["theirs"],
        before=row["before"],
        after=row["after"],
        beside=tuple(Beside(**one) for one in row["beside"]),
        apart=bool(row["apart"]),
    )
    return Entered(
        transfer=row["transfer"],
        version=row["version"],
        student=row["student"],
        change=change,
        at=row["at"],
        kept=row["kept"],
    )


_CODES = select(code_choices.c.list, code_choices.c.theirs, code_choices.c.ours).where(
    code_choices.c.peer == bindparam("peer")
)


class SqlCodeChoices:
    """Which code of ours stands for a partner's, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def of(self, peer: EntityId) -> Mapping[TheirCode, str]:
        """Return what was chosen for the partner's codes."""
        rows = self._db.all(_CODES, {"peer": peer})
        return {TheirCode(row["list"], row["theirs"]): row["ours"] for row in rows}

    def put(self, peer: EntityId, chosen: Mapping[TheirCode, str], *, actor: str, at: datetime) -> None:
        """Remember; a later choice replaces an earlier one."""
        rows = [
            {"peer": peer, "list": code.list, "theirs": code.code, "ours": ours, "actor": actor, "at": at}
            for code, ours in chosen.items()
        ]
        self._db.put_each(code_choices, rows)

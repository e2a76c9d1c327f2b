"""`ports.Corrections` and `ports.Statements` in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from sqlalchemy import and_, bindparam, literal_column, or_, select

from gateway.domain.corrections import Correction
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.statements import Statement
from gateway.domain.transfer import Role, State
from gateway.storage.db import Db
from gateway.storage.tables import backpacks, segments, transfers
from gateway.storage.tables_corrections import corrections, statements
from gateway.storage.tables_evidence import sent_segments
from gateway.storage.tables_profile import contributions
from gateway.usecases.ports import Corrections, Statements

_OF_TRANSFER = (
    select(corrections)
    .where(corrections.c.transfer == bindparam("transfer"))
    .order_by(corrections.c.after_version)
)
_STATEMENT: Final = tuple(field.name for field in fields(Statement))
_ADD_STATEMENT = statements.insert().inline()
_OF_STUDENT = (
    select(*(statements.c[name] for name in _STATEMENT))
    .where(statements.c.student == bindparam("student"))
    .order_by(statements.c.seq)
)
_sent = and_(
    sent_segments.c.transfer == transfers.c.id,
    sent_segments.c.version == transfers.c.accepted_version,
)
_signed_anew = and_(segments.c.student.is_not(None), segments.c.fingerprint != backpacks.c.fingerprint)
_stated = select(statements.c.student).where(statements.c.student == transfers.c.student).exists()
_added = select(contributions.c.student).where(contributions.c.student == transfers.c.student).exists()
_OUTDATED = (
    select(transfers.c.id)
    .join(sent_segments, _sent)
    .join(segments, segments.c.digest == sent_segments.c.segment)
    .outerjoin(backpacks, backpacks.c.student == transfers.c.student)
    .where(
        transfers.c.role == literal_column(f"'{Role.HOLDER}'"),
        transfers.c.state == literal_column(f"'{State.ACKED}'"),
        transfers.c.id > bindparam("after"),
        or_(_signed_anew, segments.c.replaced_by.is_not(None), _stated, _added),
    )
    .group_by(transfers.c.id)
    .order_by(transfers.c.id)
    .limit(bindparam("limit"))
)


class SqlCorrections(Corrections):
    """Records that are sent again, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, correction: Correction) -> None:
        """Store it; approved again after it was taken back, it replaces itself."""
        row = {field.name: getattr(correction, field.name) for field in fields(correction)}
        self._db.put_each(corrections, [row])

    def of(self, transfer: TransferId) -> Sequence[Correction]:
        """Return all of a transfer, oldest first."""
        return [Correction(**row) for row in self._db.all(_OF_TRANSFER, {"transfer": transfer})]

    def outdated(self, *, after: TransferId | None = None, limit: int = 50) -> Sequence[TransferId]:
        """Return records that were taken in and may no longer say what is here, by id."""
        rows = self._db.all(_OUTDATED, {"after": after or "", "limit": limit})
        return [TransferId(row["id"]) for row in rows]


class SqlStatements(Statements):
    """Statements of disagreement, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, statement: Statement) -> None:
        """Store it."""
        self._db.run(_ADD_STATEMENT, {name: getattr(statement, name) for name in _STATEMENT})

    def of(self, student: LocalStudentId) -> Sequence[Statement]:
        """Return what was stated about entries of the student, oldest first."""
        return [Statement(**row) for row in self._db.all(_OF_STUDENT, {"student": student})]

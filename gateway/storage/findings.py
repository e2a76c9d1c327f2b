"""`ports.Findings` in SQL: what was wrong with the rows of the last mapping run."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import ColumnElement, bindparam, delete, func, select, true

from gateway.domain.ids import LocalStudentId
from gateway.mapping.findings import Finding
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import backpacks, findings
from gateway.usecases.ports import FindingFilter, FindingPlace, FindingTally

_c = backpacks.c
_f = findings.c
_FINDING: Final = tuple(_f[field.name] for field in fields(Finding))
_IN_ORDER = select(_f.student, *_FINDING).order_by(_f.file, _f.line.asc().nulls_first(), _f.seq)
_CLEAR_NOBODYS = delete(findings).where(_f.student.is_(None))
_CLEAR = delete(findings).where(_f.student == bindparam("b_student"))
_INSERT = findings.insert().inline()
_COUNTS = select(_f.rule, func.count().label("n")).group_by(_f.rule)
_WITH_SCHOOL = findings.outerjoin(backpacks, _c.student == _f.student)
_KIND: Final = (_c.school, _f.rule, _f.severity, _f.file, _f.column)
_TALLIES = (
    select(*_KIND, func.count().label("number"))
    .select_from(_WITH_SCHOOL)
    .group_by(*_KIND)
    .order_by(_c.school.asc().nulls_first(), _f.rule, _f.file, _f.column.asc().nulls_first(), _f.severity)
)
_PLACES = (
    select(*_KIND, _f.student, _f.line, _f.message, _f.suggestion)
    .select_from(_WITH_SCHOOL)
    .order_by(_f.file, _f.line.asc().nulls_first(), _f.seq)
)


class SqlFindings:
    """What was wrong with the rows of the last mapping run, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def replace(
        self,
        found: Sequence[tuple[LocalStudentId | None, Finding]],
        *,
        of: Collection[LocalStudentId | None],
    ) -> None:
        """Store findings in place of those of these students; of None are those of whole files and strays."""
        if None in of:
            self._db.run(_CLEAR_NOBODYS, {})
        self._db.run_each(_CLEAR, [{"b_student": student} for student in of if student is not None])
        self._db.run_each(_INSERT, [{"student": student, **asdict(item)} for student, item in found])

    def list(
        self, *, student: LocalStudentId | None = None, rule: str | None = None, limit: int = 1000
    ) -> Sequence[tuple[LocalStudentId | None, Finding]]:
        """Return findings in the order of file and line; those of a whole file come first."""
        statement = _IN_ORDER.limit(limit)
        if student is not None:
            statement = statement.where(_f.student == student)
        if rule is not None:
            statement = statement.where(_f.rule == rule)
        return [_found(row) for row in self._db.query(statement)]

    def counts(self) -> Mapping[str, int]:
        """Count them by rule."""
        return {row["rule"].value: row["n"] for row in self._db.all(_COUNTS)}

    def tallies(self, which: FindingFilter) -> Sequence[FindingTally]:
        """Count them by school, rule, file and column, in that order; no school comes first."""
        return [FindingTally(**row) for row in self._db.query(_TALLIES.where(*_of(which)))]

    def places(self, which: FindingFilter, *, limit: int = 1000) -> Sequence[FindingPlace]:
        """Return where they are, in the order of file and line."""
        statement = _PLACES.where(*_of(which)).limit(limit)
        return [FindingPlace(**row) for row in self._db.query(statement)]


def _of(which: FindingFilter) -> Iterator[ColumnElement[bool]]:
    yield true()
    if which.schools is not None:
        yield _c.school.in_(sorted(which.schools))
    if which.rule is not None:
        yield _f.rule == which.rule
    if which.file is not None:
        yield _f.file == which.file
    if which.column is not None:
        yield _f.column == which.column


def _found(row: AnyRow) -> tuple[LocalStudentId | None, Finding]:
    values = dict(row)
    return values.pop("student"), Finding(**values)

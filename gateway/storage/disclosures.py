"""`ports.Disclosures` and `ports.Accesses` in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final

from sqlalchemy import bindparam, select

from gateway.domain.disclosures import Access, Disclosure
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.storage.db import Db
from gateway.storage.tables_evidence import accesses, disclosures

_DISCLOSURE: Final = tuple(field.name for field in fields(Disclosure))
_ADD_DISCLOSURE = disclosures.insert().inline()
_disclosures = select(*(disclosures.c[name] for name in _DISCLOSURE)).order_by(disclosures.c.seq)
_DISCLOSURES_OF = _disclosures.where(disclosures.c.student == bindparam("student"))
_DISCLOSURES_WITH = _disclosures.where(disclosures.c.transfer == bindparam("transfer"))


class SqlDisclosures:
    """The records of disclosures, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, disclosure: Disclosure) -> None:
        """Append."""
        self._db.run(
            _ADD_DISCLOSURE, dict(zip(_DISCLOSURE, attrgetter(*_DISCLOSURE)(disclosure), strict=True))
        )

    def of(self, student: LocalStudentId) -> Sequence[Disclosure]:
        """Return the student's, oldest first."""
        return [Disclosure(**row) for row in self._db.all(_DISCLOSURES_OF, {"student": student})]

    def of_transfer(self, transfer: TransferId) -> Sequence[Disclosure]:
        """Return those that a transfer made, oldest first."""
        return [Disclosure(**row) for row in self._db.all(_DISCLOSURES_WITH, {"transfer": transfer})]


_ACCESS: Final = tuple(field.name for field in fields(Access))
_ADD_ACCESS = accesses.insert().inline()
_accesses = select(*(accesses.c[name] for name in _ACCESS)).order_by(accesses.c.seq)
_NEWEST_ACCESSES = (
    select(*(accesses.c[name] for name in _ACCESS)).order_by(accesses.c.seq.desc()).limit(bindparam("limit"))
)
_ACCESSES_OF = _accesses.where(accesses.c.student == bindparam("student"))
_ACCESSES_WITH = _accesses.where(accesses.c.transfer == bindparam("transfer"))


class SqlAccesses:
    """Who read what, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, access: Access) -> None:
        """Append."""
        self._db.run(_ADD_ACCESS, dict(zip(_ACCESS, attrgetter(*_ACCESS)(access), strict=True)))

    def of(self, student: LocalStudentId) -> Sequence[Access]:
        """Return the readings of the student's own record here, oldest first."""
        return [Access(**row) for row in self._db.all(_ACCESSES_OF, {"student": student})]

    def of_transfer(self, transfer: TransferId) -> Sequence[Access]:
        """Return the readings of what came or went with a transfer, oldest first."""
        return [Access(**row) for row in self._db.all(_ACCESSES_WITH, {"transfer": transfer})]

    def newest(self, limit: int) -> Sequence[Access]:
        """Return the newest lines, newest first."""
        return [Access(**row) for row in self._db.all(_NEWEST_ACCESSES, {"limit": limit})]

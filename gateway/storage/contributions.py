"""`ports.Contributions` in SQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, select, update

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.profile import Contribution
from gateway.storage.db import Db
from gateway.storage.tables_profile import contributions

_c = contributions.c
_ONE = select(contributions).where(_c.id == bindparam("id"))
_OF = select(contributions).where(_c.student == bindparam("student")).order_by(_c.said_on, _c.id)
_RETIRE = (
    update(contributions)
    .where(_c.id == bindparam("b_id"), _c.retired_at.is_(None))
    .values(retired_at=bindparam("retired_at"))
)


class SqlContributions:
    """What was added here, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, contribution: Contribution) -> None:
        """Store a new one."""
        self._db.add(contributions, asdict(contribution))

    def get(self, id_: str) -> Contribution:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"id": id_})
        if row is None:
            raise Unknown("there is no such entry")
        return Contribution(**row)

    def of(self, student: LocalStudentId) -> Sequence[Contribution]:
        """Return the student's, retired ones too, oldest first."""
        return [Contribution(**row) for row in self._db.all(_OF, {"student": student})]

    def retire(self, id_: str, at: datetime) -> None:
        """Retire it, if it is not retired yet."""
        self._db.run(_RETIRE, {"b_id": id_, "retired_at": at})

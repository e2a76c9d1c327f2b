"""`ports.AuditLog` in SQL. The database itself refuses to change or delete a leaf."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final

from sqlalchemy import bindparam, select

from gateway.domain.audit import Leaf
from gateway.storage.db import Db
from gateway.storage.tables import audit

_NAMES: Final = tuple(field.name for field in fields(Leaf))
_values_of: Final = attrgetter(*_NAMES)

_INSERT = audit.insert().inline()
_ALL = (
    select(audit.c.seq, *(audit.c[name] for name in _NAMES)).order_by(audit.c.seq).limit(bindparam("limit"))
)
_OF = _ALL.where(audit.c.object == bindparam("object"))
_LATEST = (
    select(*(audit.c[name] for name in _NAMES))
    .where(audit.c.object == bindparam("object"), audit.c.action == bindparam("action"))
    .order_by(audit.c.seq.desc())
    .limit(1)
)


class SqlAuditLog:
    """The audit log, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, leaf: Leaf) -> None:
        """Append."""
        self._db.run(_INSERT, dict(zip(_NAMES, _values_of(leaf), strict=True)))

    def list(self, *, object_: str | None = None, limit: int = 1000) -> Sequence[tuple[int, Leaf]]:
        """Return leaves with their sequence numbers, oldest first."""
        of_one = object_ is not None
        values = {"limit": limit, "object": object_} if of_one else {"limit": limit}
        rows = self._db.all(_OF if of_one else _ALL, values)
        return [(row["seq"], Leaf(**{name: row[name] for name in _NAMES})) for row in rows]

    def latest(self, object_: str, action: str) -> Leaf | None:
        """Return the newest leaf that says so of the object."""
        row = self._db.first(_LATEST, {"object": object_, "action": action})
        return Leaf(**{name: row[name] for name in _NAMES}) if row else None

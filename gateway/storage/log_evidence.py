"""What was proven of logs, in SQL: other nodes' positions."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from sqlalchemy import bindparam, select

from gateway.domain.audit import KeptPosition, LogPosition
from gateway.domain.ids import EntityId, TransferId
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables_evidence import log_positions

_c = log_positions.c
_NAMES: Final = tuple(field.name for field in fields(KeptPosition))
_ALL = select(*(_c[name] for name in _NAMES))
_OF = _ALL.where(_c.transfer == bindparam("transfer")).order_by(_c.at, _c.message)
_LARGEST = _ALL.where(_c.peer == bindparam("peer"), _c.size > 0).order_by(_c.size.desc(), _c.message).limit(1)


class SqlLogPositions:
    """What other nodes proved of their logs, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, kept: KeptPosition) -> None:
        """Store it; what came with the same message before stays."""
        values = {name: getattr(kept, name) for name in _NAMES}
        position = kept.position.model_dump(mode="json") if kept.position else None
        self._db.add(log_positions, values | {"position": position})

    def of(self, transfer: TransferId) -> Sequence[KeptPosition]:
        """Return those of the transfer, oldest first."""
        return [_kept(row) for row in self._db.all(_OF, {"transfer": transfer})]

    def largest(self, peer: EntityId) -> KeptPosition | None:
        """Return the one of that peer's that proves the most leaves."""
        row = self._db.first(_LARGEST, {"peer": peer})
        return None if row is None else _kept(row)


def _kept(row: AnyRow) -> KeptPosition:
    told = row["position"]
    position = LogPosition.model_validate(told) if told else None
    return KeptPosition(**{**row, "root": bytes(row["root"]), "position": position})

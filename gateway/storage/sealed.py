"""`ports.SealedParts` and `ports.SealedApprovals` in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, delete, select

from gateway.domain.errors import Unknown
from gateway.domain.ids import TransferId
from gateway.domain.sealed import PartState, SealedApproval, SealedPart
from gateway.storage.db import Db
from gateway.storage.tables_sealed import sealed_approvals, sealed_contents, sealed_parts

_p, _c, _a = sealed_parts.c, sealed_contents.c, sealed_approvals.c
_of = select(sealed_parts).where(_p.transfer == bindparam("transfer")).order_by(_p.version, _p.n)
_ONE = _of.where(_p.version == bindparam("version"), _p.n == bindparam("n"))
_STANDING = (
    select(sealed_parts)
    .where(_p.state == bindparam("state"))
    .order_by(_p.due_on, _p.transfer, _p.version, _p.n)
    .limit(bindparam("limit"))
)
_REMOVE = delete(sealed_parts).where(
    _p.transfer == bindparam("transfer"), _p.version == bindparam("version"), _p.n == bindparam("n")
)
_in_transfer = _c.transfer == bindparam("transfer")
_in_part = (_c.version == bindparam("version"), _c.n == bindparam("n"))
_CONTENT = select(_c.content).where(_in_transfer, *_in_part)
_EMPTY_ONE = delete(sealed_contents).where(_in_transfer, *_in_part)
_EMPTY = delete(sealed_contents).where(_in_transfer)


class SqlSealedParts:
    """Sealed parts, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, part: SealedPart) -> None:
        """Insert or replace it; what is in it stays."""
        self._db.put_each(sealed_parts, [asdict(part)])

    def get(self, transfer: TransferId, version: int, n: int) -> SealedPart:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"transfer": transfer, "version": version, "n": n})
        if row is None:
            raise Unknown("there is no such sealed part")
        return SealedPart(**row)

    def of(self, transfer: TransferId) -> Sequence[SealedPart]:
        """Return a transfer's, by version and number."""
        return [SealedPart(**row) for row in self._db.all(_of, {"transfer": transfer})]

    def standing(self, states: Collection[PartState], limit: int = 500) -> Sequence[SealedPart]:
        """Return those that stand so, whose receipt is due first, first."""
        found = [
            SealedPart(**row)
            for state in states
            for row in self._db.all(_STANDING, {"state": state, "limit": limit})
        ]
        return sorted(found, key=lambda one: (one.due_on, one.transfer, one.version, one.n))[:limit]

    def keep(self, part: SealedPart, content: bytes) -> None:
        """Keep what is in a part that is there, locked."""
        self._db.put_each(sealed_contents, [{**_key(part), "content": content}])

    def content(self, part: SealedPart) -> bytes:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_CONTENT, _key(part))
        if row is None:
            raise Unknown("what was in this part is not here any more")
        return bytes(row["content"])

    def remove(self, part: SealedPart) -> None:
        """Delete a part and what is in it: another version replaced it."""
        self._db.run(_REMOVE, _key(part))
        self._db.run(_EMPTY_ONE, _key(part))

    def empty(self, transfer: TransferId) -> None:
        """Delete what is in the parts of a transfer; that they were there stays."""
        self._db.run(_EMPTY, {"transfer": transfer})


def _key(part: SealedPart) -> dict[str, Any]:
    return {"transfer": part.transfer, "version": part.version, "n": part.n}


_APPROVALS = select(sealed_approvals).where(_a.transfer == bindparam("transfer")).order_by(_a.section)
_WITHDRAW = delete(sealed_approvals).where(
    _a.transfer == bindparam("transfer"), _a.section == bindparam("section")
)


class SqlSealedApprovals:
    """Which sealed sections two people let go, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, approval: SealedApproval) -> None:
        """Insert or replace it."""
        self._db.put_each(sealed_approvals, [asdict(approval)])

    def of(self, transfer: TransferId) -> Sequence[SealedApproval]:
        """Return a transfer's, by section."""
        return [SealedApproval(**row) for row in self._db.all(_APPROVALS, {"transfer": transfer})]

    def withdraw(self, transfer: TransferId, section: str) -> None:
        """Delete it."""
        self._db.run(_WITHDRAW, {"transfer": transfer, "section": section})

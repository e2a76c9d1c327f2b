"""`ports.Members` and `ports.Locator` in SQL: what an agency keeps."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import bindparam, delete, select

from gateway.domain.errors import Unknown
from gateway.domain.ids import EntityId
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import locator, members
from gateway.usecases.ports import Member

_ONE = select(members).where(members.c.id == bindparam("id"))
_ALL = select(members).order_by(members.c.organization_name, members.c.id)


class SqlMembers:
    """Who was admitted, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, member: Member) -> None:
        """Insert or replace."""
        row = {field.name: getattr(member, field.name) for field in fields(member)}
        self._db.put_each(members, [row])

    def get(self, id_: EntityId) -> Member:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"id": id_})
        if row is None:
            raise Unknown("this node was not admitted")
        return _member(row)

    def list(self) -> Sequence[Member]:
        """Return all, by name."""
        return [_member(row) for row in self._db.all(_ALL)]


def _member(row: AnyRow) -> Member:
    return Member(**{**row, "marks": frozenset(row["marks"])})


_TOKENS_OF = select(locator.c.token).where(locator.c.node == bindparam("node"))
_DROP_TOKEN = delete(locator).where(
    locator.c.node == bindparam("b_node"), locator.c.token == bindparam("b_token")
)
_NODES = select(locator.c.node).distinct().order_by(locator.c.node)


class SqlLocator:
    """Which node holds the record behind a token, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def of(self, node: EntityId) -> frozenset[bytes]:
        """Return the node's tokens."""
        return frozenset(row["token"] for row in self._db.all(_TOKENS_OF, {"node": node}))

    def add(self, node: EntityId, tokens: Sequence[bytes]) -> None:
        """Store further tokens of the node."""
        self._db.add_each(locator, [{"node": node, "token": token} for token in tokens])

    def remove(self, node: EntityId, tokens: Sequence[bytes]) -> None:
        """Delete tokens of the node."""
        self._db.run_each(_DROP_TOKEN, [{"b_node": node, "b_token": token} for token in tokens])

    def holders(self, tokens: Sequence[bytes]) -> Sequence[EntityId]:
        """Return the nodes that uploaded one of the tokens, each once, sorted."""
        found = self._db.query(_NODES.where(locator.c.token.in_(tokens)))
        return [EntityId(row["node"]) for row in found]

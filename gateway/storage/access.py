"""`ports.Seen`, `ports.Grants` and `ports.Chains` in SQL: who was proven, and what was used up."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from gateway.domain.ids import EntityId
from gateway.domain.trust import Grant
from gateway.storage.db import Db
from gateway.storage.tables import chains, grants, seen

_PRUNE_SEEN = delete(seen).where(seen.c.expires_at <= bindparam("now"))


class SqlSeen:
    """The replay table, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def first(self, kind: str, issuer: str, jti: str, *, expires_at: datetime) -> bool:
        """Record it; False if it was there already, expired or not."""
        row = {"kind": kind, "issuer": issuer, "jti": jti, "expires_at": expires_at}
        return self._db.add(seen, row)

    def prune(self, now: datetime) -> None:
        """Forget what has expired."""
        self._db.run(_PRUNE_SEEN, {"now": now})


_GRANT: Final = tuple(field.name for field in fields(Grant))
_LIVE = select(*(grants.c[name] for name in _GRANT)).where(
    grants.c.handle_digest == bindparam("handle_digest"), grants.c.expires_at > bindparam("now")
)
_ADD_GRANT = grants.insert().inline()
_PRUNE_GRANTS = delete(grants).where(grants.c.expires_at <= bindparam("now"))


class SqlGrants:
    """Access tokens, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, handle_digest: str, grant: Grant) -> None:
        """Store it."""
        values = {name: getattr(grant, name) for name in _GRANT}
        self._db.run(_ADD_GRANT, {"handle_digest": handle_digest, **values})

    def get(self, handle_digest: str, now: datetime) -> Grant | None:
        """Return it if it is there and not expired."""
        row = self._db.first(_LIVE, {"handle_digest": handle_digest, "now": now})
        return None if row is None else Grant(**row)

    def prune(self, now: datetime) -> None:
        """Delete what has expired."""
        self._db.run(_PRUNE_GRANTS, {"now": now})


_CHAIN = select(chains.c.chain, chains.c.stated_at).where(chains.c.id == bindparam("id"))
_DROP_CHAIN = update(chains).where(chains.c.id == bindparam("b_id")).values(chain=None)

_NOTHING_SEEN: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Earlier than any statement."""


class SqlChains:
    """Chains of peers as last seen, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, id_: EntityId, chain: Sequence[str], *, stated_at: datetime) -> None:
        """Keep the chain if its statement is not older than the newest ever seen."""
        row = {"id": id_, "chain": tuple(chain), "stated_at": stated_at}
        self._db.put_each(chains, [row], newest_by="stated_at")

    def get(self, id_: EntityId) -> Sequence[str] | None:
        """Return it."""
        row = self._db.first(_CHAIN, {"id": id_})
        return None if row is None else row["chain"]

    def newest(self, id_: EntityId) -> datetime | None:
        """When the newest statement about the node that was ever seen was issued."""
        row = self._db.first(_CHAIN, {"id": id_})
        return None if row is None else row["stated_at"]

    def drop(self, id_: EntityId) -> None:
        """Forget the chain, not the time of its statement.

        The row stays, or is made: a node that only ever showed its chain itself was dropped as well.
        """
        self._db.add(chains, {"id": id_, "stated_at": _NOTHING_SEEN, "chain": None})
        self._db.run(_DROP_CHAIN, {"b_id": id_})

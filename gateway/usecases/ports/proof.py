"""What proves and what was used up: the audit log, replay marks, access tokens, chains."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.audit import Leaf
from gateway.domain.ids import EntityId
from gateway.domain.trust import Grant


class AuditLog(Protocol):
    """Append only."""

    def add(self, leaf: Leaf) -> None:
        """Append."""

    def list(self, *, object_: str | None = None, limit: int = 1000) -> Sequence[tuple[int, Leaf]]:
        """Return leaves with their sequence numbers, oldest first."""

    def latest(self, object_: str, action: str) -> Leaf | None:
        """Return the newest leaf that says so of the object."""


class Seen(Protocol):
    """The replay table, shared by all replicas."""

    def first(self, kind: str, issuer: str, jti: str, *, expires_at: datetime) -> bool:
        """Record it; False if it was there already."""

    def prune(self, now: datetime) -> None:
        """Forget what has expired."""


class Grants(Protocol):
    """Access tokens, by the hash of the handle."""

    def add(self, handle_digest: str, grant: Grant) -> None:
        """Store it."""

    def get(self, handle_digest: str, now: datetime) -> Grant | None:
        """Return it if it is there and not expired."""

    def prune(self, now: datetime) -> None:
        """Delete what has expired."""


class Chains(Protocol):
    """Chains of peers as last seen, so that the node works while the agency is away."""

    def put(self, id_: EntityId, chain: Sequence[str], *, stated_at: datetime) -> None:
        """Keep the chain if its statement is not older than the one kept."""

    def get(self, id_: EntityId) -> Sequence[str] | None:
        """Return it."""

    def newest(self, id_: EntityId) -> datetime | None:
        """When the newest statement about the node that was ever seen was issued; older ones are refused."""

    def drop(self, id_: EntityId) -> None:
        """Forget the chain, not the time of its statement."""

"""What proves and what was used up: the audit log, replay marks, access tokens, chains."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.audit import Checkpoint, KeptPosition, Leaf
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.trust import Grant


class AuditLog(Protocol):
    """Append only."""

    def add(self, leaf: Leaf) -> int:
        """Append; return its sequence number, which is the size of the log now."""

    def path_of_last(self, size: int) -> Sequence[bytes]:
        """Return the path from the last of so many leaves to their root, by one question to the store."""

    def list(self, *, object_: str | None = None, limit: int = 1000) -> Sequence[tuple[int, Leaf]]:
        """Return leaves with their sequence numbers, oldest first."""

    def latest(self, object_: str, action: str) -> Leaf | None:
        """Return the newest leaf that says so of the object."""

    def size(self) -> int:
        """Count the leaves."""

    def after(self, seq: int, limit: int) -> Sequence[tuple[int, Leaf]]:
        """Return the leaves that follow the one of that sequence number, oldest first."""

    def hash(self, level: int, index: int) -> bytes:
        """Return the stored hash of a perfect subtree (see `domain.merkle`), or raise `Unknown`."""


class Checkpoints(Protocol):
    """What the log's key signed. Append only."""

    def add(self, checkpoint: Checkpoint) -> None:
        """Append."""

    def latest(self) -> Checkpoint | None:
        """Return the newest."""

    def list(self) -> Sequence[Checkpoint]:
        """Return all, oldest first."""


class LogPositions(Protocol):
    """What other nodes proved of their logs."""

    def add(self, kept: KeptPosition) -> None:
        """Store it; what came with the same message before stays."""

    def of(self, transfer: TransferId) -> Sequence[KeptPosition]:
        """Return those of the transfer, oldest first."""

    def largest(self, peer: EntityId) -> KeptPosition | None:
        """Return the one of that peer's that proves the most leaves."""


class LogSigner(Protocol):
    """The log's own key."""

    @property
    def origin(self) -> str:
        """Return the log's name."""

    @property
    def verifier(self) -> str:
        """Return the public key as auditors and witnesses write it down."""

    def sign(self, size: int, root: bytes) -> str:
        """Return a signed checkpoint."""

    def read(self, note: str) -> tuple[int, bytes]:
        """Return size and root of a checkpoint of this log, or raise `Untrusted` or `Malformed`."""

    def read_of(self, note: str, key: str) -> tuple[int, bytes]:
        """Return size and root of a checkpoint of the log with that key; errors as of `read`."""


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

"""What proves and what was used up: the audit log, replay marks, access tokens, chains."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.audit import Checkpoint, Leaf
from gateway.domain.errands import Errand
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.log_positions import KeptPosition
from gateway.domain.reconciling import LogFinding
from gateway.domain.trust import Grant
from gateway.domain.witness import WitnessedLog


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which leaves; what is empty or None is not asked for."""

    kind: str = ""
    """What the action begins with, up to its dot."""
    actors: Sequence[str] | None = None
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    """A sequence number."""
    hidden: tuple[str, ...] = ()
    """Actions that are left out."""
    limit: int = 50


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

    def newest(self, query: LogQuery) -> Sequence[tuple[int, Leaf]]:
        """Return the leaves that are asked for with their sequence numbers, newest first."""

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


class Cosigned(Protocol):
    """Checkpoints of this log with the signature of the witness under them."""

    def add(self, checkpoint: Checkpoint) -> None:
        """Store it; one of the same size stays."""

    def latest(self) -> Checkpoint | None:
        """Return the largest."""

    def list(self) -> Sequence[Checkpoint]:
        """Return all, the smallest first."""


class WitnessedLogs(Protocol):
    """Agency: what it saw of its members' logs."""

    def get(self, origin: str) -> WitnessedLog | None:
        """Return what is known of the log."""

    def put(self, log: WitnessedLog) -> None:
        """Insert or replace."""

    def list(self) -> Sequence[WitnessedLog]:
        """Return all, by name."""


class LogFindings(Protocol):
    """What logs disagree about."""

    def add(self, findings: Sequence[LogFinding]) -> None:
        """Store them; one that is there and not settled stays as it is, a settled one is open again."""

    def settle(self, ids: Sequence[str], at: datetime) -> None:
        """Note that a later comparison did not find these any more."""

    def of(self, peer: EntityId, *, limit: int = 1000) -> Sequence[LogFinding]:
        """Return the open ones with that node."""

    def list(self, *, settled: bool = False, limit: int = 200) -> Sequence[LogFinding]:
        """Return the newest, open ones; with `settled` those too."""

    def count(self) -> int:
        """Count the open ones."""


class Errands(Protocol):
    """What is done now and then with other nodes."""

    def claim(self, name: str, now: datetime, lease: timedelta) -> Errand | None:
        """Take it if it is due, and put it off by the lease; one that is not there is due. None: not now."""

    def get(self, name: str) -> Errand | None:
        """Return it."""

    def put(self, errand: Errand) -> None:
        """Insert or replace."""

    def list(self) -> Sequence[Errand]:
        """Return all, by name."""


class Witness(Protocol):
    """The key by which an agency says that it saw a checkpoint."""

    @property
    def verifier(self) -> str:
        """Return the public key as others write it down."""

    def cosign(self, note: str, at: datetime) -> str:
        """Return the line to be put under the note."""


class LogSigner(Protocol):
    """The log's own key, and checks with the keys of others."""

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

    def cosigned_at(self, note: str, witness: str) -> datetime:
        """Return when the witness with that key says that it saw the checkpoint; errors as of `read`."""


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

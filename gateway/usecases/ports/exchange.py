"""What moves between nodes, as it is kept: transfers, messages, sealed records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId
from gateway.domain.messages import Message, MessageType
from gateway.domain.transfer import Role, State, Transfer


class Transfers(Protocol):
    """The transfer rows."""

    def add(self, transfer: Transfer) -> None:
        """Insert a new one."""

    def get(self, id_: TransferId) -> Transfer:
        """Return it, or raise `Unknown`."""

    def get_of(self, id_: TransferId, peer: EntityId) -> Transfer:
        """Return the holder-side transfer if it is that peer's, or raise `Unknown`: the two look alike."""

    def by_remote(self, remote_id: TransferId, peer: EntityId) -> Transfer:
        """Return the requester-side transfer that the peer calls `remote_id`, or raise `Unknown`."""

    def by_request(self, peer: EntityId, jti: str) -> Transfer | None:
        """Return the holder-side transfer that this signed request made, if any."""

    def has_with(self, peer: EntityId) -> bool:
        """Whether there is any transfer with that node."""

    def move(self, before: Transfer, after: Transfer) -> None:
        """Swap the row if it still is as `before` says (state and revision), or raise `Moved`."""

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Transfer]:
        """Take due transfers, the longest due first, and put them off by the lease.

        Whoever crashes after this leaves them to be due again when the lease ends.
        """

    def of_student(self, student: LocalStudentId) -> Sequence[Transfer]:
        """Return the holder-side transfers that were matched with the student, oldest first."""

    def count_since(
        self, peer: EntityId, since: datetime, *, actor: str | None = None, state: State | None = None
    ) -> int:
        """Count the holder-side transfers that the peer opened since then; those of a person, in a state."""

    def list(
        self, *, role: Role | None = None, states: Sequence[State] = (), limit: int = 1000
    ) -> Sequence[Transfer]:
        """Return transfers, newest first."""

    def peers(self) -> Sequence[EntityId]:
        """Return all nodes with which there are transfers; a school outside the network is no node."""

    def with_peer(
        self, peer: EntityId, *, changed_since: datetime | None, after: TransferId | None, limit: int
    ) -> Sequence[Transfer]:
        """Return transfers with the node by id, those after that one: changed since then, or not ended."""

    def counts(self) -> Mapping[tuple[Role, State], int]:
        """Count the transfers by role and state."""


class Messages(Protocol):
    """Every signed message, and the outbox among them."""

    def add(self, message: Message) -> None:
        """Store it."""

    def get(self, jti: str) -> Message:
        """Return the message that this node sent, or raise `Unknown`."""

    def sent(self, jti: str) -> Message | None:
        """Return the message that this node sent, if there is one."""

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Message]:
        """Take due messages, oldest first, at most one of a transfer, and put them off by the lease."""

    def settle(
        self, message: Message, *, outcome: str, next_try_at: datetime | None = None, tries: int = 0
    ) -> None:
        """Store what became of a try to send it."""

    def drop_pending(self, transfer: TransferId, type_: MessageType) -> None:
        """Forget what did not go out yet: it was replaced."""

    def of(self, transfer: TransferId) -> Sequence[Message]:
        """Return the transfer's messages in the order of time."""

    def of_each(self, transfers: Sequence[TransferId]) -> Mapping[TransferId, Sequence[Message]]:
        """Return the messages of these transfers, each in the order of time."""

    def outbox(self, limit: int = 1000) -> Sequence[Message]:
        """Return what has not arrived yet, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A sealed record, or a sealed part of one, as served or as fetched."""

    transfer: TransferId
    version: int
    jwe: bytes
    digest: Digest
    part: int = 0
    """Number of the sealed part; 0 is the record itself."""


class Parcels(Protocol):
    """Sealed records on their way; gone after the receipt."""

    def put(self, parcel: Parcel) -> None:
        """Store it, replacing the same part of the same version."""

    def get(self, transfer: TransferId, version: int, part: int = 0) -> Parcel:
        """Return it, or raise `Unknown`."""

    def drop(self, transfer: TransferId) -> None:
        """Delete all versions, with their parts."""

"""Calls to other nodes, and who they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.domain.ids import EntityId, TransferId
from gateway.domain.messages import Message
from gateway.domain.trust import Listing
from gateway.domain.witness import Submission, WitnessAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a holder says of a transfer."""

    transfer: TransferId
    state: str
    """See `domain.transfer.public_state`."""
    version: int = 0
    needs: tuple[str, ...] = ()
    reason: str | None = None
    snapshot: bool = False
    """Whether a day-1 snapshot can be fetched, as version 0."""
    expires_at: datetime | None = None
    log: Mapping[str, Any] | None = None
    """In answer to a receipt: where it stands in the holder's log, as told; nothing of it is checked yet."""


class Peers(Protocol):
    """Calls to other nodes. Errors arrive as the classes that the other side raised."""

    async def deliver(self, to: Listing, message: Message, remote_id: TransferId | None) -> Status | None:
        """Send a signed message to where its type belongs; a request is answered with a status."""

    async def status(self, to: Listing, remote_id: TransferId) -> Status:
        """Ask how the transfer stands."""

    async def fetch(self, to: Listing, remote_id: TransferId, version: int, part: int = 0) -> bytes:
        """Download the sealed record, or a sealed part of it, its digest checked."""

    async def locate(self, agency: Listing, question: str) -> EntityId | None:
        """Ask the agency's locator, with a signed question, who may hold the record."""

    async def upload_tokens(self, agency: Listing, tokens: Sequence[bytes]) -> None:
        """Tell the locator whose records this node holds, as keyed tokens."""

    async def witness(self, agency: Listing, submission: Submission) -> WitnessAnswer:
        """Show the agency a checkpoint of this node's log.

        Raises:
            Untrusted: `witness_refused`: it does not continue what the agency saw before.
        """

    async def reconcile(self, to: Listing, question: str) -> str:
        """Ask, signed, what the node knows of these transfers; return its signed answer."""


class Directory(Protocol):
    """Who is who, by trust chains."""

    async def listing(self, id_: EntityId, *, max_age: timedelta | None = None) -> Listing:
        """Return what a valid chain says of the node, its statement not older than `max_age`.

        Raises:
            Untrusted: there is no valid chain, or the agency no longer vouches for it.
            PeerUnavailable: whoever must be asked is away and nothing that is kept is good enough.
        """

    async def agency(self) -> Listing:
        """Return the listing of the agency that this node belongs to."""

    async def own_chain(self) -> Sequence[str]:
        """Return this node's own chain, to be sent along."""

    async def accept(self, id_: EntityId, chain: Sequence[str]) -> Listing:
        """Check a chain that the node itself sent, without asking the network.

        Raises:
            Untrusted: it does not hold.
        """

    async def forget(self, id_: EntityId) -> None:
        """Drop what is kept of the node: the agency says that something changed."""

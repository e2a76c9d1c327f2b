"""Take a hint from another node (RFC 8935). A hint changes nothing: it makes the loop ask sooner."""

from typing import Final

from gateway.domain.errors import Unknown, Untrusted
from gateway.domain.exchange import EventClaims
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.messages import EventType, MessageType
from gateway.domain.transfer import State
from gateway.usecases.evidence import read
from gateway.usecases.ports import Node, Tx

FOLLOWS: Final = frozenset(
    {
        State.REQUESTED,
        State.NEEDS_INFO,
        State.REJECTED,
        State.VERIFIED,
        State.IMPORTED,
        State.RECEIPTED,
        State.CORRECTED,
        State.CLOSED,
    }
)
"""States in which a requester asks the holder how things stand."""


async def receive_event(node: Node, jws: str, issuer: EntityId) -> None:
    """Verify the event and note what to look at. A repeated or late one does no harm.

    Raises:
        Untrusted: this node has nothing to do with the sender, or the sender did not sign it.
    """
    agency = await node.directory.agency()
    if issuer != agency.id and not await _has_business_with(node, issuer):
        raise Untrusted("unknown_sender")
    sender = agency if issuer == agency.id else await node.directory.listing(issuer)
    claims = read(node, MessageType.EVENT, jws, sender, EventClaims)
    kind, event = next(iter(claims.events.items()))
    if kind == EventType.ENTITY_SUSPENDED and issuer == agency.id:
        await node.directory.forget(EntityId(str(event.get("entity", ""))))
    elif kind in {EventType.TRANSFER_STATE, EventType.RECORD_CORRECTED}:
        await _look_soon(node, issuer, TransferId(str(event.get("transfer", ""))))


async def _has_business_with(node: Node, issuer: EntityId) -> bool:
    return await node.store.read(lambda tx: tx.transfers.has_with(issuer))


async def _look_soon(node: Node, holder: EntityId, remote_id: TransferId) -> None:
    def store(tx: Tx) -> None:
        try:
            transfer = tx.transfers.by_remote(remote_id, holder)
        except Unknown:
            return
        if transfer.state in FOLLOWS:
            tx.transfers.move(transfer, transfer.stay(at=node.now(), next_try_at=node.now()))

    await node.store.write(store)
    node.wake()

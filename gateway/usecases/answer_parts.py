"""What a holder answers a peer about the sealed parts of a record."""

from datetime import datetime
from typing import Final

from gateway.domain.clocks import MAX_PART_FETCHES
from gateway.domain.errors import Conflict, Gone, OverBudget, Unknown
from gateway.domain.exchange import ReceiptClaims
from gateway.domain.ids import TransferId, digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.messages import MessageType
from gateway.domain.sealed import PartFault, SealedPart
from gateway.domain.transfer import State, Transfer
from gateway.domain.trust import Listing, Peer
from gateway.usecases.anchoring import add_anchored, checked_position, keep_position
from gateway.usecases.disclosures import released_sealed
from gateway.usecases.evidence import incoming, leaf
from gateway.usecases.ports import Node, Parcel, Tx

FETCHABLE: Final = frozenset({State.RELEASED, State.FETCHED})
_TAKEN_BACK: Final = frozenset({State.REVOKED, State.RECALLED, State.EXPIRED, State.WITHDRAWN})
_OUTCOMES: Final = frozenset({"accepted", "rejected"})


def check_served(transfer: Transfer, version: int, now: datetime) -> None:
    """Return if a version of a record, and its parts, may be handed over now.

    Raises:
        Gone: it was withdrawn, revoked or expired, or another version took its place.
        Unknown: it is not released.
    """
    if transfer.state in _TAKEN_BACK or (transfer.state in FETCHABLE and now >= transfer.expires_at):
        raise Gone("the record was taken back or has expired")
    if _is_replaced(transfer, version):
        raise Gone("this version was taken back, or another one takes its place")
    if transfer.state not in FETCHABLE or version != transfer.version:
        raise Unknown("no such version")


def _is_replaced(transfer: Transfer, version: int) -> bool:
    """Whether that version was there to be fetched, and is not any more."""
    again = version == transfer.version and transfer.state in {State.APPROVED, State.ACKED}
    return transfer.accepted_version < version and (version < transfer.version or again)


async def hand_over_part(node: Node, peer: Peer, id_: TransferId, version: int, n: int) -> Parcel:
    """Return a sealed part and note that it was fetched.

    Raises:
        Unknown: no such transfer, version or part of this peer.
        Gone: it was withdrawn, revoked or expired.
        OverBudget: fetched too often without a receipt.
    """
    now = node.now()

    def fetch(tx: Tx) -> Parcel:
        transfer = tx.transfers.get_of(id_, peer.id)
        check_served(transfer, version, now)
        part = tx.sealed_parts.get(id_, version, n)
        if part.fetches >= MAX_PART_FETCHES:
            raise OverBudget("fetched too often; send a receipt")
        parcel = tx.parcels.get(id_, version, n)
        tx.sealed_parts.put(part.fetched(at=now))
        tx.audit.add(
            leaf(
                *(transfer, now),
                actor=peer.id,
                action="sealed.fetched",
                rule=_rule(part),
                digests=(parcel.digest,),
            )
        )
        if not part.fetches and transfer.student is not None:
            tx.disclosures.add(released_sealed(node, transfer, transfer.student, part))
        return parcel

    return await node.store.write(fetch)


def take_part_receipt(
    node: Node, tx: Tx, transfer: Transfer, claims: ReceiptClaims, jws: str, *, sender: Listing
) -> LogPosition:
    """Settle a part by its signed receipt, in the transaction that takes it; return where the log says so.

    Raises:
        Unknown: there is no such part.
        Conflict: the receipt is for another part than was served, says what no part can be, or the part was
            answered otherwise before.
    """
    part = tx.sealed_parts.get(transfer.id, claims.version, claims.part or 0)
    _check_receipt(part, claims)
    now, receipt = node.now(), digest(jws.encode())
    fault = _fault(claims) if claims.outcome == "rejected" else None
    after = part.answered(receipt, at=now, fault=fault)
    tx.sealed_parts.put(after)
    tx.messages.add(incoming(MessageType.RECEIPT, jws, transfer, claims.jti, now))
    if fault is None:
        kept = checked_position(node, transfer, sender, claims.log, about=part.digest, message=receipt)
        keep_position(tx, kept)
    said = leaf(
        *(transfer, now),
        actor=transfer.peer,
        action=f"sealed.{after.state}",
        rule=_rule(part),
        outcome=fault or "done",
        digests=(receipt,),
    )
    return add_anchored(node, tx, said)


def _check_receipt(part: SealedPart, claims: ReceiptClaims) -> None:
    of_this = claims.jwe_digest == part.jwe_digest and claims.record_digest in {part.digest, None}
    if not of_this or (claims.outcome == "accepted" and claims.record_digest is None):
        raise Conflict("the receipt is for another part than was served")
    if claims.outcome not in _OUTCOMES:
        raise Conflict("a part is accepted or rejected")


def _fault(claims: ReceiptClaims) -> PartFault:
    """Return why, of the closed list; what is not on it proves nothing."""
    said = {problem.get("code") for problem in claims.problems}
    return next((fault for fault in PartFault if fault in said), PartFault.NOT_PROVEN)


def _rule(part: SealedPart) -> str:
    return f"part {part.n}"

"""What a holder answers a peer about its transfer: status, parcel, receipt, information, withdrawal."""

from dataclasses import replace
from datetime import datetime

from gateway.domain.clocks import KEEP_AFTER_RECEIPT, MAX_FETCHES, MAX_VERSIONS, TRANSFER_LIFE
from gateway.domain.errors import Conflict, Forbidden, OverBudget, Unknown
from gateway.domain.exchange import InformationClaims, ReceiptClaims, RekeyClaims, WithdrawalClaims
from gateway.domain.ids import Digest, EntityId, TransferId, digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.messages import MessageType
from gateway.domain.recalls import RecallAnswer
from gateway.domain.snapshot import SNAPSHOT
from gateway.domain.transfer import Reason, State, Subject, Transfer, adds_only
from gateway.domain.trust import Peer
from gateway.usecases.anchoring import add_anchored, checked_position, keep_position, position_of
from gateway.usecases.answer_parts import FETCHABLE, check_served, take_part_receipt
from gateway.usecases.disclosures import ahead, released
from gateway.usecases.evidence import as_taken_in, incoming, leaf, read, status_of
from gateway.usecases.onward import pass_on_to
from gateway.usecases.ports import Node, Parcel, Status, Tx

_AHEAD = frozenset({State.REVIEW, State.HELD, State.NOTICE, State.APPROVED, State.PACKAGED})
"""States in which a snapshot that has left is served; a later hold changes nothing in the answer."""


async def report_status(node: Node, peer: Peer, id_: TransferId) -> Status:
    """Return how the transfer stands for its requester.

    Raises:
        Unknown: there is none, or it is another peer's.
    """

    def look(tx: Tx) -> Status:
        transfer = tx.transfers.get_of(id_, peer.id)
        return status_of(transfer, snapshot=_has_snapshot(tx, transfer))

    return await node.store.read(look)


def _has_snapshot(tx: Tx, transfer: Transfer) -> bool:
    """Whether a snapshot can be fetched: once it has left, like a record, until the record has come."""
    sent = tx.cases.get(transfer.id).snapshot_sent_at is not None
    return transfer.state in _AHEAD and sent


async def grant_check(node: Node, client: EntityId, id_: TransferId) -> None:
    """Let the token endpoint grant a fetch only while there is something to fetch.

    Raises:
        Unknown: there is no such transfer of this client.
        Forbidden: nothing is released.
    """

    def look(tx: Tx) -> tuple[Transfer, bool]:
        transfer = tx.transfers.get_of(id_, client)
        return transfer, transfer.state in FETCHABLE or _has_snapshot(tx, transfer)

    transfer, waits = await node.store.read(look)
    if not waits or node.now() >= transfer.expires_at:
        raise Forbidden("nothing is released")


async def hand_over(node: Node, peer: Peer, id_: TransferId, version: int) -> Parcel:
    """Return the sealed record and note that it was fetched.

    Raises:
        Unknown: no such transfer or version of this peer.
        Gone: it was withdrawn, revoked or expired.
        OverBudget: fetched too often without a receipt.
    """
    now = node.now()

    def fetch(tx: Tx) -> Parcel:
        transfer = tx.transfers.get_of(id_, peer.id)
        check_served(transfer, version, now)
        if transfer.fetches >= MAX_FETCHES:
            raise OverBudget("fetched too often; send a receipt")
        parcel = tx.parcels.get(id_, version)
        after = _fetched(transfer, now)
        tx.transfers.move(transfer, after)
        tx.audit.add(leaf(after, now, actor=peer.id, digests=(parcel.digest,)))
        if after.state is not transfer.state and after.student is not None:
            tx.disclosures.add(released(node, after, after.student, tx.sent.in_version(id_, version)))
        return parcel

    return await node.store.write(fetch)


async def hand_over_snapshot(node: Node, peer: Peer, id_: TransferId, version: int = SNAPSHOT) -> Parcel:
    """Return the sealed day-1 snapshot and note that it was fetched.

    Raises:
        Unknown: no such transfer of this peer, or no snapshot that it can fetch now.
        OverBudget: fetched too often.
    """
    now = node.now()

    def fetch(tx: Tx) -> Parcel:
        transfer = tx.transfers.get_of(id_, peer.id)
        if not _has_snapshot(tx, transfer) or now >= transfer.expires_at:
            raise Unknown("no such version")
        if transfer.fetches >= MAX_FETCHES:
            raise OverBudget("fetched too often")
        parcel = tx.parcels.get(id_, version)
        after = transfer.stay(at=now, fetches=transfer.fetches + 1)
        tx.transfers.move(transfer, after)
        tx.audit.add(leaf(after, now, actor=peer.id, action="snapshot.fetched", digests=(parcel.digest,)))
        if transfer.fetches == 0 and after.student is not None:
            tx.disclosures.add(ahead(node, after, after.student, tx.sent.in_version(id_, version)))
        return parcel

    return await node.store.write(fetch)


def _fetched(transfer: Transfer, now: datetime) -> Transfer:
    """FETCHED. The receipt may take its time: a registrar reads before importing."""
    if transfer.state is State.FETCHED:
        return transfer.stay(at=now, fetches=transfer.fetches + 1)
    until = now + KEEP_AFTER_RECEIPT
    return transfer.to(State.FETCHED, at=now, fetches=1, expires_at=until, next_try_at=until)


async def receive_receipt(node: Node, peer: Peer, id_: TransferId, jws: str) -> Status:
    """Take the signed receipt: the transfer is done, or its record is packaged anew if it was rejected.

    Its word about the requester's log is checked and kept; the answer says where the receipt stands
    in this one. The receipt of a sealed part settles that part only.

    The same receipt again changes nothing.

    Raises:
        Unknown: no such transfer of this peer.
        Conflict: the receipt is for another record than was served.
    """
    claims = read(node, MessageType.RECEIPT, jws, peer.listing, ReceiptClaims)
    now, of_receipt = node.now(), digest(jws.encode())

    def store(tx: Tx) -> tuple[Transfer, LogPosition | None]:
        transfer = tx.transfers.get_of(id_, peer.id)
        if _already(tx, transfer, jws):
            return transfer, position_of(node, tx, id_, of_receipt)
        if claims.part is not None and claims.transfer == id_:
            return transfer, take_part_receipt(node, tx, transfer, claims, jws, sender=peer.listing)
        if claims.transfer != id_ or claims.version != transfer.version:
            raise Conflict("the receipt names another transfer or version")
        if claims.jwe_digest != transfer.parcel_digest or (
            claims.outcome == "accepted" and claims.record_digest != transfer.record_digest
        ):
            raise Conflict("the receipt is for another record than was served")
        after = _after_receipt(transfer, claims, now)
        tx.transfers.move(transfer, after)
        tx.messages.add(incoming(MessageType.RECEIPT, jws, after, claims.jti, now))
        tx.parcels.drop(id_)
        about = Digest(claims.record_digest or claims.jwe_digest)
        keep_position(
            tx, checked_position(node, after, peer.listing, claims.log, about=about, message=of_receipt)
        )
        action = "recall.answered" if claims.outcome in set(RecallAnswer) else ""
        said = leaf(after, now, actor=peer.id, action=action, rule=claims.outcome, digests=(of_receipt,))
        position = add_anchored(node, tx, said)
        pass_on_to(tx, node, after)
        return tx.transfers.get(id_), position

    after, position = await node.store.write(store)
    node.wake()
    return replace(status_of(after), log=position.model_dump(mode="json") if position else None)


async def receive_information(node: Node, peer: Peer, id_: TransferId, jws: str) -> Status:
    """Take further attributes of the student and match again.

    Raises:
        Unknown: no such transfer of this peer.
        Conflict: nothing was asked for, or the student was exchanged for another.
    """
    claims = read(node, MessageType.INFORMATION, jws, peer.listing, InformationClaims)
    now = node.now()

    def store(tx: Tx) -> Transfer:
        transfer = tx.transfers.get_of(id_, peer.id)
        if _already(tx, transfer, jws):
            return transfer
        if claims.transfer != id_ or claims.request_digest != transfer.request_digest:
            raise Conflict("the answer names another request")
        subject = Subject(**claims.match.model_dump())
        if not adds_only(transfer.subject, subject):
            raise Conflict("an attribute differs from the request; send a new request")
        after = transfer.to(State.MATCHING, at=now, subject=subject, needs=(), next_try_at=now)
        tx.transfers.move(transfer, after)
        tx.messages.add(incoming(MessageType.INFORMATION, jws, after, claims.jti, now))
        tx.audit.add(leaf(after, now, actor=peer.id, rule="more attributes"))
        return after

    after = await node.store.write(store)
    node.wake()
    return status_of(after)


async def receive_rekey(node: Node, peer: Peer, id_: TransferId, jws: str) -> Status:
    """Take the new one-time key for a correction: the record is packaged anew. The same key again: no change.

    Raises:
        Unknown: no such transfer of this peer.
        Conflict: nothing waits for a key.
        Malformed: it is no key.
    """
    claims = read(node, MessageType.REKEY, jws, peer.listing, RekeyClaims)
    key = node.seals.accept_response_key(claims.response_encryption.jwk)
    now = node.now()

    def store(tx: Tx) -> Transfer:
        transfer = tx.transfers.get_of(id_, peer.id)
        if _already(tx, transfer, jws):
            return transfer
        if transfer.state is not State.CORRECTED:
            raise Conflict("no correction waits for a key")
        if claims.transfer != id_ or claims.request_digest != transfer.request_digest:
            raise Conflict("the key is for another transfer")
        after = transfer.to(
            State.APPROVED, at=now, response_key=key, expires_at=now + TRANSFER_LIFE, next_try_at=now
        )
        tx.transfers.move(transfer, after)
        tx.messages.add(incoming(MessageType.REKEY, jws, after, claims.jti, now))
        proof = (digest(jws.encode()),)
        tx.audit.add(leaf(after, now, actor=peer.id, action="release.rekeyed", digests=proof))
        return after

    after = await node.store.write(store)
    node.wake()
    return status_of(after)


async def receive_withdrawal(node: Node, peer: Peer, id_: TransferId, jws: str) -> Status:
    """End a transfer that its requester no longer needs. Once there is a receipt it is too late.

    Raises:
        Unknown: no such transfer of this peer.
        Conflict: it was receipted, or has ended otherwise.
    """
    claims = read(node, MessageType.WITHDRAWAL, jws, peer.listing, WithdrawalClaims)
    now = node.now()

    def store(tx: Tx) -> Transfer:
        transfer = tx.transfers.get_of(id_, peer.id)
        if _already(tx, transfer, jws):
            return transfer
        if claims.transfer != id_:
            raise Conflict("the withdrawal names another transfer")
        if transfer.accepted_version:
            raise Conflict("the record was taken in before")
        after = transfer.to(State.WITHDRAWN, at=now, reason=Reason.NOT_NEEDED, next_try_at=None)
        tx.transfers.move(transfer, after)
        tx.messages.add(incoming(MessageType.WITHDRAWAL, jws, after, claims.jti, now))
        tx.parcels.drop(id_)
        tx.audit.add(leaf(after, now, actor=peer.id))
        return after

    return status_of(await node.store.write(store))


def _already(tx: Tx, transfer: Transfer, jws: str) -> bool:
    """Whether these very bytes came before."""
    return digest(jws.encode()) in {message.digest for message in tx.messages.of(transfer.id)}


def _after_receipt(transfer: Transfer, claims: ReceiptClaims, now: datetime) -> Transfer:
    """ACKED for an accepted record; back to APPROVED for a rejected one, to be packaged once more.

    After the last version that may be tried a person must look: the transfer is revoked; where a correction
    failed, what was taken in stands.

    The answer to a recall, and a receipt that crosses it, are kept and change no state.
    """
    if claims.outcome in set(RecallAnswer):
        if transfer.state is not State.RECALLED:
            raise Conflict("this record was not recalled")
        return transfer.stay(at=now)
    if claims.outcome == "accepted" and transfer.state is State.RECALLED:
        return transfer.stay(at=now)
    if claims.outcome == "accepted":
        closes_at = now + KEEP_AFTER_RECEIPT
        return transfer.to(
            State.ACKED,
            at=now,
            accepted_version=transfer.version,
            response_key=None,
            expires_at=closes_at,
            next_try_at=closes_at,
        )
    if claims.outcome == "rejected" and transfer.version - transfer.accepted_version < MAX_VERSIONS:
        return transfer.to(State.APPROVED, at=now, next_try_at=now)
    if transfer.accepted_version:
        return as_taken_in(transfer, now)
    return transfer.to(State.REVOKED, at=now, reason=Reason.NOT_VERIFIED, next_try_at=None)

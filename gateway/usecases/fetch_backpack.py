"""Fetch a released record, open it and prove it; steps of the loop at the requester."""

from datetime import date
from typing import Any

from pydantic import ValidationError

from gateway.domain.errors import Conflict, Gone, Malformed, TooLarge, Untrusted
from gateway.domain.exchange import RecordClaims
from gateway.domain.ids import Digest, digest
from gateway.domain.messages import Message, MessageType
from gateway.domain.transfer import Reason, State, Transfer
from gateway.domain.trust import Listing
from gateway.usecases.evidence import leaf, outgoing
from gateway.usecases.ports import ArchivedRecord, Node, OpenedRecord, OpenedSegment, Parcel, Segment, Tx


async def fetch_parcel(node: Node, transfer: Transfer) -> Transfer:
    """RELEASED to FETCHED: the sealed record is stored here before it is opened.

    When it is gone, back to REQUESTED: the next look tells why.
    """
    if transfer.remote_id is None:
        raise Conflict("the holder has not taken the request yet")
    holder = await node.directory.listing(transfer.peer)
    now = node.now()
    try:
        jwe = await node.peers.fetch(holder, transfer.remote_id, transfer.version)
    except Gone:
        return await _back(node, transfer)
    parcel = Parcel(transfer=transfer.id, version=transfer.version, jwe=jwe, digest=digest(jwe))
    after = transfer.to(State.FETCHED, at=now, parcel_digest=parcel.digest, next_try_at=now)

    def store(tx: Tx) -> None:
        tx.parcels.put(parcel)
        tx.transfers.move(transfer, after)
        tx.audit.add(leaf(after, now, digests=(parcel.digest,)))

    await node.store.write(store)
    return after


async def verify_parcel(node: Node, transfer: Transfer) -> Transfer:
    """FETCHED to VERIFIED, or to REJECTED with a receipt that says so."""
    parcel = await node.store.read(lambda tx: tx.parcels.get(transfer.id, transfer.version))
    holder = await node.directory.listing(transfer.peer)
    try:
        jws = await node.seals.unseal(parcel.jwe, transfer.response_key or "")
        record = await node.seals.open_record(jws, holder)
        _check_answers(transfer, record)
    except (Untrusted, Malformed, TooLarge, Conflict) as fault:
        return await _reject(node, transfer, parcel, fault.code)
    return await _keep(node, transfer, holder, record, jws)


def receipt(
    node: Node, transfer: Transfer, outcome: str, problems: tuple[dict[str, str], ...] = ()
) -> Message:
    """Return the signed receipt for the version that the transfer holds."""
    claims: dict[str, Any] = {
        "transfer": transfer.remote_id,
        "version": transfer.version,
        "record_digest": transfer.record_digest,
        "jwe_digest": transfer.parcel_digest,
        "outcome": outcome,
        "problems": list(problems),
    }
    return outgoing(node, transfer, MessageType.RECEIPT, claims)


def _check_answers(transfer: Transfer, record: OpenedRecord) -> None:
    """Refuse a record that is not the answer to this request."""
    try:
        claims = RecordClaims.model_validate(record.claims)
    except ValidationError:
        raise Malformed("the record's claims do not have the shape of a record") from None
    if claims.request_digest != transfer.request_digest:
        raise Conflict("the record answers another request")
    if claims.transfer != transfer.remote_id or claims.version != transfer.version:
        raise Conflict("the record is of another transfer or version")


async def _keep(node: Node, transfer: Transfer, holder: Listing, record: OpenedRecord, jws: str) -> Transfer:
    now = node.now()
    archived = ArchivedRecord(
        transfer=transfer.id,
        version=transfer.version,
        issuer=holder.id,
        learner=record.segments[-1].learner,
        jws=jws,
        digest=record.digest,
        at=now,
    )
    segments = [_segment(node, transfer, opened) for opened in record.segments]
    due = now if node.rules.automatic_import else None
    after = transfer.to(State.VERIFIED, at=now, record_digest=record.digest, next_try_at=due)

    def store(tx: Tx) -> None:
        tx.archive.put(archived)
        for segment in segments:
            tx.segments.put(segment)
        tx.transfers.move(transfer, after)
        tx.audit.add(leaf(after, now, digests=(record.digest,)))

    await node.store.write(store)
    return after


def _segment(node: Node, transfer: Transfer, opened: OpenedSegment) -> Segment:
    """Keep a segment under the matching keys that the request named: the student is that one."""
    state_id, birth_date = _keys(opened)
    return Segment(
        digest=digest(opened.jws.encode()),
        issuer=opened.issuer,
        learner=opened.learner,
        jws=opened.jws,
        disclosures=opened.disclosures,
        fingerprint=None,
        student=None,
        state_id=state_id or transfer.subject.state_id,
        birth_date=birth_date or transfer.subject.birth_date,
        received_with=transfer.id,
        at=node.now(),
    )


def _keys(opened: OpenedSegment) -> tuple[str | None, date | None]:
    for entry in opened.sections.get("identity", ()):
        born = entry.get("birthDate")
        ids = [i["value"] for i in entry.get("identifiers", ()) if _is_state(i)]
        return (ids[0] if ids else None), date.fromisoformat(born) if born else None
    return None, None


def _is_state(identifier: dict[str, Any]) -> bool:
    return str(identifier.get("system", {}).get("code", "")).casefold() == "state"


async def _reject(node: Node, transfer: Transfer, parcel: Parcel, code: str) -> Transfer:
    now = node.now()
    after = transfer.to(
        State.REJECTED,
        at=now,
        reason=Reason.NOT_VERIFIED,
        record_digest=None,
        next_try_at=now + node.pace.poll_interval,
    )
    message = receipt(node, after, "rejected", ({"code": code},))
    digests: tuple[Digest, ...] = (parcel.digest, message.digest)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.messages.add(message)
        tx.parcels.drop(transfer.id)
        tx.audit.add(leaf(after, now, rule=code, digests=digests))

    await node.store.write(store)
    node.wake()
    return after


async def _back(node: Node, transfer: Transfer) -> Transfer:
    now = node.now()
    after = transfer.to(State.REQUESTED, at=now, next_try_at=now)
    await node.store.write(lambda tx: tx.transfers.move(transfer, after))
    return after

"""Fetch a released record, open it and prove it; steps of the loop at the requester."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import ValidationError

from gateway.domain.clocks import FOLLOW_UP_INTERVAL
from gateway.domain.errors import Conflict, Forbidden, Gone, Malformed, TooLarge, Untrusted
from gateway.domain.exchange import RecordClaims
from gateway.domain.ids import Digest, digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.transfer import Reason, State, Transfer
from gateway.usecases.anchoring import add_anchored, position_of
from gateway.usecases.arriving_parts import ArrivedPart, fetch_parts, store_arrived
from gateway.usecases.evidence import as_taken_in, leaf, receipt
from gateway.usecases.import_backpack import AUTOMATIC, import_record
from gateway.usecases.ports import ArchivedRecord, Node, OpenedRecord, Parcel, Tx
from gateway.usecases.received import is_about, names_another


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
    except (Gone, Forbidden) as fault:
        wait = timedelta(0) if isinstance(fault, Gone) else node.pace.first_retry
        return await _back(node, transfer, wait)
    parcel = Parcel(transfer=transfer.id, version=transfer.version, jwe=jwe, digest=digest(jwe))
    after = transfer.to(State.FETCHED, at=now, parcel_digest=parcel.digest, next_try_at=now)

    def store(tx: Tx) -> None:
        tx.parcels.put(parcel)
        tx.transfers.move(transfer, after)
        tx.audit.add(leaf(after, now, digests=(parcel.digest,)))

    await node.store.write(store)
    return after


async def verify_parcel(node: Node, transfer: Transfer) -> Transfer:
    """FETCHED to VERIFIED, or to REJECTED with a receipt that says so.

    The sealed parts are fetched now: the one-time key that opens them is destroyed with the record's receipt.
    Where the district's rules leave the import to the node, it follows while the record is still open.
    """
    parcel = await node.store.read(lambda tx: tx.parcels.get(transfer.id, transfer.version))
    try:
        jws = await node.seals.unseal(parcel.jwe, transfer.response_key or "")
        record = await node.seals.open_record(jws, transfer.peer)
        replaces = record.claims.get("replaces")
        before = await node.store.read(lambda tx: tx.archive.with_digest(transfer.id, Digest(str(replaces))))
        claims = _check_answers(transfer, record, known=before is not None)
    except (Untrusted, Malformed, TooLarge, Conflict) as fault:
        return await _reject(node, transfer, parcel, fault.code)
    parts = await fetch_parts(node, transfer, record, claims)
    verified, archived, log = await _keep(node, transfer, record, jws, parts)
    if verified.reason or not node.rules.automatic_import:
        return verified
    return await import_record(node, verified, archived, record, actor=AUTOMATIC, log=log)


def _check_answers(transfer: Transfer, record: OpenedRecord, *, known: bool) -> RecordClaims:
    """Return what the record says, or refuse what answers another request or corrects what is not known."""
    try:
        claims = RecordClaims.model_validate(record.claims)
    except ValidationError:
        raise Malformed("the record's claims do not have the shape of a record") from None
    if claims.request_digest != transfer.request_digest:
        raise Conflict("the record answers another request")
    if claims.transfer != transfer.remote_id or claims.version != transfer.version:
        raise Conflict("the record is of another transfer or version")
    if transfer.accepted_version and not known:
        raise Conflict("it does not replace what was taken in")
    if len({segment.learner for segment in record.segments}) != 1:
        raise Conflict("the segments are about more than one learner")
    return claims


async def _keep(
    node: Node, transfer: Transfer, record: OpenedRecord, jws: str, parts: Sequence[ArrivedPart]
) -> tuple[Transfer, ArchivedRecord, LogPosition]:
    """VERIFIED, and where the log says so.

    A record that names another child than was asked for waits for a person, always.
    """
    now = node.now()
    archived = ArchivedRecord(
        transfer=transfer.id,
        version=transfer.version,
        issuer=record.issuer.id,
        learner=record.segments[-1].learner,
        jws=jws,
        digest=record.digest,
        at=now,
    )
    unsaid = "identity" in transfer.sections and not any(
        is_about(transfer.subject, segment) for segment in record.segments
    )
    doubt = Reason.WRONG_STUDENT if unsaid or names_another(transfer.subject, record) else None
    due = now if node.rules.automatic_import and not doubt else now + FOLLOW_UP_INTERVAL
    after = transfer.to(State.VERIFIED, at=now, record_digest=record.digest, reason=doubt, next_try_at=due)

    def store(tx: Tx) -> LogPosition:
        tx.archive.put(archived)
        tx.transfers.move(transfer, after)
        store_arrived(tx, after, parts)
        return add_anchored(node, tx, leaf(after, now, digests=(record.digest,)))

    return after, archived, await node.store.write(store)


async def _reject(node: Node, transfer: Transfer, parcel: Parcel, code: str) -> Transfer:
    now = node.now()
    after = transfer.to(
        State.REJECTED,
        at=now,
        reason=Reason.NOT_VERIFIED,
        record_digest=None,
        next_try_at=now + node.pace.poll_interval,
    )
    log = await node.store.read(lambda tx: position_of(node, tx, transfer.id, parcel.digest))
    message = receipt(node, after, "rejected", ({"code": code},), log=log)
    digests: tuple[Digest, ...] = (parcel.digest, message.digest)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.messages.add(message)
        tx.parcels.drop(transfer.id)
        tx.audit.add(leaf(after, now, rule=code, digests=digests))

    await node.store.write(store)
    node.wake()
    return after


async def _back(node: Node, transfer: Transfer, wait: timedelta) -> Transfer:
    """Return to where the holder is asked how things stand."""
    now = node.now()
    look = now + wait
    if transfer.accepted_version:
        after = replace(as_taken_in(transfer, now), next_try_at=look)
    else:
        after = transfer.to(State.REQUESTED, at=now, version=0, next_try_at=look)
    await node.store.write(lambda tx: tx.transfers.move(transfer, after))
    return after

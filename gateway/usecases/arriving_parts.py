"""Fetch and prove the sealed parts of a record that has just been opened, while its one-time key is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from gateway.domain.calendars import Unit
from gateway.domain.clocks import PART_TRIES
from gateway.domain.errors import Refused, TryLater, Untrusted
from gateway.domain.exchange import ListedPart, PartClaims, RecordClaims
from gateway.domain.ids import Digest, digest
from gateway.domain.messages import Message
from gateway.domain.sealed import PartFault, PartState, SealedPart, known_role
from gateway.domain.transfer import Transfer
from gateway.domain.trust import Listing
from gateway.usecases.evidence import leaf, part_receipt
from gateway.usecases.ports import Node, OpenedRecord, Tx
from gateway.usecases.sealing import receipt_days, replace_earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedPart:
    """A part with what is in it, locked; or refused, with the receipt that says so."""

    part: SealedPart
    content: bytes | None = None
    receipt: Message | None = None


async def fetch_parts(
    node: Node, transfer: Transfer, record: OpenedRecord, claims: RecordClaims
) -> Sequence[ArrivedPart]:
    """Return every part that the record lists. A bad one is refused; the record goes on without it.

    Nothing is stored yet: a crash in between fetches the same parts again.

    Raises:
        TryLater: the holder cannot hand a part over now. After some tries that part is refused too.
    """
    if not claims.parts or transfer.remote_id is None:
        return ()
    holder = await node.directory.listing(transfer.peer)
    return [await _arrived(node, transfer, record, holder, listed) for listed in claims.parts]


def label_of(part: SealedPart) -> str:
    """Return under what a part is locked: one that was put in the place of another does not open."""
    return f"{part.transfer}/{part.version}/{part.n}/{part.role}/{part.digest}"


def store_arrived(tx: Tx, transfer: Transfer, arrived: Sequence[ArrivedPart]) -> None:
    """Keep the parts, in the transaction that stores their record."""
    for one in arrived:
        part = one.part
        replace_earlier(tx, part)
        tx.sealed_parts.put(part)
        if one.content is not None:
            tx.sealed_parts.keep(part, one.content)
        if one.receipt is not None:
            tx.messages.add(one.receipt)
        tx.audit.add(
            leaf(
                *(transfer, part.at),
                action=f"sealed.{part.state}",
                rule=f"part {part.n}",
                outcome=part.fault or "done",
                digests=(part.digest,),
            )
        )


async def _arrived(
    node: Node, transfer: Transfer, record: OpenedRecord, holder: Listing, listed: ListedPart
) -> ArrivedPart:
    now = node.now()
    part = SealedPart(
        transfer=transfer.id,
        version=transfer.version,
        n=listed.n,
        role=listed.role,
        sections=listed.datatypes,
        digest=Digest(listed.digest),
        jwe_digest=Digest(listed.jwe_digest),
        state=PartState.ARRIVED,
        at=now,
        due_on=node.calendar.after(
            node.calendar.day_of(now), receipt_days(node.pack, listed.datatypes), Unit.SCHOOL_DAY
        ),
    )
    found = await _fetched(node, transfer, record, holder, listed)
    if isinstance(found, PartFault):
        receipt = part_receipt(node, transfer, part, fault=found)
        return ArrivedPart(part=part.answered(receipt.digest, at=now, fault=found), receipt=receipt)
    return ArrivedPart(part=part, content=node.vault.lock(found, label=label_of(part)))


async def _fetched(
    node: Node, transfer: Transfer, record: OpenedRecord, holder: Listing, listed: ListedPart
) -> str | PartFault:
    """Return the signed part, proven, or why it is refused."""
    if known_role(listed.role) is None:
        return PartFault.UNKNOWN_ROLE
    remote_id = transfer.remote_id or transfer.id
    try:
        jwe = await node.peers.fetch(holder, remote_id, transfer.version, listed.n)
    except TryLater:
        if transfer.tries < PART_TRIES:
            raise
        return PartFault.NOT_SERVED
    except Untrusted:
        return PartFault.NOT_PROVEN
    except Refused:
        return PartFault.NOT_SERVED
    return await _proven(node, transfer, record, listed, jwe)


async def _proven(
    node: Node, transfer: Transfer, record: OpenedRecord, listed: ListedPart, jwe: bytes
) -> str | PartFault:
    if digest(jwe) != listed.jwe_digest:
        return PartFault.NOT_PROVEN
    try:
        jws = await node.seals.unseal(jwe, transfer.response_key or "")
        opened = await node.seals.open_part(jws, transfer.peer)
    except Refused:
        return PartFault.NOT_PROVEN
    if digest(jws.encode()) != listed.digest:
        return PartFault.NOT_PROVEN
    return jws if _answers(transfer, record, listed, opened) else PartFault.NOT_ANSWERING


def _answers(transfer: Transfer, record: OpenedRecord, listed: ListedPart, opened: OpenedRecord) -> bool:
    """Whether it is the part that the record lists: of this answer, for that role, of the same segments."""
    try:
        claims = PartClaims.model_validate(opened.claims)
    except ValidationError:
        return False
    said = (claims.transfer, claims.request_digest, claims.version, claims.n, claims.role, claims.datatypes)
    wanted = (
        *(transfer.remote_id, transfer.request_digest, transfer.version),
        *(listed.n, listed.role, listed.datatypes),
    )
    disclosed = {section for one in opened.segments for section in one.disclosures}
    own = {one.jws for one in record.segments}
    return (
        said == wanted
        and disclosed <= set(listed.datatypes)
        and all(one.jws in own for one in opened.segments)
    )

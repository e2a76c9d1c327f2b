"""Write a verified record into the local system and send the receipt."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway.domain.clocks import FOLLOW_UP_INTERVAL
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import Digest, digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.transfer import State, Transfer
from gateway.usecases.anchoring import position_of
from gateway.usecases.evidence import leaf, receipt
from gateway.usecases.onward import pass_on
from gateway.usecases.ports import (
    ArchivedRecord,
    Import,
    Imports,
    Node,
    OpenedRecord,
    OpenedSegment,
    Segment,
    Tx,
)
from gateway.usecases.received import document_of, is_about, names_another, summary_of

AUTOMATIC: Final = "automatic"


async def import_automatically(node: Node, transfer: Transfer) -> Transfer:
    """VERIFIED to IMPORTED where the district's rules leave it to the node; a step of the loop."""
    return await import_transfer(node, transfer, actor=AUTOMATIC)


async def import_transfer(node: Node, transfer: Transfer, *, actor: str) -> Transfer:
    """VERIFIED to IMPORTED.

    The record is written first; a crash before the state is stored repeats the write, which changes nothing.
    """

    def look(tx: Tx) -> tuple[ArchivedRecord, LogPosition | None]:
        archived = tx.archive.get(transfer.id, transfer.version)
        return archived, position_of(node, tx, transfer.id, archived.digest)

    archived, log = await node.store.read(look)
    record = await node.seals.open_record(archived.jws, transfer.peer)
    return await import_record(node, transfer, archived, record, actor=actor, log=log)


async def import_record(
    node: Node,
    transfer: Transfer,
    archived: ArchivedRecord,
    record: OpenedRecord,
    *,
    actor: str,
    log: LogPosition | None,
) -> Transfer:
    """VERIFIED to IMPORTED, with the record already open. `log` is where the log says that it was verified.

    Raises:
        Misconfigured: this node has no place to import to.
    """
    if node.imports is None:
        raise Misconfigured("this node has no import folder: name one under [import] in its configuration")
    await write_import(node.imports, transfer, archived, record)
    before = await corrected(node, transfer, record)
    after, receive = imported(node, transfer, record, actor, log=log, before=before)
    await node.store.write(receive)
    node.wake()
    return after


async def corrected(node: Node, transfer: Transfer, record: OpenedRecord) -> OpenedRecord | None:
    """Return the record that this one corrects, opened; None where it is the first."""
    replaces = record.claims.get("replaces")
    if not replaces:
        return None
    before = await node.store.read(lambda tx: tx.archive.with_digest(transfer.id, Digest(str(replaces))))
    return None if before is None else await node.seals.open_record(before.jws, transfer.peer)


def imported(
    node: Node,
    transfer: Transfer,
    record: OpenedRecord,
    actor: str,
    *,
    log: LogPosition | None,
    before: OpenedRecord | None,
) -> tuple[Transfer, Callable[[Tx], None]]:
    """Return the transfer as IMPORTED, and what stores that together with its segments and the receipt.

    `before` is the record that this one corrects: what it replaces travels no further, and whoever got that
    from here is told.
    """
    now = node.now()
    after = transfer.to(
        State.IMPORTED,
        at=now,
        accepted_version=transfer.version,
        next_try_at=now + FOLLOW_UP_INTERVAL,
    )
    gone = replaced(before, record) if before else {}
    segments = [_segment(transfer, record, opened, now) for opened in record.segments]
    message = receipt(node, after, "accepted", log=log)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        for segment in segments:
            tx.segments.put(segment)
        for old, new in gone.items():
            tx.segments.replace(old, new)
        tx.messages.add(message)
        tx.audit.add(leaf(after, now, actor=actor, digests=(message.digest,)))
        pass_on(tx, node, gone)

    return after, store


def replaced(before: OpenedRecord, after: OpenedRecord) -> dict[Digest, Digest]:
    """Return which segments of a record its correction replaces, and by which.

    A district's word is replaced by nothing but its own, about the same learner and not older: whoever hands
    on a record can neither change what others said nor put an old word in place of a newer one.
    """
    kept = {segment.jws for segment in after.segments}
    found = {}
    for old in before.segments:
        newer = [one for one in after.segments if _replaces(one, old)]
        if old.jws not in kept and newer:
            found[digest(old.jws.encode())] = digest(max(newer, key=lambda one: one.as_of).jws.encode())
    return found


def _replaces(new: OpenedSegment, old: OpenedSegment) -> bool:
    return (new.issuer, new.learner) == (old.issuer, old.learner) and new.as_of >= old.as_of


async def write_import(
    imports: Imports,
    transfer: Transfer,
    archived: ArchivedRecord,
    record: OpenedRecord,
    reviewed: Mapping[str, Any] | None = None,
) -> None:
    """Write the record to where the local system takes it from, with what a person decided."""
    document = await asyncio.to_thread(document_of, record)
    summary = summary_of(document, record.issuer.organization_name)
    if names_another(transfer.subject, record):
        summary.insert(0, "Look closely: the birth date or state id differs from what was asked for.")
    elif not any(is_about(transfer.subject, segment) for segment in record.segments):
        summary.insert(0, "Look closely: the record does not say whom it is about.")
    await imports.write(
        Import(
            transfer=transfer.id,
            version=transfer.version,
            issuer=record.issuer.id,
            learner=archived.learner,
            document=document,
            summary=summary,
            jws=archived.jws,
            reviewed=reviewed,
        )
    )


def _segment(transfer: Transfer, record: OpenedRecord, opened: OpenedSegment, now: datetime) -> Segment:
    """Keep a segment under the keys of the student whom the registrar asked for.

    Where it does not say so itself, or the record says otherwise, it is kept without keys: it is
    evidence, and travels no further.
    """
    sure = is_about(transfer.subject, opened) and not names_another(transfer.subject, record)
    return Segment(
        digest=digest(opened.jws.encode()),
        issuer=opened.issuer,
        learner=opened.learner,
        jws=opened.jws,
        disclosures=opened.disclosures,
        fingerprint=None,
        student=None,
        state_id=transfer.subject.state_id if sure else None,
        birth_date=transfer.subject.birth_date if sure else None,
        received_with=transfer.id,
        at=now,
    )

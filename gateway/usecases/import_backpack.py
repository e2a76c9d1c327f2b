"""Write a verified record into the local system and send the receipt."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway.domain.clocks import FOLLOW_UP_INTERVAL
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.transfer import State, Transfer
from gateway.usecases.anchoring import position_of
from gateway.usecases.evidence import leaf, receipt
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
    after, receive = imported(node, transfer, record, actor, log=log)
    await node.store.write(receive)
    node.wake()
    return after


def imported(
    node: Node, transfer: Transfer, record: OpenedRecord, actor: str, *, log: LogPosition | None
) -> tuple[Transfer, Callable[[Tx], None]]:
    """Return the transfer as IMPORTED, and what stores that together with its segments and the receipt."""
    now = node.now()
    after = transfer.to(State.IMPORTED, at=now, next_try_at=now + FOLLOW_UP_INTERVAL)
    segments = [_segment(transfer, record, opened, now) for opened in record.segments]
    message = receipt(node, after, "accepted", log=log)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        for segment in segments:
            tx.segments.put(segment)
        tx.messages.add(message)
        tx.audit.add(leaf(after, now, actor=actor, digests=(message.digest,)))

    return after, store


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

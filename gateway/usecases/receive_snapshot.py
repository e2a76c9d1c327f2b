"""The day-1 snapshot at the requester: fetched, proven, and read as one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from gateway.domain.casework import Case
from gateway.domain.errors import Conflict, Gone, Malformed, Refused, Untrusted, cause
from gateway.domain.exchange import RecordClaims
from gateway.domain.ids import TransferId
from gateway.domain.policy import Action, Person
from gateway.domain.snapshot import SNAPSHOT
from gateway.domain.snapshot_page import Snapshot, snapshot_of
from gateway.domain.transfer import Role, State, Transfer
from gateway.domain.trust import Listing
from gateway.usecases.casework import object_of
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import ArchivedRecord, Node, OpenedRecord, Tx
from gateway.usecases.received import document_of, names_another

_TAKEN_BACK: Final = frozenset({State.DENIED, State.REVOKED, State.RECALLED, State.WITHDRAWN, State.REJECTED})
_WAITS: Final = frozenset({State.REQUESTED, State.NEEDS_INFO})


async def take_snapshot(node: Node, transfer: Transfer, holder: Listing) -> None:
    """Fetch and keep the snapshot once. One that does not prove itself is noted and not asked for again.

    Raises:
        TryLater: the holder is away.
    """
    case = await node.store.read(lambda tx: tx.cases.get(transfer.id))
    if case.snapshot_sent_at is not None or transfer.state not in _WAITS or transfer.remote_id is None:
        return
    try:
        jwe = await node.peers.fetch(holder, transfer.remote_id, SNAPSHOT)
        jws = await node.seals.unseal(jwe, transfer.response_key or "")
        record = await node.seals.open_record(jws, transfer.peer)
        _check(transfer, record)
    except (Untrusted, Refused) as fault:
        await _note(node, transfer, None, "snapshot.rejected", rule=cause(fault))
        return
    archived = ArchivedRecord(
        transfer=transfer.id,
        version=SNAPSHOT,
        issuer=record.issuer.id,
        learner=record.segments[-1].learner,
        jws=jws,
        digest=record.digest,
        at=node.now(),
    )
    await _note(node, transfer, archived, "snapshot.arrived")


def _check(transfer: Transfer, record: OpenedRecord) -> None:
    """Refuse what is not the snapshot that answers this request, about this student."""
    try:
        claims = RecordClaims.model_validate(record.claims)
    except ValidationError:
        raise Malformed("the snapshot's claims do not have the shape of a record") from None
    if claims.request_digest != transfer.request_digest or claims.transfer != transfer.remote_id:
        raise Conflict("the snapshot answers another request")
    if claims.version != SNAPSHOT:
        raise Conflict("this is no snapshot")
    if names_another(transfer.subject, record):
        raise Conflict("the snapshot names another student")


async def _note(
    node: Node, transfer: Transfer, archived: ArchivedRecord | None, action: str, *, rule: str = ""
) -> None:
    now = node.now()

    def store(tx: Tx) -> None:
        if archived:
            tx.archive.put(archived)
        tx.cases.save(replace(tx.cases.get(transfer.id), snapshot_sent_at=now))
        digests = (archived.digest,) if archived else ()
        tx.audit.add(leaf(transfer, now, action=action, rule=rule, digests=digests))

    await node.store.write(store)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedSnapshot:
    """The page of a student who starts, made of the newest that came."""

    transfer: Transfer
    case: Case
    page: Snapshot
    sender: str
    """Name of the district that signed it."""
    as_of: date
    """The day on which the sender's record was so."""
    whole: bool
    """Whether the whole record is here already; else it follows."""
    kept: Sequence[str]
    """Sections that the sender keeps back as restricted: something is there, not what."""
    digest: str


async def read_snapshot(node: Node, person: Person, id_: TransferId) -> ArrivedSnapshot:
    """Return the page. Who read it is kept with the record.

    Raises:
        Unknown: there is no such transfer, or neither snapshot nor record has come.
        Forbidden: it is not for this person.
        Gone: the sender took it back, or this district its request: it must not be used.
    """
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    if transfer.role is not Role.REQUESTER:
        raise Refused("this node holds that record")
    await permit(node, person, Action.SNAPSHOT_READ, object_of(transfer, case))
    if transfer.state in _TAKEN_BACK:
        raise Gone("what came was taken back and must not be used")
    archived = await node.store.read(lambda tx: tx.archive.get(id_))
    record = await node.seals.open_record(archived.jws, transfer.peer)
    entries, as_of = _newest(record)
    seen = reading(node, person, Action.SNAPSHOT_READ, tuple(entries), transfer=id_)
    looked = leaf(transfer, node.now(), actor=actor_of(node, person), action="snapshot.read")

    def note(tx: Tx) -> None:
        tx.accesses.add(seen)
        tx.audit.add(looked)

    await node.store.write(note)
    return ArrivedSnapshot(
        transfer=transfer,
        case=case,
        page=snapshot_of(entries, node.calendar.day_of(node.now())),
        sender=record.issuer.organization_name,
        as_of=as_of,
        whole=archived.version != SNAPSHOT,
        kept=_kept(record.claims),
        digest=record.digest,
    )


def _newest(record: OpenedRecord) -> tuple[Mapping[str, Sequence[Mapping[str, Any]]], date]:
    """Return the good entries of the sender's own segment, which is the last."""
    document = document_of(record)
    return document["segments"][-1]["sections"], record.segments[-1].as_of


def _kept(claims: Mapping[str, Any]) -> list[str]:
    granted = RecordClaims.model_validate(claims).granted
    return sorted(
        {one.datatype for part in granted[-1:] for one in part.withheld if one.reason == "restricted"}
    )

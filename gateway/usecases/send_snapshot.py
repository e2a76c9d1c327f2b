"""The day-1 snapshot at the holder: look at it, let it go ahead of the record, take it back, package it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.domain.casework import Case
from gateway.domain.clocks import FRESH_FOR_RELEASE
from gateway.domain.errors import Conflict, Refused, Untrusted
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.domain.messages import MessageType
from gateway.domain.policy import (
    Action,
    Context,
    Decision,
    Object,
    Obligation,
    Person,
    PersonId,
    WithheldReason,
)
from gateway.domain.policy.basis import NoticeGiven
from gateway.domain.policy.release import NOT_DECIDED
from gateway.domain.snapshot import SNAPSHOT, narrowed
from gateway.domain.snapshot_page import Snapshot, snapshot_of
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.basis import basis_of, note_basis
from gateway.usecases.decide_release import leaves_at
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.planning import Held, Planned, plan, read_held
from gateway.usecases.ports import Node, Parcel, Tx
from gateway.usecases.release_backpack import record_claims, sent_segment, sign_segment
from gateway.usecases.safety import about_transfer, is_kept
from gateway.usecases.two_people import Act, agreed

_ANYBODY: Final = PersonId("the second person")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotAhead:
    """The snapshot as the other district would get it, and where it stands."""

    transfer: Transfer
    case: Case
    page: Snapshot
    entries: Mapping[str, int]
    """How many entries of which section go ahead."""
    withheld: Mapping[str, WithheldReason]
    """Sections of which something stays for now, and why."""
    open: bool
    """Whether it can be let go now."""


async def preview_snapshot(node: Node, person: Person, id_: TransferId) -> SnapshotAhead:
    """Return what would go ahead of the record if it left now. Who looked is in the log.

    Raises:
        Unknown: there is no such request. Conflict: the student is not found yet.
        Forbidden: the person may not see it.
    """
    transfer, student = await _matched(node, id_)
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    await permit(node, person, Action.RELEASE_PREVIEW, object_)
    now, by = node.now(), actor_of(node, person)

    def look(tx: Tx) -> SnapshotAhead:
        planned = _planned(node, tx, transfer, read_held(tx, student), by=by, at=now)
        leaving = planned.leaving()
        tx.audit.add(leaf(transfer, now, actor=by, action="snapshot.preview"))
        seen = reading(node, person, Action.RELEASE_PREVIEW, tuple(leaving), student=student, transfer=id_)
        tx.accesses.add(seen)
        return SnapshotAhead(
            transfer=transfer,
            case=tx.cases.get(id_),
            page=snapshot_of(leaving, node.calendar.day_of(now)),
            entries={section: len(entries) for section, entries in leaving.items()},
            withheld={
                one.section: one.reason for one in planned.release.withheld if one.reason not in NOT_DECIDED
            },
            open=_is_open(node, transfer) and bool(leaving),
        )

    return await node.store.write(look)


async def send_snapshot(
    node: Node, person: Person, id_: TransferId, *, notice: NoticeGiven | None = None, why: str = ""
) -> Case:
    """Let the snapshot go ahead of the record, on the same conditions as the record itself.

    Where two people must agree on a release, the first one's wish is stored with its `why`. Until it leaves
    it can be taken back.

    Raises:
        Unknown: there is no such request.
        Conflict: the request is not under review, nothing may go ahead, or it was sent before.
        NoticeBasisMissing: nothing told the family of this release; says what to do.
        Forbidden: the person may not.
    """
    transfer, student = await _matched(node, id_)
    if not _is_open(node, transfer):
        raise Conflict("a snapshot goes ahead while the request is under review, and families need not wait")
    now, by = node.now(), actor_of(node, person)
    object_ = await node.store.read(lambda tx: _checked(node, tx, transfer, student, notice, by=by, at=now))
    able = Context(now=now, has_basis=True, approvals=frozenset({_ANYBODY}))
    decision = await permit(node, person, Action.SNAPSHOT_SEND, object_, able)
    due = leaves_at(node, by)
    act = Act(action=Action.SNAPSHOT_SEND, object=id_, payload={"student": student}, why=why)

    def store(tx: Tx) -> Case:
        if _must_be_two(decision) and not agreed(tx, node, person, act):
            return tx.cases.get(id_)
        basis = basis_of(node, tx, transfer, notice)
        tx.transfers.move(transfer, transfer.stay(at=now, next_try_at=due))
        note_basis(tx, transfer, basis)
        case = replace(tx.cases.get(id_), snapshot_by=by, snapshot_due_at=due)
        tx.cases.save(case)
        tx.audit.add(leaf(transfer, now, actor=by, action="snapshot.approved", rule=str(basis)))
        return case

    stored = await node.store.write(store)
    node.wake()
    return stored


async def take_snapshot_back(node: Node, person: Person, id_: TransferId) -> Case:
    """Take a snapshot back before it left.

    Raises:
        Unknown: there is no such request. Forbidden: the person may not.
        Conflict: none is on its way, or it has left.
    """
    transfer, _ = await _matched(node, id_)
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    await permit(node, person, Action.RELEASE_UNDO, object_)
    now = node.now()

    def store(tx: Tx) -> Case:
        case = tx.cases.get(id_)
        if not case.snapshot_waits:
            raise Conflict("only a snapshot that has not left yet can be taken back")
        tx.transfers.move(transfer, transfer.stay(at=now, next_try_at=transfer.expires_at))
        after = replace(case, snapshot_by=None, snapshot_due_at=None)
        tx.cases.save(after)
        tx.audit.add(leaf(transfer, now, actor=actor_of(node, person), action="snapshot.taken_back"))
        return after

    return await node.store.write(store)


async def package_snapshot(node: Node, transfer: Transfer) -> Transfer | None:
    """Sign the snapshot, seal it to the requester's one-time key and announce it; a step of the loop.

    None if there is none to send now. While a hold stops the student's records it waits, and nothing says so.

    Raises:
        Untrusted: the agency does not vouch for the requester at this moment. The loop asks again later.
        NoticeBasisMissing: what told the family of the release does not hold any more.
    """
    now, student = node.now(), transfer.student
    case = await node.store.read(lambda tx: tx.cases.get(transfer.id))
    if not case.snapshot_waits or student is None or case.snapshot_due_at is None:
        return None
    by, at, later = case.snapshot_by or "", case.snapshot_due_at, transfer.expires_at
    if now < at or await node.store.read(lambda tx: is_kept(tx, student)):
        return await _wait(node, transfer, at if now < at else later)
    listing = await node.directory.listing(transfer.peer, max_age=FRESH_FOR_RELEASE)
    if node.rules.required_marks - listing.trust_marks:
        raise Untrusted("trust_mark_missing")

    def look(tx: Tx) -> tuple[Held, Planned, Mapping[str, object]]:
        held = read_held(tx, student)
        basis = basis_of(node, tx, transfer).claims()
        return held, _planned(node, tx, transfer, held, by=by, at=at), basis

    held, planned, basis = await node.store.read(look)
    own = held.known or await sign_segment(node, held)
    claims = record_claims(node, transfer, SNAPSHOT, [own], [planned.release]) | {"basis": basis}
    record = node.seals.sign(MessageType.RECORD, claims, await node.directory.own_chain())
    jwe = await node.seals.seal(record, transfer.response_key or "")
    parcel = Parcel(transfer=transfer.id, version=SNAPSHOT, jwe=jwe, digest=digest(jwe))
    after = transfer.stay(at=now, fetches=0, tries=0, next_try_at=later)
    event = announcement(node, after)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.segments.put(own)
        tx.parcels.put(parcel)
        tx.sent.put([sent_segment(transfer, SNAPSHOT, own, planned.release)])
        tx.cases.save(replace(tx.cases.get(transfer.id), snapshot_sent_at=now))
        tx.messages.add(event)
        tx.audit.add(leaf(after, now, action="snapshot.sent", digests=(digest(record.encode()),)))

    await node.store.write(store)
    node.wake()
    return after


def _planned(node: Node, tx: Tx, transfer: Transfer, held: Held, *, by: str, at: datetime) -> Planned:
    """Return of the own segment what goes ahead: of what the release would hold, what is needed first."""
    own = plan(node, tx, transfer, held, by=by, at=at, seals=False)[-1]
    today = node.calendar.day_of(node.now())
    return replace(own, release=narrowed(own.release, own.entries, today))


def _checked(
    node: Node,
    tx: Tx,
    transfer: Transfer,
    student: LocalStudentId,
    notice: NoticeGiven | None,
    *,
    by: str,
    at: datetime,
) -> Object:
    if tx.cases.get(transfer.id).snapshot_by is not None:
        raise Conflict("the snapshot was let go before")
    basis_of(node, tx, transfer, notice)
    if not _planned(node, tx, transfer, read_held(tx, student), by=by, at=at).release.granted:
        raise Conflict("nothing of this record may go ahead")
    return about_transfer(tx, node, transfer)


async def _matched(node: Node, id_: TransferId) -> tuple[Transfer, LocalStudentId]:
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.HOLDER:
        raise Refused("this node asked for that record; only the holder sends a snapshot ahead")
    if transfer.student is None:
        raise Conflict("say first which student is meant")
    return transfer, transfer.student


def _is_open(node: Node, transfer: Transfer) -> bool:
    """Whether a snapshot may leave now: where families have time to object, nothing leaves before its end."""
    return transfer.state is State.REVIEW and not node.rules.notice


def _must_be_two(decision: Decision) -> bool:
    return Obligation.SECOND_PERSON in decision.obligations


async def _wait(node: Node, transfer: Transfer, until: datetime) -> Transfer:
    after = transfer.stay(at=node.now(), next_try_at=until)
    await node.store.write(lambda tx: tx.transfers.move(transfer, after))
    return after

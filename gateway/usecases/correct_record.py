"""A person sends a record again because it has changed since: what changed, approve, take back."""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from gateway.domain.casework import Case
from gateway.domain.clocks import TRANSFER_LIFE
from gateway.domain.corrections import CHOSEN, ChangeReason, Correction, EntryChange, check_reason
from gateway.domain.errors import Conflict, Refused, Unknown
from gateway.domain.ids import Digest, TransferId, digest
from gateway.domain.policy import (
    Action,
    Context,
    Decision,
    Kind,
    Object,
    Obligation,
    Person,
    PersonId,
    WithheldReason,
)
from gateway.domain.policy.basis import NoticeBasisMissing
from gateway.domain.proposals import Proposal, ProposalState
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.basis import basis_of, note_basis
from gateway.usecases.changes import CORRECTABLE, changes_since, correction_of, late_until
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import as_taken_in, leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_transfer
from gateway.usecases.two_people import Act, agreed

_ANYBODY = PersonId("the second person")
_NEW_REQUEST = "ask the other district to make a new request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """A record that the other side took in and that has changed here since."""

    transfer: Transfer
    case: Case
    changes: Sequence[EntryChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedPage:
    """Some of the records that have changed since they were sent."""

    records: Sequence[Outdated]
    after: TransferId | None
    """Where the next page goes on; None on the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPreview:
    """What sending a record again would change for the other side, and what is still to be done."""

    transfer: Transfer
    case: Case
    changes: Sequence[EntryChange]
    seen: Digest
    """Of the changes: the record is sent only if they still are these."""
    follows: Sequence[str]
    """Sections that were announced to follow and may be sent now."""
    late_until: date
    """The last day on which additions go to the same case."""
    basis: str | None
    """On which ground it leaves; None where nothing told the family yet."""
    to_do: str | None
    """What to do where the basis is missing."""
    waiting: Proposal | None
    """The first person's wish, where a second one must agree."""
    history: Sequence[Correction]
    """What was sent again before, oldest first."""


async def read_outdated(
    node: Node, person: Person, *, after: TransferId | None = None, limit: int = 20
) -> OutdatedPage:
    """Return the records that have changed since they were sent, each with what changed.

    Who works at some schools sees those of these schools.

    Raises:
        Forbidden: the person may not see corrections.
    """
    schools = person.schools or frozenset({node.id})
    await permit(node, person, Action.CORRECTION_READ, Object(kind=Kind.NODE, schools=schools))

    def look(tx: Tx) -> OutdatedPage:
        ids = tx.corrections.outdated(after=after, limit=limit + 1)
        found = [one for id_ in ids[:limit] if (one := _outdated(node, tx, id_, person))]
        return OutdatedPage(records=found, after=ids[limit - 1] if len(ids) > limit else None)

    return await node.store.read(look)


def _outdated(node: Node, tx: Tx, id_: TransferId, person: Person) -> Outdated | None:
    transfer, case = tx.transfers.get(id_), tx.cases.get(id_)
    if person.schools and case.school not in person.schools:
        return None
    try:
        changes = changes_since(node, tx, transfer)
    except Unknown:
        return None
    return Outdated(transfer=transfer, case=case, changes=changes) if changes else None


async def preview_correction(
    node: Node, person: Person, id_: TransferId, *, included: Collection[str] = ()
) -> CorrectionPreview:
    """Return what would change for the other side. Who looked is in the log.

    Raises:
        Unknown: there is no such request, or the student is no longer in the source.
        Forbidden: the person may not see it.
        Conflict: nothing was sent yet.
    """
    transfer = await _of_holder(node, id_)
    await _permit(node, person, Action.CORRECTION_READ, transfer)
    now, by = node.now(), actor_of(node, person)

    def look(tx: Tx) -> CorrectionPreview:
        changes = changes_since(node, tx, transfer, included=included)
        sections = sorted({change.section for change in changes})
        tx.audit.add(leaf(transfer, now, actor=by, action="correction.preview"))
        seen = reading(node, person, Action.CORRECTION_READ, sections, student=transfer.student, transfer=id_)
        tx.accesses.add(seen)
        return _preview(node, tx, transfer, changes)

    return await node.store.write(look)


def _preview(node: Node, tx: Tx, transfer: Transfer, changes: Sequence[EntryChange]) -> CorrectionPreview:
    case, basis, to_do = tx.cases.get(transfer.id), None, None
    try:
        basis = str(basis_of(node, tx, transfer))
    except NoticeBasisMissing as missing:
        to_do = str(missing)
    wished = [one.at(node.now()) for one in tx.proposals.of(transfer.id)]
    open_ = (one for one in wished if one.state is ProposalState.OPEN)
    return CorrectionPreview(
        transfer=transfer,
        case=case,
        changes=changes,
        seen=digest_of(changes),
        follows=[name for name, why in case.kept_back.items() if why is WithheldReason.FOLLOWS],
        late_until=late_until(node, tx, transfer),
        basis=basis,
        to_do=to_do,
        waiting=next((one for one in open_ if one.action == Action.CORRECTION_SEND), None),
        history=tx.corrections.of(transfer.id),
    )


def digest_of(changes: Sequence[EntryChange]) -> Digest:
    """Return a digest of all that the changes say: other changes give another one."""
    said = [dataclasses.asdict(change) for change in changes]
    return digest(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a person wants a record sent again."""

    reason: ChangeReason
    seen: Digest | None = None
    """Of the changes that the person looked at; others are not sent."""
    included: frozenset[str] = frozenset()
    """Sections that were to follow and go along now."""
    why: str = ""
    """For the second person, where one must agree."""


async def correct(node: Node, id_: TransferId, wanted: Wanted, *, person: Person) -> Transfer:
    """Send the record again, on the same basis as before. It leaves when the time to take it back is over.

    Where a second person must agree, the first one's wish is stored and nothing is sent yet.

    Raises:
        Unknown: there is no such transfer.
        Forbidden: the person may not.
        NoticeBasisMissing: nothing told the family of the release; says what to do.
        Refused: nothing changed, the reason is not what happened, or it is too late for additions.
        Conflict: the other side has no record, a correction is on its way, or the changes are others now.
    """
    transfer = await _of_holder(node, id_)
    _check_state(transfer)
    if wanted.reason not in CHOSEN:
        raise Refused(f"a person gives one of these reasons: {', '.join(CHOSEN)}")
    able = {"has_basis": True, "approvals": frozenset({_ANYBODY}), "reason": wanted.reason.value}
    decision = await _permit(node, person, Action.CORRECTION_SEND, transfer, **able)
    now, actor = node.now(), actor_of(node, person)
    after = transfer.to(
        State.APPROVED,
        at=now,
        approved_by=actor,
        approved_at=now,
        expires_at=now + TRANSFER_LIFE,
        next_try_at=now + node.rules.undo,
    )

    def store(tx: Tx) -> Transfer:
        changes = changes_since(node, tx, transfer, included=wanted.included)
        _check_changes(node, tx, transfer, wanted, changes)
        basis = basis_of(node, tx, transfer)
        if not _two_agree(tx, node, person, decision, _act(transfer, wanted, changes)):
            return transfer
        tx.corrections.put(correction_of(tx, transfer, wanted.reason, changes, by=actor, at=now))
        tx.transfers.move(transfer, after)
        note_basis(tx, transfer, basis)
        _send_now(tx, id_, wanted.included)
        tx.audit.add(leaf(after, now, actor=actor, action="correction.approved", rule=wanted.reason))
        return after

    stored = await node.store.write(store)
    node.wake()
    return stored


def _check_state(transfer: Transfer) -> None:
    again = transfer.state in {State.APPROVED, State.PACKAGED, State.CORRECTED} or (
        transfer.state in {State.RELEASED, State.FETCHED} and transfer.version > 1
    )
    if again and transfer.version:
        raise Conflict("another version is on its way; wait for its receipt, or take it back first")
    if transfer.state not in CORRECTABLE or not transfer.version:
        raise Conflict(f"a request that is {transfer.state} has no record that could be corrected")


def _check_changes(
    node: Node, tx: Tx, transfer: Transfer, wanted: Wanted, changes: Sequence[EntryChange]
) -> None:
    if wanted.seen is not None and wanted.seen != digest_of(changes):
        raise Conflict("what is here has changed since you looked; look again")
    check_reason(wanted.reason, changes)
    until = late_until(node, tx, transfer)
    if wanted.reason is ChangeReason.LATE_ADDITION and node.calendar.day_of(node.now()) > until:
        raise Refused(f"additions went to this case until {until}; {_NEW_REQUEST}")


def _act(transfer: Transfer, wanted: Wanted, changes: Sequence[EntryChange]) -> Act:
    payload = {
        "student": transfer.student,
        "reason": wanted.reason.value,
        "changes": digest_of(changes),
        "included": sorted(wanted.included),
    }
    return Act(action=Action.CORRECTION_SEND, object=transfer.id, payload=payload, why=wanted.why)


def _two_agree(tx: Tx, node: Node, person: Person, decision: Decision, act: Act) -> bool:
    return Obligation.SECOND_PERSON not in decision.obligations or bool(agreed(tx, node, person, act))


def _send_now(tx: Tx, id_: TransferId, included: Collection[str]) -> None:
    """Keep these sections back no more."""
    case = tx.cases.get(id_)
    kept = {name: why for name, why in case.kept_back.items() if name not in included}
    tx.cases.save(dataclasses.replace(case, kept_back=kept))


async def take_back(node: Node, id_: TransferId, *, person: Person) -> Transfer:
    """Take a correction back before it was fetched: what the other side took in stands.

    Raises:
        Conflict: no correction is on its way, or it was fetched.
    """
    transfer = await _of_holder(node, id_)
    if not transfer.accepted_version or transfer.state not in _ON_ITS_WAY:
        raise Conflict("no correction is on its way that could be taken back")
    able = {"has_basis": True, "approvals": frozenset({_ANYBODY}), "reason": "taken back"}
    await _permit(node, person, Action.CORRECTION_SEND, transfer, **able)
    now = node.now()
    after = as_taken_in(transfer, now)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.parcels.drop(id_)
        tx.audit.add(leaf(after, now, actor=actor_of(node, person), action="correction.taken_back"))

    await node.store.write(store)
    return after


_ON_ITS_WAY = frozenset({State.APPROVED, State.CORRECTED, State.PACKAGED, State.RELEASED})


async def _of_holder(node: Node, id_: TransferId) -> Transfer:
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.HOLDER:
        raise Refused("this node asked for that record; only the holder corrects it")
    return transfer


async def _permit(node: Node, person: Person, action: Action, transfer: Transfer, **context: Any) -> Decision:
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    return await permit(node, person, action, object_, Context(now=node.now(), **context))

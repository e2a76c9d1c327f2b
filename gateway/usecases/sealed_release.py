"""What people decide at the holder about sealed sections: see them, let them go, keep them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.casework import Case, Comment, comment_text
from gateway.domain.errors import Conflict, Refused, Unknown
from gateway.domain.ids import TransferId
from gateway.domain.policy import Action, Context, Kind, Object, Person, PersonId, WithheldReason
from gateway.domain.policy.people import StaffRole
from gateway.domain.policy.release import KEPT_BACK
from gateway.domain.proposals import Proposal, ProposalState
from gateway.domain.sealed import SealedApproval, SealedPart, routing_of
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.planning import Planned, plan, read_held
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_transfer
from gateway.usecases.two_people import Act, agreed

_ANYBODY = PersonId("the second person")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSection:
    """A section of which something goes sealed, and what people said of it. Not what is in it."""

    section: str
    role: StaffRole
    """Who opens it at the other end."""
    entries: int
    approval: SealedApproval | None
    waiting: Proposal | None
    """The first person's wish, where the second one is still missing."""
    kept_back: WithheldReason | None

    @property
    def decided(self) -> bool:
        """Whether it is said that it goes, or that it stays."""
        return self.approval is not None or self.kept_back is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRelease:
    """The sealed sections of a request, and the parts that were made of them."""

    transfer: Transfer
    case: Case
    sections: Sequence[SealedSection]
    parts: Sequence[SealedPart]


async def list_sealed(node: Node, person: Person, id_: TransferId) -> SealedRelease:
    """Return which sections of a request go sealed, for whom, and whether that is decided.

    Raises:
        Unknown: there is no such request. Forbidden: it is not for this person.
        Refused: this node asked for that record.
    """
    transfer, object_ = await _of_holder(node, id_)
    await permit(node, person, Action.SEALED_LIST, object_)
    return await node.store.read(lambda tx: _release(node, tx, transfer))


async def read_sealed(
    node: Node, person: Person, id_: TransferId, section: str
) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a sealed section as they would leave. Who read them is on record.

    Raises:
        Unknown: nothing of that section goes sealed. Forbidden: the person has not the role it is for.
    """
    transfer, object_ = await _of_holder(node, id_)
    sealed_for = _role(node, section)
    about = replace(object_, kind=Kind.SECTION, section=section, sealed_for=sealed_for)
    await permit(node, person, Action.SEALED_READ, about)
    by = actor_of(node, person)

    def look(tx: Tx) -> Sequence[Mapping[str, Any]]:
        entries = [entry for one in _planned(node, tx, transfer) for entry in one.apart(section)]
        if not entries:
            raise Unknown("nothing of this section goes sealed")
        tx.audit.add(leaf(transfer, node.now(), actor=by, action=Action.SEALED_READ, rule=section))
        line = reading(node, person, Action.SEALED_READ, (section,), student=transfer.student, transfer=id_)
        tx.accesses.add(line)
        return entries

    return await node.store.write(look)


async def let_sealed_go(
    node: Node, id_: TransferId, section: str, *, person: Person, why: str = ""
) -> SealedApproval | None:
    """Let a sealed section go with the record, once two people said so; None after the first one.

    Nothing leaves by this: the record is approved by itself, and may be stopped until it leaves.

    Raises:
        Forbidden: the person may not let this section go, or the first one does not say why.
        Conflict: the request is not under review, or nothing of this section goes sealed.
    """
    transfer, object_ = await _of_holder(node, id_)
    await _permit_release(node, person, object_, section)
    now, by = node.now(), actor_of(node, person)

    def store(tx: Tx) -> SealedApproval | None:
        _take_hold(node, tx, transfer, section)
        what = {"student": transfer.student, "section": section}
        others = agreed(
            tx, node, person, Act(action=Action.RELEASE_SEALED, object=id_, payload=what, why=why)
        )
        if not others or transfer.student is None:
            return None
        approval = SealedApproval(
            transfer=id_,
            section=section,
            student=transfer.student,
            by=by,
            second=node.pseudonym("actor", min(others)),
            at=now,
        )
        tx.sealed_approvals.put(approval)
        _set_kept_back(tx, id_, section, None)
        tx.audit.add(leaf(transfer, now, actor=by, action="sealed.approved", rule=section))
        return approval

    return await node.store.write(store)


async def keep_sealed(
    node: Node, id_: TransferId, section: str, reason: WithheldReason, *, person: Person, why: str
) -> Case:
    """Keep a sealed section here, with the reason that the other side is told; one person is enough.

    `why` is a note for this district, kept as a comment on the case.

    Raises:
        Forbidden, Conflict: as `let_sealed_go`.
        Refused: the reason is not one that a person gives.
    """
    if reason not in KEPT_BACK:
        raise Refused("a section is kept back as not_sent or follows")
    transfer, object_ = await _of_holder(node, id_)
    await _permit_release(node, person, object_, section)
    now, said = node.now(), comment_text(why)

    def store(tx: Tx) -> Case:
        _take_hold(node, tx, transfer, section)
        tx.sealed_approvals.withdraw(id_, section)
        case = _set_kept_back(tx, id_, section, reason)
        tx.cases.comment(id_, Comment(at=now, by=person.id, by_name=person.name, text=said))
        told = f"{section}: {reason}"
        tx.audit.add(leaf(transfer, now, actor=actor_of(node, person), action="sealed.kept", rule=told))
        return case

    return await node.store.write(store)


async def _permit_release(node: Node, person: Person, object_: Object, section: str) -> None:
    """Ask the rules. The basis of the release is checked when the record is approved."""
    about = replace(object_, section=section, sealed_for=_role(node, section))
    able = Context(now=node.now(), has_basis=True, approvals=frozenset({_ANYBODY}))
    await permit(node, person, Action.RELEASE_SEALED, about, able)


def _take_hold(node: Node, tx: Tx, transfer: Transfer, section: str) -> None:
    """Make sure that nobody else moves the request now, and that there is something to decide."""
    if transfer.state is not State.REVIEW:
        raise Conflict("what is sealed is decided while the request is under review")
    tx.transfers.move(transfer, transfer.stay(at=node.now()))
    if section not in {one.section for one in _release(node, tx, transfer).sections}:
        raise Conflict("nothing of this section goes sealed")


def _set_kept_back(tx: Tx, id_: TransferId, section: str, reason: WithheldReason | None) -> Case:
    case = tx.cases.get(id_)
    others = {name: held for name, held in case.kept_back.items() if name != section}
    after = replace(case, kept_back=others | ({section: reason} if reason else {}))
    tx.cases.save(after)
    return after


def _release(node: Node, tx: Tx, transfer: Transfer) -> SealedRelease:
    case = tx.cases.get(transfer.id)
    planned = _planned(node, tx, transfer)
    approvals = {one.section: one for one in tx.sealed_approvals.of(transfer.id)}
    counts = {name: sum(len(one.apart(name)) for one in planned) for name in transfer.sections}
    sections = [
        SealedSection(
            section=name,
            role=_role(node, name),
            entries=count,
            approval=None if name in case.kept_back else approvals.get(name),
            waiting=_waiting(node, tx, transfer, name),
            kept_back=case.kept_back.get(name),
        )
        for name, count in counts.items()
        if count
    ]
    parts = tx.sealed_parts.of(transfer.id)
    return SealedRelease(transfer=transfer, case=case, sections=sections, parts=parts)


def _planned(node: Node, tx: Tx, transfer: Transfer) -> Sequence[Planned]:
    if transfer.student is None:
        return ()
    try:
        held = read_held(tx, transfer.student)
    except Unknown:
        return ()
    return plan(node, tx, transfer, held, by="", at=node.now())


def _waiting(node: Node, tx: Tx, transfer: Transfer, section: str) -> Proposal | None:
    wished = [one.at(node.now()) for one in tx.proposals.of(transfer.id)]
    return next(
        (
            one
            for one in wished
            if one.action == Action.RELEASE_SEALED
            and one.state is ProposalState.OPEN
            and one.payload.get("section") == section
        ),
        None,
    )


def _role(node: Node, section: str) -> StaffRole:
    routing = routing_of(node.pack, section)
    if routing is None:
        raise Unknown("this section is not sealed")
    return routing.role


async def _of_holder(node: Node, id_: TransferId) -> tuple[Transfer, Object]:
    def look(tx: Tx) -> tuple[Transfer, Object]:
        transfer = tx.transfers.get(id_)
        return transfer, about_transfer(tx, node, transfer)

    transfer, object_ = await node.store.read(look)
    if transfer.role is not Role.HOLDER:
        raise Refused("this node asked for that record; only the holder decides about it")
    return transfer, object_

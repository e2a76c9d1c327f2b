"""What a person at the holding district decides: approve, keep back, deny, hold, lift, revoke, recall."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.casework import Case, Comment, comment_text
from gateway.domain.clocks import TRANSFER_LIFE
from gateway.domain.errors import Conflict, Refused
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.policy import Action, Context, Decision, Obligation, Person, PersonId
from gateway.domain.policy.basis import NoticeGiven
from gateway.domain.policy.release import KEPT_BACK, WithheldReason
from gateway.domain.safety.pace import is_drawn, next_batch
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.usecases.basis import basis_of, note_basis
from gateway.usecases.casework import void_snapshot
from gateway.usecases.disclosures import denied, requested
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.planning import undecided
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_transfer, for_a_person
from gateway.usecases.two_people import Act, agreed

AUTOMATIC = "automatic"
_ANYBODY = PersonId("the second person")


async def approve(
    node: Node, id_: TransferId, *, person: Person, notice: NoticeGiven | None = None, why: str = ""
) -> Transfer:
    """Let the record go to the requester, at once or after the family's time to object.

    `notice` says what tells the family of this release, where it is not the annual notice. Where a second
    person must agree, the first one's wish is stored with its `why` and the transfer stays under review.

    Raises:
        Unknown: there is no such transfer.
        Forbidden: the person may not release this student's record.
        NoticeBasisMissing: nothing told the family of this release; says what to do.
        Conflict: it is not under review, or nobody decided yet about a section that goes sealed.
    """
    transfer = await _of_holder(node, id_)
    await node.store.read(lambda tx: basis_of(node, tx, transfer, notice))
    able = {"has_basis": True, "approvals": frozenset({_ANYBODY})}
    decision = await _permit(node, person, Action.RELEASE_APPROVE, transfer, **able)

    def two_agree(tx: Tx) -> bool:
        what = {"student": transfer.student, "kept_back": dict(tx.cases.get(id_).kept_back)}
        act = Act(action=Action.RELEASE_APPROVE, object=id_, payload=what, why=why)
        return _agree(tx, node, person, decision, act)

    return await approve_transfer(
        node, transfer, actor=actor_of(node, person), notice=notice, two_agree=two_agree
    )


async def approve_automatically(node: Node, transfer: Transfer) -> Transfer:
    """REVIEW onwards, where the district's rules leave a certain match to the node; a step of the loop.

    What is held, silently too, what is drawn by lot, what is out of the ordinary and what has sealed sections
    waits for people: all look alike.
    """
    now, rules = node.now(), node.rules
    drawn = rules.batch and is_drawn(node.pseudonym("draw", transfer.id), rules.manual_share)

    def left_to_people(tx: Tx) -> bool:
        return for_a_person(tx, transfer) or bool(undecided(node, tx, transfer))

    if await node.store.read(left_to_people) or drawn:
        waits = transfer.stay(at=now, next_try_at=transfer.expires_at)
        await node.store.write(lambda tx: tx.transfers.move(transfer, waits))
        return waits
    return await approve_transfer(node, transfer, actor=AUTOMATIC)


async def approve_transfer(
    node: Node,
    transfer: Transfer,
    *,
    actor: str,
    notice: NoticeGiven | None = None,
    two_agree: Callable[[Tx], bool] = lambda _: True,
) -> Transfer:
    """REVIEW to NOTICE, or to APPROVED where families have no time to object; or not yet: see `approve`.

    Raises:
        NoticeBasisMissing: as `approve`.
        Conflict: as `approve`; what was released is sent again as a correction only.
    """
    if transfer.state is not State.REVIEW:
        raise Conflict(f"only a request under review is approved; this one is {transfer.state}")
    now = node.now()
    approval = {"approved_by": actor, "approved_at": now}
    if node.rules.notice:
        after = transfer.to(State.NOTICE, at=now, next_try_at=now + node.rules.notice, **approval)
    else:
        due = leaves_at(node, actor)
        after = transfer.to(State.APPROVED, at=now, next_try_at=due, **approval)

    def store(tx: Tx) -> Transfer:
        if sealed := undecided(node, tx, transfer):
            raise Conflict(f"say first whether what is sealed goes or stays: {', '.join(sealed)}")
        if not two_agree(tx):
            return transfer
        basis = basis_of(node, tx, transfer, notice)
        tx.transfers.move(transfer, after)
        note_basis(tx, transfer, basis)
        tx.audit.add(leaf(after, now, actor=actor, rule=str(basis)))
        return after

    stored = await node.store.write(store)
    node.wake()
    return stored


def leaves_at(node: Node, actor: str) -> datetime:
    """Return when an approved record leaves: a person may take it back until then.

    Where some leave in batches, all do.
    """
    now, rules = node.now(), node.rules
    if actor == AUTOMATIC:
        return now
    leaves = now + rules.undo
    return next_batch(leaves, rules.batch) if rules.automatic_approval and rules.batch else leaves


async def end_notice(node: Node, transfer: Transfer) -> Transfer:
    """NOTICE to APPROVED: nobody objected in time; a step of the loop."""
    now = node.now()
    after = transfer.to(State.APPROVED, at=now, next_try_at=now)
    return await _store(node, transfer, after, actor="node", rule="notice period ended")


async def undo(node: Node, id_: TransferId, *, person: Person) -> Transfer:
    """Take an approval back before the record left: the request is under review again.

    Raises:
        Conflict: it was not approved, or has left.
    """
    transfer = await _of_holder(node, id_)
    if transfer.state is not State.APPROVED:
        raise Conflict("only what is approved and has not left yet can be taken back")
    await _permit(node, person, Action.RELEASE_UNDO, transfer)
    now = node.now()
    after = transfer.to(
        State.REVIEW, at=now, approved_by=None, approved_at=None, next_try_at=transfer.expires_at
    )
    return await _store(node, transfer, after, actor=actor_of(node, person), rule="taken back")


async def keep_back(
    node: Node, id_: TransferId, sections: Mapping[str, WithheldReason], *, person: Person, why: str
) -> Case:
    """Decide which sections stay here, each with the reason that the other side is told; none: all go.

    `why` is a note for this district, kept as a comment on the case. Nothing leaves by this: where two people
    must agree, they approve the release with what stays.

    Raises:
        Refused: a section was not asked for, or a reason is not one that a person gives.
        Conflict: the request is not under review.
    """
    transfer = await _of_holder(node, id_)
    _check_kept_back(transfer, sections)
    able = {"reason": why, "has_basis": True, "approvals": frozenset({_ANYBODY})}
    await _permit(node, person, Action.RELEASE_PARTIAL, transfer, **able)
    now = node.now()
    said = comment_text(why)

    def store(tx: Tx) -> Case:
        tx.transfers.move(transfer, transfer.stay(at=now))
        case = replace(tx.cases.get(id_), kept_back=dict(sections))
        tx.cases.save(case)
        tx.cases.comment(id_, Comment(at=now, by=person.id, by_name=person.name, text=said))
        told = ", ".join(f"{name}: {reason}" for name, reason in sorted(sections.items()))
        tx.audit.add(
            leaf(transfer, now, actor=actor_of(node, person), action="release.partial", rule=told or "all go")
        )
        return case

    return await node.store.write(store)


def _check_kept_back(transfer: Transfer, sections: Mapping[str, WithheldReason]) -> None:
    if transfer.state is not State.REVIEW:
        raise Conflict("what stays is decided while the request is under review")
    if unknown := sorted(sections.keys() - set(transfer.sections)):
        raise Refused(f"{unknown[0]} was not asked for")
    if any(reason not in KEPT_BACK for reason in sections.values()):
        raise Refused("a section is kept back as not_sent or follows")
    if sections.keys() >= set(transfer.sections):
        raise Refused("a release without any section is a refusal: refuse the request instead")


async def deny(node: Node, id_: TransferId, *, person: Person, reason: Reason) -> Transfer:
    """Refuse the request. The requester learns that it was not released, not why."""
    return await _decide(node, id_, State.DENIED, person, reason)


async def hold(node: Node, id_: TransferId, *, person: Person, reason: Reason) -> Transfer:
    """Keep the request where it is. The requester sees `pending`, as before."""
    return await _decide(node, id_, State.HELD, person, reason)


async def lift(node: Node, id_: TransferId, *, person: Person, why: str = "") -> Transfer:
    """End a hold: the request is under review again.

    What was held for safety, by a court or by law goes on when two people ask for it: the first one's wish
    is stored with its `why`, and the transfer stays held.
    """
    transfer = await _of_holder(node, id_)
    able = {"reason": why.strip() or "agrees", "approvals": frozenset({_ANYBODY})}
    decision = await _permit(node, person, Action.RELEASE_RESUME, transfer, **able)
    now = node.now()
    after = transfer.to(
        State.REVIEW, at=now, reason=None, next_try_at=_next_look(transfer, State.REVIEW, now)
    )
    act = Act(action=Action.RELEASE_RESUME, object=id_, payload={"revision": transfer.revision}, why=why)
    return await _store(
        *(node, transfer, after),
        actor=actor_of(node, person),
        rule="",
        two_agree=lambda tx: _agree(tx, node, person, decision, act),
    )


def _agree(tx: Tx, node: Node, person: Person, decision: Decision, act: Act) -> bool:
    """Whether as many people agree to exactly this as must."""
    return Obligation.SECOND_PERSON not in decision.obligations or bool(agreed(tx, node, person, act))


async def revoke(node: Node, id_: TransferId, *, person: Person, reason: Reason) -> Transfer:
    """Take a release back before it was receipted: the sealed record is deleted."""
    return await _decide(node, id_, State.REVOKED, person, reason)


async def recall(node: Node, id_: TransferId, *, person: Person, reason: Reason) -> Transfer:
    """Tell the receiver that the record must not be used."""
    return await _decide(node, id_, State.RECALLED, person, reason)


async def choose_student(node: Node, id_: TransferId, student: LocalStudentId, *, person: Person) -> Transfer:
    """Settle an open match by hand: the request is under review with this student.

    Raises:
        Unknown: no such transfer, or no such student.
    """
    transfer = await _of_holder(node, id_)
    await node.store.read(lambda tx: tx.backpacks.get(student))
    await _permit(node, person, Action.MATCH_CHOOSE, transfer)
    now = node.now()
    expires_at = now + TRANSFER_LIFE
    matching = transfer.to(State.MATCHING, at=now, reason=None, expires_at=expires_at, next_try_at=None)
    after = matching.to(State.REVIEW, at=now, student=student, next_try_at=expires_at)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, matching)
        tx.transfers.move(matching, after)
        tx.cases.place(id_, student)
        tx.audit.add(leaf(after, now, actor=actor_of(node, person), rule="chosen by a person"))
        tx.disclosures.add(requested(node, after, student))

    await node.store.write(store)
    return after


async def _of_holder(node: Node, id_: TransferId) -> Transfer:
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.HOLDER:
        raise Refused("this node asked for that record; only the holder decides about it")
    return transfer


_ACTS = {
    State.DENIED: Action.RELEASE_DENY,
    State.HELD: Action.RELEASE_PAUSE,
    State.REVOKED: Action.RELEASE_REVOKE,
    State.RECALLED: Action.RELEASE_RECALL,
}


async def _decide(
    node: Node,
    id_: TransferId,
    state: State,
    person: Person,
    reason: Reason,
) -> Transfer:
    transfer = await _of_holder(node, id_)
    await _permit(node, person, _ACTS[state], transfer, reason=reason)
    now = node.now()
    after = transfer.to(state, at=now, reason=reason, next_try_at=_next_look(transfer, state, now))
    return await _store(node, transfer, after, actor=actor_of(node, person), rule=reason)


async def _permit(node: Node, person: Person, action: Action, transfer: Transfer, **context: Any) -> Decision:
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    return await permit(node, person, action, object_, Context(now=node.now(), **context))


def _next_look(transfer: Transfer, state: State, now: datetime) -> datetime | None:
    waits = state in {State.HELD, State.REVIEW}
    return max(transfer.expires_at, now) if waits else None


_ANNOUNCED = frozenset({State.DENIED, State.REVOKED, State.RECALLED})
_TAKES_BACK = frozenset({State.DENIED, State.REVOKED, State.RECALLED})


async def _store(
    node: Node,
    before: Transfer,
    after: Transfer,
    *,
    actor: str,
    rule: str,
    two_agree: Callable[[Tx], bool] = lambda _: True,
) -> Transfer:
    messages = [announcement(node, after)] if after.state in _ANNOUNCED else []

    def store(tx: Tx) -> Transfer:
        if not two_agree(tx):
            return before
        tx.transfers.move(before, after)
        void_snapshot(tx, after)
        tx.audit.add(leaf(after, after.changed_at, actor=actor, rule=rule))
        if after.state is State.DENIED and after.student is not None:
            tx.disclosures.add(denied(node, after, after.student))
        if after.state in _TAKES_BACK:
            tx.parcels.drop(after.id)
        for message in messages:
            tx.messages.add(message)
        return after

    stored = await node.store.write(store)
    node.wake()
    return stored

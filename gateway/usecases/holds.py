"""Place, lift and list holds on students' records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.domain.errors import Conflict, Forbidden, Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Context, Object, Person, PersonId, StaffRole, decide
from gateway.domain.safety.holds import MAY_LIFT, Hold, HoldKind
from gateway.domain.transfer import Reason, State, Transfer
from gateway.usecases.casework import void_snapshot
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_student, is_kept, recorded
from gateway.usecases.two_people import Act, agreed

_ANYBODY = PersonId("whoever agrees")
"""Stands for the second person while it is asked whether the first may: `agreed` sees to the second."""
_STOPPED = frozenset({State.REVIEW, State.NOTICE, State.APPROVED})
_WAITING = frozenset({State.APPROVED, State.PACKAGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWish:
    """What a member of staff wants held."""

    student: LocalStudentId
    kind: HoldKind
    reason: str
    planned_end: date | None = None
    may_lift: StaffRole = StaffRole.RECORDS_OFFICER
    silent: bool = False


async def place_hold(node: Node, person: Person, wish: HoldWish) -> Hold:
    """Hold the student's record. What is owed holds nothing that goes from school to school.

    Requests under review become held; a silent hold changes nothing that anybody could see. A hold of a
    missing child is always silent.

    Raises:
        Unknown: there is no such student.
        Forbidden: the person may not; or the role that is to lift it does not lift holds.
    """
    silent = wish.silent or wish.kind is HoldKind.MISSING_CHILD
    action = Action.SILENT_HOLD_PLACE if silent else Action.HOLD_PLACE
    await node.store.read(lambda tx: tx.backpacks.get(wish.student))
    object_ = await node.store.read(lambda tx: about_student(tx, node, wish.student))
    await permit(node, person, action, object_, Context(now=node.now(), reason=wish.reason.strip()))
    if wish.may_lift not in MAY_LIFT:
        raise Forbidden(f"a hold is lifted by one of these roles: {', '.join(MAY_LIFT)}")
    now = node.now()
    hold = Hold(
        id=f"S-{node.new_id()}",
        student=wish.student,
        kind=wish.kind,
        reason=wish.reason.strip(),
        placed_by=person.id,
        placed_by_name=person.name,
        placed_at=now,
        planned_end=wish.planned_end,
        may_lift=StaffRole.SAFETY_OFFICER if silent else wish.may_lift,
        silent=silent,
    )

    def store(tx: Tx) -> None:
        tx.holds.put(hold)
        tx.audit.add(recorded(node, person, hold.id))
        if hold.stops_transfers and not hold.silent:
            for transfer in tx.transfers.of_student(hold.student):
                _stop(tx, node, person, transfer)

    await node.store.write(store)
    return hold


async def lift_hold(node: Node, person: Person, id_: str, *, why: str = "") -> Hold | None:
    """Lift a hold when two people ask for it; None when this was the first.

    What it held is under review again, unless another hold is left.

    Raises:
        Unknown: there is no such hold, or none that the person may know of.
        Forbidden: the person may not, or has not the role that the hold names.
        Conflict: it was lifted before.
    """
    hold, object_ = await node.store.read(lambda tx: _known(tx, node, person, id_))
    if not hold.active:
        raise Conflict("this hold was lifted before")
    if hold.may_lift not in person.roles:
        raise Forbidden(f"this hold is lifted by the {hold.may_lift.replace('_', ' ')}")
    reason = why.strip()
    able = Context(now=node.now(), reason=reason or "agrees", approvals=frozenset({_ANYBODY}))
    await permit(node, person, hold.lifting, object_, able)
    now = node.now()
    lifted = replace(hold, lifted_by=person.id, lifted_at=now)

    def store(tx: Tx) -> Hold | None:
        if not agreed(tx, node, person, Act(action=hold.lifting, object=hold.id, why=reason)):
            return None
        tx.holds.put(lifted)
        tx.audit.add(recorded(node, person, hold.id))
        if not is_kept(tx, hold.student):
            for transfer in tx.transfers.of_student(hold.student):
                _let_go(tx, node, person, transfer)
        return lifted

    done = await node.store.write(store)
    node.wake()
    return done


async def list_holds(node: Node, person: Person, *, student: LocalStudentId | None = None) -> Sequence[Hold]:
    """Return the holds that the person may know of: those of a student, or all that are active.

    Whoever may not see silent holds gets the same answer as if there were none.
    """

    def read(tx: Tx) -> list[Hold]:
        found = tx.holds.of(student) if student else tx.holds.active()
        return [hold for hold in found if _may_see(tx, node, person, hold)]

    return await node.store.read(read)


def _known(tx: Tx, node: Node, person: Person, id_: str) -> tuple[Hold, Object]:
    hold = tx.holds.get(id_)
    if not _may_see(tx, node, person, hold):
        raise Unknown("there is no such hold")
    return hold, about_student(tx, node, hold.student)


def _may_see(tx: Tx, node: Node, person: Person, hold: Hold) -> bool:
    action = Action.SILENT_HOLD_READ if hold.silent else Action.HOLD_READ
    object_ = about_student(tx, node, hold.student)
    return decide(person, action, object_, Context(now=node.now()), node.policy).granted


def _stop(tx: Tx, node: Node, person: Person, transfer: Transfer) -> None:
    if transfer.state in _STOPPED:
        now = node.now()
        held = transfer.to(
            State.HELD, at=now, reason=Reason.STUDENT_HOLD, next_try_at=max(transfer.expires_at, now)
        )
        tx.transfers.move(transfer, held)
        void_snapshot(tx, held)
        tx.audit.add(leaf(held, now, actor=actor_of(node, person), rule=Reason.STUDENT_HOLD))


def _let_go(tx: Tx, node: Node, person: Person, transfer: Transfer) -> None:
    """Put what a hold stopped under review again; what only waited to leave goes on."""
    now = node.now()
    if transfer.state is State.HELD and transfer.reason is Reason.STUDENT_HOLD:
        after = transfer.to(State.REVIEW, at=now, reason=None, next_try_at=max(transfer.expires_at, now))
        tx.transfers.move(transfer, after)
        tx.audit.add(leaf(after, now, actor=actor_of(node, person)))
    elif transfer.state in _WAITING:
        undone_until = (transfer.approved_at or now) + node.rules.undo
        tx.transfers.move(transfer, transfer.stay(at=now, next_try_at=max(now, undone_until)))
    elif transfer.state is State.REVIEW and tx.cases.get(transfer.id).snapshot_waits:
        due = tx.cases.get(transfer.id).snapshot_due_at or now
        tx.transfers.move(transfer, transfer.stay(at=now, next_try_at=max(now, due)))

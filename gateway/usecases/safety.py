"""What is asked of holds and flags inside other acts' transactions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway.domain.audit import Leaf
from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Flag as PolicyFlag
from gateway.domain.policy import Kind, Object, Person
from gateway.domain.safety.flags import Flag, for_policy, hides_place
from gateway.domain.safety.holds import Hold
from gateway.domain.safety.pace import Pace, alarm_at
from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.domain.transfer import Reason, State, Transfer
from gateway.usecases.permission import actor_of, of_transfer
from gateway.usecases.ports import Node, Tx

ALARM_DUE: Final = timedelta(hours=4)


def holds_on(tx: Tx, student: LocalStudentId) -> Sequence[Hold]:
    """Return what holds the student's record, silent holds too: for the node, not for people."""
    return [hold for hold in tx.holds.of(student) if hold.active]


def is_kept(tx: Tx, student: LocalStudentId | None) -> bool:
    """Whether the student's record does not leave for another school now."""
    return student is not None and any(hold.stops_transfers for hold in holds_on(tx, student))


def flags_of(tx: Tx, node: Node, student: LocalStudentId) -> Sequence[Flag]:
    """Return the student's flags that are in force today."""
    return [flag for flag in tx.flags.of(student) if flag.in_force(node.now().date())]


def is_protected(tx: Tx, student: LocalStudentId | None) -> bool:
    """Whether nothing may tell where the student is."""
    return student is not None and hides_place([flag for flag in tx.flags.of(student) if not flag.cleared_at])


def about_student(tx: Tx, node: Node, student: LocalStudentId) -> Object:
    """Return a student as rules see one: an opaque handle, schools, and the flags that staff may know."""
    flags = for_policy(flags_of(tx, node, student)) - {PolicyFlag.MISSING}
    if any(not hold.silent for hold in holds_on(tx, student)):
        flags |= {PolicyFlag.HOLD}
    try:
        school = tx.backpacks.get(student).school
    except Unknown:
        school = None
    return Object(
        kind=Kind.STUDENT,
        id=node.pseudonym("learner", student),
        schools=frozenset({school} if school else ()),
        flags=flags,
    )


def about_transfer(tx: Tx, node: Node, transfer: Transfer) -> Object:
    """Return a transfer as rules see it, with the schools and flags of its student, once that is found."""
    if transfer.student is None:
        return of_transfer(transfer)
    student = about_student(tx, node, transfer.student)
    return of_transfer(transfer, schools=student.schools, flags=student.flags)


def held_openly(tx: Tx, node: Node, transfer: Transfer) -> Transfer:
    """Return a transfer under review as HELD, where a hold that staff may know of stops it."""
    student = transfer.student
    if transfer.state is not State.REVIEW or student is None:
        return transfer
    if not any(hold.stops_transfers and not hold.silent for hold in holds_on(tx, student)):
        return transfer
    held = replace(transfer, next_try_at=transfer.expires_at)
    return held.to(State.HELD, at=node.now(), reason=Reason.STUDENT_HOLD)


def for_a_person(tx: Tx, transfer: Transfer) -> bool:
    """Whether an automatic release is left to a person: held, protected, or asked for by one who alarms."""
    student = transfer.student
    return (
        is_kept(tx, student)
        or is_protected(tx, student)
        or any(task.peer == transfer.peer for task in tx.safety_tasks.open(TaskKind.ALARM))
    )


def pace_of(tx: Tx, node: Node, transfer: Transfer) -> Pace:
    """Return how much the requester of the transfer asked for until now, this request included."""
    now, peer, count = node.now(), transfer.peer, tx.transfers.count_since
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    in_hour = count(peer, hour)
    many, missed = in_hour > node.rules.limits.actor_per_hour, transfer.state is State.NO_MATCH
    return Pace(
        peer_last_hour=in_hour,
        actor_last_hour=count(peer, hour, actor=transfer.actor) if many else 0,
        peer_last_day=count(peer, day) if missed else 0,
        misses_last_day=count(peer, day, state=State.NO_MATCH) if missed else 0,
    )


def raise_alarm(tx: Tx, node: Node, transfer: Transfer) -> None:
    """Tell the privacy officer, once a day, of a district that asks for far more than others do.

    The district learns nothing of it; until the task is done nothing leaves for it by itself.
    """
    found = alarm_at(pace_of(tx, node, transfer), node.rules.limits)
    if found is None:
        return
    now = node.now()
    tx.safety_tasks.add(
        SafetyTask(
            id=node.pseudonym("alarm", f"{transfer.peer} {found} {now.date()}"),
            kind=TaskKind.ALARM,
            created_at=now,
            due_at=now + ALARM_DUE,
            peer=transfer.peer,
            about=found,
        )
    )


def recorded(node: Node, person: Person, id_: str) -> Leaf:
    """Return the line of the log of any act of safety: all look alike, a silent one too."""
    return Leaf(at=node.now(), actor=actor_of(node, person), action="safety.recorded", object=id_)

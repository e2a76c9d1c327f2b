"""Set, confirm, clear and list the flags of students."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from gateway.domain.backpack.shared import Address
from gateway.domain.errors import Conflict, Forbidden, Malformed, Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Context, Person, PersonId, StaffRole, decide
from gateway.domain.safety.flags import HIDES_PLACE, NEEDS_DOCUMENT, Flag, FlagKind
from gateway.domain.safety.holds import Hold, HoldKind
from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.protection import conceal_stored, protecting, reveal_stored
from gateway.usecases.safety import about_student, recorded
from gateway.usecases.two_people import Act, agreed

_CONFIRM_WITHIN: Final = timedelta(days=1)
_ANYBODY: Final = PersonId("whoever agrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagWish:
    """A flag that a member of staff sets."""

    student: LocalStudentId
    kind: FlagKind
    why: str
    since: date | None = None
    """Today, where it is not said."""
    until: date | None = None
    document: str | None = None
    substitute: Mapping[str, Any] | None = None


async def set_flag(node: Node, person: Person, wish: FlagWish) -> Flag:
    """Set a flag. What protects takes effect at once, and what is kept of the student is rewritten.

    A missing-child notice places a silent hold. A restriction of a parent's rights waits for a second person.

    Raises:
        Unknown: there is no such student.
        Malformed: a restriction names no document, or the substitute address is none.
        Forbidden: the person may not set flags, or may not place the silent hold that comes with this one.
    """
    object_ = await node.store.read(lambda tx: about_student(tx, node, wish.student))
    context = Context(now=node.now(), reason=wish.why.strip())
    await permit(node, person, Action.FLAG_SET, object_, context)
    if wish.kind is FlagKind.MISSING_CHILD:
        await permit(node, person, Action.SILENT_HOLD_PLACE, object_, context)
    flag = _flag(node, person, wish)

    def store(tx: Tx) -> None:
        tx.backpacks.get(flag.student)
        tx.flags.put(flag)
        tx.safety_tasks.add(_to_confirm(node, flag))
        tx.audit.add(recorded(node, person, flag.id))
        if flag.kind in HIDES_PLACE:
            conceal_stored(tx, flag.student)
        if flag.kind is FlagKind.MISSING_CHILD:
            tx.holds.put(_silent_hold(node, person, flag))

    await node.store.write(store)
    return flag


async def confirm_flag(node: Node, person: Person, id_: str) -> Flag:
    """Confirm, as the second person, that a flag is right: its document was read.

    Raises:
        Unknown: there is no such flag, or none that this person may know of.
        Forbidden: it is the person who set it, or one who may not set flags.
        Conflict: it was confirmed or cleared before.
    """
    flag = await node.store.read(lambda tx: _known(tx, node, person, id_))
    object_ = await node.store.read(lambda tx: about_student(tx, node, flag.student))
    await permit(node, person, Action.FLAG_SET, object_, Context(now=node.now(), reason="confirms"))
    if person.id == flag.set_by:
        raise Forbidden("another person than the one who set it must confirm it")
    if flag.confirmed_at or flag.cleared_at:
        raise Conflict("this flag was confirmed or cleared before")
    now = node.now()
    confirmed = replace(flag, confirmed_by=person.id, confirmed_at=now)

    def store(tx: Tx) -> None:
        tx.flags.put(confirmed)
        task = tx.safety_tasks.get(_to_confirm(node, flag).id)
        if task.done_at is None:
            tx.safety_tasks.save(task.done(person.id, at=now))
        tx.audit.add(recorded(node, person, flag.id))

    await node.store.write(store)
    return confirmed


async def clear_flag(node: Node, person: Person, id_: str, *, why: str = "") -> Flag | None:
    """Clear a flag when two people ask for it; None when this was the first.

    Raises:
        Unknown: there is no such flag, or none that this person may know of.
        Forbidden: the person may not clear flags.
        Conflict: it was cleared before.
    """
    flag = await node.store.read(lambda tx: _known(tx, node, person, id_))
    object_ = await node.store.read(lambda tx: about_student(tx, node, flag.student))
    able = Context(now=node.now(), reason=why.strip() or "agrees", approvals=frozenset({_ANYBODY}))
    await permit(node, person, Action.FLAG_CLEAR, object_, able)
    if flag.cleared_at:
        raise Conflict("this flag was cleared before")
    cleared = replace(flag, cleared_by=person.id, cleared_at=node.now())

    def store(tx: Tx) -> Flag | None:
        if not agreed(tx, node, person, Act(action=Action.FLAG_CLEAR, object=flag.id, why=why)):
            return None
        tx.flags.put(cleared)
        tx.audit.add(recorded(node, person, flag.id))
        if flag.kind in HIDES_PLACE and not protecting(tx, flag.student):
            reveal_stored(tx, flag.student)
        return cleared

    return await node.store.write(store)


async def list_flags(node: Node, person: Person, *, student: LocalStudentId | None = None) -> Sequence[Flag]:
    """Return the flags that the person may know of: those of a student, or all that stand.

    Whoever may not see silent holds sees no missing-child notice, and nothing says that one is left out.
    """

    def read(tx: Tx) -> list[Flag]:
        found = tx.flags.of(student) if student else tx.flags.standing()
        return [flag for flag in found if _may_see(tx, node, person, flag)]

    return await node.store.read(read)


def _known(tx: Tx, node: Node, person: Person, id_: str) -> Flag:
    flag = tx.flags.get(id_)
    if not _may_see(tx, node, person, flag):
        raise Unknown("there is no such flag")
    return flag


def _may_see(tx: Tx, node: Node, person: Person, flag: Flag) -> bool:
    silent = flag.kind is FlagKind.MISSING_CHILD
    action = Action.SILENT_HOLD_READ if silent else Action.FLAG_READ
    object_ = about_student(tx, node, flag.student)
    return decide(person, action, object_, Context(now=node.now()), node.policy).granted


def _flag(node: Node, person: Person, wish: FlagWish) -> Flag:
    if wish.kind in NEEDS_DOCUMENT and not wish.document:
        raise Malformed("a restriction names the document that orders it: being without custody is none")
    now = node.now()
    return Flag(
        id=f"S-{node.new_id()}",
        student=wish.student,
        kind=wish.kind,
        since=wish.since or now.date(),
        until=wish.until,
        document=wish.document,
        substitute=_address(wish.substitute),
        set_by=person.id,
        set_by_name=person.name,
        set_at=now,
    )


def _address(said: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if said is None:
        return None
    try:
        read = Address.model_validate(dict(said))
    except ValueError:
        raise Malformed("the substitute address does not fit the schema's Address") from None
    return read.model_dump(mode="json", by_alias=True, exclude_none=True)


def _to_confirm(node: Node, flag: Flag) -> SafetyTask:
    return SafetyTask(
        id=node.pseudonym("confirm", flag.id),
        kind=TaskKind.CONFIRM_FLAG,
        created_at=flag.set_at,
        due_at=flag.set_at + _CONFIRM_WITHIN,
        student=flag.student,
        about=flag.id,
    )


def _silent_hold(node: Node, person: Person, flag: Flag) -> Hold:
    return Hold(
        id=f"S-{node.new_id()}",
        student=flag.student,
        kind=HoldKind.MISSING_CHILD,
        reason="missing-child notice",
        placed_by=person.id,
        placed_by_name=person.name,
        placed_at=flag.set_at,
        may_lift=StaffRole.SAFETY_OFFICER,
        silent=True,
    )

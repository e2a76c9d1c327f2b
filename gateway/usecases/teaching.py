"""Who teaches whom: by what the local system says, and by which ids it knows the staff."""

from collections.abc import Collection
from dataclasses import replace

from gateway.domain.audit import Leaf
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Kind, Object, Person, PersonId
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Account, Node, Tx
from gateway.usecases.safety import about_student


def about_learner(tx: Tx, node: Node, student: LocalStudentId) -> Object:
    """Return a student as rules see one who is taught: with those on whose roster the student is."""
    assigned = tx.rosters.teachers_of(student, node.calendar.day_of(node.now()))
    return replace(about_student(tx, node, student), assigned=assigned)


async def name_teacher(node: Node, person: Person, teacher: PersonId, local_ids: Collection[str]) -> Account:
    """Say by which ids the local system knows a member of staff, in place of the former ones.

    Raises:
        Unknown: there is no such member of staff.
        Forbidden: the person may not.
    """
    account = await node.store.read(lambda tx: tx.staff.get(teacher))
    await permit(node, person, Action.STAFF_CHANGE, Object(kind=Kind.NODE, id=account.pseudonym))
    actor = actor_of(node, person)
    leaf = Leaf(at=node.now(), actor=actor, action=Action.STAFF_CHANGE, object=account.pseudonym)

    def store(tx: Tx) -> None:
        tx.rosters.name(teacher, local_ids)
        tx.audit.add(leaf)

    await node.store.write(store)
    return account

"""Find what the safety officer must be told, apart from the requests themselves, and settle it.

Nothing of a request's own path depends on a silent hold: it is found here, by looking at what is there.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from gateway.domain.errors import Forbidden, Unknown
from gateway.domain.policy import Person
from gateway.domain.safety.holds import HoldKind
from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import recorded

REPORT_WITHIN: Final = timedelta(hours=4)


async def watch_safety(node: Node) -> int:
    """Make a task of every request for a missing child's record; return how many are new."""

    def store(tx: Tx) -> int:
        return sum(tx.safety_tasks.add(task) for task in _reports(tx, node))

    return await node.store.write(store)


def _reports(tx: Tx, node: Node) -> Sequence[SafetyTask]:
    now = node.now()
    return [
        SafetyTask(
            id=node.pseudonym("report", transfer.id),
            kind=TaskKind.REPORT,
            created_at=now,
            due_at=now + REPORT_WITHIN,
            student=hold.student,
            transfer=transfer.id,
            peer=transfer.peer,
        )
        for hold in tx.holds.active()
        if hold.kind is HoldKind.MISSING_CHILD
        for transfer in tx.transfers.of_student(hold.student)
    ]


async def list_tasks(node: Node, person: Person) -> Sequence[SafetyTask]:
    """Return the open tasks of the person's roles; nobody sees another's."""
    found = await node.store.read(lambda tx: tx.safety_tasks.open())
    return [task for task in found if task.role in person.roles]


async def settle_task(node: Node, person: Person, id_: str, *, tracking: str | None = None) -> SafetyTask:
    """Note that a task is done; a report with the number that the agency gave it.

    Raises:
        Unknown: there is no such task of the person's roles.
        Conflict: it was done before.
        Forbidden: a report without its number, or a recall, which is answered instead.
    """
    task = await node.store.read(lambda tx: tx.safety_tasks.get(id_))
    if task.role not in person.roles:
        raise Unknown("there is no such task")
    if task.kind is TaskKind.RECALLED:
        raise Forbidden("a recall is done with when it is answered: `backpack transfer answer-recall`")
    if task.kind is TaskKind.REPORT and not (tracking or "").strip():
        raise Forbidden("a report has the number that the agency gave it")
    done = task.done(person.id, at=node.now(), tracking=tracking)

    def store(tx: Tx) -> None:
        tx.safety_tasks.save(done)
        tx.audit.add(recorded(node, person, task.id))

    await node.store.write(store)
    return done

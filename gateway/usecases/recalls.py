"""Another district takes back a record: nobody reads it any more, and whoever got it from here is told."""

from datetime import timedelta
from typing import Final

from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.domain.transfer import STEPS, Reason, State, Transfer
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.onward import sent_on
from gateway.usecases.ports import Node, Tx

ANSWER_WITHIN: Final = timedelta(days=5)


def task_id(node: Node, transfer: Transfer) -> str:
    """Return the id of the task to answer a transfer's recall."""
    return node.pseudonym("recall", transfer.id)


def take_recall(node: Node, tx: Tx, transfer: Transfer, reason: Reason) -> None:
    """Quarantine what came with a transfer, make its answer a task, and recall what was passed on of it.

    What came with another transfer too stays, and so does what was passed on of that.
    """
    came = tx.segments.with_transfer(transfer.id)
    tx.segments.recall(transfer.id)
    tx.sealed_parts.empty(transfer.id)
    subject = transfer.subject
    left = tx.segments.received(state_id=subject.state_id, birth_date=subject.birth_date)
    gone = {one.digest for one in came} - {one.digest for one in left}
    for other in sent_on(tx, gone):
        _recall(node, tx, other, reason)
    now = transfer.changed_at
    tx.safety_tasks.add(
        SafetyTask(
            id=task_id(node, transfer),
            kind=TaskKind.RECALLED,
            created_at=now,
            due_at=now + ANSWER_WITHIN,
            transfer=transfer.id,
            peer=transfer.peer,
            about=reason,
        )
    )


def _recall(node: Node, tx: Tx, transfer: Transfer, reason: Reason) -> None:
    reachable = STEPS[transfer.role].get(transfer.state, frozenset())
    state = next((one for one in (State.RECALLED, State.REVOKED) if one in reachable), None)
    if state is None:
        return
    now = node.now()
    after = transfer.to(state, at=now, reason=reason, next_try_at=None)
    tx.transfers.move(transfer, after)
    tx.parcels.drop(after.id)
    tx.messages.add(announcement(node, after))
    tx.audit.add(leaf(after, now, rule="recall passed on"))

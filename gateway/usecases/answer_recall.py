"""What a recalled record left behind here, and the signed answer to its recall."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.domain.disclosures import Access
from gateway.domain.errors import Conflict, Malformed, Unknown
from gateway.domain.ids import Digest, TransferId, digest
from gateway.domain.policy import Action, Person
from gateway.domain.recalls import RecallAnswer
from gateway.domain.safety.tasks import SafetyTask
from gateway.domain.transfer import State, Transfer
from gateway.usecases.casework import object_of
from gateway.usecases.evidence import leaf, receipt
from gateway.usecases.onward import sent_on
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import ArchivedRecord, Node, ReviewState, Tx
from gateway.usecases.recalls import task_id

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """All that a recalled record left behind here."""

    transfer: Transfer
    task: SafetyTask
    """Its `tracking` is what was answered last."""
    imported: bool
    """Whether what an import wrote still stands: it is undone on the page of the import."""
    kept: bool
    """Whether the signed record is still kept."""
    readings: Sequence[Access]
    onward: Sequence[Transfer]
    """To whom it was passed on; each was told with the recall."""


async def read_recall(node: Node, person: Person, id_: TransferId) -> Reversal:
    """Return what the record left behind.

    Raises:
        Unknown: there is no such transfer.
        Conflict: its record was not recalled.
        Forbidden: the person answers no recalls.
    """
    transfer, task = await _recalled(node, person, id_)
    archived = await node.store.read(lambda tx: _archived(tx, id_))
    segments = await _segments(node, transfer, archived)

    def look(tx: Tx) -> Reversal:
        return Reversal(
            transfer=transfer,
            task=task,
            imported=_is_imported(tx, transfer),
            kept=archived is not None,
            readings=tx.accesses.of_transfer(id_),
            onward=sent_on(tx, segments),
        )

    return await node.store.read(look)


async def answer_recall(
    node: Node, person: Person, id_: TransferId, answer: RecallAnswer, *, why: str = ""
) -> Transfer:
    """Answer a recall with a signed receipt; of a deleted record, its digests and receipts stay.

    The same answer again changes nothing. A refusal says why to the other district. What is deleted cannot
    be answered otherwise later.

    Raises:
        Unknown: there is no such transfer.
        Conflict: its record was not recalled, is deleted already, or is imported still.
        Malformed: a refusal without a reason, or with one that is too long.
        Forbidden: the person answers no recalls.
    """
    transfer, task = await _recalled(node, person, id_)
    if answer is RecallAnswer.REFUSED and not 0 < len(why.strip()) <= LONGEST_REASON:
        raise Malformed(f"say in at most {LONGEST_REASON} characters why the record is kept")
    if task.tracking == RecallAnswer.DELETED and answer is not RecallAnswer.DELETED:
        raise Conflict("the record is deleted already")
    if task.tracking == answer:
        return transfer
    now = node.now()
    problems = ({"code": "kept", "detail": why.strip()},) if answer is RecallAnswer.REFUSED else ()
    message = receipt(node, transfer, answer, problems)

    def store(tx: Tx) -> None:
        if answer is not RecallAnswer.REFUSED and _is_imported(tx, transfer):
            raise Conflict("what the import wrote still stands: undo the import first")
        if answer is RecallAnswer.DELETED:
            tx.archive.drop(id_)
            tx.parcels.drop(id_)
        tx.messages.add(message)
        done = replace(task, done_by=person.id, done_at=now, tracking=answer.value)
        tx.safety_tasks.save(done)
        said = leaf(transfer, now, actor=actor_of(node, person), action="recall.answered", rule=answer)
        tx.audit.add(replace(said, digests=(message.digest,)))

    await node.store.write(store)
    node.wake()
    return transfer


async def _recalled(node: Node, person: Person, id_: TransferId) -> tuple[Transfer, SafetyTask]:
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    await permit(node, person, Action.RECALL_ANSWER, object_of(transfer, case))
    if transfer.state is not State.RECALLED:
        raise Conflict("this record was not recalled")
    try:
        return transfer, await node.store.read(lambda tx: tx.safety_tasks.get(task_id(node, transfer)))
    except Unknown:
        raise Conflict("a recall is answered by the district that received the record") from None


async def _segments(node: Node, transfer: Transfer, archived: ArchivedRecord | None) -> Sequence[Digest]:
    if archived is None:
        return ()
    record = await node.seals.open_record(archived.jws, transfer.peer)
    return [digest(one.jws.encode()) for one in record.segments]


def _archived(tx: Tx, id_: TransferId) -> ArchivedRecord | None:
    try:
        return tx.archive.get(id_)
    except Unknown:
        return None


def _is_imported(tx: Tx, transfer: Transfer) -> bool:
    review = tx.reviews.get(transfer.id, transfer.version)
    return review is not None and review.state is ReviewState.APPLIED

"""Import a record as a person reviewed it: the same again changes nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.errors import Conflict, Misconfigured
from gateway.domain.ids import Digest, TransferId
from gateway.domain.importing.journal import Change
from gateway.domain.policy import Action, Person
from gateway.domain.transfer import State, Transfer
from gateway.usecases.anchoring import position_of
from gateway.usecases.evidence import leaf
from gateway.usecases.import_backpack import imported, write_import
from gateway.usecases.importing import Opened, open_import
from gateway.usecases.permission import actor_of, of_transfer, permit
from gateway.usecases.ports import Entered, Node, Review, ReviewState, Tx
from gateway.usecases.reviewed import plan_digest, reviewed_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import wrote."""

    transfer: Transfer
    changes: Sequence[Change]
    """None where all of it was in the local system already."""


async def import_reviewed(
    node: Node, id_: TransferId, *, person: Person, seen: Digest | None = None
) -> Imported:
    """Write what the review says, and send the receipt if that is not done yet.

    The local system's instructions are written first; a crash before the state is stored repeats them.

    Args:
        node: The node.
        id_: The transfer.
        person: Who imports.
        seen: Digest of the plan that the person looked at; another plan is not carried out.

    Raises:
        Unknown: there is no such transfer.
        Conflict: nobody said whose record it is, or the plan is no longer what was seen.
        Misconfigured: this node has no place to import to.
        Moved: somebody else was faster.
    """
    opened = await open_import(node, id_)
    transfer, plan = opened.kept.transfer, opened.plan
    await permit(node, person, Action.IMPORT_ACCEPT, of_transfer(transfer))
    if not plan.choices.decided:
        raise Conflict(f"say whose record this is: {opened.found.rule}")
    if seen is not None and seen != plan_digest(plan):
        raise Conflict("what is here has changed since you looked; look again")
    if not plan.changes and transfer.state is not State.VERIFIED:
        return Imported(transfer=transfer, changes=())
    if node.imports is None:
        raise Misconfigured("this node has no import folder: name one under [import] in its configuration")
    document = await asyncio.to_thread(reviewed_document, plan)
    await write_import(node.imports, transfer, opened.kept.archived, opened.record, document)
    return await _stored(node, opened, actor_of(node, person))


async def _stored(node: Node, opened: Opened, actor: str) -> Imported:
    kept, plan, now = opened.kept, opened.plan, node.now()
    before, transfer = kept.review, kept.transfer
    review = Review(
        transfer=transfer.id,
        version=transfer.version,
        state=ReviewState.APPLIED,
        revision=before.revision + 1 if before else 0,
        choices=plan.choices,
        actor=actor,
        at=now,
    )
    lines = [
        Entered(transfer=transfer.id, version=transfer.version, student=opened.student, change=one, at=now)
        for one in plan.changes
    ]
    first = transfer.state is State.VERIFIED
    log = await node.store.read(lambda tx: position_of(node, tx, transfer.id, opened.record.digest))
    after, receive = (
        imported(node, transfer, opened.record, actor, log=log, before=opened.before)
        if first
        else (transfer, None)
    )

    def store(tx: Tx) -> None:
        tx.reviews.put(review)
        tx.journal.add(lines)
        tx.code_choices.put(transfer.peer, plan.choices.codes, actor=actor, at=now)
        if receive is not None:
            receive(tx)
        else:
            tx.audit.add(leaf(transfer, now, actor=actor, action="import.again"))

    await node.store.write(store)
    node.wake()
    return Imported(transfer=after, changes=plan.changes)

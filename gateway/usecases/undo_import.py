"""Undo an import: what it wrote goes back, what was edited here since stays and is shown."""

import asyncio
from dataclasses import dataclass, replace

from gateway.domain.errors import Conflict, Misconfigured
from gateway.domain.ids import TransferId
from gateway.domain.importing.journal import Undone, undo_all
from gateway.domain.importing.planning import present
from gateway.domain.policy import Action, Context, Person
from gateway.domain.transfer import Transfer
from gateway.usecases.evidence import leaf
from gateway.usecases.importing import ours_of
from gateway.usecases.permission import actor_of, of_transfer, permit
from gateway.usecases.ports import Node, Review, ReviewState, Tx
from gateway.usecases.reviewed import undone_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What undoing an import does, or did."""

    transfer: Transfer
    undone: tuple[Undone, ...]
    """The last change first."""

    @property
    def kept(self) -> tuple[Undone, ...]:
        """Those of which something stays, because it was edited here since."""
        return tuple(one for one in self.undone if not one.whole)


async def preview_undo(node: Node, id_: TransferId, *, person: Person) -> Undoing:
    """Return what undoing the import would do now; change nothing.

    Raises:
        Unknown: there is no such transfer.
        Conflict: nothing of it is imported.
    """
    transfer, _, undone = await node.store.read(lambda tx: _undone(tx, id_))
    await permit(node, person, Action.IMPORT_READ, of_transfer(transfer))
    return Undoing(transfer=transfer, undone=undone)


async def undo_import(node: Node, id_: TransferId, *, person: Person, reason: str) -> Undoing:
    """Put back what the import wrote. The record stays, and may be imported again.

    The local system's instructions are written first; a crash before the state is stored repeats them.

    Raises:
        Unknown: there is no such transfer.
        Conflict: nothing of it is imported.
        Misconfigured: this node has no place to import to.
        Moved: somebody else was faster.
    """
    transfer, review, undone = await node.store.read(lambda tx: _undone(tx, id_))
    allowed = Context(now=node.now(), reason=reason)
    await permit(node, person, Action.IMPORT_UNDO, of_transfer(transfer), allowed)
    if node.imports is None:
        raise Misconfigured("this node has no import folder: name one under [import] in its configuration")
    document = await asyncio.to_thread(undone_document, review.choices.student, undone)
    await node.imports.undo(id_, document)
    after = replace(
        review,
        state=ReviewState.UNDONE,
        revision=review.revision + 1,
        actor=actor_of(node, person),
        at=node.now(),
    )
    kept = [one.kept for one in reversed(undone)]

    def store(tx: Tx) -> None:
        tx.reviews.put(after)
        tx.journal.undo(id_, review.version, kept)
        tx.audit.add(leaf(transfer, after.at, actor=after.actor, action="import.undone"))

    await node.store.write(store)
    return Undoing(transfer=transfer, undone=undone)


def _undone(tx: Tx, id_: TransferId) -> tuple[Transfer, Review, tuple[Undone, ...]]:
    transfer = tx.transfers.get(id_)
    review = tx.reviews.get(id_, transfer.version)
    lines = tx.journal.of(id_, transfer.version)
    if review is None or review.state is not ReviewState.APPLIED:
        raise Conflict("nothing of this record is imported")
    if not lines:
        return transfer, review, ()
    ours = ours_of(tx, review.choices.student, lines[0].student)
    changes = [line.change for line in lines]
    return transfer, review, undo_all(changes, present(ours))

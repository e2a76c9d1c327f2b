"""Write a verified record into the local system and send the receipt."""

from gateway.domain.errors import Misconfigured, Refused
from gateway.domain.ids import TransferId
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.evidence import leaf
from gateway.usecases.fetch_backpack import receipt
from gateway.usecases.ports import Import, Imports, Node, Tx
from gateway.usecases.received import document_of, summary_of


async def import_backpack(node: Node, id_: TransferId, *, actor: str) -> Transfer:
    """Import by a registrar's decision.

    Raises:
        Unknown: there is no such transfer.
        Conflict: it is not verified, or was imported already.
        Misconfigured: this node has no place to import to.
    """
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.REQUESTER:
        raise Refused("this node holds that record; there is nothing to import")
    return await import_transfer(node, transfer, actor=node.pseudonym("actor", actor))


async def import_automatically(node: Node, transfer: Transfer) -> Transfer:
    """VERIFIED to IMPORTED where the district's rules leave it to the node; a step of the loop."""
    return await import_transfer(node, transfer, actor="automatic")


async def import_transfer(node: Node, transfer: Transfer, *, actor: str) -> Transfer:
    """VERIFIED to IMPORTED.

    The record is written first; a crash before the state is stored repeats the write, which changes nothing.
    """
    if node.imports is None:
        raise Misconfigured("this node has no import folder: name one under [import] in its configuration")
    now = node.now()
    after = transfer.to(State.IMPORTED, at=now, next_try_at=None)
    await _write(node, node.imports, transfer)
    message = receipt(node, after, "accepted")

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.messages.add(message)
        tx.audit.add(leaf(after, now, actor=actor, digests=(message.digest,)))

    await node.store.write(store)
    node.wake()
    return after


async def _write(node: Node, imports: Imports, transfer: Transfer) -> None:
    archived = await node.store.read(lambda tx: tx.archive.get(transfer.id, transfer.version))
    holder = await node.directory.listing(transfer.peer)
    document = document_of(await node.seals.open_record(archived.jws, holder))
    await imports.write(
        Import(
            transfer=transfer.id,
            version=transfer.version,
            issuer=holder.id,
            learner=archived.learner,
            document=document,
            summary=summary_of(document, holder.organization_name),
            jws=archived.jws,
        )
    )

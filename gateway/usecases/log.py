"""The tamper-evident log: signed checkpoints, proofs for auditors, and a look at the whole of it."""

import base64
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from gateway.domain import merkle
from gateway.domain.audit import Checkpoint, is_due, line_of
from gateway.domain.errors import GatewayError, Unknown
from gateway.domain.ids import TransferId
from gateway.domain.log_positions import KeptPosition
from gateway.domain.policy import Action, Kind, Object, Person
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, Tx

_CHUNK: Final = 2000


async def checkpoint_if_due(node: Node) -> Checkpoint | None:
    """Sign how the log stands, if it has grown and it is time; a step of the loop."""
    now = node.now()
    if not await node.store.read(lambda tx: is_due(tx.audit.size(), tx.checkpoints.latest(), now)):
        return None
    return await node.store.write(lambda tx: checkpoint_now(node, tx))


def checkpoint_now(node: Node, tx: Tx) -> Checkpoint:
    """Return the newest checkpoint if it is of all leaves, else sign one."""
    size, last = tx.audit.size(), tx.checkpoints.latest()
    if last and last.size == size:
        return last
    note = node.log.sign(size, merkle.root(size, tx.audit.hash))
    made = Checkpoint(size=size, at=node.now(), note=note)
    tx.checkpoints.add(made)
    return made


async def prove(node: Node, object_: str, *, person: Person) -> dict[str, Any]:
    """Return a proof of all leaves about the object, under a checkpoint of now.

    With it goes what the other node proved of its own log about the same transfer.

    Raises:
        Forbidden: the person may not take the log out of this node.
        Unknown: the log says nothing of the object.
    """
    proof = await _export(node, person, lambda tx: [seq for seq, _ in tx.audit.list(object_=object_)])
    kept = await node.store.read(lambda tx: tx.log_positions.of(TransferId(object_)))
    return proof | {"others": [await _of_other(node, one) for one in kept if one.position and not one.fault]}


async def _of_other(node: Node, kept: KeptPosition) -> dict[str, Any]:
    """Return what another node proved, in the form of a proof of its log."""
    listing = await node.directory.listing(kept.peer)
    position = kept.position.model_dump(mode="json") if kept.position else {}
    return {"key": listing.log_key, "checkpoint": position.pop("checkpoint"), "leaves": [position]}


async def export_leaves(node: Node, first: int, last: int | None, *, person: Person) -> dict[str, Any]:
    """Return a proof of the leaves of these sequence numbers, both included; to the end without `last`.

    Raises:
        Forbidden: the person may not take the log out of this node.
        Unknown: there are no such leaves.
    """

    def wanted(tx: Tx) -> Sequence[int]:
        size = tx.audit.size()
        return range(max(first, 1), min(last or size, size) + 1)

    return await _export(node, person, wanted)


async def _export(node: Node, person: Person, wanted: Any) -> dict[str, Any]:
    await permit(node, person, Action.LOG_EXPORT, Object(kind=Kind.NODE, id=node.id))

    def work(tx: Tx) -> dict[str, Any]:
        found: Sequence[int] = wanted(tx)
        if not found:
            raise Unknown("the log has no such leaf")
        made = checkpoint_now(node, tx)
        leaves = [_proven(tx, seq, made.size) for seq in found]
        return {"key": node.log.verifier, "checkpoint": made.note, "leaves": leaves}

    return await node.store.write(work)


def _proven(tx: Tx, seq: int, size: int) -> dict[str, Any]:
    (_, leaf), *_ = tx.audit.after(seq - 1, 1)
    path = merkle.inclusion_proof(seq - 1, size, tx.audit.hash)
    return {
        "index": seq - 1,
        "leaf": line_of(seq, leaf).decode("ascii"),
        "path": [base64.b64encode(step).decode("ascii") for step in path],
    }


async def faults_in_log(node: Node) -> list[str]:
    """Return what is wrong with the log; nothing where each leaf is as it was written and signed for."""
    faults, ends = await _recount(node)
    signed = await node.store.read(lambda tx: [*tx.checkpoints.list(), *tx.cosigned.list()])
    return faults + [fault for one in signed if (fault := _checkpoint_fault(node, one, ends))]


async def _recount(node: Node) -> tuple[list[str], list[bytes]]:
    """Return what is wrong with single leaves, and the hash of each leaf as it is now."""
    faults: list[str] = []
    hashes: list[bytes] = []
    while chunk := await node.store.read(lambda tx: tx.audit.after(len(hashes), _CHUNK)):
        for seq, leaf in chunk:
            if seq != len(hashes) + 1:
                return [*faults, f"leaf {len(hashes) + 1} is missing"], hashes
            hashes.append(merkle.leaf_hash(line_of(seq, leaf)))
    size = await node.store.read(lambda tx: tx.audit.size())
    if size != len(hashes):
        faults.append(f"the log has {len(hashes)} leaves, its tree {size}")
    for at in range(0, min(size, len(hashes)), _CHUNK):
        faults += await node.store.read(partial(_altered, hashes=hashes, at=at))
    return faults, hashes


def _altered(tx: Tx, *, hashes: Sequence[bytes], at: int) -> list[str]:
    end = min(at + _CHUNK, len(hashes))
    return [f"leaf {n + 1} was altered" for n in range(at, end) if tx.audit.hash(0, n) != hashes[n]]


def _checkpoint_fault(node: Node, checkpoint: Checkpoint, hashes: list[bytes]) -> str | None:
    try:
        size, root = node.log.read(checkpoint.note)
    except GatewayError:
        return f"the checkpoint of {checkpoint.size} leaves is not signed by this log's key"
    if size > len(hashes):
        return f"the log was cut: {size} leaves were signed for, {len(hashes)} are there"
    if root != _root_of(hashes[:size]):
        return f"the first {size} leaves are not those that were signed for"
    return None


def _root_of(hashes: list[bytes]) -> bytes:
    """Return the root over these leaves, from nothing but them."""
    if not hashes:
        return merkle.EMPTY
    level = hashes
    while len(level) > 1:
        pairs = [merkle.node_hash(*level[n : n + 2]) for n in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]

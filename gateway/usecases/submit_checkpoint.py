"""Show the agency how this node's log stands, and keep its cosignature; an errand of the loop."""

from datetime import timedelta
from typing import Final

from gateway.domain import merkle
from gateway.domain.audit import Checkpoint
from gateway.domain.errors import GatewayError, TryLater, Untrusted, cause
from gateway.domain.ids import digest
from gateway.domain.reconciling import FindingKind, LogFinding, Side
from gateway.domain.trust import Listing
from gateway.domain.witness import Submission
from gateway.usecases.log import checkpoint_now
from gateway.usecases.ports import Node, Tx

NAME: Final = "witness"
SUBMIT_EVERY: Final = timedelta(minutes=5)
_LEASE: Final = timedelta(minutes=2)
REFUSED: Final = "witness_refused"


async def submit_checkpoint(node: Node) -> Checkpoint | None:
    """Have the newest checkpoint cosigned, if it is time; return it with the cosignature.

    Nothing is asked of an agency that publishes no witness key, and nothing while the log has not grown.
    """
    now = node.now()
    errand = await node.store.write(lambda tx: tx.errands.claim(NAME, now, _LEASE))
    if errand is None:
        return None
    try:
        cosigned, fault = await _submit(node), ""
    except GatewayError as error:
        cosigned, fault = None, cause(error)
    after = errand.failed(now, fault) if fault else errand.done(now, next_at=now + SUBMIT_EVERY)
    await node.store.write(lambda tx: tx.errands.put(after))
    return cosigned


async def _submit(node: Node) -> Checkpoint | None:
    agency = await node.directory.agency()
    if agency.witness_key is None or agency.id == node.id:
        return None
    last, known = await node.store.read(lambda tx: (tx.checkpoints.latest(), tx.cosigned.latest()))
    if last is None or (known and known.size == last.size):
        return None
    return await _show(node, agency, last, known.size if known else 0)


async def _show(node: Node, agency: Listing, checkpoint: Checkpoint, old: int) -> Checkpoint:
    """Submit; where the agency knows another size, once more from there.

    It is shown a log that is smaller than it knows as well: that is what an agency must hear of.
    """
    shown = await _submission(node, checkpoint, old)
    try:
        answer = await node.peers.witness(agency, shown)
        if answer.cosignature is None:
            checkpoint = await node.store.write(lambda tx: checkpoint_now(node, tx))
            shown = await _submission(node, checkpoint, answer.size)
            answer = await node.peers.witness(agency, shown)
    except Untrusted as fault:
        if fault.reason == REFUSED:
            await _note_refusal(node, agency, checkpoint, shown.old)
        raise
    if answer.cosignature is None:
        raise TryLater("another process of this node showed the agency a checkpoint at the same time")
    return await _keep(node, agency, checkpoint, answer.cosignature)


async def _submission(node: Node, checkpoint: Checkpoint, old: int) -> Submission:
    proof = await node.store.read(lambda tx: merkle.consistency_proof(old, checkpoint.size, tx.audit.hash))
    return Submission(old=old, proof=proof, note=checkpoint.note)


async def _keep(node: Node, agency: Listing, checkpoint: Checkpoint, line: str) -> Checkpoint:
    note = checkpoint.note + line
    at = node.log.cosigned_at(note, agency.witness_key or "")
    cosigned = Checkpoint(size=checkpoint.size, at=at, note=note)

    def store(tx: Tx) -> None:
        tx.cosigned.add(cosigned)
        refused = [one.id for one in tx.log_findings.of(agency.id) if one.kind is FindingKind.OWN_LOG]
        tx.log_findings.settle(refused, node.now())

    await node.store.write(store)
    return cosigned


async def _note_refusal(node: Node, agency: Listing, checkpoint: Checkpoint, old: int) -> None:
    finding = LogFinding(
        peer=agency.id,
        kind=FindingKind.OWN_LOG,
        transfer=None,
        named=f"{checkpoint.size} leaves after {old}",
        what=REFUSED,
        version=0,
        digest=digest(checkpoint.note.encode()),
        lacking=Side.HERE,
        found_at=node.now(),
    )

    def store(tx: Tx) -> None:
        """Note it once: each later try is refused with the same reason."""
        if not any(one.kind is FindingKind.OWN_LOG for one in tx.log_findings.of(agency.id)):
            tx.log_findings.add([finding])

    await node.store.write(store)

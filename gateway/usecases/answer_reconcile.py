"""Tell a partner what this node knows of the transfers between the two, and compare with what it knows."""

from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.domain import merkle
from gateway.domain.audit import Leaf
from gateway.domain.errors import Conflict, Gone, OverBudget
from gateway.domain.exchange import ListedTransfer, LogProof, ReconcileClaims
from gateway.domain.ids import digest
from gateway.domain.messages import MessageType
from gateway.domain.reconciling import GRACE
from gateway.domain.trust import Peer
from gateway.usecases.evidence import read
from gateway.usecases.known_entries import compared, listed, matching
from gateway.usecases.ports import Node, Tx
from gateway.usecases.proof_steps import told_steps

QUESTIONS_A_DAY: Final = 400
"""Of one node; each names up to a hundred transfers."""
_MEMORY: Final = timedelta(days=1)
_SKEW: Final = timedelta(seconds=30)


async def answer_reconcile(node: Node, peer: Peer, question: str) -> str:
    """Return the signed answer: of the transfers that the peer names, those that are between the two nodes.

    A transfer of another node, one that is not here, and one that never was look alike: they are left out.
    What is answered is what the peer sent and what reached it; what is decided here is not in it.

    Raises:
        Conflict: this question was asked before.
        Gone: it has expired.
        OverBudget: the node asked more than its share today.
    """
    claims = read(node, MessageType.RECONCILE, question, peer.listing, ReconcileClaims)
    now, of_question = node.now(), digest(question.encode())
    if datetime.fromtimestamp(claims.exp, UTC) < now - _SKEW:
        raise Gone("the question has expired; sign it anew")

    def work(tx: Tx) -> tuple[list[ListedTransfer], LogProof]:
        if not tx.seen.first("reconcile", peer.id, claims.jti, expires_at=now + _MEMORY):
            raise Conflict("this question was asked before")
        handle = f"{peer.id}#reconcile#{now.date()}"
        if len(tx.audit.list(object_=handle, limit=QUESTIONS_A_DAY)) >= QUESTIONS_A_DAY:
            raise OverBudget("too many questions from this node today")
        pairs = [(matching(tx, peer.id, one), one) for one in claims.transfers]
        known = listed(tx, [one for one, _ in pairs if one])
        asked_at = datetime.fromtimestamp(claims.iat, UTC)
        compared(tx, peer.id, pairs, before=asked_at - GRACE, now=now)
        size = tx.audit.add(
            Leaf(
                at=now,
                actor=peer.id,
                action="log.compared",
                object=handle,
                rule=f"{len(claims.transfers)} transfers",
                peer=peer.id,
                digests=(of_question,),
            )
        )
        return known, _log_proof(node, tx, claims.log_size, size)

    known, log = await node.store.write(work)
    return node.seals.sign(
        MessageType.RECONCILED,
        {
            "iss": node.id,
            "aud": peer.id,
            "iat": int(now.timestamp()),
            "jti": node.new_id(),
            "question": of_question,
            "transfers": [one.model_dump(mode="json") for one in known],
            "log": log.model_dump(mode="json"),
        },
    )


def _log_proof(node: Node, tx: Tx, old: int, size: int) -> LogProof:
    """Return how the log stands, and that it continues the one of `old` leaves, if it ever had so many."""
    note = node.log.sign(size, merkle.root(size, tx.audit.hash))
    return LogProof(checkpoint=note, proof=told_steps(merkle.consistency_proof(old, size, tx.audit.hash)))

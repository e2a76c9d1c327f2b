"""To whom this node passed on what it has: a correction or a recall goes the same way, hop by hop."""

from collections.abc import Collection, Sequence

from gateway.domain.ids import Digest
from gateway.domain.transfer import Transfer
from gateway.usecases.ports import Tx


def sent_on(tx: Tx, segments: Collection[Digest]) -> Sequence[Transfer]:
    """Return the transfers in which any of these segments was packaged here, each once, by age.

    Whether the other side fetched it, or it was taken back before, the transfer's state tells. The node
    knows its own receivers and nobody behind them: each of those tells its own.
    """
    ids = {sent.transfer for segment in segments for sent in tx.sent.with_segment(segment)}
    return sorted(map(tx.transfers.get, ids), key=lambda one: (one.created_at, one.id))

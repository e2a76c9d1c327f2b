"""To whom this node passed on what it has: a correction or a recall goes the same way, hop by hop."""

from collections.abc import Collection, Sequence

from gateway.domain.clocks import TRANSFER_LIFE
from gateway.domain.corrections import ChangeReason, EntryChange
from gateway.domain.errors import Unknown
from gateway.domain.ids import Digest
from gateway.domain.policy.basis import NoticeBasisMissing
from gateway.domain.transfer import State, Transfer
from gateway.usecases.basis import basis_of
from gateway.usecases.changes import changes_since, correction_of
from gateway.usecases.evidence import leaf
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import for_a_person

AUTOMATIC = "automatic"


def sent_on(tx: Tx, segments: Collection[Digest]) -> Sequence[Transfer]:
    """Return the transfers in which any of these segments was packaged here, each once, by age.

    Whether the other side fetched it, or it was taken back before, the transfer's state tells. The node
    knows its own receivers and nobody behind them: each of those tells its own.
    """
    ids = {sent.transfer for segment in segments for sent in tx.sent.with_segment(segment)}
    return sorted(map(tx.transfers.get, ids), key=lambda one: (one.created_at, one.id))


def pass_on(tx: Tx, node: Node, replaced: Collection[Digest]) -> None:
    """Send the correction of another district's word to whoever got the old one from here.

    Where the district's rules let records leave by themselves and nothing of its own has changed beside,
    the node does it at once; else the record waits among those that have changed since they were sent.
    """
    for transfer in sent_on(tx, replaced):
        pass_on_to(tx, node, transfer)


def pass_on_to(tx: Tx, node: Node, transfer: Transfer) -> None:
    """Send what other districts corrected since this record was receipted, or leave it to a person."""
    if transfer.state not in {State.ACKED, State.CLOSED} or not transfer.accepted_version:
        return
    others = [
        one for one in tx.sent.in_version(transfer.id, transfer.accepted_version) if one.issuer != node.id
    ]
    changes = _changes(tx, node, transfer) if others else ()
    issuers = {one.issuer for one in changes}
    if not issuers - {node.id}:
        return
    now = node.now()
    if node.id in issuers or not _may_leave(tx, node, transfer):
        tx.audit.add(leaf(transfer, now, action="correction.waits"))
        return
    after = transfer.to(
        State.APPROVED,
        at=now,
        approved_by=AUTOMATIC,
        approved_at=now,
        expires_at=now + TRANSFER_LIFE,
        next_try_at=now,
    )
    correction = correction_of(tx, transfer, ChangeReason.PASSED_ON, changes, by=AUTOMATIC, at=now)
    tx.corrections.put(correction)
    tx.transfers.move(transfer, after)
    tx.audit.add(leaf(after, now, action="correction.approved", rule=correction.reason))
    node.wake()


def _changes(tx: Tx, node: Node, transfer: Transfer) -> Sequence[EntryChange]:
    """Return what changed; nothing where the student is no longer here."""
    try:
        return changes_since(node, tx, transfer)
    except Unknown:
        return ()


def _may_leave(tx: Tx, node: Node, transfer: Transfer) -> bool:
    """Whether the node would release this by itself, as it stands."""
    if not node.rules.automatic_approval or for_a_person(tx, transfer):
        return False
    try:
        basis_of(node, tx, transfer)
    except NoticeBasisMissing:
        return False
    return True

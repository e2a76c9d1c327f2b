"""End a transfer whose time is over; a step of the loop."""

from datetime import datetime

from gateway.domain.transfer import STEPS, Reason, Role, State, Transfer
from gateway.usecases.evidence import announcement, as_taken_in, leaf
from gateway.usecases.ports import Node, Tx


async def expire(node: Node, transfer: Transfer) -> Transfer:
    """Close what is done, expire what nobody finished; anything not yet due sleeps until it is."""
    now = node.now()
    state = end_of(transfer)
    if now < transfer.expires_at or state is None:
        due = transfer.expires_at if now < transfer.expires_at and state else None
        after = transfer.stay(at=now, next_try_at=due)
        await node.store.write(lambda tx: tx.transfers.move(transfer, after))
        return after
    after = _ended(transfer, state, now)
    tells = transfer.role is Role.HOLDER and not transfer.version
    messages = [announcement(node, after)] if tells else []

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.parcels.drop(transfer.id)
        for message in messages:
            tx.messages.add(message)
        tx.audit.add(leaf(after, now))

    await node.store.write(store)
    if messages:
        node.wake()
    return after


def _ended(transfer: Transfer, state: State, now: datetime) -> Transfer:
    if state in _STANDS:
        return as_taken_in(transfer, now)
    reason = transfer.reason or Reason.NO_ANSWER
    return transfer.to(state, at=now, reason=reason, response_key=None, next_try_at=None)


_STANDS = frozenset({State.ACKED, State.RECEIPTED})


def end_of(transfer: Transfer) -> State | None:
    """Return the state that ends the transfer when its time is over, if it has such an end.

    Where a correction was not finished, what was taken in stands.
    """
    reachable = STEPS[transfer.role].get(transfer.state, frozenset())
    if transfer.accepted_version and transfer.state is not State.IMPORTED and (stands := reachable & _STANDS):
        return next(iter(stands))
    return next((state for state in (State.CLOSED, State.EXPIRED) if state in reachable), None)

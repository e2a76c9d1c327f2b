"""End a transfer whose time is over; a step of the loop."""

from gateway.domain.transfer import STEPS, Reason, Role, State, Transfer
from gateway.usecases.evidence import announcement, leaf
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
    reason = transfer.reason or Reason.NO_ANSWER
    after = transfer.to(state, at=now, reason=reason, response_key=None, next_try_at=None)
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


def end_of(transfer: Transfer) -> State | None:
    """Return the state that ends the transfer when its time is over, if it has such an end."""
    reachable = STEPS[transfer.role].get(transfer.state, frozenset())
    return next((state for state in (State.CLOSED, State.EXPIRED) if state in reachable), None)

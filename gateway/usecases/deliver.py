"""Send one message of the outbox and store what became of it; a step of the loop."""

from gateway.domain.clocks import FOLLOW_UP_INTERVAL, KEEP_AFTER_RECEIPT, retry_at
from gateway.domain.errors import GatewayError, Gone, TryLater, Untrusted, cause
from gateway.domain.ids import TransferId
from gateway.domain.messages import NAMES_STUDENT, Message, MessageType
from gateway.domain.policy import check_marks
from gateway.domain.transfer import Reason, State, Transfer
from gateway.domain.trust import Listing
from gateway.usecases.anchoring import checked_position, keep_position
from gateway.usecases.evidence import leaf, withdrawal
from gateway.usecases.ports import Node, Status, Tx


async def deliver(node: Node, message: Message) -> None:
    """Send the message. Sending it twice does no harm: the other side knows its id.

    A message that cannot arrive now is tried again; one that is refused is settled as refused.
    """
    remote_id = await _remote_id(node, message)
    try:
        receiver = await node.directory.listing(message.peer)
        _check_marks(node, receiver, message)
        status = await node.peers.deliver(receiver, message, remote_id)
    except (TryLater, Untrusted) as fault:
        await try_again(node, message, cause(fault))
    except GatewayError as fault:
        await _refused(node, message, fault)
    else:
        await _arrived(node, message, status, receiver)


def _check_marks(node: Node, receiver: Listing, message: Message) -> None:
    """A child's name goes to nobody who does not carry the marks that this district demands."""
    if message.type in NAMES_STUDENT:
        check_marks(node.rules, receiver.trust_marks)


async def _remote_id(node: Node, message: Message) -> TransferId | None:
    """Return what the receiver calls the transfer, for the messages that go under it."""
    id_ = message.transfer
    if id_ is None or message.type in {MessageType.REQUEST, MessageType.EVENT}:
        return None
    return await node.store.read(lambda tx: tx.transfers.get(id_).remote_id)


async def try_again(node: Node, message: Message, cause_: str) -> None:
    """Put the message off, longer each time, until it is given up."""
    tries = message.tries + 1
    due = retry_at(tries, node.now(), first=node.pace.first_retry)
    outcome = f"pending: {cause_}" if due else f"gave up: {cause_}"
    await node.store.write(
        lambda tx: tx.messages.settle(message, outcome=outcome, next_try_at=due, tries=tries)
    )


async def _arrived(node: Node, message: Message, status: Status | None, receiver: Listing) -> None:
    def store(tx: Tx) -> None:
        tx.messages.settle(message, outcome="arrived")
        if message.transfer is None:
            return
        transfer = tx.transfers.get(message.transfer)
        if message.type is MessageType.REQUEST and status:
            _requested(node, tx, transfer, status)
        elif message.type is MessageType.RECEIPT:
            told, about = status.log if status else None, message.digest
            keep_position(tx, checked_position(node, transfer, receiver, told, about=about, message=about))
            if _is_of_record(tx, transfer, message):
                _receipted(node, tx, transfer)

    await node.store.write(store)


def _is_of_record(tx: Tx, transfer: Transfer, message: Message) -> bool:
    """Whether a receipt is that of an imported record, and not of one of its sealed parts."""
    of_parts = {part.receipt for part in tx.sealed_parts.of(transfer.id)}
    return transfer.state is State.IMPORTED and message.digest not in of_parts


def _requested(node: Node, tx: Tx, transfer: Transfer, status: Status) -> None:
    now = node.now()
    if transfer.state is State.DRAFTED:
        due = now + node.pace.poll_interval
        after = transfer.to(State.REQUESTED, at=now, remote_id=status.transfer, next_try_at=due)
        tx.audit.add(leaf(after, now))
    else:
        after = transfer.stay(at=now, remote_id=status.transfer)
    tx.transfers.move(transfer, after)
    if after.state is State.WITHDRAWN:
        tx.messages.add(withdrawal(node, after))
        node.wake()


def _receipted(node: Node, tx: Tx, transfer: Transfer) -> None:
    now = node.now()
    closes_at = now + KEEP_AFTER_RECEIPT
    after = transfer.to(
        State.RECEIPTED,
        at=now,
        response_key=None,
        expires_at=closes_at,
        next_try_at=now + FOLLOW_UP_INTERVAL,
    )
    tx.parcels.drop(transfer.id)
    tx.transfers.move(transfer, after)
    tx.audit.add(leaf(after, now))


async def _refused(node: Node, message: Message, fault: GatewayError) -> None:
    def store(tx: Tx) -> None:
        tx.messages.settle(message, outcome=f"refused: {cause(fault)}")
        if message.transfer is None:
            return
        transfer = tx.transfers.get(message.transfer)
        after = _after_refusal(node, transfer, message, fault)
        if after:
            tx.transfers.move(transfer, after)
            tx.audit.add(leaf(after, after.changed_at, rule=cause(fault)))

    await node.store.write(store)
    node.wake()


def _after_refusal(node: Node, transfer: Transfer, message: Message, fault: GatewayError) -> Transfer | None:
    """What a refusal means for the transfer: sign anew, end, or ask how things stand."""
    now = node.now()
    if message.type is MessageType.REQUEST and transfer.state is State.DRAFTED:
        if isinstance(fault, Gone):
            return transfer.stay(at=now, request_jti=None, next_try_at=now)
        return transfer.to(
            State.DENIED, at=now, reason=Reason.REFUSED_BY_PEER, response_key=None, next_try_at=None
        )
    asks = {MessageType.RECEIPT, MessageType.INFORMATION, MessageType.REKEY}
    if message.type in asks and not transfer.ended:
        return transfer.stay(at=now, next_try_at=now)
    return None

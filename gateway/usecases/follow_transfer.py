"""Follow a request at the holder: ask how it stands, answer what it needs, withdraw; at the requester."""

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Final

from gateway.domain.clocks import FOLLOW_UP_INTERVAL, TRANSFER_LIFE
from gateway.domain.errors import Conflict, Refused
from gateway.domain.ids import TransferId
from gateway.domain.messages import MessageType
from gateway.domain.policy import Action, Person
from gateway.domain.transfer import STEPS, Reason, Role, State, Subject, Transfer, adds_only
from gateway.usecases.evidence import as_taken_in, leaf, outgoing, rekey, withdrawal
from gateway.usecases.permission import actor_of, of_transfer, permit
from gateway.usecases.ports import Node, Status, Tx
from gateway.usecases.recalls import take_recall
from gateway.usecases.receive_snapshot import take_snapshot

_FOLLOWS: Final = {
    "needs_info": State.NEEDS_INFO,
    "released": State.RELEASED,
    "denied": State.DENIED,
    "revoked": State.REVOKED,
    "expired": State.EXPIRED,
    "recalled": State.RECALLED,
    "corrected": State.CORRECTED,
    "acked": State.RECEIPTED,
}


_HAS_ANOTHER: Final = frozenset({State.CORRECTED, State.REJECTED})
"""Where a holder that is content with an earlier receipt has given a correction up."""


async def ask_status(node: Node, transfer: Transfer) -> Transfer:
    """Ask the holder and follow what it says; a step of the loop."""
    if transfer.remote_id is None:
        raise Conflict("the holder has not taken the request yet")
    holder = await node.directory.listing(transfer.peer)
    status = await node.peers.status(holder, transfer.remote_id)
    if status.snapshot:
        await take_snapshot(node, transfer, holder)
    after = _follow(node, transfer, status)
    if after.state is State.RECALLED and node.imports:
        await node.imports.recall(transfer.id, status.reason or "recalled")

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        if after.state is State.CORRECTED and status.state == "corrected":
            _send_key(tx, node, after)
        if after.state is State.RECALLED:
            take_recall(node, tx, after, _reason(status))
        if after.state is not transfer.state:
            tx.audit.add(leaf(after, after.changed_at))

    await node.store.write(store)
    if after.state is State.CORRECTED:
        node.wake()
    return after


def _send_key(tx: Tx, node: Node, transfer: Transfer) -> None:
    """Send the one-time key of a correction that waits for it, unless it is on its way."""
    tx.messages.drop_pending(transfer.id, MessageType.RECEIPT)
    sent = [one for one in tx.messages.of(transfer.id) if one.type is MessageType.REKEY]
    if all(one.next_try_at is None for one in sent):
        tx.messages.add(rekey(node, transfer))


def _follow(node: Node, transfer: Transfer, status: Status) -> Transfer:
    now = node.now()
    state = _next_state(transfer, status)
    if state is None:
        return transfer.stay(at=now, tries=0, next_try_at=_look_again(node, transfer, now))
    if state is State.RELEASED:
        return transfer.to(state, at=now, version=status.version, next_try_at=now)
    if state is State.CORRECTED:
        key = node.seals.response_key()
        later = now + TRANSFER_LIFE
        look = _look_again(node, transfer.to(state, at=now), now)
        return transfer.to(state, at=now, response_key=key, expires_at=later, next_try_at=look)
    if state is State.RECEIPTED:
        return as_taken_in(transfer, now)
    if state is State.NEEDS_INFO:
        return transfer.to(state, at=now, needs=status.needs, next_try_at=_look_again(node, transfer, now))
    return transfer.to(state, at=now, response_key=None, next_try_at=None)


def _reason(status: Status) -> Reason:
    """Return why the holder takes a record back; what it does not say, or nobody knows, is policy."""
    return Reason(status.reason) if status.reason in set(Reason) else Reason.POLICY


def _next_state(transfer: Transfer, status: Status) -> State | None:
    """Return where the holder's word leads, or None when it leads nowhere new."""
    reachable = STEPS[transfer.role][transfer.state]
    said = _FOLLOWS.get(status.state)
    if said is State.RELEASED and transfer.version and status.version <= transfer.version:
        return None
    if said is State.RECEIPTED and not (transfer.accepted_version and transfer.state in _HAS_ANOTHER):
        return None
    if said is State.REVOKED and said not in reachable:
        said = State.RECALLED
    return said if said in reachable else None


def _look_again(node: Node, transfer: Transfer, now: datetime) -> datetime | None:
    if transfer.state is State.CLOSED:
        return None
    settled = transfer.state in {State.VERIFIED, State.IMPORTED, State.RECEIPTED}
    return now + (FOLLOW_UP_INTERVAL if settled else node.pace.poll_interval)


async def provide_information(node: Node, id_: TransferId, more: Subject, *, person: Person) -> Transfer:
    """Send more attributes of the student, as the holder asked; what was said before stays.

    Raises:
        Unknown: there is no such transfer.
        Conflict: the holder asked for nothing, or something that was said before would change.
    """
    transfer = await _of_requester(node, id_)
    await permit(node, person, Action.REQUEST_INFORM, of_transfer(transfer))
    given = {name: value for name, value in asdict(more).items() if value}
    subject = replace(transfer.subject, **given)
    if not adds_only(transfer.subject, subject):
        raise Conflict("what was said before cannot be changed; withdraw the request and make a new one")
    now = node.now()
    after = transfer.to(
        State.REQUESTED, at=now, subject=subject, needs=(), next_try_at=_look_again(node, transfer, now)
    )
    claims = {
        "transfer": transfer.remote_id,
        "request_digest": transfer.request_digest,
        "match": _plain(subject),
    }
    message = outgoing(node, after, MessageType.INFORMATION, claims)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.messages.add(message)
        tx.audit.add(leaf(after, now, actor=actor_of(node, person), rule="more attributes"))

    await node.store.write(store)
    node.wake()
    return after


async def withdraw(node: Node, id_: TransferId, *, person: Person) -> Transfer:
    """End a request that is no longer needed, before its record was fetched.

    A request that is on its way, perhaps taken already, arrives first; the withdrawal follows it.

    Raises:
        Unknown: there is no such transfer.
        Conflict: the record was fetched, or the transfer has ended.
    """
    transfer = await _of_requester(node, id_)
    await permit(node, person, Action.REQUEST_WITHDRAW, of_transfer(transfer))
    if transfer.accepted_version:
        raise Conflict("the record was taken in; a correction of it is not withdrawn, leave it unread")
    now = node.now()
    after = transfer.to(
        State.WITHDRAWN, at=now, reason=Reason.NOT_NEEDED, response_key=None, next_try_at=None
    )
    message = withdrawal(node, after) if transfer.remote_id else None

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        if message:
            tx.messages.add(message)
        tx.audit.add(leaf(after, now, actor=actor_of(node, person)))

    await node.store.write(store)
    node.wake()
    return after


async def _of_requester(node: Node, id_: TransferId) -> Transfer:
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.REQUESTER:
        raise Refused("this node holds that record; only the requester can do this")
    return transfer


def _plain(subject: Subject) -> dict[str, str]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(subject).items()
        if value is not None
    }

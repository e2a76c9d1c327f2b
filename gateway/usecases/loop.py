"""The reconciliation loop: the only retry in the system, and the only use-case that calls others."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog

from gateway.domain.clocks import LOOK_FOR_ERRANDS_EVERY, SESSION_LIFE, TIDY_EVERY, WATCH_EVERY, retry_at
from gateway.domain.errors import GatewayError, Moved, Refused, TryLater, Unknown, Untrusted, cause
from gateway.domain.ids import TransferId
from gateway.domain.messages import Message
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.usecases.decide_release import approve_automatically, end_notice
from gateway.usecases.deliver import deliver, try_again
from gateway.usecases.expire_transfer import end_of, expire
from gateway.usecases.fetch_backpack import fetch_parcel, verify_parcel
from gateway.usecases.follow_transfer import ask_status
from gateway.usecases.import_backpack import import_automatically
from gateway.usecases.log import checkpoint_if_due
from gateway.usecases.match_student import match_student
from gateway.usecases.ports import Node, Tx
from gateway.usecases.reconcile import reconcile_due
from gateway.usecases.release_backpack import package_backpack, release_backpack
from gateway.usecases.remind import remind, remind_of_parts
from gateway.usecases.request_backpack import sign_request
from gateway.usecases.returned import forget_uploads
from gateway.usecases.send_snapshot import package_snapshot
from gateway.usecases.submit_checkpoint import submit_checkpoint
from gateway.usecases.watch_safety import watch_safety

_log = structlog.get_logger()

Step = Callable[[Node, Transfer], Awaitable[Transfer]]
Chore = Callable[[Node], Awaitable[Any]]

AWAITS_HOLDER: Final = frozenset({State.REQUESTED, State.NEEDS_INFO, State.REJECTED, State.CORRECTED})
"""Where a requester goes no further without the holder."""


async def _review(node: Node, transfer: Transfer) -> Transfer:
    """Let a snapshot go ahead, if one is to; else approve where the rules leave it to the node."""
    if (after := await package_snapshot(node, transfer)) is not None:
        return after
    step = approve_automatically if node.rules.automatic_approval else expire
    return await step(node, transfer)


STEPS: Final[dict[tuple[Role, State], Step]] = {
    (Role.HOLDER, State.RECEIVED): match_student,
    (Role.HOLDER, State.MATCHING): match_student,
    (Role.HOLDER, State.REVIEW): _review,
    (Role.HOLDER, State.NOTICE): end_notice,
    (Role.HOLDER, State.APPROVED): package_backpack,
    (Role.HOLDER, State.PACKAGED): release_backpack,
    (Role.REQUESTER, State.DRAFTED): sign_request,
    (Role.REQUESTER, State.REQUESTED): ask_status,
    (Role.REQUESTER, State.NEEDS_INFO): ask_status,
    (Role.REQUESTER, State.RELEASED): fetch_parcel,
    (Role.REQUESTER, State.FETCHED): verify_parcel,
    (Role.REQUESTER, State.REJECTED): ask_status,
    (Role.REQUESTER, State.VERIFIED): import_automatically,
    (Role.REQUESTER, State.CORRECTED): ask_status,
    (Role.REQUESTER, State.IMPORTED): ask_status,
    (Role.REQUESTER, State.CLOSED): ask_status,
    (Role.REQUESTER, State.RECEIPTED): ask_status,
}
"""What the loop does in each state when it is due. Other states wait for a person, a peer or their end."""


async def turn(node: Node) -> int:
    """Deliver due messages and take due transfers as far as they go; return how many were looked at.

    Whatever fails is due again later. Nothing here loses a transfer: what was stored stays stored.
    """
    work = await _claim(node, node.pace.batch)
    await asyncio.gather(*work.values())
    return len(work)


class _Chores:
    """What is done now and then, whether or not anything is due."""

    def __init__(self, node: Node) -> None:
        self._next = dict.fromkeys([*_CHORES, *_ERRANDS], node.now())

    async def do(self, node: Node) -> None:
        """Do what it is time for."""
        for chore, every in _CHORES.items():
            if node.now() >= self._next[chore]:
                await chore(node)
                self._next[chore] = node.now() + (every or node.pace.tick)

    def errands(self, node: Node) -> Sequence[Chore]:
        """Return what to ask other nodes now."""
        due = [errand for errand in _ERRANDS if node.now() >= self._next[errand]]
        self._next |= {errand: node.now() + _ERRANDS[errand] for errand in due}
        return due


async def run(node: Node, woken: asyncio.Event, turned: Callable[[], None] = lambda: None) -> None:
    """Turn for ever, until cancelled; a slow peer holds up only what is meant for it.

    `turned` is called at every turn: whoever watches knows that the loop is alive.
    """
    chores = _Chores(node)
    running: dict[str, asyncio.Task[None]] = {}
    again: set[str] = set()

    def begin(id_: str, work: Coroutine[None, None, None]) -> None:
        running[id_] = asyncio.ensure_future(work)
        running[id_].add_done_callback(lambda _: done(id_))

    def done(id_: str) -> None:
        was_full = len(running) >= node.pace.batch
        del running[id_]
        if id_ in again:
            again.discard(id_)
            begin(id_, _look_again(node, TransferId(id_)))
        if was_full:
            woken.set()

    try:
        while True:
            woken.clear()
            turned()
            await chores.do(node)
            for errand in chores.errands(node):
                if errand.__name__ not in running:
                    begin(errand.__name__, _run_errand(node, errand))
            for id_, work in (await _claim(node, node.pace.batch - len(running))).items():
                if id_ in running:
                    work.close()
                    again.add(id_)
                else:
                    begin(id_, work)
            await _until(woken, node.pace.tick.total_seconds())
    finally:
        again.clear()
        await asyncio.gather(*running.values(), return_exceptions=True)


async def _run_errand(node: Node, errand: Chore) -> None:
    try:
        await errand(node)
    except GatewayError as fault:
        _log.warning("errand.failed", errand=errand.__name__, fault=cause(fault))
    except Exception:  # noqa: BLE001  it is due again; the loop goes on
        _log.exception("errand.failed", errand=errand.__name__)


async def _look_again(node: Node, id_: TransferId) -> None:
    """Follow a hint that came while the transfer was worked on; the lease would hide it for long."""
    try:
        transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    except Unknown:
        return
    if transfer.role is Role.REQUESTER and transfer.state in AWAITS_HOLDER:
        await _advance(node, transfer)


async def forget_expired(node: Node) -> None:
    """Delete replay marks and access tokens whose time is over."""
    now = node.now()

    def tidy(tx: Tx) -> None:
        tx.seen.prune(now)
        tx.grants.prune(now)
        tx.sessions.prune(unseen_since=now - SESSION_LIFE, opened_before=now - SESSION_LIFE, now=now)

    await node.store.write(tidy)


_CHORES: Final[Mapping[Chore, timedelta | None]] = {
    watch_safety: WATCH_EVERY,
    checkpoint_if_due: None,
    forget_expired: TIDY_EVERY,
    forget_uploads: TIDY_EVERY,
    remind: TIDY_EVERY,
    remind_of_parts: TIDY_EVERY,
}
"""How often; None: at every tick."""

_ERRANDS: Final[Mapping[Chore, timedelta]] = {
    submit_checkpoint: LOOK_FOR_ERRANDS_EVERY,
    reconcile_due: LOOK_FOR_ERRANDS_EVERY,
}
"""What other nodes are asked, beside the rest: one that does not answer holds up nothing. How often to look
whether it is time; the store says whether it is.
"""


async def _until(woken: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


async def _claim(node: Node, room: int) -> dict[str, Coroutine[None, None, None]]:
    """Return what is due, by id of the message or transfer."""
    if room <= 0:
        return {}
    now, lease = node.now(), node.pace.lease

    def claim(tx: Tx) -> tuple[Sequence[Message], Sequence[Transfer]]:
        messages = tx.messages.claim(now, lease, room)
        return messages, tx.transfers.claim(now, lease, room - len(messages))

    messages, transfers = await node.store.write(claim)
    deliveries = {message.jti: _deliver(node, message) for message in messages}
    return deliveries | {transfer.id: _advance(node, transfer) for transfer in transfers}


async def _deliver(node: Node, message: Message) -> None:
    try:
        await deliver(node, message)
    except Moved:
        node.wake()
    except Exception:  # noqa: BLE001  one bad message must not stop the others
        _log.exception("message.failed", message=message.jti, transfer=message.transfer)
        await try_again(node, message, "error")


async def _advance(node: Node, transfer: Transfer) -> None:
    """Take one transfer step by step until it waits for somebody."""
    with structlog.contextvars.bound_contextvars(transfer=transfer.id):
        current: Transfer | None = transfer
        while current is not None:
            current = await _step(node, current)


async def _step(node: Node, transfer: Transfer) -> Transfer | None:
    """Do the next step; return the transfer if another one is due at once."""
    step = _next(node, transfer)
    try:
        after = await step(node, transfer)
    except Moved:
        node.wake()
        return None
    except (TryLater, Untrusted) as fault:
        await _put_off(node, transfer, cause(fault))
        return None
    except Refused as fault:
        await _park(node, transfer, cause(fault))
        return None
    except Exception:  # noqa: BLE001  one bad transfer must not stop the others
        _log.exception("transfer.failed", state=transfer.state)
        await _put_off(node, transfer, "error")
        return None
    if after.state is not transfer.state:
        _log.info("transfer.moved", role=after.role, state=after.state, peer=after.peer)
    due = after.next_try_at is not None and after.next_try_at <= node.now()
    return after if due and (after.role, after.state) in STEPS else None


def _next(node: Node, transfer: Transfer) -> Step:
    if node.now() >= transfer.expires_at and end_of(transfer):
        return expire
    by_hand = transfer.reason is not None or not node.rules.automatic_import
    if transfer.state is State.VERIFIED and by_hand:
        return ask_status
    return STEPS.get((transfer.role, transfer.state), expire)


async def _put_off(node: Node, transfer: Transfer, code: str) -> None:
    tries = transfer.tries + 1
    due = retry_at(tries, node.now(), first=node.pace.first_retry)
    if due is None:
        await _park(node, transfer, code)
        return
    _log.warning("transfer.waits", state=transfer.state, fault=code, tries=tries)
    await _store(node, transfer, transfer.stay(at=node.now(), tries=tries, next_try_at=due))


async def _park(node: Node, transfer: Transfer, code: str) -> None:
    """Leave the transfer for a person: `backpack transfer list --stuck` shows it."""
    _log.error("transfer.stuck", state=transfer.state, fault=code)
    await _store(
        node, transfer, transfer.stay(at=node.now(), reason=Reason.GAVE_UP, next_try_at=transfer.expires_at)
    )


async def _store(node: Node, before: Transfer, after: Transfer) -> None:
    try:
        await node.store.write(lambda tx: tx.transfers.move(before, after))
    except Moved:
        node.wake()

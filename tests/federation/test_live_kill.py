"""`kill -9` of any node between any two steps: the transfer completes once, with one import and one receipt.

A transfer is brought to each place where a node may stop, by the same use-cases as the loop's, one by one.
Then the processes start; what waits is claimed for an hour, as by another process of the node, so that
every row surely stands where it stands when the node is killed. When it is let go, the node is killed
again, at some moment within the steps that follow.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web

from gateway.crypto.tokens import Nonces
from gateway.demo.nodes import AGENCY, CEDAR, MAPLE
from gateway.domain.clocks import MAX_FETCHES
from gateway.domain.ids import TransferId
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.transfer import Role, State, Transfer
from gateway.http.app import make_runner
from gateway.http.site import Site
from gateway.usecases import (
    decide_release,
    deliver,
    fetch_backpack,
    follow_transfer,
    import_backpack,
    match_student,
    release_backpack,
    request_backpack,
)
from gateway.usecases.ports import Node, Tx
from gateway.wiring import Opened
from tests.harness.live import Live, federation, leaves, transfer_of, until

pytestmark = pytest.mark.timeout(300)

AN_HOUR: Final = timedelta(hours=1)
CASES: Final = (
    ((AGENCY,), (0.05,)),
    ((MAPLE,), (0.0, 0.1)),
    ((CEDAR,), (0.0, 0.1)),
    ((AGENCY, MAPLE, CEDAR), (0.1,)),
)
"""Who is killed, and how many seconds after some of the transfers may go on: all take about half a second."""

STOPS: Final = (
    (State.DRAFTED, None),  # not signed yet
    (State.DRAFTED, None),  # signed, not sent
    (State.DRAFTED, State.RECEIVED),  # sent; the answer was lost
    (State.REQUESTED, State.RECEIVED),
    (State.REQUESTED, State.MATCHING),
    (State.REQUESTED, State.REVIEW),
    (State.REQUESTED, State.APPROVED),
    (State.REQUESTED, State.PACKAGED),
    (State.REQUESTED, State.RELEASED),
    (State.RELEASED, State.RELEASED),
    (State.RELEASED, State.FETCHED),  # served; what was served was lost
    (State.FETCHED, State.FETCHED),
    (State.VERIFIED, State.FETCHED),
    (State.IMPORTED, State.FETCHED),
    (State.IMPORTED, State.ACKED),  # receipted; the answer was lost
    (State.RECEIPTED, State.ACKED),
)
"""Cedar's and Maple's states at each place where a node may stop, in the order of a transfer."""

Stop = tuple[State, State | None]


@dataclass
class Pair:
    """One transfer, taken on step by step, as the loops of both nodes would."""

    live: Live
    asked: TransferId

    async def at_cedar(self) -> Transfer:
        return await transfer_of(self.live.cedar, self.asked)

    async def at_maple(self) -> Transfer:
        return await self.live.held(self.asked)

    async def stands(self) -> Stop:
        asked = await self.at_cedar()
        held = await self.live.maple.store.read(lambda tx: tx.transfers.list())
        states = [one.state for one in held if one.request_jti and one.request_jti == asked.request_jti]
        assert len(states) <= 1
        return asked.state, next(iter(states), None)

    async def step_cedar(self, step: Callable[..., Awaitable[Transfer]]) -> None:
        await step(self.live.cedar.node, await self.at_cedar())

    async def step_maple(self, step: Callable[..., Awaitable[Transfer]]) -> None:
        await step(self.live.maple.node, await self.at_maple())

    async def waiting(self, type_: MessageType) -> Message:
        (message,) = await messages(self.live.cedar, self.asked, type_, Direction.OUT)
        return message

    async def send(self, type_: MessageType) -> None:
        """Send a message and note what became of it."""
        await deliver.deliver(self.live.cedar.node, await self.waiting(type_))

    async def send_and_forget(self, type_: MessageType) -> None:
        """Send a message; the node stops before it notes the answer."""
        node = self.live.cedar.node
        holder = await node.directory.listing(self.live.maple.node.id)
        await node.peers.deliver(holder, await self.waiting(type_), (await self.at_cedar()).remote_id)

    async def fetch_and_forget(self) -> None:
        """Fetch the record; the node stops before it is stored."""
        node, transfer = self.live.cedar.node, await self.at_cedar()
        holder = await node.directory.listing(self.live.maple.node.id)
        assert transfer.remote_id
        await node.peers.fetch(holder, transfer.remote_id, transfer.version)


async def begin_matching(node: Node, transfer: Transfer) -> Transfer:
    """As when more attributes came in: the loop itself passes through this state within one transaction."""
    after = transfer.to(State.MATCHING, at=node.now(), next_try_at=node.now())
    await node.store.write(lambda tx: tx.transfers.move(transfer, after))
    return after


async def verify_and_stop(node: Node, transfer: Transfer) -> Transfer:
    """Verify the record; the node stops before it imports it, which is due."""
    by_hand = replace(node, rules=replace(node.rules, automatic_import=False))
    verified = await fetch_backpack.verify_parcel(by_hand, transfer)
    due = verified.stay(at=node.now(), next_try_at=node.now())
    await node.store.write(lambda tx: tx.transfers.move(verified, due))
    return due


def steps(pair: Pair) -> Sequence[Callable[[], Awaitable[None]]]:
    """Return what leads from each of `STOPS` to the next."""
    cedar, maple = pair.step_cedar, pair.step_maple
    return (
        lambda: cedar(request_backpack.sign_request),
        lambda: pair.send_and_forget(MessageType.REQUEST),
        lambda: pair.send(MessageType.REQUEST),
        lambda: maple(begin_matching),
        lambda: maple(match_student.match_student),
        lambda: maple(decide_release.approve_automatically),
        lambda: maple(release_backpack.package_backpack),
        lambda: maple(release_backpack.release_backpack),
        lambda: cedar(follow_transfer.ask_status),
        pair.fetch_and_forget,
        lambda: cedar(fetch_backpack.fetch_parcel),
        lambda: cedar(verify_and_stop),
        lambda: cedar(import_backpack.import_automatically),
        lambda: pair.send_and_forget(MessageType.RECEIPT),
        lambda: pair.send(MessageType.RECEIPT),
    )


async def messages(
    opened: Opened, id_: TransferId, type_: MessageType, direction: Direction
) -> list[Message]:
    found = await opened.store.read(lambda tx: tx.messages.of(id_))
    return [one for one in found if (one.type, one.direction) == (type_, direction)]


@asynccontextmanager
async def answering(opened: Opened) -> AsyncIterator[None]:
    """Serve the node in this process, at its own address, without a loop: nothing goes on by itself."""
    site = Site(
        node=opened.node,
        base_url=opened.settings.id,
        nonces=Nonces(secrets.token_bytes(32)),
        publisher=opened.publisher,
        started_at=opened.node.now(),
    )
    runner = make_runner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", opened.settings.server.port).start()
        yield
    finally:
        await runner.cleanup()


async def pairs_at_every_stop(live: Live) -> list[Pair]:
    """Bring a transfer to each stop. Nothing but their times to go on is left to the nodes."""
    async with AsyncExitStack() as stack:
        for opened in (live.maple, live.cedar):
            await stack.enter_async_context(answering(opened))
        pairs = [Pair(live, (await live.ask(number)).id) for number in range(len(STOPS))]
        for number, pair in enumerate(pairs):
            for step in steps(pair)[:number]:
                await step()
    return pairs


async def hold(live: Live) -> None:
    """Claim everything for an hour, as another process of the node would that then stopped."""

    def claim(tx: Tx, opened: Opened) -> None:
        later = opened.node.now() + AN_HOUR
        tx.messages.claim(later, AN_HOUR, 1000)
        tx.transfers.claim(later, AN_HOUR, 1000)

    for opened in (live.maple, live.cedar):
        await opened.store.write(partial(claim, opened=opened))


async def let_go(live: Live, pairs: Sequence[Pair]) -> None:
    """End the claims: what was claimed is due now."""

    def due(tx: Tx, opened: Opened, id_: TransferId) -> None:
        now = opened.node.now()
        for message in tx.messages.of(id_):
            if message.next_try_at:
                tx.messages.settle(message, outcome=message.outcome, next_try_at=now)
        transfer = tx.transfers.get(id_)
        if transfer.next_try_at and transfer.next_try_at < now + 3 * AN_HOUR:
            tx.transfers.move(transfer, transfer.stay(at=now, next_try_at=now))

    for pair in pairs:
        asked = await pair.at_cedar()
        await live.cedar.store.write(partial(due, opened=live.cedar, id_=asked.id))
        if (await pair.stands())[1]:
            held = await pair.at_maple()
            await live.maple.store.write(partial(due, opened=live.maple, id_=held.id))


async def all_done(live: Live) -> bool:
    asked = await live.cedar.store.read(lambda tx: tx.transfers.counts())
    held = await live.maple.store.read(lambda tx: tx.transfers.counts())
    done = {(Role.REQUESTER, State.RECEIPTED): len(STOPS), (Role.HOLDER, State.ACKED): len(STOPS)}
    return {**asked, **held} == done


async def check_done_once(live: Live, pair: Pair) -> None:
    """One import, one receipt, one leaf for each, however often a node was killed."""
    held, place = await pair.at_maple(), live.federation.cedar
    assert [file.parent.name for file in place.imports.glob(f"{pair.asked}/record.jws")] == [pair.asked]
    assert len(await messages(live.maple, held.id, MessageType.RECEIPT, Direction.IN)) == 1
    assert len(await messages(live.cedar, pair.asked, MessageType.RECEIPT, Direction.OUT)) == 1
    done_at_maple, done_at_cedar = await leaves(live.maple, held.id), await leaves(live.cedar, pair.asked)
    for state in ("received", "review", "approved", "packaged", "released", "fetched", "acked"):
        assert done_at_maple.count(f"release.{state}") in (
            range(1, MAX_FETCHES + 1) if state == "fetched" else {1}
        ), state
    for state in ("requested", "released", "fetched", "verified", "imported", "receipted"):
        assert done_at_cedar.count(f"request.{state}") == 1, state


@pytest.mark.parametrize(("names", "delays"), CASES, ids=["agency", "maple", "cedar", "all"])
async def test_a_node_that_is_killed_at_any_state_finishes_every_transfer_once(
    tmp_path: Path, names: tuple[str, ...], delays: tuple[float, ...]
) -> None:
    async with federation(tmp_path, automatic_approval=True, automatic_import=True) as live:
        pairs = await pairs_at_every_stop(live)
        victims = [place for place in live.federation.places if place.name in names]
        await hold(live)
        await live.processes.begin(live.federation.maple, live.federation.cedar)

        before = [await pair.stands() for pair in pairs]
        live.processes.kill(*victims)
        after = [await pair.stands() for pair in pairs]
        await live.processes.begin(*victims)
        for number, delay in enumerate(delays):
            await let_go(live, pairs[number :: len(delays)])
            await asyncio.sleep(delay)
            live.processes.kill(*victims)
            await live.processes.begin(*victims)
        await until(lambda: all_done(live))

        assert before == after == list(STOPS)
        for pair in pairs:
            await check_done_once(live, pair)
        held = await live.maple.store.read(lambda tx: tx.transfers.list(role=Role.HOLDER))
        folders = [one for one in live.federation.cedar.imports.iterdir() if one.name.startswith("R-")]
        assert len(held) == len(folders) == len(STOPS)


def test_the_stops_of_this_file_are_all_states_on_the_way_to_a_receipt() -> None:
    asked = {State.NEEDS_INFO, State.NO_MATCH, State.HELD, State.NOTICE, State.REJECTED}
    aside = asked | {State.CORRECTED, State.RETURNED}
    ends = {State.DENIED, State.WITHDRAWN, State.REVOKED, State.EXPIRED, State.RECALLED, State.CLOSED}

    standing = {state for stop in STOPS for state in stop if state}

    assert standing == set(State) - aside - ends
    assert len(STOPS) == len(steps(Pair.__new__(Pair))) + 1

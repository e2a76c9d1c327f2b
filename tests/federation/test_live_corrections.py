"""A correction between live nodes over real sockets, killed at any step: it arrives once, with its receipt."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.domain.corrections import ChangeReason
from gateway.domain.ids import LocalStudentId, digest
from gateway.domain.messages import Direction, MessageType
from gateway.domain.transfer import State
from gateway.usecases import deliver, fetch_backpack, follow_transfer, import_backpack, release_backpack
from gateway.usecases.correct_record import Wanted, correct
from gateway.usecases.ports import Tx
from gateway.usecases.wholes import read_whole
from tests.federation.test_live_kill import (
    Pair,
    answering,
    hold,
    let_go,
    messages,
    verify_and_stop,
)
from tests.harness.live import Live, federation, leaves, transfer_of, until, until_state
from tests.harness.staff import clerk

pytestmark = pytest.mark.timeout(300)

STOPS = (
    (State.RECEIPTED, State.APPROVED),
    (State.RECEIPTED, State.CORRECTED),
    (State.CORRECTED, State.CORRECTED),
    (State.CORRECTED, State.APPROVED),  # the new key was sent; the answer was lost
    (State.CORRECTED, State.APPROVED),
    (State.CORRECTED, State.PACKAGED),
    (State.CORRECTED, State.RELEASED),
    (State.RELEASED, State.RELEASED),
    (State.RELEASED, State.FETCHED),  # served; what was served was lost
    (State.FETCHED, State.FETCHED),
    (State.VERIFIED, State.FETCHED),
    (State.IMPORTED, State.FETCHED),
    (State.IMPORTED, State.ACKED),  # receipted; the answer was lost
)
"""Cedar's and Maple's states at each place where a node may stop, in the order of a correction."""


class Correcting(Pair):
    """One correction, taken on step by step."""

    async def waiting(self, type_: MessageType) -> Any:
        return (await messages(self.live.cedar, self.asked, type_, Direction.OUT))[-1]

    async def key(self) -> None:
        """Send the new key and note what became of it."""
        await deliver.deliver(self.live.cedar.node, await self.waiting(MessageType.REKEY))


def steps(pair: Correcting) -> Sequence[Callable[[], Awaitable[None]]]:
    """Return what leads from each of `STOPS` to the next."""
    cedar, maple = pair.step_cedar, pair.step_maple
    return (
        lambda: maple(release_backpack.package_backpack),
        lambda: cedar(follow_transfer.ask_status),
        lambda: pair.send_and_forget(MessageType.REKEY),
        pair.key,
        lambda: maple(release_backpack.package_backpack),
        lambda: maple(release_backpack.release_backpack),
        lambda: cedar(follow_transfer.ask_status),
        pair.fetch_and_forget,
        lambda: cedar(fetch_backpack.fetch_parcel),
        lambda: cedar(verify_and_stop),
        lambda: cedar(import_backpack.import_automatically),
        lambda: pair.send_and_forget(MessageType.RECEIPT),
    )


async def change_grade(live: Live, student: LocalStudentId) -> None:
    """As after a mapping run: one grade of the student is another one."""

    def change(tx: Tx) -> None:
        stored = read_whole(tx, student)
        sections = orjson.loads(stored.sections)
        sections["grades"][0]["grade"] = {"letter": "Z"}
        content = orjson.dumps(sections)
        tx.backpacks.put([replace(stored, sections=content, fingerprint=digest(content))])

    await live.maple.store.write(change)


async def received(live: Live, count: int) -> list[Correcting]:
    """Return so many transfers that Cedar has taken in, with both nodes stopped."""
    places = (live.federation.maple, live.federation.cedar)
    await live.processes.begin(*places)
    pairs = [Correcting(live, (await live.ask(number)).id) for number in range(count)]
    for pair in pairs:
        await until_state(live.cedar, pair.asked, State.RECEIPTED)
        await until_state(live.maple, (await pair.at_maple()).id, State.ACKED)
    live.processes.kill(*places)
    return pairs


async def corrected(live: Live, pairs: Sequence[Correcting]) -> None:
    for pair in pairs:
        held = await pair.at_maple()
        assert held.student
        await change_grade(live, held.student)
        wanted = Wanted(reason=ChangeReason.CORRECTION)
        await correct(live.maple.node, held.id, wanted, person=clerk("records officer"))


async def all_done(live: Live, pairs: Sequence[Correcting]) -> bool:
    for pair in pairs:
        asked, held = await pair.at_cedar(), await pair.at_maple()
        if (asked.state, asked.accepted_version, held.state, held.accepted_version) != (
            *(State.RECEIPTED, 2),
            *(State.ACKED, 2),
        ):
            return False
    return True


async def check_done_once(live: Live, pair: Correcting) -> None:
    held = await pair.at_maple()
    receipts = await messages(live.maple, held.id, MessageType.RECEIPT, Direction.IN)
    keys = await messages(live.maple, held.id, MessageType.REKEY, Direction.IN)
    assert (len(receipts), len(keys)) == (2, 1)
    done = await leaves(live.maple, held.id)
    assert [done.count(f"release.{one}") for one in ("corrected", "rekeyed", "packaged", "acked")] == [
        *(1, 1),
        *(2, 2),
    ]
    assert (await transfer_of(live.cedar, pair.asked)).response_key is None
    imported = live.federation.cedar.imports / pair.asked
    assert '"Z"' in next(imported.glob("**/backpack.json")).read_text("utf-8")


@pytest.mark.parametrize("delay", [0.0, 0.1])
async def test_a_correction_arrives_once_however_often_both_nodes_are_killed(
    tmp_path: Path, delay: float
) -> None:
    async with federation(tmp_path, automatic_approval=True, automatic_import=True, undo_minutes=0) as live:
        pairs = await received(live, len(STOPS))
        await corrected(live, pairs)
        async with AsyncExitStack() as stack:
            for opened in (live.maple, live.cedar):
                await stack.enter_async_context(answering(opened))
            for number, pair in enumerate(pairs):
                for step in steps(pair)[:number]:
                    await step()
        standing = [await pair.stands() for pair in pairs]
        await hold(live)
        places = (live.federation.maple, live.federation.cedar)
        await live.processes.begin(*places)
        live.processes.kill(*places)
        await live.processes.begin(*places)
        await let_go(live, pairs)
        await asyncio.sleep(delay)
        live.processes.kill(*places)
        await live.processes.begin(*places)
        await until(lambda: all_done(live, pairs))

        assert standing == list(STOPS)
        for pair in pairs:
            await check_done_once(live, pair)

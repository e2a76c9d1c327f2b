"""Exchanges between two districts of ours: real processes, keys, chains and durable commits."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import aiohttp

from gateway.demo.nodes import Place
from gateway.domain.ids import TransferId
from gateway.domain.transfer import Reason, State, Transfer
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.wiring import Opened, open_node
from tests.bench.measures import Counters, Measured, counters_in, cpu_ms
from tests.bench.nodes import admit, fill, write_nodes
from tests.bench.processes import Processes
from tests.bench.students import SECTION_NAMES, subject_of
from tests.harness.staff import clerk

LOOK_EVERY_SECONDS: Final = 0.02
STUCK_AFTER_SECONDS: Final = 120.0


class Exchanges:
    """Two districts that are up, and the requester's node opened beside its process."""

    def __init__(self, processes: Processes, places: Sequence[Place], opened: Opened) -> None:
        self._processes = processes
        _, self._holder, self._requester = places
        self._opened = opened
        self._students = 0
        self._looks = 0
        self._asking_ms = 0.0

    async def run(self, count: int, *, in_flight: int) -> Measured:
        """Move so many students, so many at a time, each for the first time."""
        counted, used = await self._counted(), self._used()
        began = time.perf_counter()
        done = await self._move(count, in_flight)
        seconds = time.perf_counter() - began
        return Measured(
            seconds=seconds,
            cpu_ms={name: value - used[name] for name, value in self._used().items()},
            latencies_ms=[(one.changed_at - one.created_at).total_seconds() * 1000 for one in done],
            counted=await self._counted() - counted,
        )

    async def _move(self, count: int, in_flight: int) -> list[Transfer]:
        waiting: set[TransferId] = set()
        done: list[Transfer] = []
        async with asyncio.timeout(STUCK_AFTER_SECONDS):
            while len(done) < count:
                waiting |= await self._ask(min(in_flight, count - len(done)) - len(waiting))
                await asyncio.sleep(LOOK_EVERY_SECONDS)
                finished = await self._finished(waiting)
                waiting -= {transfer.id for transfer in finished}
                done += finished
        return done

    async def _ask(self, room: int) -> set[TransferId]:
        """Ask for the next students. This process does here what a node's own would, so its time counts."""
        numbers = range(self._students, self._students + room)
        self._students += room
        began = time.process_time()
        asked = await asyncio.gather(*(self._ask_for(number) for number in numbers))
        self._asking_ms += (time.process_time() - began) * 1000
        return {transfer.id for transfer in asked}

    async def _ask_for(self, number: int) -> Transfer:
        wish = Wish(
            holder=self._holder.url,
            subject=subject_of(number),
            sections=SECTION_NAMES,
            person=clerk("registrar"),
        )
        return await request_backpack(self._opened.node, wish)

    async def _finished(self, waiting: set[TransferId]) -> list[Transfer]:
        self._looks += len(waiting)
        found = await self._opened.store.read(lambda tx: [tx.transfers.get(id_) for id_ in waiting])
        for transfer in found:
            if transfer.ended or transfer.reason is Reason.GAVE_UP:
                raise RuntimeError(f"an exchange ended as {transfer.state}")
        return [transfer for transfer in found if transfer.state is State.RECEIPTED]

    def _used(self) -> dict[str, float]:
        return {
            "holder": cpu_ms(self._processes.pid(self._holder.name)),
            "requester": cpu_ms(self._processes.pid(self._requester.name)),
            "asking": self._asking_ms,
        }

    async def _counted(self) -> Counters:
        """Return what both nodes counted, and this process, without its looking."""
        own = self._opened.store.stats
        asked = Counters(commits=own.commits, statements=own.statements - self._looks)
        async with aiohttp.ClientSession() as client:
            holder, requester = [await _counted(client, one) for one in (self._holder, self._requester)]
        return holder + requester + asked


@contextlib.asynccontextmanager
async def open_exchanges(folder: Path, students: int) -> AsyncIterator[Exchanges]:
    """Start an agency and two districts; the holder has so many students, each good for one exchange."""
    places = write_nodes(folder)
    agency, holder, requester = places
    await fill(holder, students)
    with Processes() as processes:
        for place in places:
            processes.start(place.name, ("gateway", "serve", "--config", str(place.config)), place.log)
        for place in places:
            await processes.until_ready(place.name, f"{place.url}/healthz")
        await admit(agency, holder, requester)
        async with open_node(requester.settings) as opened:
            yield Exchanges(processes, places, opened)


async def _counted(client: aiohttp.ClientSession, place: Place) -> Counters:
    async with client.get(f"{place.url}/metrics") as answer:
        answer.raise_for_status()
        return counters_in(await answer.text())

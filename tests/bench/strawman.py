"""The same exchange with the libraries called bare: what a good engineer writes in a day.

Two processes with uvloop, aiohttp, joserfc, zstd, orjson and sqlite3 with group commit. It does token, signed
request, delivery, verification and receipt in seven durable units. It has one cached key a peer in place of
trust chains, no audit log, no retries, no segments, no import.
"""

import contextlib
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import orjson
from joserfc.jwk import ECKey

from gateway.demo.nodes import free_ports
from tests.bench.measures import Counters, Measured, cpu_ms
from tests.bench.processes import Processes
from tests.bench.strawman_holder import Holder
from tests.bench.strawman_node import Places
from tests.bench.strawman_requester import Requester
from tests.bench.strawman_store import Rows
from tests.bench.students import Sections, subject_of

NAMES: Final = ("holder", "requester")


class Strawman:
    """Two straw-man's nodes that are up."""

    def __init__(self, processes: Processes, places: Places, client: aiohttp.ClientSession) -> None:
        self._processes = processes
        self._places = places
        self._client = client

    async def run(self, count: int, *, in_flight: int) -> Measured:
        """Move so many students, so many at a time, each for the first time."""
        counted, used = await self._counted(), self._used()
        began = time.perf_counter()
        wanted = orjson.dumps({"count": count, "in_flight": in_flight})
        async with self._client.post(f"{self._places.requester}/run", data=wanted) as answer:
            answer.raise_for_status()
            latencies = orjson.loads(await answer.read())
        return Measured(
            seconds=time.perf_counter() - began,
            cpu_ms={name: value - used[name] for name, value in self._used().items()},
            latencies_ms=latencies,
            counted=await self._counted() - counted,
        )

    def _used(self) -> dict[str, float]:
        return {name: cpu_ms(self._processes.pid(name)) for name in NAMES}

    async def _counted(self) -> Counters:
        holder, requester = [await self._counted_by(name) for name in NAMES]
        return holder + requester

    async def _counted_by(self, name: str) -> Counters:
        async with self._client.get(f"{getattr(self._places, name)}/counters") as answer:
            return Counters(**orjson.loads(await answer.read()))


@contextlib.asynccontextmanager
async def open_strawman(folder: Path, students: int, sections: Sections) -> AsyncIterator[Strawman]:
    """Start the two; the holder has so many students with these sections."""
    holder, requester = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    places = Places(folder=folder, holder=holder, requester=requester)
    _write(places, students, orjson.dumps(sections))
    with Processes() as processes:
        for name in NAMES:
            arguments = ("tests.bench.strawman", name, str(folder), holder, requester)
            processes.start(name, arguments, folder / f"{name}.log")
        for name, url in zip(NAMES, (holder, requester), strict=True):
            await processes.until_ready(name, f"{url}/counters")
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as client:
            yield Strawman(processes, places, client)


def _write(places: Places, students: int, record: bytes) -> None:
    """Store a key for each node, and the students."""
    places.folder.mkdir(parents=True)
    for name in NAMES:
        private = ECKey.generate_key("P-256").as_dict(private=True)
        (places.folder / f"{name}.jwk.json").write_bytes(orjson.dumps(private))
    rows = Rows(places.folder / "holder.db")
    rows.script(Holder.tables)
    rows.bare("BEGIN")
    for number in range(students):
        subject = subject_of(number)
        born = subject.birth_date.isoformat()
        row = (f"S{number:06d}", subject.state_id, born, subject.family_name, record)
        rows("INSERT INTO students VALUES (?, ?, ?, ?, ?)", row)
    rows.bare("COMMIT")


def serve(name: str, folder: str, holder: str, requester: str) -> None:
    """Run one of the two."""
    places = Places(folder=Path(folder), holder=holder, requester=requester)
    node = Holder(places) if name == "holder" else Requester(places)
    node.run()


if __name__ == "__main__":
    serve(*sys.argv[1:])

"""The straw-man's store: bare sqlite3, one thread that writes all waiting units in one commit."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_MOST_AT_ONCE = 256
_Job = tuple[Callable[["Rows"], Any], asyncio.Future[Any]]


class Rows:
    """A connection that counts what it is asked."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.statements = 0
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
            self._connection.execute(f"PRAGMA {pragma}")

    def __call__(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        self.statements += 1
        return self._connection.execute(sql, tuple(values))

    def script(self, sql: str) -> None:
        """Run statements that are not counted: they make a unit or the tables."""
        self._connection.executescript(sql)

    def bare(self, sql: str) -> None:
        """Run a statement that is not counted."""
        self._connection.execute(sql)


class Store:
    """Durable units of work and reads. To be made inside the running loop."""

    def __init__(self, path: Path, tables: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._writes: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._writer, self._reader = Rows(path), Rows(path)
        self._writer.script(tables)
        self.commits = 0
        for serve in (self._serve_writes, self._serve_reads):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def statements(self) -> int:
        """Return how many statements ran."""
        return self._writer.statements + self._reader.statements

    async def write(self, work: Callable[[Rows], T]) -> T:
        """Run the work; return its result once it is durable."""
        return await self._put(self._writes, work)

    async def read(self, work: Callable[[Rows], T]) -> T:
        """Run work that changes nothing."""
        return await self._put(self._reads, work)

    async def _put(self, lane: "queue.SimpleQueue[_Job]", work: Callable[[Rows], T]) -> T:
        done: asyncio.Future[T] = self._loop.create_future()
        lane.put((work, done))
        return await done

    def _serve_writes(self) -> None:
        while True:
            jobs = [self._writes.get()]
            with suppress(queue.Empty):
                while len(jobs) < _MOST_AT_ONCE:
                    jobs.append(self._writes.get_nowait())
            self._writer.bare("BEGIN IMMEDIATE")
            done = [(future, *self._unit(work)) for work, future in jobs]
            self._writer.bare("COMMIT")
            self.commits += 1
            self._loop.call_soon_threadsafe(_settle, done)

    def _unit(self, work: Callable[[Rows], Any]) -> tuple[Any, Exception | None]:
        self._writer.bare("SAVEPOINT unit")
        try:
            result = work(self._writer)
        except Exception as error:  # noqa: BLE001 - belongs to whoever waits
            self._writer.bare("ROLLBACK TO unit")
            return None, error
        self._writer.bare("RELEASE unit")
        return result, None

    def _serve_reads(self) -> None:
        while True:
            work, future = self._reads.get()
            result, failure = None, None
            try:
                result = work(self._reader)
            except Exception as error:  # noqa: BLE001 - belongs to whoever waits
                failure = error
            self._loop.call_soon_threadsafe(_settle, [(future, result, failure)])


def _settle(done: Iterable[tuple[asyncio.Future[Any], Any, Exception | None]]) -> None:
    for future, result, error in done:
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

"""Threads that run work on connections of their own, so that the event loop never waits for a disk."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from gateway.domain.errors import TryLater

T = TypeVar("T")

_ROOM: Final = 1024
"""Jobs that may wait in a lane; whoever brings more waits outside."""


class Job:
    """Work that waits, and what came of it."""

    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Callable[[Any], Any], done: asyncio.Future[None]) -> None:
        self.work = work
        self.done = done
        self.result: Any = None
        self.error: BaseException | None = None


class Lane:
    """A queue of jobs and the threads that take from it, each as many as wait, up to `batch`.

    Must be made on the event loop that will use it. `runs` has one function for each thread; it gets the
    jobs, sets `result` or `error` of each, and raises nothing.
    """

    def __init__(self, name: str, runs: Sequence[Callable[[Sequence[Job]], None]], *, batch: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(_ROOM)
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._batch = batch
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(run,), name=f"store-{name}", daemon=True)
            for run in runs
        ]
        for thread in self._threads:
            thread.start()

    async def submit(self, work: Callable[[Any], T]) -> T:
        """Run the work in turn and return its result or raise its error.

        Work that was queued is done, even if the caller no longer waits. `TryLater` after `close`.
        """
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise TryLater("the store is closed")
        job = Job(work, self._loop.create_future())
        self._queue.put(job)
        await job.done
        if job.error is not None:
            raise job.error
        result: T = job.result
        return result

    async def close(self) -> None:
        """Finish what was queued, take nothing more, end the threads."""
        if not self._closed:
            self._closed = True
            for _ in self._threads:
                self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _serve(self, run: Callable[[Sequence[Job]], None]) -> None:
        while jobs := self._take():
            run(jobs)
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._settle, jobs)

    def _take(self) -> list[Job]:
        """Wait for a job and return it with those behind it; an empty list means the end."""
        jobs: list[Job] = []
        with suppress(queue.Empty):
            while len(jobs) < self._batch:
                job = self._queue.get(block=not jobs)
                if job is None:
                    if jobs:
                        self._queue.put(None)
                    break
                jobs.append(job)
        return jobs

    def _settle(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._room.release()
            if not job.done.done():
                job.done.set_result(None)

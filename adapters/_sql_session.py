"""One state of the database for as long as a run reads its tables."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters._sql_errors import enter

P = ParamSpec("P")
T = TypeVar("T")


class Session:
    """A connection in a transaction that reads, and the one thread that uses it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sql")
        self.connection: Connection
        self.readers = 0

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the call returns in the session's thread, after the calls before it.

        One who no longer waits leaves the thread at work; what closes the session waits for it.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: call(*args, **kwargs))

    async def open(self, engine: Engine) -> None:
        """Connect; raises as `enter` does."""
        try:
            self.connection = await self.run(enter, engine)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise

    async def close(self) -> None:
        """Give the transaction up and the connection back."""
        await self.run(self.leave)
        self._thread.shutdown(wait=False)

    def leave(self) -> None:
        """Give the transaction up and the connection back, in the thread that calls."""
        with suppress(SQLAlchemyError):
            self.connection.close()


class Sessions:
    """Lends the session of the run; to a second reader another one, where the product needs that.

    The session of the run ends `idle` seconds after its last reader, so that no transaction stays open.
    """

    def __init__(self, *, shared: bool, idle: float) -> None:
        self._shared = shared
        self._idle = idle
        self._kept: Session | None = None
        self._ending: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def one(self, engine: Engine) -> AsyncIterator[Session]:
        """Lend a session of the run; raises as `enter` does."""
        self._stay()
        session = self._kept
        if session is None:
            session = self._kept = await _opened(engine)
        elif session.readers and not self._shared:
            session = await _opened(engine)
        session.readers += 1
        try:
            yield session
        except BaseException:
            await self._give_back(session, at_once=True)
            raise
        await self._give_back(session, at_once=False)

    async def _give_back(self, session: Session, *, at_once: bool) -> None:
        """Close the session now or later; at once where the reading was broken off."""
        session.readers -= 1
        if session is not self._kept:
            await session.close()
        elif not session.readers and at_once:
            await self.end()
        elif not session.readers:
            self._ending = asyncio.create_task(self._end_later())

    async def end(self) -> None:
        """End the session of the run, unless somebody reads in it."""
        self._stay()
        session = self._kept
        if session is not None and not session.readers:
            self._kept = None
            await session.close()

    def leave(self) -> None:
        """End the session of the run at once, from any thread: for the end of the program."""
        session, self._kept = self._kept, None
        if session is not None:
            session.leave()

    def _stay(self) -> None:
        ending, self._ending = self._ending, None
        if ending is not None and not ending.done():
            ending.cancel()

    async def _end_later(self) -> None:
        """End the session after a while, and at once when the program ends."""
        this = asyncio.current_task()
        try:
            await asyncio.sleep(self._idle)
        finally:
            if self._ending is this:
                self._ending = None
                await self.end()


async def _opened(engine: Engine) -> Session:
    session = Session()
    await session.open(engine)
    return session

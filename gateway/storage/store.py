"""The store of a node: one writer with group commit, two readers, and scans."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Self, TypeVar

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from gateway.domain.errors import Misconfigured
from gateway.storage import sqlite
from gateway.storage.backpacks import BY_STUDENT, stored_backpack
from gateway.storage.lanes import Lane
from gateway.storage.schema import bring_up_to_date
from gateway.storage.units import Reader, Writer
from gateway.usecases.ports import StoredBackpack, Tx

T = TypeVar("T")

_READERS: Final = 2
_LARGEST_BATCH: Final = 256
_SCAN_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What the store did since it was opened."""

    units: int
    """Calls of `write` that became durable."""
    commits: int
    """Waits for the disk, each shared by the units that waited together."""
    statements: int
    """SQL statements of units and reads. One statement for many rows counts once."""


class SqlStore:
    """`ports.Store` in a SQLite file. Use `open` and `close`."""

    sqlite_version = sqlite.VERSION

    def __init__(self, path: Path, engine: Engine, writer: Writer, readers: Sequence[Reader]) -> None:
        self._path = path
        self._engine = engine
        self._writer = writer
        self._databases = [one.db for one in readers] + [writer.db]
        self._units = 0
        self._writes = Lane("write", [writer.run], batch=_LARGEST_BATCH)
        self._reads = Lane("read", [reader.run for reader in readers], batch=1)

    @classmethod
    async def open(
        cls, place: str | Path, *, checkpointer: bool = True, patience: timedelta = sqlite.PATIENCE
    ) -> Self:
        """Open the store, and make or upgrade its tables first where that is needed.

        Args:
            place: A path, or a URL such as `sqlite:////var/lib/backpack/node.db`.
            checkpointer: True in the process that serves, False in every other.
            patience: How long to wait for another process that writes.

        Raises:
            Misconfigured: it cannot be opened, or a newer release has written it.
        """
        path = _path(place)
        sqlite.create(path)
        engine = sqlite.open_engine(path, checkpointer=checkpointer, patience=patience)
        writer, readers = await asyncio.to_thread(_connect, path, engine)
        return cls(path, engine, writer, readers)

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        await self._writes.close()
        await self._reads.close()
        for database in self._databases:
            database.connection.close()
        self._engine.dispose()

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run the work and return its result once it is durable; an exception undoes this work only.

        A caller who stops waiting cannot know whether the work was done.

        Raises:
            TryLater: nothing was stored: the disk is full, another process writes for too long, or the
                store is closed.
        """
        result = await self._writes.submit(work)
        self._units += 1
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run work that changes nothing, on what was durable when it began; a change is refused."""
        return await self._reads.submit(work)

    async def students(self) -> AsyncGenerator[StoredBackpack, None]:
        """Yield all students by local id, as they were when it began, a few hundred in memory at a time.

        Close the iterator if it is not run to its end (`contextlib.aclosing`).
        """
        async with sqlite.open_async_engine(self._path).connect() as connection:
            rows = await connection.stream(BY_STUDENT, execution_options={"yield_per": _SCAN_ROWS})
            async for row in rows.mappings():
                yield stored_backpack(dict(row))

    @property
    def stats(self) -> Stats:
        """Counters, for the metrics."""
        statements = sum(database.statements for database in self._databases)
        return Stats(units=self._units, commits=self._writer.commits, statements=statements)


def _path(place: str | Path) -> Path:
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise Misconfigured("the store's address is no URL") from error
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Misconfigured("the store must be a file of SQLite: sqlite:////path/to/node.db")
    return Path(url.database)


def _connect(path: Path, engine: Engine) -> tuple[Writer, list[Reader]]:
    with sqlite.explained(path):
        bring_up_to_date(engine)
        return Writer(engine.connect()), [Reader(sqlite.reader(engine)) for _ in range(_READERS)]

"""All that is true of SQLite and of no other database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DatabaseError

from gateway.domain.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

OperationalError: Final = sqlite3.OperationalError
"""The disk is full or away, or another process holds the file."""

VERSION: Final = sqlite3.sqlite_version
"""Of the library in this process."""

SAFE_RESET: Final = (3, 51, 3)
"""Before this release two connections that write or checkpoint at once may corrupt the file (WAL reset)."""

PATIENCE: Final = timedelta(seconds=10)
"""How long a statement waits for another process that writes."""
_CHECKPOINT_PAGES: Final = 1000
_WAL_BYTES: Final = 64 * 1024 * 1024


def create(path: Path) -> None:
    """Make an empty file that nobody else may read, if none is there; `Misconfigured` if that fails.

    SQLite gives the same rights to the files that it puts beside it.
    """
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"the store {path.name} cannot be made: {error.strerror}") from error


def open_engine(path: Path, *, checkpointer: bool, patience: timedelta = PATIENCE) -> Engine:
    """Return an engine whose connections each are a new one and may change threads.

    Args:
        path: The database file.
        checkpointer: Whether connections copy the log back into the file. One process may, the one that
            serves, so that no two do it at once.
        patience: How long to wait for another process that writes.
    """
    engine = create_engine(
        _url("sqlite+pysqlite", path),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _setup(_CHECKPOINT_PAGES if checkpointer else 0, patience))
    return engine


def open_async_engine(path: Path) -> "AsyncEngine":
    """Return an engine for scans: its connections read, and never checkpoint."""
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(_url("sqlite+aiosqlite", path), poolclass=NullPool, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _setup(0, PATIENCE))
    return engine


def use_wal(connection: Connection) -> None:
    """Turn the write-ahead log on: readers and the writer do not wait for each other. Stays in the file."""
    connection.connection.cursor().execute("PRAGMA journal_mode = WAL")


def reader(engine: Engine) -> Connection:
    """Return a connection on which any write is an error."""
    connection = engine.connect()
    connection.connection.cursor().execute("PRAGMA query_only = ON")
    return connection


def begin(connection: Connection, *, writes: bool) -> None:
    """Begin what SQLAlchemy has begun in name only. Whoever writes waits here for others who do."""
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def append_only(table: str) -> Iterator[str]:
    """Yield statements that make the database refuse to change or delete rows of the table."""
    for act in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
        )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a file that it cannot use into `Misconfigured`."""
    try:
        yield
    except DatabaseError as error:
        raise Misconfigured(f"the store {path.name} cannot be opened: {error.orig}") from error


def _url(driver: str, path: Path) -> URL:
    return URL.create(driver, database=str(path))


def _setup(pages: int, patience: timedelta) -> Any:
    def setup(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # so that the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {patience // timedelta(milliseconds=1)}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {pages}")
        cursor.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        cursor.close()

    return setup

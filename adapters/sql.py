"""Any SQL database of a district: SQLite, PostgreSQL, MySQL, MariaDB, SQL Server, Oracle. It only ever reads.

Suits any size: rows come from a cursor that the server holds, and one student's rows by the columns' indexes.
"""

import asyncio
import contextlib
import socket
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, Field
from sqlalchemy import URL, Engine, func, select

from adapters._sql_batches import read_all, read_only, wind
from adapters._sql_databases import allows_snapshots, database_of, open_engine, parse_url
from adapters._sql_errors import enter, told
from adapters._sql_only import first_row
from adapters._sql_points import Points
from adapters._sql_session import Sessions
from adapters._sql_tables import SqlTable, check_query, nearest, read_tables
from gateway.adapter_api import (
    AdapterConfig,
    Answer,
    Batch,
    Finding,
    Misconfigured,
    Only,
    Rule,
    Table,
    TryLater,
    finding,
)

T = TypeVar("T")


def _checked_url(text: str) -> str:
    parse_url(text)
    return text


Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Sql(AdapterConfig):
    """`[source.options]` when `adapter = "sql"`."""

    url: Annotated[str, AfterValidator(_checked_url)] = Field(repr=False)
    """Such as `postgresql://reader@db.example:5432/sis` or `sqlite:////srv/sis.db`, without a password."""

    password_file: Path | None = None
    """Holds the password alone."""

    schema_: str | None = Field(default=None, alias="schema")
    """Where the tables are; without it, where the account is at home."""

    tables: tuple[str, ...] | None = None
    """Tables and views to read; without it, all of the schema. Name them where there are hundreds."""

    queries: Mapping[str, Annotated[str, AfterValidator(check_query)]] = {}
    """SELECTs that are read as if they were tables, by name."""

    connect_seconds: Seconds = 10
    """How long to wait for the server, and for a free connection."""

    statement_seconds: Seconds = 900
    """How long one statement may take before it is stopped."""

    idle_seconds: Seconds = 20
    """How long after the last row the state of the database is held for the next table."""

    fetch_rows: int = Field(default=20_000, ge=1, le=1_000_000)
    """Rows in memory at a time."""


class SqlAdapter:
    """Reads tables, views and named queries of one database, all of them in one state where it can."""

    Config: ClassVar[type[AdapterConfig]] = Sql
    pushdown: ClassVar[bool] = True

    def __init__(self, config: Sql) -> None:
        self._config = config
        self._tables: dict[str, SqlTable] = {}
        self._others = 0

    async def check(self) -> None:
        """Return if every table can be read; raises as `Adapter.check` does. `steps` says how far it came."""
        async for _ in self.steps():
            pass

    async def steps(self) -> AsyncIterator[str]:
        """Yield a sentence for each step that went well: network, authentication, permission, a count."""
        yield await asyncio.to_thread(self._reach)
        yield await asyncio.to_thread(self._enter)
        await self.tables()
        yield await asyncio.to_thread(self._permission)
        yield await asyncio.to_thread(self._count)

    async def tables(self) -> Sequence[Table]:
        """Return tables, views and queries by name; columns of bytes are left out, each with a finding.

        Raises:
            Misconfigured: one that the settings name is not there, or may not be read.
            TryLater: the database does not answer.
        """
        await self._sessions.end()
        await asyncio.to_thread(self._look)
        return [table.seen for table in self._tables.values()]

    def unused(self) -> Sequence[Finding]:
        """Return how many tables of the schema the settings do not name."""
        if not self._others:
            return ()
        message = f"{self._others} other tables and views of the database are not named in `tables`"
        return (finding(Rule.FILE_UNUSED, message, file=self._config.schema_ or "database"),)

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield rows in the order of the key; lines number the rows of this reading."""
        if table.name not in self._tables:
            await asyncio.to_thread(self._look)
        known = self._tables.get(table.name)
        if known is None:
            raise Misconfigured(f"there is no table {table.name!r}{nearest(table.name, self._tables)}")
        reading = self._read_all(known) if only is None else self._read_only(known, only)
        async with contextlib.aclosing(reading):
            async for batch in reading:
                yield batch

    async def consult(self, work: Callable[[Answer], T]) -> T:
        """Return what the work returns, which asks over one connection; raises as `batches` does."""
        if not self._tables:
            await asyncio.to_thread(self._look)
        return await asyncio.to_thread(self._consult, work)

    async def close(self) -> None:
        """Close all connections. Reading opens new ones."""
        await self._sessions.end()
        await asyncio.to_thread(self._engine.dispose)

    async def _read_all(self, table: SqlTable) -> AsyncGenerator[Batch]:
        config = self._config
        async with self._sessions.one(self._engine) as session:
            reading = read_all(session.connection, table, config.fetch_rows, config.statement_seconds)
            try:
                while (batch := await session.run(next, reading, None)) is not None:
                    yield batch
            finally:
                await session.run(reading.close)

    async def _read_only(self, table: SqlTable, only: Only) -> AsyncGenerator[Batch]:
        if only.column not in table.columns:
            raise Misconfigured(
                f"table {table.name!r} has no column {only.column!r}{nearest(only.column, table.columns)}"
            )
        found = await asyncio.to_thread(read_only, self._engine, table, only, self._config.statement_seconds)
        for batch in found:
            yield batch

    def _consult(self, work: Callable[[Answer], T]) -> T:
        with enter(self._engine) as connection:
            return work(Points(connection, self._tables, self._config.statement_seconds).answer)

    def _look(self) -> None:
        config = self._config
        with enter(self._engine) as connection, told("the list of tables", config.statement_seconds):
            wind(connection)
            found = read_tables(connection, config.schema_, config.tables, config.queries)
        self._tables, self._others = found

    def _reach(self) -> str:
        """Return that somebody listens, before anything is sent to them."""
        url = self._url
        if url.get_backend_name() == "sqlite":
            if not Path(url.database or "").is_file():
                raise Misconfigured("network: there is no file at the path of the url")
            return "network: the file is there"
        if not url.host or url.host.startswith("/"):
            return "network: the address is one of this machine"
        port = url.port or database_of(url).port
        try:
            socket.create_connection((url.host, port), self._config.connect_seconds).close()
        except OSError:
            raise TryLater(f"network: nobody answers at {url.host}:{port}") from None
        return f"network: {url.host}:{port} answers"

    def _enter(self) -> str:
        enter(self._engine).close()
        return f"authentication: signed in{f' as {self._url.username}' if self._url.username else ''}"

    def _permission(self) -> str:
        """Read a row of each table that the settings name; of the first one where they name none."""
        if not self._tables:
            raise Misconfigured("permission: the account can see no table; look at `schema` and its rights")
        named = self._config.tables is not None
        asked = [one for one in self._tables.values() if named or one.query] or [*self._tables.values()][:1]
        with enter(self._engine) as connection:
            for table in asked:
                with told(f"table {table.name}", self._config.statement_seconds):
                    wind(connection)
                    connection.execute(first_row(table)).all()
        return f"permission: {len(asked)} of {len(asked)} tables that were tried can be read"

    def _count(self) -> str:
        table = next(iter(self._tables.values()))
        seconds = self._config.statement_seconds
        with told(f"table {table.name}", seconds), enter(self._engine) as connection:
            wind(connection)
            rows = connection.execute(select(func.count()).select_from(table.source)).scalar_one()
        return f"count: {table.seen.file} has {rows} rows"

    @cached_property
    def _url(self) -> URL:
        return parse_url(self._config.url)

    @cached_property
    def _sessions(self) -> Sessions:
        return Sessions(shared=database_of(self._url).shared, idle=self._config.idle_seconds)

    @cached_property
    def _engine(self) -> Engine:
        """Connections, which are closed at the latest when the adapter is gone."""
        plain = self._connections(isolate=False)
        engine = self._connections(isolate=True) if allows_snapshots(plain) else plain
        weakref.finalize(self, _leave, self._sessions, engine)
        return engine

    def _connections(self, *, isolate: bool) -> Engine:
        config = self._config
        return open_engine(
            self._url,
            self._password(),
            connect=config.connect_seconds,
            statement=config.statement_seconds,
            isolate=isolate,
        )

    def _password(self) -> str | None:
        if self._config.password_file is None:
            return None
        try:
            return self._config.password_file.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise Misconfigured("password_file cannot be read") from None


def _leave(sessions: Sessions, engine: Engine) -> None:
    sessions.leave()
    engine.dispose()

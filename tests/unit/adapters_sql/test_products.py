"""What the products that no test can run here would be sent."""

from decimal import Decimal
from typing import Any, Self

import pytest
from sqlalchemy import types
from sqlalchemy.dialects import mssql, mysql, oracle
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError, ProgrammingError

from adapters._sql_databases import DATABASES, parse_url
from adapters._sql_errors import _code, _meaning, is_incomparable
from adapters._sql_only import Rows, converted, empty, everything, first_row, matching, matching_text
from adapters._sql_tables import SqlTable
from gateway.adapter_api import Misconfigured, TryLater

STU = SqlTable(
    "STU",
    "dbo",
    {"ID": types.INTEGER(), "LN": types.VARCHAR(30), "user": types.NVARCHAR(9), "SC": types.CHAR(4)},
    ("ID",),
    keyed=True,
)
ASKED = SqlTable("asked", None, {"a": None}, ("a",), query="SELECT '10:30 50%' AS a FROM t")


def sql(statement: Rows, dialect: Dialect) -> str:
    made = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return " ".join(str(made).split())


def two(statement: Rows) -> Rows:
    return statement.params(values=["a", "b"])


def test_sql_server_quotes_with_brackets_and_casts_to_the_columns_type() -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call] # as the package has it

    assert sql(everything(STU), dialect) == ("SELECT [ID], [LN], [user], [SC] FROM dbo.[STU] ORDER BY [ID]")
    assert sql(two(matching(STU, "LN", "mssql")), dialect).endswith(
        "WHERE [LN] IN (CAST(:values_1 AS VARCHAR(30)), CAST(:values_2 AS VARCHAR(30))) ORDER BY [ID]"
    )
    assert sql(two(matching(STU, "user", "mssql")), dialect).endswith(
        "WHERE [user] IN (:values_1, :values_2) ORDER BY [ID]"
    )
    assert sql(first_row(STU), dialect).startswith("SELECT TOP 1 [ID]")
    assert sql(everything(ASKED), dialect) == (
        "SELECT a FROM (SELECT '10:30 50%' AS a FROM t) AS asked ORDER BY a"
    )


def test_mysql_quotes_with_back_ticks() -> None:
    dialect = mysql.dialect()

    assert sql(two(matching(STU, "LN", "mysql")), dialect) == (
        "SELECT `ID`, `LN`, user, `SC` FROM dbo.`STU` WHERE `LN` IN (%s, %s) ORDER BY `ID`"
    )
    assert sql(empty(STU, "LN"), dialect).endswith("WHERE `LN` IS NULL ORDER BY `ID`")
    assert sql(two(matching_text(STU, "ID")), dialect).endswith(
        "WHERE CAST(`ID` AS CHAR(4000)) IN (%s, %s) ORDER BY `ID`"
    )
    assert "50%%" in sql(everything(ASKED), dialect)


def test_oracle_pads_what_is_compared_with_char() -> None:
    dialect = oracle.dialect()  # type: ignore[no-untyped-call] # as the package has it

    assert sql(two(matching(STU, "SC", "oracle")), dialect).endswith(
        'WHERE "SC" IN (:values_1, :values_2) ORDER BY "ID"'
    )
    assert "FETCH FIRST" in sql(first_row(STU), dialect)
    assert (
        sql(everything(ASKED), dialect) == "SELECT a FROM (SELECT '10:30 50%' AS a FROM t) asked ORDER BY a"
    )
    assert converted(["12"], types.CHAR(4), "oracle") == ["12  "]


@pytest.mark.parametrize("product", ["mssql", "mysql", "oracle", "postgresql"])
def test_values_are_of_the_columns_type(product: str) -> None:
    assert converted(["7", "7", "x", "9" * 30], types.INTEGER(), product) == [7]
    assert converted(["1.5", "NaN", "x"], types.NUMERIC(), product) == [Decimal("1.5")]
    assert converted(["true", "1"], types.BOOLEAN(), product) == [True]
    assert converted(["{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "x"], types.Uuid(), product) == [
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    ]
    assert converted(["a\0", "\ud800", "b"], types.VARCHAR(), product) == ["b"]


def test_every_product_says_that_it_only_reads() -> None:
    said = {name: database.begin or database.options for name, database in DATABASES.items()}

    assert said == {
        "sqlite": "BEGIN",
        "postgresql": {"postgresql_readonly": True},
        "mysql": "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        "mssql": None,
        "oracle": "SET TRANSACTION READ ONLY",
    }


class Cursor:
    def __init__(self, version: str) -> None:
        self.version, self.said = version, list[str]()

    def execute(self, statement: str) -> None:
        self.said.append(statement)

    def fetchone(self) -> tuple[str]:
        return (self.version,)

    def cursor(self) -> "Cursor":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("8.4.2", "SET SESSION max_execution_time = 1500"),
        ("11.4.3-MariaDB-log", "SET SESSION max_statement_time = 1.500000"),
    ],
)
def test_a_statement_of_mysql_and_of_mariadb_is_bounded(version: str, said: str) -> None:
    cursor = Cursor(version)

    DATABASES["mysql"].session(cursor, 1.5)

    assert cursor.said[-1] == said


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://a@h/d", "postgresql+psycopg"),
        ("mysql://a@h/d", "mysql+pymysql"),
        ("mariadb://a@h/d", "mysql+pymysql"),
        ("mssql://a@h/d", "mssql+pymssql"),
        ("oracle://a@h/?service_name=s", "oracle+oracledb"),
        ("sqlite:////a.db", "sqlite+pysqlite"),
    ],
)
def test_an_address_gets_our_driver(url: str, driver: str) -> None:
    assert parse_url(url).drivername == driver


@pytest.mark.parametrize(
    ("cause", "code", "error", "says"),
    [
        ((3024, "Query execution was interrupted"), "3024", TryLater, "stopped after 5 seconds"),
        ((1142, "SELECT command denied to user 'x'"), "1142", Misconfigured, "permission"),
        (((229, b"The SELECT permission was denied"),), "229", Misconfigured, "permission"),
        ((1792, "Cannot execute statement in a READ ONLY transaction"), "1792", Misconfigured, "only reads"),
        ((999, "Duplicate entry 'Okafor'"), "999", Misconfigured, "refuses the statement (code 999)"),
    ],
)
def test_the_number_of_an_error_says_what_to_do(
    cause: tuple[Any, ...], code: str, error: type[Exception], says: str
) -> None:
    raised = OperationalError("SELECT", {}, Exception(*cause))

    found = _meaning("table a", raised, 5)

    assert _code(raised) == code
    assert isinstance(found, error)
    assert says in str(found)
    assert "Okafor" not in str(found)


def test_a_comparison_that_cannot_be_is_known_by_its_number() -> None:
    assert is_incomparable(ProgrammingError("SELECT", {}, Exception((245, b"Conversion failed"))))
    assert not is_incomparable(ProgrammingError("SELECT", {}, Exception(1064, "syntax")))

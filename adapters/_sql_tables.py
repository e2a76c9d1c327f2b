"""What the database holds, as it says itself: names first, columns only of the tables that are asked for."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    Connection,
    CursorResult,
    FromClause,
    inspect,
    literal_column,
    select,
    table,
    text,
    types,
)
from sqlalchemy.engine.reflection import Inspector, ObjectKind

from adapters._sql_values import LONGEST_BYTES
from gateway.adapter_api import Finding, Misconfigured, Rule, Table, finding

_FEW: Final = 40
"""Tables up to this number are asked for by name; for more, one question for all of them is quicker."""

_UNORDERED: Final = frozenset({"json", "xml", "null", "user_defined"})
"""Kinds of column that not every product sorts by; PostgreSQL's `jsonb` it does sort, and so on."""

_LARGE_UNORDERED: Final = frozenset({"mssql", "oracle"})
"""Products that do not sort by long text."""

_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_SELECT: Final = re.compile(r"(select|with)\b", re.IGNORECASE)


@dataclass(frozen=True)
class SqlTable:
    """A table, a view, or a query of the district with a name."""

    name: str
    schema: str | None
    columns: Mapping[str, types.TypeEngine[Any] | None]
    """Types by column; none where the database does not tell before it runs."""
    order: tuple[str, ...]
    """What the rows are sorted by: the primary key, else all columns; nothing where those have no order."""
    keyed: bool = False
    """Whether `order` is the primary key."""
    left_out: tuple[str, ...] = ()
    """Columns of pictures and other bytes."""
    query: str | None = None

    @cached_property
    def source(self) -> FromClause:
        """What stands after FROM, quoted as the product wants it."""
        if self.query is None:
            return table(self.name, schema=self.schema)
        return _subquery(self.query)

    @cached_property
    def matching(self) -> dict[tuple[str, str], Any]:
        """Statements that find rows, by column and product, as they were made."""
        return {}

    @cached_property
    def compiled(self) -> dict[tuple[str, tuple[tuple[str, int], ...]], Any]:
        """Statements as the product wants them, by product, columns, and how many values each has."""
        return {}

    @cached_property
    def seen(self) -> Table:
        """The table as the mapping sees it."""
        file = f"query {self.name}" if self.query else ".".join(filter(None, (self.schema, self.name)))
        return Table(self.name, tuple(self.columns), file, tuple(self._findings(file)), lined=False)

    def _findings(self, file: str) -> Iterator[Finding]:
        for column in self.left_out:
            yield finding(
                Rule.COLUMN_UNUSED, "the column holds bytes and is not read", file=file, column=column
            )
        if not self.order:
            yield finding(
                Rule.ID_MISSING,
                "the rows have no order: there is no primary key, and a column that cannot be sorted",
                file=file,
                suggestion="two runs may number the rows differently; give the table a primary key",
                severity="info",
            )


def read_tables(
    connection: Connection, schema: str | None, asked: Sequence[str] | None, queries: Mapping[str, str]
) -> tuple[dict[str, SqlTable], int]:
    """Return tables by name, in the order of their names, and how many others the schema has.

    Raises:
        Misconfigured: one that was asked for is not there; names one that it may be.
    """
    inspector = inspect(connection)
    names = _names(inspector, schema)
    wanted = names if asked is None else [_found(name, names) for name in asked]
    tables = [*_reflected(inspector, schema, wanted, len(names)), *_named(connection, queries)]
    return {one.name: one for one in sorted(tables, key=lambda one: one.name)}, len(names) - len(set(wanted))


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a question that names what was probably meant; empty if nothing is near."""
    by_plain = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name.casefold(), by_plain, n=1, cutoff=0.6)
    return f"; did you mean {by_plain[near[0]]!r}?" if near else ""


def _names(inspector: Inspector, schema: str | None) -> list[str]:
    views = inspector.get_view_names(schema)
    if inspector.dialect.name in {"postgresql", "oracle"}:
        views = [*views, *inspector.get_materialized_view_names(schema)]
    return sorted({*inspector.get_table_names(schema), *views})


def _found(asked: str, names: Sequence[str]) -> str:
    if asked in names:
        return asked
    in_any_case = [name for name in names if name.casefold() == asked.casefold()]
    if len(in_any_case) == 1:
        return in_any_case[0]
    raise Misconfigured(f"there is no table {asked!r} that the account can see{nearest(asked, names)}")


def _reflected(
    inspector: Inspector, schema: str | None, wanted: Sequence[str], known: int
) -> Iterator[SqlTable]:
    some: dict[str, Any] = {} if len(wanted) == known and known > _FEW else {"filter_names": list(wanted)}
    if not wanted:
        return
    columns = inspector.get_multi_columns(schema, kind=ObjectKind.ANY, **some)
    keys = inspector.get_multi_pk_constraint(schema, kind=ObjectKind.TABLE, **some)
    for name in dict.fromkeys(wanted):
        found: Sequence[Any] = columns.get((schema, name), ())
        every = {one["name"]: one["type"] for one in found}
        if every:
            primary: Any = keys.get((schema, name)) or {}
            key = primary.get("constrained_columns", [])
            yield _table(name, schema, every, key, inspector.dialect.name)


def _table(
    name: str,
    schema: str | None,
    every: Mapping[str, types.TypeEngine[Any]],
    key: Sequence[str],
    product: str,
) -> SqlTable:
    kept = {column: kind for column, kind in every.items() if not _is_picture(kind)}
    sortable = all(_is_ordered(kind, product) for kind in kept.values())
    order = tuple(key) or (tuple(kept) if sortable else ())
    left_out = tuple(column for column in every if column not in kept)
    return SqlTable(name, schema, kept, order, keyed=bool(key), left_out=left_out)


def _is_picture(kind: types.TypeEngine[Any]) -> bool:
    """Tell columns of long bytes from those of keys and digests."""
    if not isinstance(kind, types.LargeBinary | types.BINARY | types.VARBINARY):
        return False
    length = getattr(kind, "length", None)
    return length is None or not 0 < int(length) <= LONGEST_BYTES


def _is_ordered(kind: types.TypeEngine[Any], product: str) -> bool:
    if isinstance(kind, types.Text | types.LargeBinary) and product in _LARGE_UNORDERED:
        return False
    return kind.__visit_name__.casefold() not in _UNORDERED


def _named(connection: Connection, queries: Mapping[str, str]) -> Iterator[SqlTable]:
    for name, query in queries.items():
        plain = query.strip().rstrip(";").rstrip()
        source = _subquery(plain)
        described: CursorResult[Any] = connection.execute(
            select(literal_column("*")).select_from(source).where(text("1 = 0"))
        )
        columns = tuple(described.keys())
        described.close()
        if len(set(columns)) < len(columns):
            raise Misconfigured(f"queries.{name}: two columns have the same name; rename one with AS")
        yield SqlTable(name, None, dict.fromkeys(columns), columns, query=plain)


def check_query(query: str) -> str:
    """Return the query if it can be one.

    Raises:
        ValueError: it is no single SELECT.
    """
    plain = _LITERAL.sub("''", query.strip().rstrip(";"))
    if not _SELECT.match(plain) or ";" in plain or plain.count("(") != plain.count(")"):
        raise ValueError("write one SELECT, without a semicolon in it")
    return query


def _subquery(query: str) -> FromClause:
    """Return the query in parentheses. A colon in it is no parameter."""
    return text(query.replace(":", r"\:")).columns().subquery("asked")

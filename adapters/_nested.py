"""Records within records, as JSON and XML have them, laid out as tables of text.

A record of `students` gives a row of `students`; each object of its array `addresses` gives a row of
`students.addresses`, which repeats the parent's own cells under `parent.`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final, TypeAlias, TypeGuard

import polars as pl

from gateway.adapter_api import Batch, Finding, Malformed, Row, Table, TooLarge, batch_of

JSON: TypeAlias = "str | int | float | Decimal | bool | Sequence[JSON] | Mapping[str, JSON] | None"
"""A parsed value; its arrays are lists or tuples. Parsed with `parse_float=str, parse_int=str`, JSON keeps
each number as it was written."""

Flat: TypeAlias = tuple[str, int, dict[str, str]]
"""A row on its way: the name of its table, the line of its record, its cells by column."""

MAX_DEPTH: Final = 16
"""Objects and arrays within each other."""
MAX_CELLS: Final = 500_000
"""Of all rows that come of one record."""
MAX_COLUMNS: Final = 2_000
"""Of one table."""
BATCH_ROWS: Final = 10_000

_PARENT: Final = "parent."


def flatten(resource: str, record: Mapping[str, JSON], line: int) -> Iterator[Flat]:
    """Return the record's row, then those of the arrays of objects in it, each after its own parent.

    A scalar becomes text as it stands (`true`, `false`, a number's own text); null is absent. A nested
    object gives dotted columns (`schoolReference.schoolId`), but for the `link` of a reference. An array of
    scalars is joined by commas. An array of objects gives rows of the table `<resource>.<array>`, with the
    parent's cells under `parent.` and the grandparent's under `parent.parent.`.

    Raises:
        Malformed: it is nested deeper, or spreads wider, than any record does. No row has come before.
    """
    budget = _Budget()
    return iter([(table, line, cells) for table, cells in _rows(resource, record, {}, budget, 0)])


class _Budget:
    """What is left of the cells that one record may take."""

    def __init__(self) -> None:
        self._left = MAX_CELLS

    def spend(self, cells: int) -> None:
        self._left -= cells
        if self._left < 0:
            raise Malformed("a record spreads over more cells than any record does")


def _rows(
    table: str, record: Mapping[str, JSON], above: Mapping[str, str], budget: _Budget, depth: int
) -> Iterator[tuple[str, dict[str, str]]]:
    own: dict[str, str] = {}
    children: list[tuple[str, Mapping[str, JSON], int]] = []
    _spread(record, "", own, children, depth)
    budget.spend(len(own) + len(above) + 1)
    cells = {**own, **above}
    yield table, cells
    if not children:
        return
    inherited = {_PARENT + name: value for name, value in cells.items()}
    for array, child, level in children:
        yield from _rows(f"{table}.{array}", child, inherited, budget, level)


def _spread(
    record: Mapping[str, JSON],
    prefix: str,
    own: dict[str, str],
    children: list[tuple[str, Mapping[str, JSON], int]],
    depth: int,
) -> None:
    """Put the record's scalars into `own` and the objects of its arrays into `children`."""
    if depth > MAX_DEPTH:
        raise Malformed("a record is nested deeper than any record is")
    for key, value in record.items():
        name = prefix + key if prefix else key
        if (text := _text(value)) is not None:
            own[name] = text
        elif _is_array(value):
            members = list(_members(value, depth + 1))
            children.extend((name, one, depth + 1) for one in members if isinstance(one, Mapping))
            if scalars := [text for one in members if (text := _text(one)) is not None]:
                own[name] = ",".join(scalars)
        elif isinstance(value, Mapping) and key != "link":
            _spread(value, f"{name}.", own, children, depth + 1)


def _is_array(value: JSON) -> TypeGuard[Sequence[JSON]]:
    return isinstance(value, list | tuple)


def _members(values: Sequence[JSON], depth: int) -> Iterator[JSON]:
    """Yield the scalars and objects of an array, and of arrays in it."""
    if depth > MAX_DEPTH:
        raise Malformed("a record is nested deeper than any record is")
    for one in values:
        if _is_array(one):
            yield from _members(one, depth + 1)
        else:
            yield one


def _text(value: JSON) -> str | None:
    """Return a scalar as text, with a question mark for half a character, which JSON lets one write."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | Decimal) else None


class Columns:
    """The columns of each table, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, None]] = {}

    def see(self, rows: Iterable[Flat]) -> None:
        """Take note of the columns of the rows.

        Raises:
            TooLarge: a table has more of them than any table has.
        """
        for table, _, cells in rows:
            seen = self._seen.setdefault(table, {})
            if cells.keys() <= seen.keys():
                continue
            seen.update(dict.fromkeys(cells))
            if len(seen) > MAX_COLUMNS:
                raise TooLarge(f"the table {table} has more than {MAX_COLUMNS} columns")

    def tables(self, file: Callable[[str], str], *, lined: bool) -> list[Table]:
        """Return the tables in the order of their names; `file` names what a table is known by.

        The rows of an array have no lines of their own: their tables are numbered, whatever `lined` says.
        """
        return [
            Table(name, tuple(columns), file(name), lined=lined and "." not in name)
            for name, columns in sorted(self._seen.items())
            if columns
        ]


def batches_of(
    table: Table,
    rows: Iterable[Flat],
    *,
    size: int = BATCH_ROWS,
    findings: Callable[[], Sequence[Finding]] = tuple,
) -> Iterator[Batch]:
    """Yield the table's rows in batches of up to `size`; rows of other tables are passed over.

    Rows of a table without lines are numbered from 1. Of two records on one line the later has the next
    line, since lines rise. `findings` is called for what was noted since the batch before; where the rows
    end with something noted, a batch without rows brings it.
    """
    own = _numbered(table, (row for row in rows if row[0] == table.name))
    while found := list(islice(own, size)):
        yield batch_of(table.columns, found, findings())
    if rest := findings():
        yield batch_of(table.columns, (), rest)


def _numbered(table: Table, rows: Iterable[Flat]) -> Iterator[Row]:
    last = 0
    for _, line, cells in rows:
        last = max(last + 1, line) if table.lined else last + 1
        yield Row(cells, last)


def frame_of(columns: Sequence[str], rows: Sequence[Sequence[str | None]], first_line: int) -> Batch:
    """Return a batch of rows whose cells stand in the order of the columns, numbered from `first_line`."""
    cells = pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String), orient="row")
    lines = pl.Series("line", range(first_line, first_line + len(rows)), pl.UInt32)
    return Batch(cells, lines)

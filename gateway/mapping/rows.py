"""Rows as the local system has them, column by column: what the mapping needs from an adapter."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

import polars as pl

from gateway.mapping.findings import Finding

T = TypeVar("T")

LINE_TYPE = pl.UInt32
"""Lines are counted from 1; no file has four thousand million."""

FILE_COLUMN = "_file"
LINE_COLUMN = "_line"
"""Columns by which a table of several files, or of records without lines, says where each row is from.

They are no data: findings and entries name the place that they give.
"""

BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What is stripped off a key: the white space of Unicode, without the separators U+001C to U+001F."""

PLACE_COLUMNS = frozenset({FILE_COLUMN, LINE_COLUMN})


class Row(NamedTuple):
    """A record as the local system has it. Every value is text, read by nobody yet."""

    values: Mapping[str, str]
    """By column, as the table's header spells it; a cell that the row lacks is absent."""
    line: int
    """The physical line, from 1, at which the row begins; without lines, the row's number."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that the adapter can read. `findings` are about the table as a whole."""

    name: str
    """As the mapping's `file` calls it: for OneRoster `users`, whatever case the file's name has."""
    columns: tuple[str, ...]
    file: str
    """What people know it by: a path in the bundle, a table of the database, a resource."""
    findings: tuple[Finding, ...] = ()
    lined: bool = True
    """Whether rows have lines that an editor shows; otherwise they are numbered as they come."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the order of the source, and what was wrong with them as rows."""

    cells: pl.DataFrame
    """A `String` column for each column of the table, in its order. Null: the row lacks the cell."""
    lines: pl.Series
    """`LINE_TYPE`, rising, of the same length."""
    findings: Sequence[Finding] = ()
    """Each about the row of its `line`, or about a row that could not be read and is not here."""

    def rows(self) -> Iterable[Row]:
        """Yield the rows one by one."""
        for line, values in zip(self.lines, self.cells.iter_rows(named=True), strict=True):
            yield Row({name: value for name, value in values.items() if value is not None}, line)


def batch_of(columns: Sequence[str], rows: Iterable[Row], findings: Sequence[Finding] = ()) -> Batch:
    """Return rows that came one by one as a batch."""
    found = list(rows)
    cells = {name: [row.values.get(name) for row in found] for name in columns}
    return Batch(
        pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String)),
        pl.Series("line", [row.line for row in found], LINE_TYPE),
        findings,
    )


@dataclass(frozen=True, slots=True)
class Only:
    """Rows in which the column holds one of the values, compared as text without the blanks around it.

    A database compares as it does; it may leave rows out whose cells have blanks around them.
    """

    column: str
    values: Sequence[str] = field(repr=False)


class RowSource(Protocol):
    """Fetches rows."""

    async def tables(self) -> Sequence[Table]:
        """Return what is there, in a stable order."""

    def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the table's rows, in batches of up to some ten thousand.

        `only` is pushed down to sources that can find rows by a value; the others read all and filter.
        """

    def unused(self) -> Sequence[Finding]:
        """Return what was there and is no table."""


class Question(NamedTuple):
    """Few rows of a table: those that fit every one of `only`."""

    table: Table
    only: tuple[Only, ...]
    split: str | None = None
    """The first column holds several values with this between them, and one of them is to be there."""


class Found(NamedTuple):
    """Rows in the order of the source, as tuples: few rows are slower as a frame."""

    rows: Sequence[Sequence[str | None]]
    """A text for each column of the table; None: the row lacks the cell."""
    lines: Sequence[int]
    findings: Sequence[Finding] = ()


Answer = Callable[[Sequence[Question]], Sequence[Found]]
"""Returns at least the rows that each question asks for, in the order of the questions."""


@runtime_checkable
class PointSource(Protocol):
    """A source that finds rows by their values without reading the others."""

    async def consult(self, work: Callable[[Answer], T]) -> T:
        """Return what the work returns, which may ask many times: all in one state of the source.

        The work runs in another thread and must not be asynchronous itself.
        """

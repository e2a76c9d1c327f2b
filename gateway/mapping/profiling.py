"""What the values of a table's columns look like: which are unique, dates, codes, yes or no."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from gateway.mapping.rows import RowSource, Table

ROWS: Final = 20_000
"""Rows of each table that are looked at."""
_LOOKED: Final = 400
_MOST_CODES: Final = 80
_MOST: Final = 0.9
_DATE: Final = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[/.-]\d{1,2}[/.-](\d{4}|\d{2})([T ].*)?|(19|20)\d{6}"
)
_SLASHED: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})(?!\d)")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_YES_NO: Final = frozenset({"true", "false", "t", "f", "1", "0", "yes", "no", "y", "n", "-1"})
_MONTHS: Final = 12
_NEARLY: Final = 0.98
_SPOILT: Final = 2
"""Rows of a small table that may be spoilt."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as far as it was looked at. The values are personal data."""

    name: str
    filled: int
    distinct: int
    unique: bool
    """Whether nearly every row has another value: what exports repeat by mistake does not unmake a key."""
    dates: float
    """Share of the values that look like dates."""
    numbers: float
    yes_no: bool
    codes: Mapping[str, int] = field(default_factory=dict)
    """Values with how often they occur, where they are few; else empty."""
    order: str | None = None
    """`mdy` or `dmy` where a date says so."""
    values: frozenset[str] = frozenset()

    def fits(self, kind: str) -> bool:
        """Tell whether the values may be of that kind; an empty column may be of any."""
        if not self.filled:
            return True
        if kind in {"date", "birthDate", "exitDate"}:
            return self.dates >= _MOST
        if kind in {"integer", "decimal"}:
            return self.numbers >= _MOST
        if kind == "boolean":
            return self.yes_no
        if kind == "code":
            return bool(self.codes)
        return self.dates < _MOST or kind == "text"


@dataclass(frozen=True, slots=True)
class Profile:
    """A table with what its columns look like."""

    table: Table
    rows: int
    columns: Mapping[str, Column]

    @property
    def name(self) -> str:
        """Return what the mapping calls the table."""
        return self.table.name


async def profiles(source: RowSource) -> list[Profile]:
    """Look at the first rows of every table.

    Raises:
        GatewayError: whatever the source raises.
    """
    return [await _profile(source, table) for table in await source.tables()]


async def _profile(source: RowSource, table: Table) -> Profile:
    held: list[pl.DataFrame] = []
    rows = 0
    async for batch in source.batches(table):
        held.append(batch.cells.head(ROWS - rows))
        rows += held[-1].height
        if rows >= ROWS:
            break
    if not held:
        return Profile(
            table, 0, {name: _column(name, pl.Series(name, [], pl.String)) for name in table.columns}
        )
    whole = pl.concat(held)
    return Profile(
        table, whole.height, {name: _column(name, whole.get_column(name)) for name in table.columns}
    )


def _column(name: str, cells: pl.Series) -> Column:
    texts = cells.str.strip_chars().drop_nulls()
    texts = texts.filter(texts != "")
    counted = Counter(dict(texts.value_counts().iter_rows()))
    looked = [text for text, _ in counted.most_common(_LOOKED)]
    few = len(counted) <= min(_MOST_CODES, max(len(texts) // 2, 12))
    total = max(len(looked), 1)
    return Column(
        name,
        len(texts),
        len(counted),
        _is_unique(len(cells), len(texts), len(counted)),
        sum(1 for text in looked if _DATE.fullmatch(text)) / total,
        sum(1 for text in looked if _NUMBER.fullmatch(text)) / total,
        bool(looked) and {text.casefold() for text in looked} <= _YES_NO,
        dict(counted.most_common()) if few else {},
        _order(looked),
        frozenset(counted),
    )


def _is_unique(rows: int, filled: int, distinct: int) -> bool:
    spoilt = max(_SPOILT, rows * (1 - _NEARLY))
    return filled > 0 and rows - filled <= spoilt and filled - distinct <= spoilt and distinct > 1


def _order(texts: list[str]) -> str | None:
    for text in texts:
        if found := _SLASHED.match(text):
            if int(found[1]) > _MONTHS:
                return "dmy"
            if int(found[2]) > _MONTHS:
                return "mdy"
    return None

"""Batches: made of cells, joined, and narrowed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from gateway.adapter_api import Batch, Finding, Only

Cells = list[str | None]
"""Of one row, one for each column. None: the row lacks the cell."""

_GOOD_SIZE: Final = 20_000


def batch_of_cells(
    columns: Sequence[str], rows: Sequence[Cells], lines: Sequence[int], found: Sequence[Finding] = ()
) -> Batch:
    """Return rows that were read one by one as a batch."""
    schema = dict.fromkeys(columns, pl.String)
    by_column = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
    return Batch(pl.DataFrame(by_column, schema=schema), pl.Series("line", lines, pl.UInt32), tuple(found))


def in_larger(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield batches of a good size made of those that may be small."""
    waiting: list[Batch] = []
    weight = 0
    for batch in batches:
        waiting.append(batch)
        weight += batch.cells.height + len(batch.findings)
        if weight >= _GOOD_SIZE:
            yield joined(waiting)
            waiting, weight = [], 0
    if waiting:
        yield joined(waiting)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return batches that follow each other as one."""
    if len(batches) == 1:
        return batches[0]
    return Batch(
        pl.concat([batch.cells for batch in batches]),
        pl.concat([batch.lines for batch in batches]),
        tuple(found for batch in batches for found in batch.findings),
    )


def matching(batch: Batch, only: Only | None) -> Batch:
    """Return the rows that have one of the values, and the findings about these."""
    if only is None:
        return batch
    kept = (
        batch.cells.get_column(only.column).str.strip_chars().is_in(list(only.values)).fill_null(value=False)
    )
    lines = batch.lines.filter(kept)
    named = set(lines.to_list())
    return Batch(
        batch.cells.filter(kept), lines, tuple(found for found in batch.findings if found.line in named)
    )

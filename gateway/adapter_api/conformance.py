"""What every adapter and sink must do, as checks that its tests call.

Each check raises `AssertionError` with a sentence. An adapter's own tests give it a source that has rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from gateway.adapter_api import (
    Adapter,
    Batch,
    ImportRecord,
    Malformed,
    Only,
    PointSource,
    Question,
    Sink,
    Table,
)
from gateway.domain.ids import TransferId
from gateway.mapping.rows import LINE_TYPE


class NotConforming(AssertionError):
    """What the adapter does is not what the contract says."""


async def read_all(adapter: Adapter) -> dict[str, list[Batch]]:
    """Return everything that the adapter yields, by table."""
    return {table.name: await _read(adapter, table) for table in await adapter.tables()}


async def check_adapter(adapter: Adapter) -> None:
    """Check an adapter whose source has at least one table with a row."""
    await adapter.check()
    tables = await adapter.tables()
    _must(bool(tables), "tables: there is no table")
    _must(len({table.name for table in tables}) == len(tables), "tables: two have the same name")
    _must(list(await adapter.tables()) == list(tables), "tables: the second call says something else")
    rows = 0
    for table in tables:
        batches = await _read(adapter, table)
        _check_batches(table, batches)
        _must(_plain(await _read(adapter, table)) == _plain(batches), f"{table.name}: read again, it differs")
        rows += sum(batch.cells.height for batch in batches)
        await _check_only(adapter, table, batches)
    _must(rows > 0, "batches: there is no row, so nothing was checked")


async def _check_only(adapter: Adapter, table: Table, batches: Sequence[Batch]) -> None:
    """Ask for the rows that have the value of the first cell, and for those of a value that is nowhere."""
    values = [value for batch in batches for value in batch.cells.get_column(table.columns[0]) if value]
    if not values:
        return
    first = Only(table.columns[0], [values[0]])
    found = [batch async for batch in adapter.batches(table, first)]
    cells = [value for batch in found for value in batch.cells.get_column(table.columns[0])]
    _must(cells == [values[0]] * values.count(values[0]), f"{table.name}: `only` gives other rows")
    nowhere = Only(table.columns[0], ["\x1f-nowhere-\x1f"])
    none = [batch async for batch in adapter.batches(table, nowhere)]
    _must(not any(batch.cells.height for batch in none), f"{table.name}: `only` gives rows of another value")

    if isinstance(adapter, PointSource):
        await _check_consult(adapter, table, first, found)


async def _check_consult(source: PointSource, table: Table, only: Only, batches: Sequence[Batch]) -> None:
    """Hold what the source answers to a question against the same rows in batches."""
    questions = [Question(table, (only,)), Question(table, (Only(only.column, ["\x1f-nowhere-\x1f"]),))]
    found, none = await source.consult(lambda answer: answer(questions))
    rows = [row for batch in batches for row in batch.cells.rows()]
    _must([tuple(row) for row in found.rows] == rows, f"{table.name}: `consult` gives other rows")
    _must(not none.rows, f"{table.name}: `consult` gives rows of another value")


async def check_sink(sink: Sink, record: ImportRecord) -> None:
    """Check a sink with a record that it has not seen. `record.version` must be 1."""
    await sink.check()
    places = await sink.write(record)
    _must(bool(places), "write: no place is named")
    before = _contents(places)
    _must(await sink.write(record) == places, "write: the second time it went elsewhere")
    _must(_contents(places) == before, "write: the second time it changed what was there")
    _must(not _names_learner(places, record), "write: a path holds what the record says of the learner")
    newer = replace(record, version=2, archive=record.archive + b"2")
    await sink.write(newer)
    _must(_contents(places) != before, "write: a newer version did not replace the older")
    after = _contents(places)
    await sink.write(record)
    _must(_contents(places) == after, "write: an older version replaced the newer")
    await sink.recall(record.transfer_id, "wrong student")
    await sink.recall(TransferId("T-nothing-was-written"), "wrong student")
    await _check_refuses(sink, record)


async def _check_refuses(sink: Sink, record: ImportRecord) -> None:
    for name in ("../outside", "", "a/b", "a\0b", ".hidden"):
        try:
            await sink.write(replace(record, transfer_id=TransferId(name)))
        except Malformed:
            continue
        raise NotConforming("write: a transfer id that is none was taken")


def _check_batches(table: Table, batches: Sequence[Batch]) -> None:
    last = 0
    for batch in batches:
        _must(tuple(batch.cells.columns) == table.columns, f"{table.name}: a batch has other columns")
        _must(set(batch.cells.dtypes) <= {pl.String()}, f"{table.name}: a column is no text")
        _must(len(batch.lines) == batch.cells.height, f"{table.name}: a batch has not one line for each row")
        _must(batch.lines.dtype == LINE_TYPE, f"{table.name}: lines are not of the agreed type")
        for line in batch.lines:
            _must(line > last, f"{table.name}: lines do not rise")
            last = line


async def _read(adapter: Adapter, table: Table) -> list[Batch]:
    return [batch async for batch in adapter.batches(table)]


def _plain(batches: Sequence[Batch]) -> list[object]:
    return [(batch.cells.rows(), batch.lines.to_list(), list(batch.findings)) for batch in batches]


def _contents(places: Sequence[str]) -> dict[str, bytes]:
    return {place: Path(place).read_bytes() for place in places if Path(place).is_file()}


def _names_learner(places: Sequence[str], record: ImportRecord) -> bool:
    return any(record.learner_id in place for place in places)


def _must(holds: bool, sentence: str) -> None:
    if not holds:
        raise NotConforming(sentence)

"""What every adapter and sink must do, as checks that its tests call.

Each check raises `AssertionError` with a sentence. An adapter's own tests give it a source that has rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway.adapter_api import Adapter, Finding, ImportRecord, Malformed, Row, Sink, Table
from gateway.domain.ids import TransferId


class NotConforming(AssertionError):
    """What the adapter does is not what the contract says."""


async def read_all(adapter: Adapter) -> dict[str, list[Row | Finding]]:
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
        items = await _read(adapter, table)
        _check_items(table, items)
        _must(await _read(adapter, table) == items, f"{table.name}: the second reading differs")
        rows += sum(isinstance(item, Row) for item in items)
    _must(rows > 0, "rows: there is none, so nothing was checked")


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


def _check_items(table: Table, items: Sequence[Row | Finding]) -> None:
    last = 0
    for item in items:
        if isinstance(item, Finding):
            continue
        _must(item.line > last, f"{table.name}: lines do not rise")
        _must(
            item.values.keys() <= set(table.columns), f"{table.name}: a row has a column that the table lacks"
        )
        _must(
            all(isinstance(value, str) for value in item.values.values()), f"{table.name}: a value is no text"
        )
        _must(item.file == table.file, f"{table.name}: a row names another file")
        last = item.line


async def _read(adapter: Adapter, table: Table) -> list[Row | Finding]:
    return [item async for batch in adapter.rows(table) for item in batch]


def _contents(places: Sequence[str]) -> dict[str, bytes]:
    return {place: Path(place).read_bytes() for place in places if Path(place).is_file()}


def _names_learner(places: Sequence[str], record: ImportRecord) -> bool:
    return any(record.learner_id in place for place in places)


def _must(holds: bool, sentence: str) -> None:
    if not holds:
        raise NotConforming(sentence)

"""Rows of a statement as batches of text, with a finding for each value that could not come as it was."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Engine, types
from sqlalchemy.exc import DBAPIError

from adapters._sql_errors import enter, is_incomparable, told
from adapters._sql_only import chunks, converted, empty, everything, matching, matching_text
from adapters._sql_tables import SqlTable
from adapters._sql_values import is_long, texts_of
from gateway.adapter_api import Batch, Finding, Only, Rule, finding

_LINES: Final = pl.UInt32
_REPLACED: Final = "\ufffd"


def read_all(connection: Connection, table: SqlTable, rows: int, seconds: float) -> Generator[Batch]:
    """Yield the whole table, `rows` at a time, from a cursor that the server holds."""
    with told(f"table {table.name}", seconds):
        options = {"stream_results": True, "yield_per": rows}
        result = connection.execute(everything(table), execution_options=options)
        try:
            line = 1
            parts = result.partitions()
            wind(connection)
            while found := next(parts, None):
                yield _batch(table, found, line)
                line += len(found)
                wind(connection)
        finally:
            result.close()


def read_only(engine: Engine, table: SqlTable, only: Only, seconds: float) -> list[Batch]:
    """Return the rows whose column has one of the values, compared as text and found by the database."""
    found: list[Batch] = []
    line = 1
    for rows in _matching(engine, table, only, seconds):
        batch = _exactly(_batch(table, rows, line), only)
        line += batch.cells.height
        found.append(batch)
    return found


def wind(connection: Connection) -> None:
    """Let the time of a statement begin, where we keep it."""
    clock = connection.info.get("clock")
    if clock:
        clock.start()


def _matching(engine: Engine, table: SqlTable, only: Only, seconds: float) -> Iterator[Sequence[Any]]:
    """Yield at least the rows that are asked for."""
    product = engine.dialect.name
    with told(f"table {table.name}", seconds), enter(engine) as connection:
        if "" in only.values:
            yield connection.execute(empty(table, only.column)).all()
        for part in chunks(converted(only.values, table.columns[only.column], product)):
            wind(connection)
            yield _compared(connection, table, only.column, part)


def _compared(connection: Connection, table: SqlTable, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Compare as the column's type; where the database finds that impossible, as text."""
    product = connection.dialect.name
    try:
        return connection.execute(matching(table, name, product), {"values": values}).all()
    except DBAPIError as error:
        if not is_incomparable(error):
            raise
    connection.rollback()
    texts = [str(value) for value in values]
    return connection.execute(matching_text(table, name), {"values": texts}).all()


def _batch(table: SqlTable, rows: Sequence[Any], line: int) -> Batch:
    found: list[Finding] = []
    cells = dict(zip(table.columns, texts_by_column(table, rows, line, found), strict=True))
    lines = pl.Series("line", range(line, line + len(rows)), _LINES)
    return Batch(pl.DataFrame(cells, dict.fromkeys(cells, pl.String)), lines, found)


def texts_by_column(
    table: SqlTable, rows: Sequence[Any], line: int, found: list[Finding]
) -> list[Sequence[str]]:
    """Return the cells of each column, and add what is wrong with them to `found`; rows count from `line`."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(table.columns)
    return [
        _texts(table, name, values, line, found) for name, values in zip(table.columns, columns, strict=True)
    ]


def _texts(
    table: SqlTable, name: str, values: Sequence[Any], line: int, found: list[Finding]
) -> Sequence[str]:
    """Return the cells of one column, and add what is wrong with them to `found`."""
    texts = texts_of(values)
    if isinstance(table.columns[name], types.CHAR | types.NCHAR):
        texts = [text.rstrip(" ") for text in texts]
    if bytes in set(map(type, values)):
        found += [
            _about(table, name, at, Rule.TEXT_TOO_LONG, _LONG)
            for at, value in enumerate(values, line)
            if is_long(value)
        ]
    whole = "".join(texts)
    if whole.isascii() and "\0" not in whole:
        return texts
    return _without_odd(table, name, texts, line, found)


def _without_odd(
    table: SqlTable, name: str, texts: Sequence[str], line: int, found: list[Finding]
) -> Sequence[str]:
    """Return the texts without what no text holds: NUL characters, and halves of characters."""
    for at, text in enumerate(texts, line):
        if "\0" in text:
            found.append(_about(table, name, at, Rule.TEXT_NUL, _NUL))
        if not text.isascii() and (_REPLACED in text or _whole(text) != text):
            found.append(_about(table, name, at, Rule.TEXT_ENCODING, _ENCODING))
    return [_whole(text.replace("\0", "")) for text in texts]


def _whole(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


_LONG: Final = "the value is bytes, such as a picture, and is left out"
_NUL: Final = "the value holds NUL characters, which were dropped"
_ENCODING: Final = "characters of the value are in another encoding than the database's"


def _about(table: SqlTable, column: str, line: int, rule: Rule, message: str) -> Finding:
    return finding(rule, message, file=table.seen.file, line=line, column=column)


def _exactly(batch: Batch, only: Only) -> Batch:
    """Drop rows that the database finds equal and that are not the same text: in case, blanks or zeros."""
    values = frozenset(only.values)
    same = [value in values for value in batch.cells.get_column(only.column)]
    if all(same):
        return batch
    cells = batch.cells.filter(same)
    first = batch.lines[0]
    kept = {line for line, is_same in enumerate(same, first) if is_same}
    lines = pl.Series("line", range(first, first + cells.height), _LINES)
    return Batch(cells, lines, [one for one in batch.findings if one.line in kept])

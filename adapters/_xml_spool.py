"""Rows of many tables that come mixed, kept so that each table can be read by itself.

They lie in one file without a name, for this process alone, which is gone when the process is.
"""

import io
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from adapters._nested import BATCH_ROWS, Flat
from gateway.adapter_api import TryLater

_MOST_CELLS: Final = 1_000_000
"""Kept in memory before all are written."""


class Spool:
    """Takes rows, then gives those of a table back in their order."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._handle = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._handle)
        self._end = 0
        self._cells = 0
        self._waiting: dict[str, list[dict[str, str]]] = {}
        self._written: dict[str, list[tuple[int, int]]] = {}

    def add(self, rows: Iterable[Flat]) -> None:
        """Take rows of any tables.

        Raises:
            TryLater: there is no space for temporary files.
        """
        for table, _, cells in rows:
            waiting = self._waiting.setdefault(table, [])
            waiting.append(cells)
            self._cells += len(cells)
            if len(waiting) >= BATCH_ROWS:
                self._write(table)
        if self._cells > _MOST_CELLS:
            self.seal()

    def seal(self) -> None:
        """Write what is still in memory; call it before reading."""
        for table in list(self._waiting):
            self._write(table)

    def frames(self, table: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the table's rows with these columns, all text, up to some ten thousand at a time."""
        schema = dict.fromkeys(columns, pl.String())
        for start, size in self._written.get(table, ()):
            frame = pl.read_ipc(io.BytesIO(os.pread(self._handle, size, start)))
            missing = [
                pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in frame.columns
            ]
            yield frame.with_columns(missing).select(columns)

    def _write(self, table: str) -> None:
        rows = self._waiting.pop(table)
        self._cells -= sum(map(len, rows))
        packed = _packed(rows)
        try:
            size = os.pwrite(self._handle, packed, self._end)
        except OSError as error:
            raise TryLater(f"no temporary file can be written: {error.strerror}") from None
        if size != len(packed):
            raise TryLater("there is no space left for temporary files")
        self._written.setdefault(table, []).append((self._end, size))
        self._end += size


def _packed(rows: Sequence[dict[str, str]]) -> bytes:
    columns = dict.fromkeys(name for row in rows for name in row)
    cells = {name: [row.get(name) for row in rows] for name in columns}
    packed = io.BytesIO()
    pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String)).write_ipc(packed, compression="lz4")
    return packed.getvalue()

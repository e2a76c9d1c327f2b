"""Spreadsheets as batches: opened by another process, so that a malicious one ends that and not this."""

import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, cast

import orjson

from adapters import _sheet_rows
from adapters._delimited_batches import Cells, batch_of_cells
from adapters._delimited_bytes import ByteStream
from adapters._delimited_layout import Layout, named_columns
from adapters._records import NoTable
from gateway.adapter_api import Batch, Finding, Limits, Rule, finding

_SCRIPT: Final = Path(_sheet_rows.__file__)
_BLOCK: Final = 1024 * 1024
_BATCH: Final = 10_000

SheetRow = tuple[int, list[str]]
"""The number that the spreadsheet shows, and the cells up to the last that has a value."""


class Sheet:
    """One sheet. `columns` and `findings` are known at once; iterating, once, reads the rows.

    Raises:
        NoTable: it cannot be read, or has no header.
    """

    def __init__(
        self,
        stream: ByteStream,
        file: str,
        limits: Limits,
        *,
        sheet: str | None = None,
        columns: tuple[str, ...] = (),
        skip: int = 0,
    ) -> None:
        self._file = file
        self.last_line = 0
        """Of what was read."""
        self._stream = stream
        self._printed = _printed(stream, file, limits, sheet or "")
        _, others = next(self._printed)
        self._rows: Iterator[SheetRow] = (row for row in self._printed if row[0] > skip)
        self._layout, found = self._laid_out(columns, limits)
        self.columns = self._layout.columns
        self.findings: list[Finding] = [*self._left_out(others if sheet is None else []), *found]

    def close(self) -> None:
        """End the process that reads, and let go of the file."""
        self._printed.close()
        self._stream.close()

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches; a row's line is the number that the spreadsheet shows."""
        try:
            while rows := list(islice(self._rows, _BATCH)):
                yield self._batch(rows)
        except NoTable as broken:
            yield batch_of_cells(self.columns, [], [], [broken.found])

    def _batch(self, rows: list[SheetRow]) -> Batch:
        kept: list[Cells] = []
        numbers: list[int] = []
        found: list[Finding] = []
        for number, cells in rows:
            if not cells:
                found.append(_too_long(self._file, number))
            whole = cells + [""] * (len(self.columns) - len(cells))
            row = self._layout.judged(number, whole, found)
            if row is not None:
                kept.append(row)
                numbers.append(number)
        self.last_line = rows[-1][0]
        return batch_of_cells(self.columns, kept, numbers, found)

    def _laid_out(self, columns: tuple[str, ...], limits: Limits) -> tuple[Layout, list[Finding]]:
        if columns:
            return Layout(self._file, columns, columns), []
        line, header = next(self._rows, (0, []))
        if not header:
            raise _no_table(Rule.FILE_EMPTY, "the sheet is empty", self._file)
        if len(header) > limits.max_columns:
            raise _no_table(
                Rule.HEADER_MISSING, f"the first row has {len(header)} cells and is no header", self._file
            )
        names, found = named_columns(header, file=self._file, line=line)
        return Layout(self._file, tuple(header), names), found

    def _left_out(self, others: Sequence[str]) -> Iterator[Finding]:
        for name in others:
            yield finding(
                Rule.FILE_UNUSED,
                "the workbook has a further sheet, which was not read",
                file=self._file,
                raw_value=name,
                suggestion="name the sheet in a table of its own",
            )


def _printed(stream: ByteStream, file: str, limits: Limits, sheet: str) -> Generator[Any, None, None]:
    """Yield what `_sheet_rows` prints; raises `NoTable` where it fails or prints far too much."""
    size = 0
    with _process(limits, sheet) as child:
        with suppress(BrokenPipeError):
            _feed(stream, cast("IO[bytes]", child.stdin))
        for line in cast("IO[bytes]", child.stdout):
            size += len(line)
            if size > limits.max_bytes:
                raise _no_table(Rule.FILE_DAMAGED, "the sheet is larger than any; the rest is missing", file)
            yield orjson.loads(line)
        status = child.wait()
    if status:
        raise _failed(status, file)


@contextmanager
def _process(limits: Limits, sheet: str) -> Iterator[subprocess.Popen[bytes]]:
    numbers = (limits.max_sheet_memory, limits.max_sheet_seconds, limits.max_line_bytes)
    with subprocess.Popen(  # noqa: S603 - no shell, and nothing in it comes from the file
        [sys.executable, "-I", str(_SCRIPT), sheet, *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _feed(stream: ByteStream, child: IO[bytes]) -> None:
    """Write the whole workbook; nothing is printed before that."""
    with child:
        while block := stream.read(_BLOCK):
            child.write(block)


def _failed(status: int, file: str) -> NoTable:
    if status == _sheet_rows.PROTECTED:
        return _no_table(Rule.FILE_DAMAGED, "the workbook is protected by a password", file)
    if status == _sheet_rows.NO_SHEET:
        return _no_table(Rule.FILE_MISSING, "the workbook has no sheet of that name", file)
    return _no_table(
        Rule.FILE_DAMAGED,
        "the workbook is damaged, or too large to be opened",
        file,
        'if it is text with the ending of a spreadsheet, set format = "delimited"',
    )


def _too_long(file: str, line: int) -> Finding:
    return finding(Rule.ROW_UNREADABLE, "the row is longer than any record", file=file, line=line)


def _no_table(rule: Rule, message: str, file: str, suggestion: str | None = None) -> NoTable:
    return NoTable(finding(rule, message, file=file, suggestion=suggestion))

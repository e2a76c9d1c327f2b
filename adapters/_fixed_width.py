"""Fixed-width files as batches: every value stands at its place in the line."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

import polars as pl

from adapters._delimited_batches import batch_of_cells, in_larger
from adapters._delimited_bytes import DAMAGED, Ahead, ByteStream, utf8_of
from adapters._delimited_doubts import doubtful_characters
from adapters._delimited_layout import Layout, named_columns
from adapters._delimited_plain import lines_of, plain_text
from adapters._lines import Lines
from adapters._records import NoTable
from gateway.adapter_api import Batch, Finding, Limits, Rule, finding

_WHOLE: Final = 4 * 1024 * 1024
_PART: Final = 4 * 1024
_LARGE: Final = 10_000

Place = tuple[int, int]
"""Of a column in the line: its first character, from 0, and the one after its last."""


def places_of(widths: Sequence[int]) -> list[Place]:
    """Return the places of columns that follow each other."""
    ends = list(accumulate(widths))
    return list(zip([0, *ends], ends, strict=False))


class FixedWidth:
    """One fixed-width file. `columns` and `findings` are known at once; iterating, once, reads the rows.

    Blanks around a value are not part of it. A cell is absent where its line ends before the cell begins.

    Raises:
        NoTable: the file is empty.
        Exception: one of `DAMAGED`: the file broke before its header was read.
    """

    def __init__(
        self,
        stream: ByteStream,
        file: str,
        limits: Limits,
        places: Sequence[Place],
        *,
        names: Sequence[str] = (),
        encoding: str | None = None,
        skip: int = 0,
        stretch: int = _WHOLE,
    ) -> None:
        self._stream = stream
        text, _ = utf8_of(stream, encoding)
        self._ahead = Ahead(text)
        self._lines = Lines(self._ahead, file, limits)
        self._limits = limits
        self._places = places
        self._stretch = stretch
        self._length = 0
        for _ in range(skip):
            self._next()
        self.findings: list[Finding] = []
        header, number = self._first(names)
        self.columns, found = named_columns(header, file=file, line=number)
        self._layout = Layout(file, tuple(header), self.columns)
        self.findings = [*self._lines.take_notes(), *found]

    @property
    def last_line(self) -> int:
        """Of what was read."""
        return self._lines.number

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches; a break of the file is a finding in the last one."""
        try:
            while not (self._lines.idle and self._ahead.at_end()):
                yield from in_larger(self._around(self._ahead.window(self._stretch)))
        except DAMAGED:
            broken = finding(
                Rule.FILE_DAMAGED,
                "the file is damaged; rows from here on are missing",
                file=self._lines.file,
                suggestion="export and send it again",
            )
            yield batch_of_cells(self.columns, [], [], [broken])

    def _around(self, chunk: bytes) -> Iterator[Batch]:
        """Yield the stretch that comes next, its doubtful spans line by line."""
        base = self._ahead.taken
        spans = doubtful_characters(chunk, self._limits.max_line_bytes, _PART)
        for start, end in (*spans, (len(chunk), len(chunk))):
            if self._lines.idle and self._ahead.taken < base + start:
                yield self._plain(chunk[self._ahead.taken - base : start])
            while self._ahead.taken < base + end or not self._lines.idle or not chunk:
                yield self._with_care(base + end)
                if not chunk:
                    return

    def _plain(self, chunk: bytes) -> Batch:
        text = plain_text(chunk, self._limits.max_line_bytes)
        if text is None:
            return self._with_care(self._ahead.taken + len(chunk))
        lines = lines_of(text)
        first = self._lines.number + 1
        self._lines.number += len(lines)
        self._ahead.take(len(chunk))
        return self._batch(lines, pl.int_range(first, first + len(lines), dtype=pl.UInt32, eager=True))

    def _with_care(self, end: int) -> Batch:
        numbers: list[int] = []
        texts: list[str] = []
        while line := self._next():
            numbers.append(line[0])
            texts.append(line[1])
            if len(texts) >= _LARGE or (self._ahead.taken >= end and self._lines.idle):
                break
        notes = self._lines.take_notes()
        batch = self._batch(pl.Series(texts, dtype=pl.String), pl.Series(numbers, dtype=pl.UInt32))
        return Batch(batch.cells, batch.lines, (*notes, *batch.findings))

    def _batch(self, texts: pl.Series, numbers: pl.Series) -> Batch:
        """Cut the lines into cells, all but the blank ones and the header."""
        frame = pl.DataFrame({"line": numbers, "text": texts}).filter(pl.col("text").str.strip_chars() != "")
        length = pl.col("text").str.len_chars()
        cells = frame.select(
            pl.when(length > start)
            .then(pl.col("text").str.slice(start, end - start).str.strip_chars())
            .alias(name)
            for name, (start, end) in zip(self.columns, self._places, strict=True)
        )
        headers = cells.select(
            pl.all_horizontal(
                pl.col(name).eq_missing(cell.strip())
                for name, cell in zip(self.columns, self._layout.header, strict=True)
            )
        ).to_series()
        found = list(self._odd(frame.filter(~headers)))
        found += [self._repeated(line) for line in frame["line"].filter(headers)]
        found.sort(key=lambda one: one.line or 0)
        return Batch(cells.filter(~headers), frame["line"].filter(~headers), tuple(found))

    def _odd(self, frame: pl.DataFrame) -> Iterator[Finding]:
        """Yield a finding for each line that is cut off, or holds more than the columns.

        What the first line shows is taken as meant: blanks at the end left out, or columns left undescribed.
        """
        total = max(end for _, end in self._places)
        if not self._length and frame.height:
            self._length = len(frame["text"][0])
        cut = (pl.col("text").str.len_chars() < total) & (self._length >= total)
        more = (pl.col("text").str.slice(total).str.strip_chars() != "") & (self._length <= total)
        for line, text in frame.filter(cut | more).iter_rows():
            yield finding(
                Rule.ROW_RAGGED,
                f"the line has {len(text)} characters, the columns {total}",
                file=self._lines.file,
                line=line,
                suggestion="values may be cut off or stand in the wrong columns; export the file again",
            )

    def _repeated(self, line: int) -> Finding:
        return finding(
            Rule.ROW_REPEATED_HEADER,
            "the header stands here again",
            file=self._lines.file,
            line=line,
            suggestion="delete the line",
        )

    def _first(self, names: Sequence[str]) -> tuple[Sequence[str], int | None]:
        """Return the columns' names, and the line on which they stand, if they do."""
        if names:
            return names, None
        while line := self._next():
            if line[1].strip():
                return [line[1][start:end].strip() for start, end in self._places], line[0]
        self._ahead.must_be_whole()
        raise NoTable(finding(Rule.FILE_EMPTY, "the file is empty", file=self._lines.file))

    def _next(self) -> tuple[int, str] | None:
        self._lines.begin()
        text = next(self._lines, None)
        return None if text is None else (self._lines.begun[0][0], text.rstrip("\r\n"))

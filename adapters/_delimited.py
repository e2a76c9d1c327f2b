"""A delimited file as batches: at full speed where it is plainly clean, record by record where it is not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters._delimited_batches import batch_of_cells, in_larger
from adapters._delimited_bytes import DAMAGED, Ahead, ByteStream, utf8_of
from adapters._delimited_doubts import Span, doubtful_characters, doubtful_lines
from adapters._delimited_plain import plain_cells, plain_text, whole_records, without_blank
from adapters._lines import Lines
from adapters._records import Dialect, NoTable, Records
from gateway.adapter_api import Batch, Finding, Limits, Rule, finding

Finder = Callable[[bytes], Sequence[Span]]
"""Returns the spans of a stretch that need a careful look."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """How many bytes are taken at once."""

    whole: int = 4 * 1024 * 1024
    """Of a file in which nothing is wrong."""

    part: int = 4 * 1024
    """Around a place at which something is."""


_USUAL: Final = Stretches()


class Delimited:
    """One delimited file. `columns` and `findings` are known at once; iterating, once, reads the rows.

    Memory is bounded by the stretch, not by the file.

    Raises:
        NoTable: the file is empty, or its first line is no header.
        Exception: one of `DAMAGED`: the file broke before its header was read.
    """

    def __init__(
        self,
        stream: ByteStream,
        file: str,
        limits: Limits,
        *,
        dialect: Dialect | None = None,
        encoding: str | None = None,
        stretches: Stretches = _USUAL,
    ) -> None:
        self._stream = stream
        text, found = utf8_of(stream, encoding)
        self._ahead = Ahead(text)
        self._lines = Lines(self._ahead, file, limits)
        try:
            self._records = Records(self._lines, dialect or Dialect(), limits)
        except NoTable:
            self._ahead.must_be_whole()
            raise
        self._limits = limits
        self._stretches = stretches
        self.columns = self._records.layout.columns
        self.findings = [*([_not_utf8(file, found)] if found else []), *self._records.findings]

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
                chunk = self._chunk()
                yield from in_larger(self._stretch(chunk, self._finders))
        except DAMAGED:
            yield self._broken()

    def _chunk(self) -> bytes:
        chunk = self._ahead.window(self._stretches.whole)
        return whole_records(chunk, self._records.layout.quote, self._limits.max_record_lines)

    def _stretch(self, chunk: bytes, finders: Sequence[Finder]) -> Iterator[Batch]:
        """Yield the stretch that comes next: as a whole, or in parts around its doubtful spans."""
        if batch := self._plain(chunk):
            yield batch
        elif not chunk or not finders or not self._lines.idle:
            yield from self._with_care(self._ahead.taken + len(chunk))
        else:
            yield from self._around(finders[0](chunk), chunk, finders[1:])

    def _around(self, spans: Sequence[Span], chunk: bytes, finders: Sequence[Finder]) -> Iterator[Batch]:
        base = self._ahead.taken
        for start, end in (*spans, (len(chunk), len(chunk))):
            if self._ahead.taken < base + start:
                yield from self._stretch(chunk[self._ahead.taken - base : start], finders)
            if self._ahead.taken < base + end:
                yield from self._with_care(base + end)

    def _plain(self, chunk: bytes) -> Batch | None:
        """Return the stretch as a batch and take it, or None where a careful look is needed."""
        text = plain_text(chunk, self._limits.max_line_bytes) if self._lines.idle else None
        found = plain_cells(text, self._records.layout, self._limits.max_record_lines) if text else None
        if found is None:
            return None
        cells, lines, count = without_blank(found)
        first = self._lines.number + 1
        self._lines.number += count
        self._ahead.take(len(chunk))
        return Batch(cells, lines + first)

    def _with_care(self, end: int) -> Iterator[Batch]:
        """Yield the records up to the byte, one at least."""
        more = True
        while more:
            batch, more = self._records.batch(lambda: self._ahead.taken >= end)
            yield batch

    @property
    def _finders(self) -> Sequence[Finder]:
        near = self._stretches.part
        return (
            lambda chunk: doubtful_characters(chunk, self._limits.max_line_bytes, near),
            lambda chunk: doubtful_lines(chunk, self._records.layout, near),
        )

    def _broken(self) -> Batch:
        return batch_of_cells(self.columns, [], [], [damaged(self._lines.file)])


def damaged(file: str) -> Finding:
    """Return the finding about a file that breaks off."""
    return finding(
        Rule.FILE_DAMAGED,
        "the file is damaged; rows from here on are missing",
        file=file,
        suggestion="export and send it again",
    )


def _not_utf8(file: str, encoding: str) -> Finding:
    return finding(
        Rule.TEXT_ENCODING,
        f"the file is {encoding.upper()}, not UTF-8",
        file=file,
        suggestion="export it as UTF-8",
    )


__all__ = ["DAMAGED", "Delimited", "NoTable", "Stretches", "damaged"]

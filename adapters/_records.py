"""Delimited records as people really export them: whatever is wrong with one costs that one at most."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from adapters._delimited_batches import Cells, batch_of_cells
from adapters._delimited_layout import Layout, named_columns
from adapters._lines import Lines, RunawayRecord
from gateway.adapter_api import Batch, Finding, Limits, Rule, finding

_LARGE: Final = 10_000
_DELIMITERS: Final = {"\t": "tab", ";": "semicolon", "|": "bar"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written. What is not said is found out from its first line."""

    delimiter: str | None = None
    quote: str | None = '"'
    columns: tuple[str, ...] | None = None
    """Their names, where the file has no header."""
    skip: int = 0
    """Lines before the header."""


class NoTable(Exception):
    """The file holds no table; `found` says why."""

    def __init__(self, found: Finding) -> None:
        self.found = found
        super().__init__(found.message)


class Records:
    """One delimited file, read with care. `layout` and `findings` are known at once.

    Raises:
        NoTable: the file is empty, or its first line is no header.
    """

    def __init__(self, lines: Lines, dialect: Dialect, limits: Limits) -> None:
        self._lines = lines
        self._dialect = dialect
        self._limits = limits
        self._skip()
        self.layout, self.findings = self._laid_out()
        self._parser = self._new_parser()

    def batch(self, done: Callable[[], bool]) -> tuple[Batch, bool]:
        """Return one record and those that follow until `done`, and whether it stopped before that.

        It is done when every line that was read was used. It stops before that when the batch is large.
        """
        rows: list[Cells] = []
        numbers: list[int] = []
        found: list[Finding] = []
        more = True
        while more and len(rows) + len(found) < _LARGE:
            record = self._record()
            found += self._lines.take_notes()
            row = self.layout.judged(*record, found) if record else None
            if record and row is not None:
                rows.append(row)
                numbers.append(record[0])
            more = record is not None and not (self._lines.idle and done())
        return batch_of_cells(self.layout.columns, rows, numbers, found), more

    def _record(self) -> tuple[int, list[str]] | None:
        """Return the next record, without cells where a line is blank; None at the end."""
        lines = self._lines
        lines.begin()
        try:
            cells = next(self._parser, None)
        except (csv.Error, RunawayRecord):
            cells = self._first_line_alone()
        else:
            if cells is None:
                return None
            if self._ran_away(cells):
                cells = self._first_line_alone()
        return lines.begun[0][0], cells

    def _new_parser(self) -> Iterator[list[str]]:
        return _parser(self._lines, self.layout.delimiter, self.layout.quote)

    def _ran_away(self, cells: list[str]) -> bool:
        """Tell whether a quote that nobody closed has swallowed what follows."""
        texts = [text for _, text in self._lines.begun]
        width = len(self.layout.columns)
        odd = sum(text.count(self.layout.quote) for text in texts) % 2 == 1 if self.layout.quote else False
        if len(texts) == 1:
            return odd and not self._is_quoted_well(texts)
        return (
            odd or (len(cells) != width and len(self._literal()) == width) or not self._is_quoted_well(texts)
        )

    def _is_quoted_well(self, texts: list[str]) -> bool:
        """Tell whether nothing stands between a quote that closes a value and the next delimiter."""
        try:
            list(_parser(iter(texts), self.layout.delimiter, self.layout.quote, strict=True))
        except csv.Error:
            return False
        return True

    def _first_line_alone(self) -> list[str]:
        """Read the record's first line with its quotes as plain characters, and let the others come again."""
        cells = self._literal()
        number = self._lines.begun[0][0]
        self._lines.give_back()
        self._parser = self._new_parser()
        rule = Rule.ROW_UNCLOSED_QUOTE if cells else Rule.ROW_UNREADABLE
        self._lines.notes.append(
            finding(
                rule,
                "a quotation mark is opened and not closed; the line was read alone",
                file=self._lines.file,
                line=number,
                suggestion='write a quotation mark inside a value twice: ""',
            )
        )
        return cells

    def _literal(self) -> list[str]:
        text = self._lines.begun[0][1].rstrip("\r\n")
        return [cell.replace(self.layout.quote or "", "") for cell in text.split(self.layout.delimiter)]

    def _skip(self) -> None:
        for _ in range(self._dialect.skip):
            self._lines.begin()
            next(self._lines, None)
        self._lines.begin()
        self._lines.take_notes()

    def _laid_out(self) -> tuple[Layout, list[Finding]]:
        """Read the first line that is not blank."""
        number, text = self._first_line()
        delimiter = self._dialect.delimiter or self._guess(number, text)
        quote = self._dialect.quote
        if self._dialect.columns is not None:
            self._lines.again()
            names = self._dialect.columns
            return Layout(self._lines.file, names, names, delimiter, quote), self._lines.take_notes()
        try:
            header = tuple(next(_parser(iter([text]), delimiter, quote)))
        except csv.Error:
            raise self._none(Rule.HEADER_MISSING, "the first line is no header") from None
        if len(header) > self._limits.max_columns:
            raise self._none(Rule.HEADER_MISSING, f"the first line has {len(header)} cells and is no header")
        columns, found = named_columns(header, file=self._lines.file, line=number)
        layout = Layout(self._lines.file, header, columns, delimiter, quote)
        return layout, self._lines.take_notes() + found

    def _first_line(self) -> tuple[int, str]:
        separators = "\r\n ,;\t|" + (self._dialect.delimiter or "")
        while True:
            self._lines.begin()
            if next(self._lines, None) is None:
                raise self._none(Rule.FILE_EMPTY, "the file is empty")
            number, text = self._lines.begun[0]
            if any(note.rule == Rule.ROW_UNREADABLE for note in self._lines.notes):
                raise self._none(Rule.HEADER_MISSING, "the first line is longer than any header")
            if text.strip(separators):
                return number, text

    def _none(self, rule: Rule, message: str) -> NoTable:
        return NoTable(finding(rule, message, file=self._lines.file))

    def _guess(self, number: int, text: str) -> str:
        found = max(_DELIMITERS, key=text.count)
        if "," in text or found not in text:
            return ","
        self._lines.notes.append(
            finding(
                Rule.FILE_DELIMITER,
                f"values are separated by a {_DELIMITERS[found]}, not by a comma",
                file=self._lines.file,
                line=number,
                suggestion="export with commas",
            )
        )
        return found


def _parser(
    lines: Iterator[str], delimiter: str, quote: str | None, *, strict: bool = False
) -> Iterator[list[str]]:
    if quote is None:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=strict)

"""CSV records as people really export them: whatever is wrong with one costs that one at most."""

import csv
from collections.abc import Iterator

from adapters._lines import ByteStream, Lines, RunawayRecord
from gateway.adapter_api import Finding, Limits, Row, Rule, finding

_DELIMITERS = "\t;|"


class Records:
    """One CSV file. `columns` and `findings` are known at once; iterating reads the rows.

    An empty file has no columns. A cell that a short row lacks is absent from its values.
    """

    def __init__(self, stream: ByteStream, file: str, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._lines = Lines(stream, file, limits)
        self._delimiter = ","
        self._header = self._read_header()
        self.findings: list[Finding] = self._take_notes()
        self.columns = self._named_columns()

    def __iter__(self) -> Iterator[Row | Finding]:
        """Yield rows and, before each, what was wrong with it."""
        columns, width, first = self.columns, len(self.columns), self._header[0] if self._header else ""
        for line, cells in self._records():
            if self._lines.notes:
                yield from self._take_notes()
            if len(cells) == width and cells[0] and cells[0] != first:
                yield Row(dict(zip(columns, cells, strict=True)), self._file, line)
            elif any(cell.strip() for cell in cells):
                yield from self._odd(line, cells)
        yield from self._take_notes()

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        lines = self._lines
        parser = self._parser()
        while True:
            lines.begin()
            try:
                cells = next(parser)
            except StopIteration:
                return
            except (csv.Error, RunawayRecord):
                cells, parser = self._first_line_alone(), self._parser()
            else:
                if len(lines.begun) > 1 and self._ran_away(cells):
                    cells, parser = self._first_line_alone(), self._parser()
            if cells:
                yield lines.begun[0][0], cells

    def _parser(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter)

    def _ran_away(self, cells: list[str]) -> bool:
        """Tell whether a quote that nobody closed has swallowed the lines that follow."""
        quotes = sum(text.count('"') for _, text in self._lines.begun)
        width = len(self._header)
        return quotes % 2 == 1 or (len(cells) != width and len(self._literal()) == width)

    def _first_line_alone(self) -> list[str]:
        """Read the record's first line with its quotes as plain characters, and let the others come again."""
        cells = self._literal()
        number = self._lines.begun[0][0]
        self._lines.give_back()
        rule = Rule.ROW_UNCLOSED_QUOTE if cells else Rule.ROW_UNREADABLE
        self._lines.notes.append(
            finding(
                rule,
                "a quotation mark is opened and not closed; the line was read alone",
                file=self._file,
                line=number,
                suggestion='write a quotation mark inside a value twice: ""',
            )
        )
        return cells

    def _literal(self) -> list[str]:
        text = self._lines.begun[0][1].rstrip("\n")
        return [cell.replace('"', "") for cell in text.split(self._delimiter)]

    def _odd(self, line: int, cells: list[str]) -> Iterator[Row | Finding]:
        """Yield a record that is no plain row: a header again, or one with too few or too many cells."""
        if self._is_header(cells):
            yield self._about(
                Rule.ROW_REPEATED_HEADER, line, "the header stands here again", "delete the line", cells[0]
            )
            return
        if len(cells) != len(self.columns):
            yield self._ragged(line, cells)
        yield Row(dict(zip(self.columns, cells, strict=False)), self._file, line)

    def _ragged(self, line: int, cells: list[str]) -> Finding:
        """Return the finding about a wrong number of cells; empty surplus cells rarely matter."""
        surplus = cells[len(self.columns) :]
        filled = any(cell.strip() for cell in surplus)
        return finding(
            Rule.ROW_RAGGED,
            f"the row has {len(cells)} cells, the header {len(self.columns)}"
            + ("; its values may stand in the wrong columns" if surplus else ""),
            file=self._file,
            line=line,
            raw_value=self._delimiter.join(surplus) if filled else None,
            suggestion="put values that hold a comma into quotation marks"
            if surplus
            else "fill in the last cells",
            severity="info" if surplus and not filled else None,
        )

    def _is_header(self, cells: list[str]) -> bool:
        return [_plain(cell) for cell in cells] == [_plain(cell) for cell in self._header]

    def _read_header(self) -> list[str]:
        for number, text in iter(self._next_line, None):
            if text.strip("\r\n ,;\t|"):
                self._delimiter = self._guess(number, text)
                return next(csv.reader([text], delimiter=self._delimiter))
        return []

    def _next_line(self) -> tuple[int, str] | None:
        self._lines.begin()
        return self._lines.begun[0] if next(self._lines, None) is not None else None

    def _guess(self, number: int, text: str) -> str:
        found = max(_DELIMITERS, key=text.count)
        if "," in text or found not in text:
            return ","
        name = {"\t": "tab", ";": "semicolon", "|": "bar"}[found]
        self._lines.notes.append(
            finding(
                Rule.FILE_DELIMITER,
                f"values are separated by a {name}, not by a comma",
                file=self._file,
                line=number,
                suggestion="export with commas",
            )
        )
        return found

    def _named_columns(self) -> tuple[str, ...]:
        """Return a name for each column: a second one of the same name, or one without, gets its position."""
        named: dict[str, None] = {}
        for position, cell in enumerate(self._header, start=1):
            name = cell.strip()
            if _plain(name) in {_plain(known) for known in named}:
                self.findings.append(
                    finding(
                        Rule.HEADER_DUPLICATE,
                        "the column stands in the header twice; the first one is read",
                        file=self._file,
                        line=1,
                        column=name,
                        raw_value=name,
                        suggestion="delete or rename one of the two",
                    )
                )
            free = name and name not in named and _plain(name) not in {_plain(known) for known in named}
            named[name if free else f"{name} (column {position})".strip()] = None
        return tuple(named)

    def _about(self, rule: Rule, line: int, message: str, suggestion: str, raw: str | None = None) -> Finding:
        return finding(rule, message, file=self._file, line=line, raw_value=raw, suggestion=suggestion)

    def _take_notes(self) -> list[Finding]:
        taken, self._lines.notes = self._lines.notes, []
        return taken


def _plain(name: str) -> str:
    return name.strip().strip("'\"").casefold()

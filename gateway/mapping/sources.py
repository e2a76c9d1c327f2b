"""The rows of one source in memory: only the columns that are read, found by key."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from gateway.mapping.denied import denied_column, holds_ssn
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.rows import Batch, Row, RowSource, Table
from gateway.mapping.spec import Conventions, Source

Stored = tuple[Any, ...]
"""The physical line, the position among the stored rows, then the cells that are read."""

_LINE: Final = 0
_AT: Final = 1
_CELLS: Final = 2
_LOST: Final = frozenset({Rule.ROW_REPEATED_HEADER, Rule.ROW_UNREADABLE})
_FREE: Final = 0
_USED: Final = 1
_FAULTY: Final = 2


@dataclass
class Counts:
    """What became of the rows of one file. `rows` is the sum of the other three."""

    rows: int = 0
    used: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    """By the rule that left them out."""
    faulty: int = 0


class SourceTable:
    """A source of the mapping beside the table that was found for it; without a table it has no rows.

    First `slot`, `one` and `many` say what is needed, then `load` reads.
    """

    def __init__(self, name: str, spec: Source, table: Table | None, columns: Mapping[str, str]) -> None:
        self.name = name
        self.spec = spec
        self.table = table
        self.file = table.file if table else f"{spec.file}.csv"
        self.columns = columns
        """The header of each column that the table has, by the column's own name."""
        self.slots: dict[str, int] = {}
        self.ones: dict[str, dict[str, Stored]] = {}
        self.manys: dict[tuple[str, str | None], dict[str, list[Stored]]] = {}
        self.rows: list[Stored] = []
        self.marks = bytearray()
        self.faults: dict[int, list[Finding]] = {}
        self.gone: set[str] = set()
        """Keys of rows that are marked as deleted."""
        self.denied: Counter[str] = Counter()
        """Cells that hold something, by the header of a column that is never read."""
        self.counts = Counts()

    def slot(self, column: str) -> int | None:
        """Return where the column stands in stored rows.

        None where the table has no such column, and where it is one that is never read: by its own name or
        by its header. Nothing reads a cell but through a slot.
        """
        header = self.columns.get(column)
        if header is None or denied_column(column) or denied_column(header):
            return None
        return self.slots.setdefault(column, _CELLS + len(self.slots))

    def one(self, column: str) -> dict[str, Stored]:
        """Return the index of the first row that has each value."""
        self.slot(column)
        return self.ones.setdefault(column, {})

    def many(self, column: str, split: str | None = None) -> dict[str, list[Stored]]:
        """Return the index of the rows that have each value, or one of the values in the cell."""
        self.slot(column)
        return self.manys.setdefault((column, split), {})

    def header(self, column: str) -> str:
        """Return the column as the file's header spells it."""
        return self.columns.get(column, column)

    def at(self, row: Stored, column: str) -> str:
        """Return the stripped cell, empty where the table has no such column."""
        slot = self.slots.get(column)
        return "" if slot is None else str(row[slot]).strip()

    def about(
        self, row: Stored, column: str, rule: Rule, message: str, suggestion: str | None = None
    ) -> Finding:
        """Return a finding about a cell of a stored row."""
        return finding(
            rule,
            message,
            file=self.file,
            line=row[_LINE],
            column=self.header(column),
            raw_value=self.at(row, column),
            suggestion=suggestion,
        )

    def use(self, row: Stored) -> None:
        """Count the row as used."""
        self.marks[row[_AT]] = _USED

    def spoil(self, row: Stored) -> None:
        """Count the row as faulty unless something could use it."""
        self.marks[row[_AT]] = self.marks[row[_AT]] or _FAULTY

    def is_free(self, row: Stored) -> bool:
        """Tell whether nothing is known yet of what became of the row."""
        return self.marks[row[_AT]] == _FREE

    async def load(self, source: RowSource, conventions: Conventions) -> list[Finding]:
        """Read the table and return what is wrong with rows as such."""
        if self.table is None:
            return []
        loading = _Loading(self, conventions)
        async for batch in source.rows(self.table):
            loading.take(batch)
        self.marks = bytearray(len(self.rows))
        return loading.end()

    def settle(self, why: Callable[[Stored], str]) -> None:
        """Count what became of the rows; `why` names the rule that left a free row out."""
        self.counts.used = self.marks.count(_USED)
        self.counts.faulty += self.marks.count(_FAULTY)
        self.counts.excluded.update(why(row) for row in self.rows if self.is_free(row))


class _Loading:
    """Puts batches of rows into a table."""

    def __init__(self, table: SourceTable, conventions: Conventions) -> None:
        self._table = table
        self._all = table.table.columns if table.table else ()
        self._headers = [table.columns[column] for column in table.slots]
        self._cells = _getter(self._headers)
        self._status = table.slots.get(table.spec.status)
        self._deleted = {word.casefold() for word in conventions.deleted}
        self._alive = {"active", "", *(word.casefold() for word in conventions.null_tokens)}
        self._expected = {
            column: {word.casefold() for word in words}
            for column, words in table.spec.expect.items()
            if column in table.slots
        }
        self._key = table.spec.key if table.spec.key in table.slots else None
        self._pending: list[Finding] = []
        self._found: list[Finding] = []

    def take(self, batch: Batch) -> None:
        """Store the rows of a batch."""
        for item in batch:
            if type(item) is Row:
                self._store(item)
            elif isinstance(item, Finding):
                self._hold(item)

    def end(self) -> list[Finding]:
        """Return the findings that belong to no stored row."""
        return self._found + self._pending

    def _hold(self, item: Finding) -> None:
        """Keep a finding for the row that follows; some stand for a row that could not be read."""
        if item.rule in _LOST:
            self._table.counts.rows += 1
            self._table.counts.faulty += 1
            self._found.append(item)
        elif item.line is None:
            self._found.append(item)
        else:
            self._pending.append(item)

    def _store(self, item: Row) -> None:
        table = self._table
        table.counts.rows += 1
        for header in table.denied:
            table.denied[header] += bool(item.values.get(header, "").strip())
        values = self._unmoved(item.values) if self._pending and table.denied else item.values
        try:
            cells = self._cells(values)
        except KeyError:
            cells = tuple(values.get(header, "") for header in self._headers)
        row = (item.line, len(table.rows), *cells)
        if self._pending:
            table.faults[item.line], self._pending = self._pending, []
        if self._takes(row):
            table.rows.append(row)
            self._index(row)

    def _unmoved(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return the cells of a ragged row without those into which a denied column's cell may have moved."""
        if all(one.rule is not Rule.ROW_RAGGED for one in self._pending):
            return values
        headers = self._all
        lacking = len(headers) - len(values)
        denied = [at for at, header in enumerate(headers) if header in self._table.denied]
        return {
            header: values[header]
            for at, header in enumerate(headers)
            if header in values and not any(_reaches(place, at, lacking) for place in denied)
        }

    def _takes(self, row: Stored) -> bool:
        """Tell whether the row counts; deleted ones, ones without or with a second key do not."""
        if self._status is not None and (status := row[self._status]) and status != "active":
            word = status.strip().casefold()
            if word in self._deleted:
                return self._delete(row)
            if word not in self._alive:
                self._say(
                    row,
                    self._table.spec.status,
                    Rule.CODE_UNMAPPED,
                    "unknown status; the row was read as active",
                )
        if self._key is not None and not self._has_key(row, self._key):
            return False
        return not self._expected or all(self._expects(row, column) for column in self._expected)

    def _delete(self, row: Stored) -> bool:
        self._table.counts.excluded["deleted"] += 1
        if self._key:
            self._table.gone.add(self._table.at(row, self._key))
        return False

    def _has_key(self, row: Stored, key: str) -> bool:
        value = self._table.at(row, key)
        if not value:
            return self._drop(row, key, Rule.ID_MISSING, "the row has no key", "fill it in")
        if holds_ssn(value):
            message = "the key is written like a social security number; the row was left out"
            return self._drop(row, key, Rule.SSN_PRESENT, message, "give the row another key")
        if value in self._table.one(key):
            message = "an earlier row has this key; that one was read"
            return self._drop(row, key, Rule.ID_DUPLICATE, message, "keep one")
        return True

    def _expects(self, row: Stored, column: str) -> bool:
        value = self._table.at(row, column).casefold()
        if value in self._expected[column]:
            return True
        known = ", ".join(self._table.spec.expect[column])
        rule = Rule.CODE_UNMAPPED if value else Rule.FIELD_MISSING
        return self._drop(row, column, rule, "nothing is known of rows of this kind", f"write one of {known}")

    def _drop(self, row: Stored, column: str, rule: Rule, message: str, suggestion: str) -> bool:
        self._say(row, column, rule, message, suggestion)
        self._table.counts.faulty += 1
        return False

    def _say(self, row: Stored, column: str, rule: Rule, message: str, suggestion: str | None = None) -> None:
        self._found.append(self._table.about(row, column, rule, message, suggestion))

    def _index(self, row: Stored) -> None:
        table = self._table
        for column, index in table.ones.items():
            if (slot := table.slots.get(column)) is not None:
                index.setdefault(row[slot].strip(), row)
        for (column, split), many in table.manys.items():
            if (slot := table.slots.get(column)) is not None:
                for value in row[slot].split(split) if split else (row[slot],):
                    many.setdefault(value.strip(), []).append(row)


def _reaches(denied: int, at: int, lacking: int) -> bool:
    """Tell whether the denied cell may stand there: left of its place if cells are lacking, else right."""
    return denied - lacking <= at <= denied if lacking else at >= denied


def _getter(headers: list[str]) -> Callable[[Mapping[str, str]], Iterable[str]]:
    if len(headers) > 1:
        return itemgetter(*headers)
    return lambda values: tuple(values[header] for header in headers)

"""Rows of many entries put together: what is the same row stands once, with the cells of all of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.mapping.headers import Resolved
from gateway.mapping.inverse_drafts import KEY, Draft, Line, Lost

ImportTables = dict[str, list[dict[str, str]]]
"""Rows by table, as the mapping's `file` calls it; cells by column, as the table's header spells it."""

TAKEN = "another entry says something else in the same cell"


@dataclass(slots=True)
class Tables:
    """The rows so far, in the order in which they came."""

    _rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    _sources: dict[str, Resolved] = field(default_factory=dict)
    _keyed: dict[tuple[str, tuple[str, ...], tuple[str, ...]], dict[str, str]] = field(default_factory=dict)

    def conflicts(self, draft: Draft) -> list[Lost]:
        """Return the values of a draft for which other rows leave no room."""
        return [
            Lost(line.places.get(column, KEY), TAKEN)
            for line in written(draft)
            if (row := self.find(line))
            for column, text in line.cells.items()
            if column not in line.lists and row.get(column, text) != text
        ]

    def add(self, draft: Draft) -> None:
        """Take the rows of a draft in; a cell that is there stays."""
        for line in written(draft):
            row = self.find(line)
            if row is None:
                self._append(line)
            else:
                _merge(line, row)
                self._index(line, row)

    def find(self, line: Line) -> dict[str, str] | None:
        """Return the row that is the same: by its key, or where it has none, one that says all of it."""
        if line.key and (texts := _texts(line.key, line.cells)):
            return self._keyed.get((line.source.name, line.key, texts))
        rows = self._rows.get(line.source.name, [])
        return next((row for row in rows if line.cells.items() <= row.items()), None)

    def count(self, source: Resolved) -> int:
        """Return how many rows a table has."""
        return len(self._rows.get(source.name, ()))

    def has(self, source: Resolved, cells: Mapping[str, str], *, fold: Iterable[str] = ()) -> bool:
        """Tell whether a row has these cells; those of `fold` in any letter case."""
        folded = set(fold)

        def fits(row: Mapping[str, str]) -> bool:
            return all(
                (row.get(name, "").casefold() if name in folded else row.get(name)) == text
                for name, text in cells.items()
            )

        return any(fits(row) for row in self._rows.get(source.name, []))

    def tables(self) -> ImportTables:
        """Return all rows under the headers of the local system."""
        made: ImportTables = {}
        for name, rows in self._rows.items():
            source = self._sources[name]
            found = made.setdefault(source.spec.file, [])
            for row in rows:
                spelt = {source.header(column): text for column, text in row.items()}
                if spelt not in found:
                    found.append(spelt)
        return made

    def _append(self, line: Line) -> None:
        self._sources[line.source.name] = line.source
        row = dict(line.cells)
        self._rows.setdefault(line.source.name, []).append(row)
        self._index(line, row)

    def _index(self, line: Line, row: dict[str, str]) -> None:
        for key in {line.key, line.source.spec.key}:
            if key and (texts := _texts(key, row)):
                self._keyed.setdefault((line.source.name, key, texts), row)


def written(draft: Draft) -> Iterator[Line]:
    """Yield the rows of a draft that say something: more than a key, or a key that must be there."""
    for line in draft.lines:
        if (line.needed and line.cells) or line.cells.keys() - set(line.key):
            yield line


def _merge(line: Line, row: dict[str, str]) -> None:
    for column, text in line.cells.items():
        there = row.setdefault(column, text)
        if column in line.lists and text not in there.split(","):
            row[column] = f"{there},{text}"


def _texts(key: tuple[str, ...], cells: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the cells of a key; None where one of them is empty."""
    texts = tuple(cells.get(column, "") for column in key)
    return texts if all(texts) else None

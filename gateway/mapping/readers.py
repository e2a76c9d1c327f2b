"""The closures behind fields: how a cell, its pieces or several cells become a value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.mapping.compile import Place
from gateway.mapping.dates import Parsed, Problem
from gateway.mapping.findings import Finding, finding
from gateway.mapping.sources import SourceTable, Stored
from gateway.mapping.transforms import Parse

Reader = Callable[[Stored, list[Finding]], Any]
"""From a row to a value or None; what is wrong is appended."""

Cell = Callable[[str, Stored, list[Finding]], Any]
"""The same, from a cell of the row that is not empty."""

_REMEMBERED: Final = 50_000


def dict_of(
    moving: Sequence[tuple[str, Reader]], fixed: dict[str, Any], unless: Mapping[str, str]
) -> Callable[[Stored, list[Finding]], dict[str, Any]]:
    """Return what reads several fields into a dict, empty where none of the moving ones has a value."""

    def plain(row: Stored, out: list[Finding]) -> dict[str, Any]:
        made = {}
        for name, read in moving:
            value = read(row, out)
            if value is not None:
                made[name] = value
        if made and fixed:
            made.update(fixed)
        return made

    def picky(row: Stored, out: list[Finding]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, read in moving:
            if unless.get(name) not in made and (value := read(row, out)) is not None:
                made[name] = value
        return made | fixed if made else {}

    return picky if unless else plain


def cell_at(place: Place, one: Cell) -> Reader:
    """Return what reads the cell of a place."""
    slot = place.slot
    if not place.hops:
        return lambda row, out: one(cell, row, out) if (cell := row[slot]) else None

    def read(row: Stored, out: list[Finding]) -> Any:
        at = place.row(row, out)
        return one(cell, at, out) if at is not None and (cell := at[slot]) else None

    return read


def pieces(place: Place, one: Cell, separator: str) -> Reader:
    """Return what reads the pieces of a cell into a list."""

    def read(row: Stored, out: list[Finding]) -> list[Any]:
        at = place.row(row, out)
        pieces = at[place.slot].split(separator) if at is not None else ()
        found = [one(piece, at, out) for piece in pieces if at is not None and piece]
        return [value for value in found if value is not None]

    return read


def first_of(readers: Sequence[Reader]) -> Reader:
    """Return what gives the first value that there is."""

    def read(row: Stored, out: list[Finding]) -> Any:
        for one in readers:
            if (value := one(row, out)) is not None:
                return value
        return None

    return read


def remembering(parse: Parse, source: SourceTable, column: str) -> Cell:
    """Read a cell, and remember what a text came to: the same few are read again and again."""
    known: dict[str, Parsed] = {}

    def read(cell: str, row: Stored, out: list[Finding]) -> Any:
        found = known.get(cell)
        if found is None:
            found = parse(cell)
            if len(known) < _REMEMBERED:
                known[cell] = found
        if found[1] is not None:
            out.append(_about(source, row, column, found[1], cell))
        return found[0]

    return read


def _about(source: SourceTable, row: Stored, column: str, problem: Problem, cell: str) -> Finding:
    return finding(
        problem.rule,
        problem.message,
        file=source.file,
        line=row[0],
        column=source.header(column),
        raw_value=cell,
        suggestion=problem.suggestion,
    )

"""Rows in the making: the row of one entry with all rows that it names, before their keys are known."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.mapping.headers import Resolved

NAMESPACE: Final = uuid.UUID("0b7a1c52-6a0e-5d53-9a52-3a9f6f2f7d10")
"""Of keys that are made because the sender's are not known here."""

Where = tuple[str | int, ...]
"""A place in an entry: wire names, and places in lists from 0."""


KEY: Final[Where] = ("meta", "source")
"""The place of what no field of the entry says, but the row must."""


class Lost(NamedTuple):
    """A value that no cell takes."""

    place: Where
    reason: str


@dataclass(eq=False, slots=True)
class Line:
    """A row of a table, by the mapping's own column names."""

    source: Resolved
    key: tuple[str, ...]
    """Columns by which the row is the same as another; empty: all of them."""
    needed: bool = False
    """Whether it is written although it holds nothing but its key."""
    cells: dict[str, str] = field(default_factory=dict)
    places: dict[str, Where] = field(default_factory=dict)
    """By column, the value that the cell is for."""
    lists: set[str] = field(default_factory=set)
    """Columns with several values, one for each entry."""
    made: set[str] = field(default_factory=set)
    """Columns whose text was made here and is a key of nobody else."""
    linked: dict[str, "Line"] = field(default_factory=dict)

    def writes(self, column: str) -> bool:
        """Tell whether the table has the column, and it may be written."""
        return column in self.source.columns and self.source.columns[column] not in self.source.denied


class Slot(NamedTuple):
    """A cell of a row in the making."""

    line: Line
    column: str

    @property
    def text(self) -> str:
        """Return what stands there, empty for nothing."""
        return self.line.cells.get(self.column, "")


class Tie(NamedTuple):
    """Cells that must hold the same, pair by pair, because the first name the row of the second."""

    pairs: tuple[tuple[Slot, Slot], ...]
    named: Line
    """The row whose content makes the key where nothing else says it."""


@dataclass(slots=True)
class Draft:
    """The rows of one entry. What was done since a mark can be undone."""

    organization: str = ""
    """Who calls the rows what they are called; empty for the local system itself."""
    lines: list[Line] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    losses: list[Lost] = field(default_factory=list)
    checks: list[Callable[[], Lost | None]] = field(default_factory=list)
    """What can be told only when all cells stand."""
    parts: list[tuple[Line, Line]] = field(default_factory=list)
    """Rows of one table that are one entry together: each says what the first says."""
    _log: list[Callable[[], object]] = field(default_factory=list)

    def mark(self) -> int:
        """Return the present state, for `undo`."""
        return len(self._log)

    def undo(self, mark: int) -> None:
        """Take back everything since the mark."""
        while len(self._log) > mark:
            self._log.pop()()

    def line(self, source: Resolved, key: Sequence[str], *, needed: bool = False) -> Line:
        """Begin a row."""
        made = Line(source, tuple(key), needed)
        self._append(self.lines, made)
        return made

    def link(self, here: Line, name: str, there: Line) -> None:
        """Remember that the link leads there."""
        here.linked[name] = there
        self._log.append(lambda: here.linked.pop(name))

    def put(self, slot: Slot, text: str, place: Where = KEY) -> None:
        """Write an empty cell."""
        slot.line.cells[slot.column] = text
        slot.line.places[slot.column] = place
        self._log.append(lambda: (slot.line.cells.pop(slot.column), slot.line.places.pop(slot.column)))

    def tie(self, pairs: Iterable[tuple[Slot, Slot]], named: Line) -> None:
        """Make cells hold the same."""
        self._append(self.ties, Tie(tuple(pairs), named))

    def part_of(self, whole: Line, part: Line) -> None:
        """Note that a row is one of several of a table, each of which says what they have in common."""
        self._append(self.parts, (whole, part))

    def lead(self) -> None:
        """Let the first of several such rows be the one that the entry's key names."""
        for whole, part in {id(whole): (whole, part) for whole, part in reversed(self.parts)}.values():
            for column in whole.source.spec.key:
                if whole.cells.get(column) and not part.cells.get(column):
                    self.put(Slot(part, column), whole.cells[column])

    def spread(self) -> None:
        """Write what several such rows have in common into each of them."""
        for whole, part in self.parts:
            key = whole.source.spec.key
            part.cells |= {
                column: text
                for column, text in whole.cells.items()
                if column not in key and column not in part.cells
            }
            part.made |= whole.made
        for whole in {id(whole): whole for whole, _ in self.parts}.values():
            self.lines.remove(whole)

    def lose(self, place: Where, reason: str) -> None:
        """Note a value that no cell takes."""
        self._append(self.losses, Lost(place, reason))

    def check(self, check: Callable[[], Lost | None]) -> None:
        """Note what is to be asked at the end."""
        self._append(self.checks, check)

    def settle(self) -> None:
        """Carry keys from one side of every tie to the other, until nothing changes."""
        while any(self._carried(one, other) for tie in self.ties for one, other in tie.pairs):
            pass

    def assign(self, since: int = 0) -> None:
        """Make a key for every row that is named and has none: of its content, so that equal rows are one.

        The rows that were reached last come first, because their keys are content of the others. Only ties
        from number `since` on count.
        """
        self.settle()
        for tie in reversed(self.ties[since:]):
            open_pairs = [pair for pair in tie.pairs if not pair[0].text]
            if not open_pairs or not (tie.named.cells or tie.named.needed):
                continue
            for here, there in open_pairs:
                whose = here if here.column in here.line.source.spec.key else there
                self.put(there, made_key(self.organization, whose.line, whose.column))
                there.line.made.add(there.column)
                here.line.made.add(here.column)
            self.settle()

    def unequal(self) -> list[Lost]:
        """Return the values on both sides of ties that do not agree."""
        pairs = [pair for tie in self.ties for pair in tie.pairs]
        said = "the row that it names has another key"
        return [
            Lost(one.line.places.get(one.column, KEY), said)
            for one, other in pairs
            if one.text and other.text and one.text != other.text
        ]

    def _carried(self, one: Slot, other: Slot) -> bool:
        if bool(one.text) == bool(other.text):
            return False
        full, empty = (one, other) if one.text else (other, one)
        if not empty.line.writes(empty.column):
            return False
        self.put(empty, full.text, full.line.places.get(full.column, KEY))
        if full.column in full.line.made:
            empty.line.made.add(empty.column)
        return True

    def _append(self, to: list, one: object) -> None:  # type: ignore[type-arg]
        to.append(one)
        self._log.append(to.pop)


def made_key(organization: str, line: Line, column: str) -> str:
    """Return a key made of a row's content: the same content of the same organisation gives the same key."""
    cells = "\x1f".join(f"{name}\x1e{text}" for name, text in sorted(line.cells.items()))
    return str(uuid.uuid5(NAMESPACE, f"{organization}\x1f{line.source.spec.file}\x1f{column}\x1f{cells}"))


def new_key(organization: str, file: str, text: str) -> str:
    """Return the key here of a row that another organisation calls `text`: always the same one."""
    return str(uuid.uuid5(NAMESPACE, f"{organization}\x1f{file}\x1f{text}"))

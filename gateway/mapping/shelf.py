"""Rows that many students' documents look up, kept for a while: schools, courses, terms, classes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.mapping.plan import Plan
from gateway.mapping.records import Record

_MOST: Final = 50_000
"""Keys; then everything is asked for anew."""

Key = tuple[str, ...]
Index = tuple[str, Key]
"""A source, and the columns that its rows were asked for by."""


@dataclass
class Shelf:
    """Keeps what students' rows lead to, never what was found by a student's own key."""

    plan: Plan
    seconds: float
    """How old a row may get."""
    clock: Callable[[], float]
    """Seconds that never go back."""
    _kept: dict[tuple[Index, Key], tuple[float, Sequence[Record]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._own = _own_indexes(self.plan)

    def fresh(self, index: Index, keys: Iterable[Key]) -> Iterator[tuple[Key, Sequence[Record]]]:
        """Yield the keys that are known and not too old, with their rows."""
        now = self.clock()
        for key in keys:
            kept = self._kept.get((index, key))
            if kept and kept[0] > now:
                yield key, kept[1]

    def keep(self, index: Index, rows: Mapping[Key, Sequence[Record]]) -> None:
        """Keep the rows of each key, also of those that have none."""
        if index in self._own:
            return
        if len(self._kept) > _MOST:
            self._kept.clear()
        until = self.clock() + self.seconds
        for key, found in rows.items():
            self._kept[index, key] = until, found


def _own_indexes(plan: Plan) -> frozenset[Index]:
    """Return what a student's own rows are asked for by."""
    about = plan.mapping.student
    own: set[Index] = {(about.source, (about.key,))}
    own |= {(one.source, (one.column,)) for one in about.decided_by}
    for part in plan.parts():
        split = (part.part.split,) if part.part.split else ()
        own.add((part.source.name, (part.student.column, *split)))
    return frozenset(own)

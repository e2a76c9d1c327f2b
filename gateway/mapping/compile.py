"""From names in a mapping file to rows: scopes, links and conditions, compiled once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from gateway.domain.errors import Misconfigured
from gateway.mapping.crosswalk import Crosswalk
from gateway.mapping.denied import denied_column
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.sources import SourceTable, Stored
from gateway.mapping.spec import Condition, Link, MappingFile, Where
from gateway.mapping.transforms import is_null, knows

Hop = Callable[[Stored, list[Finding]], Stored | None]
"""From a row to the row that it names; what is wrong is appended."""

Test = Callable[[Stored], bool]


@dataclass(frozen=True)
class Scope:
    """What names mean where a field is read: the columns of one source, and its links."""

    source: SourceTable
    links: Mapping[str, Link] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def path(self, reference: str) -> tuple[tuple[str, ...], str]:
        """Return the links to follow from the row on, and the column there."""
        first, _, column = reference.partition(".")
        if column and first in self.links:
            return self._chain(first), column
        return (), self.renamed.get(reference, reference)

    def _chain(self, name: str) -> tuple[str, ...]:
        before, _, column = self.links[name].on.partition(".")
        return (*self._chain(before), name) if column and before in self.links else (name,)


@dataclass(frozen=True)
class Place:
    """A cell to read: the source it is in, the column and its slot, and how to get there from the row."""

    source: SourceTable
    column: str
    slot: int
    hops: Sequence[Hop]

    def row(self, row: Stored, out: list[Finding]) -> Stored | None:
        """Return the row that holds the cell."""
        at: Stored | None = row
        for hop in self.hops:
            if at is None:
                return None
            at = hop(at, out)
        return at


class Names:
    """Finds what a mapping file names, among the sources of one run."""

    def __init__(self, mapping: MappingFile, sources: Mapping[str, SourceTable], students: set[str]) -> None:
        self.mapping = mapping
        self._sources = sources
        self._students = students

    def source(self, name: str) -> SourceTable:
        """Return the source of that name, or raise `Misconfigured`."""
        return self._sources[name] if name in self._sources else self.fail(f"there is no source {name!r}")

    def codes(self, name: str) -> Crosswalk:
        """Return the crosswalk of that name, or raise `Misconfigured`."""
        known = self.mapping.codes
        return known[name] if name in known else self.fail(f"there is no crosswalk {name!r}")

    def fail(self, message: str) -> NoReturn:
        """Raise `Misconfigured`, naming the mapping."""
        raise Misconfigured(f"mapping {self.mapping.mapping.name}: {message}")

    def place(self, reference: str, scope: Scope, anchor: str | None = None) -> Place | None:
        """Find a cell. With an anchor the row is that link's row. None: the table or column is not there.

        Raises:
            Misconfigured: there is no such source, or the column is one that is never read.
        """
        path, column = scope.path(reference)
        if denied_column(column):
            self.fail(f"the column {column!r} is never read")
        steps = path[path.index(anchor) + 1 :] if anchor in path else path
        source = self.source(scope.links[path[-1]].source) if path else scope.source
        slot = source.slot(column)
        hops = [self.hop(scope.links[name], scope) for name in steps]
        if slot is None or None in hops:
            return None
        return Place(source, column, slot, [hop for hop in hops if hop])

    def hop(self, link: Link, scope: Scope) -> Hop | None:
        """Compile one link. None: the source or the column is not there."""
        path, column = scope.path(link.on)
        here = self.source(scope.links[path[-1]].source) if path else scope.source
        there = self.source(link.source)
        key = link.key or there.spec.key
        slot = here.slot(column)
        if slot is None or there.table is None or key is None or there.slot(key) is None:
            return None
        return _hop(here, column, slot, there, there.one(key))

    def test(self, where: Where, scope: Scope) -> Test:
        """Compile conditions; all of them must hold."""
        tests = [self._condition(column, condition, scope) for column, condition in where.items()]
        if len(tests) == 1:
            return tests[0]
        return lambda row: all(test(row) for test in tests)

    def _condition(self, reference: str, condition: Condition, scope: Scope) -> Test:
        place = self.place(reference, scope)
        holds = self._holds(condition)
        nothing = holds("")
        if place is None:
            return lambda _row: nothing
        if not place.hops:
            slot = place.slot
            return lambda row: holds(row[slot])
        base = self.place(scope.links[scope.path(reference)[0][0]].on, scope)
        slot = base.slot if base else place.slot

        def through(row: Stored) -> bool:
            there = place.row(row, [])
            return nothing if there is None else holds(there[place.slot])

        return _remembered(through, slot)

    def _holds(self, condition: Condition) -> Callable[[str], bool]:
        allowed = {word.casefold() for word in condition.one_of} if condition.one_of is not None else None
        known = knows(self.codes(condition.lookup)) if condition.lookup else None
        null, students = is_null(self.mapping.conventions), self._students

        def holds(cell: str) -> bool:
            value = "" if null(cell) else cell.strip()
            return (
                (allowed is None or value.casefold() in allowed)
                and (known is None or known(value) is condition.known)
                and (condition.blank is None or (not value) is condition.blank)
                and (condition.student is None or (value in students) is condition.student)
            )

        return holds


def orphan(source: SourceTable, row: Stored, column: str, there: SourceTable) -> Finding:
    """Return the finding about a key that names no row."""
    gone = source.at(row, column) in there.gone
    return source.about(
        row,
        column,
        Rule.REFERENCE_ORPHAN,
        f"the row of {there.file} that it names is {'marked as deleted' if gone else 'not there'}",
        f"export {there.file} again, or correct the key",
    )


def _hop(here: SourceTable, column: str, slot: int, there: SourceTable, index: Mapping[str, Stored]) -> Hop:
    def follow(row: Stored, out: list[Finding]) -> Stored | None:
        key = row[slot]
        if not key:
            return None
        found = index.get(key) or index.get(key.strip())
        if found is None:
            if key.strip():
                out.append(orphan(here, row, column, there))
            return None
        there.use(found)
        return found

    return follow


def _remembered(test: Test, slot: int) -> Test:
    """Return the same test for rows whose answer depends on one key only."""
    known: dict[str, bool] = {}

    def holds(row: Stored) -> bool:
        answer = known.get(row[slot])
        if answer is None:
            answer = known[row[slot]] = test(row)
        return answer

    return holds

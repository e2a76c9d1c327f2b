"""From names in a mapping file to places of cells: columns, links and conditions."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from gateway.mapping.coding import code_of, knows
from gateway.mapping.denied import denied_column
from gateway.mapping.faults import Faults, Path, did_you_mean
from gateway.mapping.headers import Resolved
from gateway.mapping.nodes import Condition, LinkPlan, Place, Test
from gateway.mapping.spec import MappingFile
from gateway.mapping.spec_fields import Condition as ConditionSpec
from gateway.mapping.spec_fields import Link, Where
from gateway.mapping.transforms import is_null

_REMEMBERED: Final = 4_096
"""Texts of which each condition remembers whether it holds."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean where a field is read: the columns of one source, and its links.

    `base` is the way that leads here: names are written as seen from where the way begins.
    """

    source: Resolved
    specs: Mapping[str, Link] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    links: dict[str, LinkPlan] = field(default_factory=dict)
    base: tuple[str, ...] = ()
    path: Path = ()
    """Where the links stand in the file."""
    elsewhere: frozenset[str] = frozenset()
    """Columns that other sources of the same fields have: nobody misses them here."""

    def chain(self, reference: str) -> tuple[tuple[str, ...], str]:
        """Return the links to follow from the beginning of the way, and the column there."""
        first, _, column = reference.partition(".")
        if column and first in self.specs:
            return self.way(first), column
        return (), self.renamed.get(reference, reference)

    def way(self, name: str) -> tuple[str, ...]:
        """Return the links from the beginning up to this one.

        It begins at another link's row where all its cells are of that row, else at the beginning.
        """
        on = self.specs[name].on
        before = {reference.partition(".")[0] for reference in on if self._is_linked(reference)}
        if len(before) == 1 and all(map(self._is_linked, on)):
            return (*self.way(before.pop()), name)
        return (name,)

    def _is_linked(self, reference: str) -> bool:
        first, dot, _ = reference.partition(".")
        return bool(dot) and first in self.specs


class Names:
    """Finds what a mapping file names, among the sources of one run; notes what is not there."""

    def __init__(self, mapping: MappingFile, sources: Mapping[str, Resolved], faults: Faults) -> None:
        self.mapping = mapping
        self.sources = sources
        self.faults = faults

    def source(self, name: str, path: Path) -> Resolved | None:
        """Return the source of that name."""
        found = self.sources.get(name)
        if found is None:
            self.faults.error(path, f"there is no source {name!r}", did_you_mean(name, self.sources))
        return found

    def place(self, reference: str, scope: Scope, path: Path, *, quiet: bool = False) -> Place | None:
        """Find a cell. None: the table or column is not there, which is noted unless the table lacks it."""
        if not reference:
            return None
        chain, column = scope.chain(reference)
        if not column:
            return None
        if chain[: len(scope.base)] != scope.base:
            self.faults.error(path, f"{reference!r} cannot be read from here")
            return None
        steps = chain[len(scope.base) :]
        source = scope.source
        at = scope.links
        link: LinkPlan | None = None
        for name in steps:
            link = self._link(name, source, at, scope)
            if link is None:
                return None
            source, at = link.target, link.links
            link.silent = link.silent and quiet
        if not self._ask(source, column, path, elsewhere=() if steps else scope.elsewhere):
            return None
        if link is not None:
            link.columns.setdefault(column)
        return Place(steps, source, column)

    def _link(self, name: str, source: Resolved, at: dict[str, LinkPlan], scope: Scope) -> LinkPlan | None:
        if name in at:
            return at[name]
        spec = scope.specs[name]
        path: Path = (*scope.path, name)
        target = self.source(spec.source, (*path, "source"))
        if target is None or target.table is None:
            return None
        key = spec.key or target.spec.key
        if len(key) != len(spec.on):
            self.faults.error(path, f"the link names {len(spec.on)} columns for a key of {len(key)}")
            return None
        on = self._on(name, source, scope, (*path, "on"))
        if on is None or not all(self._ask(target, column, (*path, "key")) for column in key):
            return None
        where = self.test(spec.where, Scope(target), (*path, "where"))
        at[name] = LinkPlan(name, on, target, key, where, spec.required, optional=spec.optional)
        return at[name]

    def _on(self, name: str, source: Resolved, scope: Scope, path: Path) -> tuple[Place, ...] | None:
        """Find the cells that a link starts from, as seen from its own beginning."""
        nested = len(scope.way(name)) > 1
        found: list[Place | None] = []
        for reference in scope.specs[name].on:
            chain, column = scope.chain(reference)
            if chain and not nested:
                found.append(self.place(reference, scope, path))
            else:
                asked = self._ask(source, column, path, elsewhere=scope.elsewhere)
                found.append(Place((), source, column) if asked else None)
        return tuple(one for one in found if one) if all(found) else None

    def _ask(self, source: Resolved, column: str, path: Path, elsewhere: Collection[str] = ()) -> bool:
        if denied_column(column):
            self.faults.error(path, f"the column {column!r} is never read")
            return False
        if source.ask(column):
            return True
        if column in elsewhere:
            return False
        known = source.spec.columns or tuple(source.columns)
        if source.table is not None and column not in known:
            lenient = source.spec.others == "ignore" and not source.spec.columns
            note = self.faults.warning if lenient else self.faults.error
            note(path, f"{source.file} has no column {column!r}", did_you_mean(column, source.columns))
        elif source.table is not None and source.columns:
            self.faults.warning(
                path,
                f"{source.file} lacks the column {column!r} here",
                did_you_mean(column, set(source.columns) - source.asked.keys()),
            )
        return False

    def test(self, where: Where, scope: Scope, path: Path) -> Test:
        """Compile conditions."""
        return tuple(
            Condition(
                self.place(column, scope, (*path, column), quiet=True),
                self._holds(condition, path),
                condition.student,
            )
            for column, condition in where.items()
        )

    def _holds(self, condition: ConditionSpec, path: Path) -> Callable[[str], bool]:
        allowed = {word.casefold() for word in condition.one_of} if condition.one_of is not None else None
        others = {word.casefold() for word in condition.not_of or ()}
        walk = self.mapping.codes.get(condition.lookup) if condition.lookup else None
        if condition.lookup and walk is None:
            self.unknown_codes(condition.lookup, path)
        known = knows(walk) if walk else None
        null = is_null(self.mapping.conventions)

        @lru_cache(_REMEMBERED)
        def holds(cell: str) -> bool:
            value = "" if null(cell) else cell.strip()
            return (
                (allowed is None or code_of(value)[0].casefold() in allowed)
                and code_of(value)[0].casefold() not in others
                and (known is None or known(value) is condition.known)
                and (condition.blank is None or (not value) is condition.blank)
            )

        return holds

    def unknown_codes(self, name: str, path: Path) -> None:
        """Note that there is no crosswalk of that name."""
        self.faults.error(path, f"there is no crosswalk {name!r}", did_you_mean(name, self.mapping.codes))

"""What of a mapping cannot be turned round, told before any backpack arrives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.mapping.faults import Fault, Path
from gateway.mapping.inverse_places import columns_of, key_fields
from gateway.mapping.leaves import fields_of, place_in_file
from gateway.mapping.plan import PartPlan, Plan
from gateway.mapping.scopes import Scope
from gateway.mapping.spec import EntrySpec
from gateway.mapping.spec_fields import Items, Leaf, Link, Node, Tree


@dataclass(frozen=True, slots=True)
class Irreversible:
    """A field whose cell cannot be computed back, or is not the cell that was read."""

    path: Path
    """Where in the mapping file."""
    section: str
    field: str
    """Wire names below the entry."""
    reason: str
    lost: bool
    """Whether the value is lost; otherwise it is written, but not as it was."""


_JOINED: Final = "it is put together of several columns, which cannot be told apart again"
_EXTRACTED: Final = "only what the pattern takes of the cell is kept; the rest of the cell is gone"
_ABSENT: Final = "the local system has no column for it"
_FIRST: Final = "of several columns the first that is there is written"
_ANEW: Final = "no field holds the key of its row; a new one is made"
_WHOLE: Final = frozenset({"(.*)", "(.+)", "^(.*)$", "^(.+)$"})


def invertible(plan: Plan) -> list[Irreversible]:
    """Return every field that does not come back as it was; without any, the mapping can be turned round."""
    found = [one for at, entry in enumerate(plan.mapping.entries) for one in _entry(plan, at, entry)]
    return list(dict.fromkeys(found))


def faults_of_inversion(plan: Plan) -> list[Fault]:
    """Return warnings about what is lost on the way back, for `map check`.

    Columns that the local system lacks are not repeated: the plan names them already.
    """
    found = {
        one.path: Fault(
            one.path,
            f"{one.section}.{one.field} cannot be written back: {one.reason}",
            "map the columns singly, or enter it by hand when a backpack arrives",
            "warning",
        )
        for one in invertible(plan)
        if one.lost and one.reason != _ABSENT
    }
    return list(found.values())


def _entry(plan: Plan, at: int, entry: EntrySpec) -> Iterator[Irreversible]:
    parts = plan.sections[at]
    fields = fields_of(plan.mapping, entry)
    for wire, node in fields.items():
        path = place_in_file(plan.mapping, ("entries", at, "fields", wire))
        told = [_Told(plan, entry.section, _scope(part)) for part in parts]
        seen = [list(one.node(node, path, (wire,))) for one in told]
        yield from _least(seen) if seen else (Irreversible(path, entry.section, wire, _ABSENT, lost=True),)
    for part in parts[:1]:
        yield from _links(plan, at, entry, part)


def _scope(part: PartPlan) -> Scope:
    return Scope(part.source, part.spec.links, part.part.columns)


def _least(seen: list[list[Irreversible]]) -> list[Irreversible]:
    """Return what is said of a field by the part that loses least of it."""
    return min(seen, key=lambda told: sum(one.lost for one in told))


def _links(plan: Plan, at: int, entry: EntrySpec, part: PartPlan) -> Iterator[Irreversible]:
    """Tell of links whose key no field holds: the rows behind them get new keys."""
    scope = _scope(part)
    read = {
        scope.chain(name) for node in fields_of(plan.mapping, entry).values() for name in columns_of(node)
    }
    read |= {scope.chain(name) for name in (part.part.student, entry.key[0]) if name}
    for name, link in entry.links.items():
        target = plan.sources[link.source]
        keys = link.key or target.spec.key
        cells = [*map(scope.chain, link.on), *((scope.way(name), key) for key in keys)]
        if target.table is not None and not _is_named(entry.links, cells, read, scope):
            yield Irreversible(("entries", at, "links", name), entry.section, name, _ANEW, lost=False)


def _is_named(
    links: Mapping[str, Link],
    cells: list[tuple[tuple[str, ...], str]],
    read: set[tuple[tuple[str, ...], str]],
    scope: Scope,
) -> bool:
    """Tell whether a field holds the key, here or at another row that is named by the same cells."""
    if read.intersection(cells):
        return True
    same = {
        (scope.way(other), key)
        for other, link in links.items()
        for reference, key in zip(link.on, link.key, strict=False)
        if scope.chain(reference) in cells
    }
    return bool(read & same)


@dataclass(frozen=True, slots=True)
class _Told:
    """Tells what of a node cannot be turned round where its names mean the columns of `scope`."""

    plan: Plan
    section: str
    scope: Scope

    def node(self, node: Node, path: Path, wire: tuple[str, ...]) -> Iterator[Irreversible]:
        """Yield what is not as it was."""
        if isinstance(node, Items):
            for at, one in enumerate(node.nodes):
                yield from self.node(one, (*path, at), wire)
        elif node.many:
            there = self.plan.sources[node.many.source]
            inner = _Told(self.plan, self.section, Scope(there, node.many.links))
            yield from inner._one(node, path, wire)
        else:
            yield from self._one(node, path, wire)

    def _one(self, node: Leaf | Tree, path: Path, wire: tuple[str, ...]) -> Iterator[Irreversible]:
        if isinstance(node, Tree):
            for name, one in node.fields.items():
                yield from self.node(one, (*path, name), (*wire, name))
        elif node.column and (said := self._leaf(node)):
            yield Irreversible(path, self.section, ".".join(wire), said[0], lost=said[1])

    def _leaf(self, leaf: Leaf) -> tuple[str, bool] | None:
        there = [name for name in leaf.column if self._is_there(name)]
        if not there:
            return _ABSENT, True
        if leaf.join is not None and len(there) > 1:
            return _JOINED, True
        if leaf.extract and leaf.extract not in _WHOLE:
            return _EXTRACTED, True
        if leaf.object:
            spec = self.plan.mapping.objects[leaf.object]
            key = self.plan.sources[spec.source].spec.key[0]
            return None if key_fields(spec, key) else (_ANEW, False)
        return (_FIRST, False) if len(there) > 1 else None

    def _is_there(self, reference: str) -> bool:
        chain, column = self.scope.chain(reference)
        source = self.plan.sources[self.scope.specs[chain[-1]].source] if chain else self.scope.source
        return column in source.columns and source.columns[column] not in source.denied

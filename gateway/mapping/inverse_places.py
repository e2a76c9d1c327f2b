"""Where the values of an entry go: cells, the rows that links lead to, and conditions made true."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from gateway.mapping.faults import Faults
from gateway.mapping.inverse_cells import is_coded
from gateway.mapping.inverse_drafts import KEY, Draft, Line, Lost, Slot, Where
from gateway.mapping.plan import Plan
from gateway.mapping.scopes import Names, Scope
from gateway.mapping.spec import ObjectSpec
from gateway.mapping.spec_fields import Condition, Items, Leaf, Many, Node, Tree
from gateway.mapping.spec_fields import Where as Conditions

NO_COLUMN: Final = "the local system has no column for it"
OTHERWISE: Final = "the local system would say something else there"


class Spot(NamedTuple):
    """Where names are read from: a row, and what names mean there."""

    line: Line
    scope: Scope


@dataclass(frozen=True, slots=True)
class Reach:
    """Finds the cells of an entry's rows, and begins the rows."""

    plan: Plan
    draft: Draft

    def slot(self, reference: str, spot: Spot) -> Slot | None:
        """Return the cell that a name means; None where the local system has none."""
        chain, column = spot.scope.chain(reference)
        line = self.line(chain, spot)
        if line is None or not column or not line.writes(column):
            return None
        return Slot(line, column)

    def line(self, chain: Sequence[str], spot: Spot) -> Line | None:
        """Return the row to which links lead, begun where it is not there yet."""
        at: Line | None = spot.line
        for step, name in enumerate(chain):
            if at is not None:
                at = at.linked.get(name) or self._linked(at, tuple(chain[: step + 1]), spot)
        return at

    def _linked(self, here: Line, chain: tuple[str, ...], spot: Spot) -> Line | None:
        name = chain[-1]
        link = spot.scope.specs[name]
        target = self.plan.sources[link.source]
        key = link.key or target.spec.key
        if target.table is None or len(key) != len(link.on) or not set(key) <= target.columns.keys():
            return None
        slots = [self.slot(reference, spot) for reference in link.on]
        if not all(slots):
            return None
        line = self.draft.line(target, target.spec.key or key, needed=link.required)
        self.draft.link(here, name, line)
        named = [Slot(line, column) for column in key]
        self.draft.tie(zip((slot for slot in slots if slot), named, strict=True), line)
        if link.where:
            self.draft.check(partial(self._unheld, link.where, Spot(line, Scope(target))))
            self.holds(link.where, Spot(line, Scope(target)), only_fill=True)
        self.draft.settle()
        return line

    def _unheld(self, where: Conditions, spot: Spot) -> Lost | None:
        written = spot.line.cells.keys() - spot.line.key
        return Lost(KEY, OTHERWISE) if written and not self.holds(where, spot) else None

    def row_of(self, many: Many, spot: Spot) -> Spot | None:
        """Begin a row of the other table that names this one."""
        source = self.plan.sources[many.source]
        if source.table is None:
            return None
        slots = [self.slot(name, spot) for name in many.equals]
        line = self.draft.line(source, source.spec.key)
        found = [slot for slot in slots if slot]
        if len(found) < len(slots) or not all(map(line.writes, many.column)):
            return None
        pairs = zip((Slot(line, column) for column in many.column), found, strict=True)
        found[0].line.needed = True
        if source is spot.line.source and [(slot.line, slot.column) for slot in found] == [
            (spot.line, column) for column in many.column
        ]:
            self.draft.part_of(spot.line, line)
        self.draft.tie(pairs, found[0].line)
        return Spot(line, Scope(source, many.links))

    def holds(self, where: Conditions, spot: Spot, *, only_fill: bool = False) -> bool:
        """Make conditions true where cells are empty; tell whether they hold."""
        if not where:
            return True
        tests = Names(self.plan.mapping, self.plan.sources, Faults()).test(
            where, Scope(spot.scope.source, spot.scope.specs, spot.scope.renamed), ()
        )
        held = True
        for (column, condition), test in zip(where.items(), tests, strict=True):
            slot = self.slot(column, spot) if test.place else None
            if condition.student is not None or (slot is None and only_fill):
                continue
            if slot and not slot.text and not test.holds(""):
                word = self._word(condition)
                if word:
                    self.draft.put(slot, word)
            held = held and test.holds(slot.text if slot else "")
        return held

    def _word(self, condition: Condition) -> str:
        """Return a word that makes a condition true, empty where nobody can know one."""
        if condition.one_of:
            return condition.one_of[0]
        if condition.lookup and condition.known and condition.lookup in self.plan.mapping.codes:
            values = self.plan.mapping.codes[condition.lookup].values
            return values[0].code if values else ""
        return ""

    def lose_all(self, value: Any, place: Where, reason: str) -> None:
        """Note that no cell takes anything of the value."""
        for one in leaf_places(value, place):
            self.draft.lose(one, reason)

    def lose_others(self, value: Mapping[str, Any], name: str, place: Where) -> None:
        """Note what an object has beside one field."""
        for wire in value:
            if wire != name:
                self.lose_all(value[wire], (*place, wire), NO_COLUMN)

    def lose_words(self, value: Any, place: Where) -> None:
        """Note what a coded value carries beside its code."""
        for wire in ("localDisplay", "extensions"):
            if is_coded(value) and wire in value:
                self.lose_all(value[wire], (*place, wire), NO_COLUMN)


def key_fields(spec: ObjectSpec, key: str) -> list[str]:
    """Return the fields of a shared object that hold its key and nothing else."""
    fields = {wire: node for wire, node in spec.fields.items() if isinstance(node, Leaf)}
    return [wire for wire, node in fields.items() if node.column == (key,)]


def leaf_places(value: Any, place: Where) -> Iterator[Where]:
    """Yield the places of single values; a coded value is one."""
    if isinstance(value, dict) and not is_coded(value):
        for wire, one in value.items():
            yield from leaf_places(one, (*place, wire))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from leaf_places(one, (*place, at))
    else:
        yield place


def in_one_cell(node: Node) -> bool:
    """Tell whether several items stand in one cell."""
    return isinstance(node, Leaf) and not node.many and bool(node.split or node.reading == "typedIds")


def gives_many(node: Node) -> bool:
    """Tell whether a node makes several items of a list."""
    return in_one_cell(node) or (isinstance(node, Leaf | Tree) and node.many is not None)


def without_many(node: Leaf | Tree) -> Node:
    """Return what a node makes of a single row."""
    if isinstance(node, Leaf):
        return node.model_copy(update={"many": None})
    return Tree(node.fields, node.when)


def columns_of(node: Node) -> Iterator[str]:
    """Yield every column that a node reads from its own row or links."""
    if isinstance(node, Items):
        for one in node.nodes:
            yield from columns_of(one)
    elif node.many:
        yield from node.many.equals
    elif isinstance(node, Leaf):
        yield from node.column
    else:
        for one in node.fields.values():
            yield from columns_of(one)

"""An entry's values put into cells: the mapping's nodes, walked from the value to the column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, get_args

from pydantic import BaseModel

from gateway.domain.backpack import base
from gateway.mapping.compile import is_model, required_of, without_none
from gateway.mapping.headers import Resolved
from gateway.mapping.inverse_cells import CellWriter, Origin, same
from gateway.mapping.inverse_drafts import Draft, Line, Lost, Slot, Where
from gateway.mapping.inverse_places import (
    NO_COLUMN,
    OTHERWISE,
    Reach,
    Spot,
    gives_many,
    in_one_cell,
    key_fields,
    leaf_places,
    without_many,
)
from gateway.mapping.leaves import field_type
from gateway.mapping.plan import Plan
from gateway.mapping.scopes import Scope
from gateway.mapping.spec_fields import Items, Leaf, Node, Tree

NO_TEXT: Final = "no text of the local system says this"
TAKEN: Final = "the column holds another value of the same row"
_FIRST: Final = ("restrictions", "pickupAllowed")
"""Fields whose cells nothing else may take."""


class Misfit(Exception):
    """The node makes something else than this value."""


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills the rows of one entry."""

    plan: Plan
    writer: CellWriter
    draft: Draft
    origin: Origin
    reach: Reach

    # --- objects ---------------------------------------------------------------------------------------

    def fields(
        self,
        model: type[BaseModel],
        nodes: Mapping[str, Node],
        value: Mapping[str, Any],
        spot: Spot,
        place: Where,
        *,
        strict: bool = False,
    ) -> None:
        """Put the fields of an object into cells; those that the mapping does not have are lost.

        Raises:
            Misfit: the object has another fixed value; with `strict`, or lacks it.
        """
        for wire in sorted(value, key=lambda name: name not in _FIRST):
            if wire not in nodes:
                self.reach.lose_all(value[wire], (*place, wire), NO_COLUMN)
        for wire in sorted(nodes, key=lambda name: name not in _FIRST):
            node, annotation = nodes[wire], field_type(model, wire)
            if annotation is None:
                continue
            if isinstance(node, Leaf) and not node.column:
                self._fixed(node, annotation, value.get(wire), spot, (*place, wire), strict=strict)
            elif wire in value:
                self.node(node, annotation, value[wire], spot, (*place, wire))

    def node(self, node: Node, annotation: Any, value: Any, spot: Spot, place: Where) -> None:
        """Put a value into cells."""
        inner = without_none(annotation)
        if isinstance(node, Items):
            self._items(node, get_args(inner)[0], value, spot, place)
        elif isinstance(node, Tree):
            self._tree(node, inner, value, spot, place, strict=False)
        else:
            self._leaf(node, annotation, value, spot, place)

    def _tree(self, node: Tree, model: Any, value: Any, spot: Spot, place: Where, *, strict: bool) -> None:
        if not is_model(model) or not isinstance(value, dict):
            self.reach.lose_all(value, place, NO_COLUMN)
            return
        if not self.reach.holds(node.when, spot):
            if strict:
                raise Misfit
            self.reach.lose_all(value, place, OTHERWISE)
            return
        mark, before = self.draft.mark(), len(self.draft.losses)
        self.fields(model, node.fields, value, spot, place, strict=strict)
        needed = {(*place, wire) for wire in required_of(model)}
        if any(lost.place[: len(place) + 1] in needed for lost in self.draft.losses[before:]):
            reason = self.draft.losses[before].reason
            self.draft.undo(mark)
            self.reach.lose_all(value, place, reason)

    # --- values ----------------------------------------------------------------------------------------

    def _fixed(
        self, leaf: Leaf, annotation: Any, value: Any, spot: Spot, place: Where, *, strict: bool
    ) -> None:
        """Hold a fixed value against the one there is; make its condition true where that can be done."""
        if value is None:
            if strict and not leaf.when:
                raise Misfit
            return
        if not same(self.writer.fixed(leaf, annotation), value, own=self.origin.own):
            if not leaf.convention:
                raise Misfit
            self.reach.lose_all(value, place, OTHERWISE)
        elif not self.reach.holds(leaf.when, spot):
            self.reach.lose_all(value, place, OTHERWISE)

    def _leaf(self, leaf: Leaf, annotation: Any, value: Any, spot: Spot, place: Where) -> None:
        if leaf.wrap:
            self._wrapped(leaf, annotation, value, spot, place)
        elif not self.reach.holds(leaf.when, spot):
            self.reach.lose_all(value, place, OTHERWISE)
        elif leaf.object:
            self._refer(leaf, value, spot, place)
        elif leaf.join is not None:
            self._apart(leaf, leaf.join, value, spot, place)
            self.draft.check(partial(self._joined, leaf, annotation, value, spot, place))
        else:
            self._write(leaf, annotation, value, spot, place)

    def _wrapped(self, leaf: Leaf, annotation: Any, value: Any, spot: Spot, place: Where) -> None:
        name, model = str(leaf.wrap), without_none(annotation)
        self.reach.lose_others(value, name, place)
        if name in value and is_model(model):
            bare = leaf.model_copy(update={"wrap": None})
            self._leaf(bare, field_type(model, name), value[name], spot, (*place, name))

    def _write(self, leaf: Leaf, annotation: Any, value: Any, spot: Spot, place: Where) -> None:
        """Write into the first column that is there, and that nothing else took."""
        reason = NO_COLUMN
        for at, reference in enumerate(leaf.column):
            slot = self.reach.slot(reference, spot)
            if slot is None:
                continue
            if slot.text:
                read = self.writer.read(leaf, annotation, slot.text)
                if same(read, value, own=self.origin.own):
                    return
                reason = TAKEN
                if read is not None:
                    break
                continue
            text = self.writer.text(leaf, annotation, value, at, self.origin)
            if text is not None:
                self.draft.put(slot, text, place)
                self.reach.lose_words(value, place)
                return
            reason = NO_TEXT
        self.reach.lose_all(value, place, reason)

    def _apart(self, leaf: Leaf, join: str, value: Any, spot: Spot, place: Where) -> None:
        """Take a value apart that is made of the columns of a key; nobody knows where a name is divided."""
        slots = [slot for name in leaf.column if (slot := self.reach.slot(name, spot))]
        pieces = str(value).split(join)
        is_key = all(slot.column in {*slot.line.key, *slot.line.source.spec.key} for slot in slots)
        if is_key and len(pieces) == len(slots):
            for slot, piece in zip(slots, pieces, strict=True):
                if not slot.text and piece:
                    self.draft.put(slot, piece, place)

    def _joined(self, leaf: Leaf, annotation: Any, value: Any, spot: Spot, place: Where) -> Lost | None:
        """Tell at the end whether the cells, put together, say it anyhow."""
        slots = [self.reach.slot(reference, spot) for reference in leaf.column]
        text = str(leaf.join).join(slot.text for slot in slots if slot and slot.text)
        if same(self.writer.read(leaf, annotation, text), value, own=self.origin.own):
            return None
        return Lost(place, "it is put together of several columns and cannot be taken apart")

    # --- shared objects --------------------------------------------------------------------------------

    def _refer(self, leaf: Leaf, value: Any, spot: Spot, place: Where) -> None:
        slot = next((one for name in leaf.column if (one := self.reach.slot(name, spot))), None)
        if slot is None:
            self.reach.lose_all(value, place, NO_COLUMN)
        else:
            self._object(str(leaf.object), value, slot, place)

    def _object(self, name: str, value: Mapping[str, Any], slot: Slot, place: Where) -> None:
        """Write a row of the object's table, and its key into the cell that names it."""
        spec = self.plan.mapping.objects[name]
        source = self.plan.sources[spec.source]
        key = source.spec.key[0]
        if value.keys() == {spec.orphan} or source.table is None or key not in source.columns:
            self._orphan(spec.orphan, value, slot, place)
            return
        named = {str(value[wire]) for wire in key_fields(spec, key) if wire in value}
        if slot.text and named and slot.text not in named:
            self.reach.lose_all(value, place, TAKEN)
            return
        line = self.draft.line(source, (key,), needed=True)
        there = Spot(line, Scope(source, spec.links))
        self.draft.tie([(slot, Slot(line, key))], line)
        self.draft.settle()
        self.fields(getattr(base, spec.model), spec.fields, value, there, place)

    def _orphan(self, orphan: str, value: Mapping[str, Any], slot: Slot, place: Where) -> None:
        """Write the one field of an object that has no row, which is its key."""
        self.reach.lose_others(value, orphan, place)
        if orphan in value and not slot.text:
            self.draft.put(slot, str(value[orphan]), (*place, orphan))
        elif orphan in value and slot.text != value[orphan]:
            self.draft.lose((*place, orphan), TAKEN)

    # --- lists -----------------------------------------------------------------------------------------

    def _items(self, items: Items, annotation: Any, values: Sequence[Any], spot: Spot, place: Where) -> None:
        """Give every item of a list to the node that loses least of it; several may go into one cell."""
        taken: set[int] = set()
        pieces: dict[int, list[tuple[Any, Where]]] = {}
        for at, value in enumerate(values):
            here = (*place, at)
            free = {number: node for number, node in enumerate(items.nodes) if number not in taken}
            best = self._best(free, annotation, value, spot, here)
            if best is None:
                self.reach.lose_all(value, here, NO_COLUMN)
            elif in_one_cell(items.nodes[best]):
                pieces.setdefault(best, []).append((value, here))
            else:
                self._item(items.nodes[best], annotation, value, spot, here)
                taken |= set() if gives_many(items.nodes[best]) else {best}
        for at, found in pieces.items():
            self._pieces(items.nodes[at], annotation, found, spot)

    def _best(
        self, nodes: Mapping[int, Node], annotation: Any, value: Any, spot: Spot, place: Where
    ) -> int | None:
        """Return the node that keeps most of the item; None where none keeps anything."""
        costs = [
            (cost, gives_many(node), at)
            for at, node in nodes.items()
            if (cost := self._cost(node, annotation, value, spot, place)) is not None
        ]
        best = min(costs, default=None)
        return best[2] if best and best[0] < sum(1 for _ in leaf_places(value, place)) else None

    def _cost(self, node: Node, annotation: Any, value: Any, spot: Spot, place: Where) -> int | None:
        """Return how much of the item would be lost; None where the node makes something else."""
        mark, before, checks = self.draft.mark(), len(self.draft.losses), len(self.draft.checks)
        try:
            if in_one_cell(node):
                self._pieces(node, annotation, [(value, place)], spot)
            else:
                self._item(node, annotation, value, spot, place)
            asked = [check() for check in self.draft.checks[checks:]]
            return len(self.draft.losses) - before + len([one for one in asked if one])
        except Misfit:
            return None
        finally:
            self.draft.undo(mark)

    def _item(self, node: Node, annotation: Any, value: Any, spot: Spot, place: Where) -> None:
        if isinstance(node, Leaf | Tree) and node.many:
            there = self.reach.row_of(node.many, spot)
            if there is None:
                self.reach.lose_all(value, place, NO_COLUMN)
                return
            many, spot = node.many, there
            self._one(without_many(node), annotation, value, spot, place)
            if not self.reach.holds(many.where, spot):
                raise Misfit
            return
        self._one(node, annotation, value, spot, place)

    def _one(self, node: Node, annotation: Any, value: Any, spot: Spot, place: Where) -> None:
        """Put one item into cells; what is fixed in its node must be there."""
        if isinstance(node, Tree):
            self._tree(node, without_none(annotation), value, spot, place, strict=True)
        elif isinstance(node, Leaf) and not node.column:
            if not same(self.writer.fixed(node, annotation), value, own=self.origin.own):
                raise Misfit
            if not self.reach.holds(node.when, spot):
                raise Misfit
        else:
            self.node(node, annotation, value, spot, place)

    def _pieces(self, node: Node, annotation: Any, found: Sequence[tuple[Any, Where]], spot: Spot) -> None:
        """Write several values into one cell."""
        if not isinstance(node, Leaf):
            return
        slot = self.reach.slot(node.column[0], spot)
        if slot is None or slot.text or not self.reach.holds(node.when, spot):
            for value, place in found:
                self.reach.lose_all(value, place, TAKEN if slot else NO_COLUMN)
            return
        texts = []
        for value, place in found:
            text = self._piece(node, annotation, value, place)
            if text is not None:
                texts.append(text)
        if texts:
            self.draft.put(slot, (node.split or ",").join(texts), found[0][1])

    def _piece(self, node: Leaf, annotation: Any, value: Any, place: Where) -> str | None:
        """Return the text of one of several values; None, with what is lost, where there is none."""
        if node.object:
            return self._piece_of_object(node, value, place)
        if node.reading == "typedIds":
            text = self.writer.typed_id(value, self.origin)
            read = self.writer.read(node, annotation, text)
            fits = bool(read) and read[0]["value"] == value["value"]
            fits = fits and same(read[0]["system"], value["system"], own=self.origin.own)
            others = value.keys() - {"system", "value"}
            for name in others if fits else ():
                self.reach.lose_all(value[name], (*place, name), NO_COLUMN)
        else:
            bare, kind, said = self._bare(node, annotation, value, place)
            text = self.writer.text(bare, kind, said, 0, self.origin) or ""
            fits = bool(text) and (node.split or ",") not in text
        if fits:
            return text
        self.reach.lose_all(value, place, NO_TEXT)
        return None

    def _bare(self, node: Leaf, annotation: Any, value: Any, place: Where) -> tuple[Leaf, Any, Any]:
        """Return the leaf, its type and the value without the object around it."""
        if not node.wrap or not isinstance(value, dict):
            return node, annotation, value
        self.reach.lose_others(value, node.wrap, place)
        inner = field_type(without_none(annotation), node.wrap)
        return node.model_copy(update={"wrap": None}), inner, value.get(node.wrap)

    def _piece_of_object(self, node: Leaf, value: Mapping[str, Any], place: Where) -> str | None:
        """Write the row of one of several objects in a cell, and return its key."""
        spec = self.plan.mapping.objects[str(node.object)]
        source = self.plan.sources[spec.source]
        since = len(self.draft.ties)
        piece = Slot(Line(Resolved("", source.spec, source.table, {"piece": ""}), ()), "piece")
        self._object(str(node.object), value, piece, place)
        self.draft.assign(since)
        return piece.text or None

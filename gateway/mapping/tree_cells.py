"""The cells of an object on columns, all looked up at once: each question to polars costs the same."""

from collections.abc import Iterator

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.cells import Cell
from gateway.mapping.columns import named
from gateway.mapping.lookups import CellLookup, Looked
from gateway.mapping.nodes import Node, Place, Several, Tree, Value
from gateway.mapping.problems import Problems


class TreeCells:
    """What cells come to. What was learned is kept for the next frame; safe for several threads."""

    def __init__(self, problems: Problems, dictionary: Dictionary) -> None:
        self._problems = problems
        self._dictionary = dictionary
        self._lookups: dict[tuple[Cell, str], CellLookup] = {}

    def read(self, cell: Cell, prefix: str, frame: pl.DataFrame, place: Place) -> Looked:
        """Return what the cells at the place come to, each behind the prefix."""
        lookup = self._lookup(cell, prefix)
        name = _read_name(place, lookup)
        if name in frame.columns:
            return Looked(frame.get_column(name), frame.get_column(f"{name}!", default=None))
        return lookup(frame.get_column(place.name))

    def _lookup(self, cell: Cell, prefix: str) -> CellLookup:
        lookup = self._lookups.get((cell, prefix))
        if lookup is None:
            lookup = self._lookups[cell, prefix] = CellLookup(cell, prefix, self._problems, self._dictionary)
        return lookup

    def looked_up(self, tree: Tree, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with what the tree's cells come to: all of them are looked up at once."""
        wanted = {}
        for cell, prefix, place in _values_in(tree, ""):
            lookup = self._lookup(cell, prefix)
            name = _read_name(place, lookup)
            if name not in frame.columns:
                wanted[name] = lookup, place.name
        tries = {name: lookup.tries(column) for name, (lookup, column) in wanted.items()}
        asked = {str(one.meta.output_name()): one for some in tries.values() for one in some}
        tried = frame.select(asked.values())
        looked: list[pl.Series] = []
        for name, (lookup, column) in wanted.items():
            there = [tried.get_column(one.meta.output_name()) for one in tries[name]]
            json, problem = lookup.settled(frame.get_column(column), there)
            looked += [json.alias(name), *([] if problem is None else [problem.alias(f"{name}!")])]
        return frame.hstack(looked)


def _values_in(node: Node, prefix: str) -> Iterator[tuple[Cell, str, Place]]:
    """Yield what reads the first cell of each value in a tree, and what stands before it."""
    if isinstance(node, Value) and node.join is None:
        yield node.cell, prefix, node.places[0]
    elif isinstance(node, Tree):
        for one in node.fields:
            yield from _values_in(one.node, named(one.name))
    elif isinstance(node, Several):
        for item in node.nodes:
            yield from _values_in(item, ",")


def _read_name(place: Place, lookup: CellLookup) -> str:
    """Return the column that holds what a cell came to."""
    return f"{place.name}|{id(lookup)}"

"""Nodes evaluated on columns: from a frame of rows to a column of JSON text, and what was wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.cells import Cell
from gateway.mapping.columns import (
    AT,
    FILE,
    JSON,
    KEY,
    LINE,
    PRESENT,
    UNSAID,
    braced,
    joined,
    key_of,
    listed,
    named,
    together,
    where,
)
from gateway.mapping.compose import missing_problem
from gateway.mapping.conditions import Conditions
from gateway.mapping.found import cells_found, files_of, found_frame, line_of, repeated
from gateway.mapping.linking import Linking
from gateway.mapping.made import FieldsMade, Made, gathered, lacking_of, masked
from gateway.mapping.nodes import (
    Field,
    Fixed,
    Node,
    Pieces,
    Place,
    Reference,
    Rows,
    Several,
    Tree,
    Value,
)
from gateway.mapping.problems import Problems
from gateway.mapping.shared_objects import SharedObjects
from gateway.mapping.tree_cells import TreeCells


class Targets(Protocol):
    """Gives the rows that links, lists and shared objects lead to."""

    def rows(self, source: str, key: Sequence[str], keys: pl.Series) -> pl.DataFrame:
        """Return the rows whose `key` is one of the keys, in order, with `KEY`, `LINE`, `AT` and `FAULT`."""

    def gone(self, source: str) -> pl.Series:
        """Return the keys of the rows that are marked as deleted."""

    def use(self, source: str, at: pl.Series) -> None:
        """Say that rows were used."""


@dataclass
class Frames:
    """Evaluates nodes. What lookups learn is kept for the next frame; safe for several threads."""

    problems: Problems
    targets: Targets
    conditions: Conditions
    dictionary: Dictionary
    shared: list[pl.DataFrame] = field(default_factory=list)
    """`FOUND` of rows that many students share."""

    def __post_init__(self) -> None:
        self._cells = TreeCells(self.problems, self.dictionary)
        self.links = Linking(self)
        self._objects = SharedObjects(self)

    def fields(self, tree: Tree, frame: pl.DataFrame, file: str, *, always: bool = False) -> "FieldsMade":
        """Return the fields of an object without its braces, and for each required one what is lacking.

        A fixed field is there where another one is, or `always`, or if there are no others. Lacking is
        `PRESENT`, `SAID` or `UNSAID`.
        """
        frame = self._cells.looked_up(tree, frame)
        by_name: dict[str, Made] = {}
        for one in tree.fields:
            if not isinstance(one.node, Fixed):
                by_name[one.name] = self._field(one, frame, file, by_name)
        json = joined([made.json for made in by_name.values()], frame.height)
        if fixed := [one for one in tree.fields if isinstance(one.node, Fixed)]:
            there = json.str.len_bytes() > 0 if by_name and not always else _every(frame.height)
            json = joined([json, *(self._fixed(one, frame, there) for one in fixed)], frame.height)
        lacks = {name: lacking_of(by_name[name]) for name in tree.required if name in by_name}
        found = [one for made in by_name.values() for one in made.found]
        return FieldsMade(json, found, lacks, {name: made.json for name, made in by_name.items()})

    def lacking(self, tree: Tree, lacks: Mapping[str, pl.Series], name: str, height: int) -> pl.Series | None:
        """Return what is lacking of a required field, None where it is always there."""
        if name in lacks:
            return lacks[name]
        if any(one.name == name and isinstance(one.node, Fixed) for one in tree.fields):
            return None
        return pl.Series([UNSAID], dtype=pl.UInt8).new_from_index(0, height)

    def _fixed(self, one: Field, frame: pl.DataFrame, there: pl.Series) -> pl.Series:
        node = one.node
        if not isinstance(node, Fixed):
            raise TypeError(one.name)
        holds = self.conditions.holds(node.when, frame)
        return where(
            there if holds is None else there & holds, named(one.name) + self.dictionary.ref(node.json)
        )

    def _field(self, one: Field, frame: pl.DataFrame, file: str, before: Mapping[str, Made]) -> Made:
        made = self.make(one.node, frame, file, named(one.name))
        if one.unless and one.unless in before:
            return masked(made, before[one.unless].json.str.len_bytes() == 0)
        return made

    def make(self, node: Node, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        """Return the node's values, each behind the prefix."""
        if isinstance(node, Several):
            return self._several(node, frame, file, prefix)
        if isinstance(node, Rows):
            return self._rows(node, frame, prefix)
        holds = self.conditions.holds(node.when, frame)
        if isinstance(node, Fixed):
            every = pl.Series([True]).new_from_index(0, frame.height)
            return Made(where(every if holds is None else holds, prefix + self.dictionary.ref(node.json)))
        if isinstance(node, Tree):
            made = self.tree(node, frame, file, prefix)
        elif isinstance(node, Pieces):
            made = self._pieces(node, frame, prefix)
        elif isinstance(node, Reference):
            made = self._first(
                node.places, frame, lambda place: self._objects.refer(node.object, frame, place, file, prefix)
            )
        else:
            made = self._value(node, frame, file, prefix)
        return made if holds is None else masked(made, holds)

    def _value(self, node: Value, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        if node.join is not None:
            name = node.places[0].name
            texts = together(frame, [place.name for place in node.places], node.join).alias(name)
            return self._read(node.cell, frame.with_columns(texts), node.places[0], file, prefix)
        return self._first(
            node.places, frame, lambda place: self._read(node.cell, frame, place, file, prefix)
        )

    def _first(self, places: Sequence[Place], frame: pl.DataFrame, read: Callable[[Place], Made]) -> Made:
        """Return the first value that there is; of later cells nothing is said."""
        made = read(places[0])
        for place in places[1:]:
            empty = made.json.str.len_bytes() == 0
            if not empty.any():
                break
            other = masked(read(place), empty)
            made = Made(joined([made.json, other.json], frame.height), [*made.found, *other.found])
        return made

    def _read(self, cell: Cell, frame: pl.DataFrame, place: Place, file: str, prefix: str) -> Made:
        looked = self._cells.read(cell, prefix, frame, place)
        if looked.problem is None:
            return Made(looked.json)
        at = looked.problem.is_not_null().arg_true()
        return Made(looked.json, [cells_found(frame, at, place, file, looked.problem.gather(at))])

    def tree(self, node: Tree, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        """Return an object for each row that has what the schema requires."""
        made = self.fields(node, frame, file)
        there, found = made.json.str.len_bytes() > 0, list(made.found)
        for name in node.required:
            lacking = self.lacking(node, made.lacks, name, frame.height)
            if lacking is not None:
                found += self.missing(frame, there & (lacking == UNSAID), name, model=node.model, file=file)
                there &= lacking == PRESENT
        return Made(braced(made.json, there, prefix), found)

    def missing(
        self, frame: pl.DataFrame, rows: pl.Series, name: str, *, model: str, file: str, header: str = ""
    ) -> list[pl.DataFrame]:
        """Return `FOUND` of the rows, which lack a field that the schema requires."""
        if not rows.any():
            return []
        at = rows.arg_true()
        codes = repeated(self.problems.code(missing_problem(name, model)), len(at))
        return [
            found_frame(
                at,
                files_of(frame, file, rows=at),
                frame.get_column(LINE).gather(at),
                header or name,
                raw=None,
                codes=codes,
            )
        ]

    def _several(self, node: Several, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        made = [self.make(one, frame, file, ",") for one in node.nodes]
        json = joined([one.json for one in made], frame.height)
        return Made(listed(json, prefix), [found for one in made for found in one.found])

    def _pieces(self, node: Pieces, frame: pl.DataFrame, prefix: str) -> Made:
        """Return the values of a cell's pieces, each behind the prefix."""
        place = Place((), node.place.source, node.place.column)
        cells = pl.DataFrame(
            {
                "row": pl.int_range(frame.height, eager=True, dtype=pl.UInt32),
                place.name: frame.get_column(node.place.name).str.split(node.separator),
                LINE: frame.get_column(line_of(node.place)),
                **_files_in(frame, node.place),
            }
        )
        pieces = cells.explode(place.name).filter(pl.col(place.name) != "")
        if isinstance(node.of, Cell):
            made = self._read(node.of, pieces, place, node.place.source.file, prefix)
        else:
            made = self._objects.refer(node.of, pieces, place, node.place.source.file, prefix)
        return gathered(made, pieces.get_column("row"), frame.height)

    def _rows(self, node: Rows, frame: pl.DataFrame, prefix: str) -> Made:
        """Return the values of the rows that belong to each row, by commas."""
        keys = key_of(frame, [place.name for place in node.equals])
        there = self.targets.rows(node.source.name, node.key, keys)
        own = tuple(one for one in node.where if one.place is None or not one.place.links)
        if (holds := self.conditions.holds(own, there)) is not None:
            there = there.filter(holds)
        there, orphans = self.links.attach(there, node.links, node.source.file)
        if (holds := self.conditions.holds(node.where, there)) is not None:
            there = there.filter(holds)
        made = self.make(node.node, there, node.source.file, prefix)
        self.shared += [*orphans, *made.found]
        self.targets.use(node.source.name, there.get_column(AT).filter(made.json.str.len_bytes() > 0))
        lists = (
            pl.DataFrame({KEY: there.get_column(KEY), JSON: made.json})
            .group_by(KEY, maintain_order=True)
            .agg(pl.col(JSON).str.join(""))
        )
        found = pl.DataFrame({KEY: keys}).join(lists, on=KEY, how="left", maintain_order="left")
        return Made(found.get_column(JSON).fill_null(""))


def _every(height: int) -> pl.Series:
    return pl.Series([True]).new_from_index(0, height)


def _files_in(frame: pl.DataFrame, place: Place) -> dict[str, pl.Series]:
    name = "|".join((*place.links, FILE))
    return {FILE: frame.get_column(name)} if name in frame.columns else {}

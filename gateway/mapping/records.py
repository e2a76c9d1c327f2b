"""Nodes evaluated on single rows: executor two of a plan, for one student at a time.

It writes what `gateway.mapping.frames` writes, byte for byte; a property test holds the two together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.cells import Cell, json_text
from gateway.mapping.columns import PRESENT, SAID, UNSAID
from gateway.mapping.compose import missing_problem, orphan_problem
from gateway.mapping.dates import Problem
from gateway.mapping.denied import SSN, holds_ssn
from gateway.mapping.findings import Finding, Severity, finding
from gateway.mapping.nodes import (
    Field,
    Fixed,
    LinkPlan,
    Node,
    Object,
    Pieces,
    Place,
    Reference,
    Rows,
    Several,
    Test,
    Tree,
    Value,
    own_conditions,
)
from gateway.mapping.problems import quality
from gateway.mapping.rows import BLANKS


@dataclass(slots=True, eq=False)
class Record:
    """A row as the mapping names its columns, and what its links lead to.

    Nothing but `linked` changes; it is not frozen because thousands are made.
    """

    cells: Mapping[str, str]
    line: int | None
    faults: tuple[tuple[Problem, Severity], ...] = ()
    file: str | None = None
    """Where the rows of the source are of several files."""
    linked: dict[str, "Record | None"] = field(default_factory=dict)

    def alone(self) -> "Record":
        """Return the row without what its links lead to."""
        return Record(self.cells, self.line, self.faults, self.file)

    def at(self, place: Place) -> "Record | None":
        """Return the row that holds the cell."""
        found: Record | None = self
        for name in place.links:
            found = found.linked.get(name) if found else None
        return found

    def cell(self, place: Place) -> str:
        """Return the cell, empty where a link leads nowhere."""
        if not place.links:
            return self.cells.get(place.column, "")
        at = self.at(place)
        return at.cells.get(place.column, "") if at else ""


class Told(NamedTuple):
    """What was wrong with a cell."""

    finding: Finding
    mark: str
    """The data quality mark that travels."""


class Fields(NamedTuple):
    """The fields of an object: JSON, what is wrong, and what is there of the required ones."""

    json: str
    told: list[Told]
    lacks: dict[str, int]


class Rest:
    """The rows of every source that a student's rows lead to, by key."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], list[Record]]] = {}
        self.gone: dict[str, set[str]] = {}

    def add(self, source: str, key: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], Record]]) -> None:
        """Take rows in that were asked for by that key, each with its own."""
        index = self._rows.setdefault((source, key), {})
        for keys, row in rows:
            index.setdefault(keys, []).append(row)

    def rows(self, source: str, key: tuple[str, ...], keys: tuple[str, ...]) -> list[Record]:
        """Return the rows with that key, in order; none where a part of it is empty."""
        return self._rows.get((source, key), {}).get(keys, []) if all(keys) else []


def key_in(row: Record, key: Sequence[str]) -> tuple[str, ...]:
    """Return the cells that make a key."""
    return tuple(row.cells.get(column, "").strip(BLANKS) for column in key)


@dataclass
class Records:
    """Evaluates nodes on rows. `shared` collects what is wrong with rows that many students share."""

    rest: Rest
    dictionary: Dictionary
    students: set[str] = field(default_factory=set)
    """Who is a student, of all the people that conditions ask about."""
    shared: list[Told] = field(default_factory=list)
    _targets: dict[tuple[int, tuple[str, ...]], Record | None] = field(default_factory=dict)
    _objects: dict[tuple[int, str], str] = field(default_factory=dict)
    _groups: dict[tuple[int, int], Fields] = field(default_factory=dict)
    _many: dict[tuple[int, tuple[str, ...]], str] = field(default_factory=dict)

    # --- conditions and links --------------------------------------------------------------------------

    def holds(self, test: Test, row: Record) -> bool:
        """Tell whether all conditions hold."""
        for condition in test:
            text = row.cell(condition.place) if condition.place else ""
            if (
                condition.student is not None
                and (text.strip(BLANKS) in self.students) is not condition.student
            ):
                return False
            if condition.student is None and not condition.holds(text):
                return False
        return True

    def knows(self, students: set[str]) -> None:
        """Say who is a student; what was decided without that is decided anew."""
        self.students = students
        self._targets.clear()
        self._many.clear()

    def attach(self, row: Record, links: Mapping[str, LinkPlan], file: str) -> list[Told]:
        """Follow the links; return what is wrong with keys that lead nowhere."""
        told: list[Told] = []
        for link in links.values():
            keys = tuple([row.cell(place).strip(BLANKS) for place in link.on])
            target = row.linked[link.name] = self._target(link, keys)
            if target is None and all(keys) and not link.optional and (not link.silent or link.required):
                gone = "\x1f".join(keys) in self.rest.gone.get(link.target.name, ())
                told.append(self.tell(row, link.on[0], file, orphan_problem(link.target.file, marked=gone)))
        return told

    def _target(self, link: LinkPlan, keys: tuple[str, ...]) -> Record | None:
        """Return the row that the link leads to, itself with its links: the same one for the same keys."""
        at = id(link), keys
        try:
            return self._targets[at]
        except KeyError:
            found = self._targets[at] = self._first(link, keys)
            return found

    def _first(self, link: LinkPlan, keys: tuple[str, ...]) -> Record | None:
        for row in self.rest.rows(link.target.name, link.key, keys):
            found = row.alone()
            if self.holds(link.where, found):
                self.shared += self.attach(found, link.links, link.target.file)
                return found
        return None

    # --- objects ---------------------------------------------------------------------------------------

    def fields(
        self,
        tree: Tree,
        row: Record,
        file: str,
        by_name: dict[str, str] | None = None,
        *,
        always: bool = False,
    ) -> Fields:
        """Return the fields of an object without its braces.

        Each field is put into `by_name` by its wire name.
        """
        made: dict[str, str] = {} if by_name is None else by_name
        told: list[Told] = []
        lacks: dict[str, int] = {}
        text = ""
        for one in tree.read:
            json, wrong = self.field(one, row, file, made)
            made[one.name] = json
            text += json
            if wrong:
                told += wrong
            if one.name in tree.required:
                lacks[one.name] = PRESENT if json else (SAID if wrong else UNSAID)
        if text or always or not tree.read:
            for one, node in tree.fixed:
                if self.holds(node.when, row):
                    text += one.prefix + self.dictionary.ref(node.json)
        return Fields(text, told, lacks)

    def group(self, link: LinkPlan, tree: Tree, target: Record) -> Fields:
        """Return the fields that the row of a link makes, once for all rows that link to it."""
        at = id(link), id(target)
        if at not in self._groups:
            self._groups[at] = self.fields(tree, target, link.target.file)
            self.shared += self._groups[at].told
        return self._groups[at]

    def lacking(self, tree: Tree, lacks: Mapping[str, int], name: str) -> int:
        """Return what is lacking of a required field."""
        if name in lacks:
            return lacks[name]
        return PRESENT if any(one.name == name for one, _ in tree.fixed) else UNSAID

    def field(self, one: Field, row: Record, file: str, before: Mapping[str, str]) -> tuple[str, list[Told]]:
        """Return a field with its name before it, empty where it has no value, and what is wrong."""
        if one.unless and before.get(one.unless):
            return "", []
        return self.make(one.node, row, file, one.prefix)

    # --- nodes -----------------------------------------------------------------------------------------

    def make(self, node: Node, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        """Return the node's value behind the prefix, empty where it has none, and what is wrong."""
        if isinstance(node, Value) and not node.when:
            return self._value(node, row, file, prefix)
        if isinstance(node, Several):
            return self._several(node, row, file, prefix)
        if isinstance(node, Rows):
            return self._rows(node, row, prefix), []
        if node.when and not self.holds(node.when, row):
            return "", []
        return self._one(node, row, file, prefix)

    def _one(
        self, node: Fixed | Tree | Pieces | Reference | Value, row: Record, file: str, prefix: str
    ) -> tuple[str, list[Told]]:
        if isinstance(node, Value):
            return self._value(node, row, file, prefix)
        if isinstance(node, Tree):
            return self._tree(node, row, file, prefix)
        if isinstance(node, Reference):
            return self._refer_first(node, row, file, prefix)
        if isinstance(node, Pieces):
            return self._pieces(node, row, prefix)
        return prefix + self.dictionary.ref(node.json), []

    def _value(self, node: Value, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        if node.join is not None:
            cells = [cell for place in node.places if (cell := row.cell(place).strip(BLANKS))]
            return self.read(node.cell, row, node.places[0], file, prefix, text=node.join.join(cells))
        told: list[Told] = []
        for place in node.places:
            json, wrong = self.read(node.cell, row, place, file, prefix, text=row.cell(place))
            told += wrong
            if json:
                return json, told
        return "", told

    def read(
        self, cell: Cell, row: Record, place: Place, file: str, prefix: str, *, text: str
    ) -> tuple[str, list[Told]]:
        """Return what a text of the cell comes to behind the prefix, and what is wrong."""
        json, problem = cell(text)
        told = [self.tell(row, place, file, problem, text)] if problem else []
        if json is None:
            return "", told
        return f"{prefix}{self.dictionary.ref(json) if cell.kept else json}", told

    def _tree(self, node: Tree, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        text, told, lacks = self.fields(node, row, file)
        if not text:
            return "", told
        there = True
        for name in node.required:
            lacking = self.lacking(node, lacks, name)
            if lacking == UNSAID and there:
                told.append(self.missing(row, name, node.model, file, name))
            there = there and lacking == PRESENT
        return (f"{prefix}{{{text[1:]}}}" if there else ""), told

    def missing(self, row: Record, name: str, model: str, file: str, column: str) -> Told:
        """Return what is to be said of a row without a field that the schema requires."""
        problem = missing_problem(name, model)
        return told_of(problem, row.file or file, row.line, column, None)

    def _several(self, node: Several, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        made = [self.make(one, row, file, ",") for one in node.nodes]
        text = "".join(json for json, _ in made)
        told = [one for _, wrong in made for one in wrong]
        return (f"{prefix}[{text[1:]}]" if text else ""), told

    def _pieces(self, node: Pieces, row: Record, prefix: str) -> tuple[str, list[Told]]:
        made = ""
        told: list[Told] = []
        at = row.at(node.place)
        if at is None:
            return "", []
        place = Place((), node.place.source, node.place.column)
        for piece in at.cells.get(place.column, "").split(node.separator):
            if not piece:
                continue
            if isinstance(node.of, Cell):
                json, wrong = self.read(node.of, at, place, place.source.file, prefix, text=piece)
            else:
                json, wrong = self.refer(node.of, at, place, place.source.file, prefix, text=piece)
            made += json
            told += wrong
        return made, told

    def _rows(self, node: Rows, row: Record, prefix: str) -> str:
        keys = tuple(row.cell(place).strip(BLANKS) for place in node.equals)
        at = id(node), keys
        if at not in self._many:
            self._many[at] = self._listed(node, keys, prefix)
        return self._many[at]

    def _listed(self, node: Rows, keys: tuple[str, ...], prefix: str) -> str:
        """Return the values of the rows that have the keys, the same for everybody who asks."""
        made = ""
        own = own_conditions(node.where)
        for one in self.rest.rows(node.source.name, node.key, keys):
            there = one.alone()
            if not self.holds(own, there):
                continue
            self.shared += self.attach(there, node.links, node.source.file)
            if not self.holds(node.where, there):
                continue
            json, wrong = self.make(node.node, there, node.source.file, prefix)
            self.shared += wrong
            made += json
        return made

    def _refer_first(self, node: Reference, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        told: list[Told] = []
        for place in node.places:
            json, wrong = self.refer(node.object, row, place, file, prefix, text=row.cell(place))
            told += wrong
            if json:
                return json, told
        return "", told

    def refer(
        self, shared: Object, row: Record, place: Place, file: str, prefix: str, *, text: str
    ) -> tuple[str, list[Told]]:
        """Return the shared object that a text of the cell names behind the prefix, and what is wrong."""
        key = text.strip(BLANKS)
        if not key:
            return "", []
        if json := self.object(shared, key):
            return prefix + self.dictionary.ref(json), []
        if holds_ssn(key):
            return "", [self.tell(row, place, file, SSN, text)]
        told = []
        if shared.source.table is not None:
            gone = key in self.rest.gone.get(shared.source.name, ())
            told.append(self.tell(row, place, file, orphan_problem(shared.source.file, marked=gone), text))
        return f'{prefix}{{"{shared.orphan}":{json_text(key)}}}', told

    def object(self, shared: Object, key: str) -> str:
        """Return the shared object of the key as JSON, empty where there is none."""
        at = id(shared), key
        if at not in self._objects:
            self._objects[at] = self._made(shared, key)
        return self._objects[at]

    def _made(self, shared: Object, key: str) -> str:
        if shared.tree is None:
            return ""
        rows = self.rest.rows(shared.source.name, (shared.key,), (key,))
        if not rows:
            return ""
        row = rows[0].alone()
        self.shared += self.attach(row, shared.links, shared.source.file)
        json, told = self._tree(shared.tree, row, shared.source.file, "")
        self.shared += told
        return json

    # --- what was wrong --------------------------------------------------------------------------------

    def tell(self, row: Record, place: Place, file: str, problem: Problem, raw: str | None = None) -> Told:
        """Return what is wrong with a cell."""
        at = row.at(place) or row
        file = at.file or (place.source.file if place.links else file)
        return told_of(problem, file, at.line, place.header, row.cell(place) if raw is None else raw)


def told_of(problem: Problem, file: str, line: int | None, column: str | None, raw: str | None) -> Told:
    """Return a problem with its place."""
    found = finding(
        problem.rule,
        problem.message,
        file=file,
        line=line,
        column=column,
        raw_value=raw,
        suggestion=problem.suggestion,
    )
    return Told(found, quality(problem.rule, column, found.severity))

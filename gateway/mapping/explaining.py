"""Where a value of a student's backpack comes from: the same evaluation, with its steps written down."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from gateway.mapping.assembly import Assembly, Made
from gateway.mapping.cells import Cell
from gateway.mapping.expecting import value_at
from gateway.mapping.faults import Path
from gateway.mapping.findings import Finding
from gateway.mapping.nodes import Fixed, LinkPlan, Node, Object, Pieces, Place, Rows, Several, Tree
from gateway.mapping.plan import PartPlan
from gateway.mapping.records import Fields, Record, Records, Rest, Told
from gateway.mapping.single import Single


@dataclass(frozen=True, slots=True)
class Followed:
    """A link that led from one row to another. `keys` are personal data."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    file: str
    line: int | None
    """Of the row that it led to; None where rows have no lines."""
    led: bool
    """Whether there is such a row."""


@dataclass(frozen=True, slots=True)
class Step:
    """A cell that was read for a field, or a value that is the same for every row."""

    path: Path
    """In the entry, with places of lists."""
    spec: Path
    """In the mapping file, from the entry's fields."""
    file: str = ""
    line: int | None = None
    column: str | None = None
    """As the header spells it; None for a value that no cell gives."""
    reference: str = ""
    """The column as the mapping file names it, behind the link that leads to it."""
    raw: str | None = None
    """The cell, personal data."""
    links: tuple[Followed, ...] = ()
    made: str | None = None
    """JSON as it is kept; None where the cell gave nothing."""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class EntryTrace:
    """One row on its way to an entry; without `json` there is none, and `findings` say why."""

    part: PartPlan
    file: str
    line: int | None
    steps: Sequence[Step]
    json: str | None
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a field of a student."""

    section: str
    place: int | None
    """Which entry of the section, from 0; None where the section has no such entry."""
    field: Path
    value: Any
    """JSON, whole; None where nothing stands there."""
    entry: EntryTrace | None
    steps: Sequence[Step]
    """Of `entry`, those that the field is made of."""
    refused: Sequence[EntryTrace]
    """Rows of the section that made no entry."""


async def explain(single: Single, student: str, field_path: str) -> Explanation | None:
    """Map the student once more and tell where the field comes from; None if there is no such student.

    Args:
        single: What maps single students.
        student: Local key.
        field_path: Such as `enrollments.0.gradeLevel`; without a number the first entry is meant.

    Raises:
        GatewayError: whatever the adapter raises.
    """
    traced = await _trace(single, student)
    if traced is None:
        return None
    section, place, inner = parse_path(field_path)
    entries = traced.kept.get(section, [])
    refused = [one for one in traced.all if one.part.section == section and one.json is None]
    entry = entries[place] if place < len(entries) else None
    if entry is None or entry.json is None:
        return Explanation(section, None, inner, None, None, (), refused)
    whole = single.dictionary.expand(orjson.loads(entry.json))
    value = value_at(whole, ".".join(map(str, inner))) if inner else whole
    steps = [one for one in entry.steps if _within(one.path, inner)]
    return Explanation(section, place, inner, value, entry, steps, refused)


def parse_path(text: str) -> tuple[str, int, Path]:
    """Return section, place of the entry, and the path in it."""
    section, *rest = text.split(".")
    parts = [int(part) if part.isdecimal() else part for part in rest]
    place = parts.pop(0) if parts and isinstance(parts[0], int) else 0
    return section, int(place), tuple(parts)


def _within(path: Path, asked: Path) -> bool:
    """Tell whether a cell was read for the asked field: within it, or around it, as a looked-up object is."""
    shorter = min(len(path), len(asked))
    return path[:shorter] == asked[:shorter]


async def _trace(single: Single, key: str) -> "_TracedStudent | None":
    """Do what `Single.student` does, with records that write down what they read."""
    records = _TracedRecords(Rest(), single.dictionary)
    loaded = await single.load(key, records)
    if loaded is None:
        return None
    traced = _TracedStudent(single.plan, records, key)
    traced.map(loaded)
    return traced


class _TracedStudent(Assembly):
    """Makes the student's document and remembers which row became which entry."""

    def __init__(self, plan: Any, records: "_TracedRecords", key: str) -> None:
        super().__init__(plan, records, key)
        self._tracing = records
        self.all: list[EntryTrace] = []
        self.kept: dict[str, list[EntryTrace]] = {}
        self._of: dict[int, EntryTrace] = {}

    def entry(self, part: PartPlan, row: Record, told: list[Told]) -> Made | None:
        self._tracing.steps = []
        self._tracing.links = part.links
        made = super().entry(part, row, told)
        findings = [one.finding for one in told]
        steps = [_behind_group(part, row, one) for one in self._tracing.steps]
        trace = EntryTrace(
            part, row.file or part.source.file, row.line, steps, made.json if made else None, findings
        )
        self.all.append(trace)
        if made is not None:
            self._of[id(made)] = trace
        return made

    def distinct(self, group: Sequence[tuple[PartPlan, Made]]) -> list[tuple[PartPlan, Made]]:
        kept = super().distinct(group)
        for part, made in kept:
            self.kept.setdefault(part.section, []).append(self._of[id(made)])
        return kept


def _behind_group(part: PartPlan, row: Record, step: Step) -> Step:
    """Add the link to a cell of a row that many entries share: its fields are made as seen from there."""
    for link in part.groups:
        names = {one.name for one in link.group.fields} if link.group else set()
        if step.column is not None and step.spec[0] in names and "@" not in "".join(map(str, step.spec)):
            there = row.linked.get(link.name)
            first = _followed(link, row, there)
            return replace(step, reference=f"{link.name}.{step.reference}", links=(first, *step.links))
    return step


def _followed(link: LinkPlan, row: Record | None, there: Record | None) -> Followed:
    keys = tuple(row.cell(on).strip() for on in link.on) if row else ()
    headers = tuple(on.header for on in link.on)
    file = (there and there.file) or link.target.file
    return Followed(link.name, headers, keys, file, there.line if there else None, led=there is not None)


@dataclass
class _TracedRecords(Records):
    """Evaluates nodes as `Records` does and writes each cell down that it reads."""

    steps: list[Step] = field(default_factory=list)
    links: Mapping[str, LinkPlan] = field(default_factory=dict)
    _path: Path = ()
    _spec: Path = ()
    _counts: list[int] = field(default_factory=list)
    """For each list around: how many items there are so far."""
    _lists: list[Several | None] = field(default_factory=list)

    @contextmanager
    def _at(self, path: Path, spec: Path) -> Iterator[None]:
        before = self._path, self._spec
        self._path, self._spec = path, spec
        yield
        self._path, self._spec = before

    def fields(
        self,
        tree: Tree,
        row: Record,
        file: str,
        by_name: dict[str, str] | None = None,
        *,
        always: bool = False,
    ) -> Fields:
        made = super().fields(tree, row, file, by_name, always=always)
        for one in tree.fields:
            if made.json and isinstance(one.node, Fixed) and self.holds(one.node.when, row):
                path, spec = (*self._path, one.name), (*self._spec, one.name)
                self.steps.append(Step(path, spec, made=one.node.json))
        return made

    def group(self, link: LinkPlan, tree: Tree, target: Record) -> Fields:
        return self.fields(tree, target, link.target.file)

    def object(self, shared: Object, key: str) -> str:
        self._objects.clear()
        return super().object(shared, key)

    def _rows(self, node: Rows, row: Record, prefix: str) -> str:
        self._many.clear()
        return super()._rows(node, row, prefix)

    def field(self, one: Any, row: Record, file: str, before: Mapping[str, str]) -> tuple[str, list[Told]]:
        with self._at((*self._path, one.name), (*self._spec, one.name)):
            return super().field(one, row, file, before)

    def make(self, node: Node, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        if isinstance(node, Several):
            return self._list(node, row, file, prefix)
        around = self._lists[-1] if self._lists else None
        spec = (*self._spec, around.nodes.index(node)) if around and node in around.nodes else self._spec
        if around is None or isinstance(node, Rows | Pieces):
            with self._at(self._path, spec):
                return super().make(node, row, file, prefix)
        with self._at((*self._path, self._counts[-1]), spec):
            self._lists.append(None)
            made = super().make(node, row, file, prefix)
            self._lists.pop()
        self._counts[-1] += bool(made[0])
        return made

    def _list(self, node: Several, row: Record, file: str, prefix: str) -> tuple[str, list[Told]]:
        self._lists.append(node)
        self._counts.append(0)
        made = super().make(node, row, file, prefix)
        self._counts.pop()
        self._lists.pop()
        return made

    def read(
        self, cell: Cell, row: Record, place: Place, file: str, prefix: str, *, text: str
    ) -> tuple[str, list[Told]]:
        made = super().read(cell, row, place, file, prefix, text=text)
        self._note(row, place, (file, text), cell(text).json, made[1])
        return made

    def refer(
        self, shared: Object, row: Record, place: Place, file: str, prefix: str, *, text: str
    ) -> tuple[str, list[Told]]:
        around = self._lists[-1] if self._lists else None
        piece = around is not None
        path = (*self._path, self._counts[-1]) if piece else self._path
        with self._at(path, (*self._spec, f"@{shared.name}")):
            self._lists.append(None)
            made = super().refer(shared, row, place, file, prefix, text=text)
            self._lists.pop()
        self._note(row, place, (file, text), made[0].removeprefix(prefix) or None, made[1])
        return made

    def _note(
        self, row: Record, place: Place, cell: tuple[str, str], json: str | None, told: Sequence[Told]
    ) -> None:
        """Write a cell down; of several in one list each has a place of its own."""
        path = self._path
        if self._lists and self._lists[-1] is not None:
            path = (*path, self._counts[-1])
            self._counts[-1] += json is not None
        at = row.at(place)
        problem = told[0].finding.message if told else None
        self.steps.append(
            Step(
                path,
                self._spec,
                (at and at.file) or (place.source.file if place.links else cell[0]),
                at.line if at else None,
                place.header,
                ".".join((*place.links[-1:], place.column)),
                cell[1],
                self._followed(row, place),
                json,
                problem,
            )
        )

    def _followed(self, row: Record, place: Place) -> tuple[Followed, ...]:
        """Return the links on the way from the row to the cell."""
        links = self.links
        found = []
        here: Record | None = row
        for name in place.links:
            link = links.get(name)
            if link is None:
                break
            there = here.linked.get(name) if here else None
            found.append(_followed(link, here, there))
            here, links = there, link.links
        return tuple(found)

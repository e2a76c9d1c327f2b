"""Which rows a student's document needs, from the student's key on: jobs for `gateway.mapping.asking`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gateway.mapping.asking import Ask, Job, together
from gateway.mapping.headers import Resolved
from gateway.mapping.nodes import (
    LinkPlan,
    Node,
    Object,
    Pieces,
    Place,
    Reference,
    Rows,
    Several,
    Tree,
    leads_on,
    own_conditions,
)
from gateway.mapping.plan import PartPlan, Plan
from gateway.mapping.records import Record, Records
from gateway.mapping.rows import BLANKS
from gateway.mapping.spec import Decider


class Loaded(NamedTuple):
    """The rows behind one student's document."""

    person: Record
    """The student's own row."""
    parts: Mapping[int, Sequence[Record]]
    """The student's rows, by the number of the part."""


class Loading:
    """Finds out which rows a student's document needs. The rest of `records` holds the answers."""

    def __init__(self, plan: Plan, records: Records) -> None:
        self._plan = plan
        self._rest = records.rest
        self._records = records

    def student(self, key: str) -> Job[Loaded | None]:
        """Load all rows of a student; None if the source knows no such student."""
        parts = self._plan.parts()
        about = self._plan.mapping.student
        if not (yield from self._roles([key])).get(key):
            return None
        person, *rows = yield from together(
            [
                self._own(self._plan.sources[about.source], about.key, key),
                *(self._part(part, key) for part in parts),
            ]
        )
        if not person:
            return None
        loaded = list(zip(parts, rows, strict=True))
        others = yield from self._other_students(loaded)
        self._records.knows({key} | others)
        yield from together([self._reach(part, found) for part, found in loaded])
        return Loaded(person[0], {part.number: found for part, found in loaded})

    def _own(self, source: Resolved, column: str, key: str) -> Job[list[Record]]:
        yield [Ask(source, (column,), frozenset([(key,)]))]
        return self._rest.rows(source.name, (column,), (key,))

    def _roles(self, keys: Sequence[str]) -> Job[dict[str, bool]]:
        """Return who of these is a student; who is not known is not there."""
        asked = frozenset((key,) for key in keys)
        deciders = [
            (one, source)
            for one in self._plan.mapping.student.decided_by
            if {one.column, one.role or one.column} <= (source := self._plan.sources[one.source]).asked.keys()
        ]
        yield [Ask(source, (one.column,), asked) for one, source in deciders]
        said: dict[str, bool] = {}
        for decider, source in deciders:
            for key in keys:
                rows = self._rest.rows(source.name, (decider.column,), (key,))
                heard = [one for row in rows if (one := _role(decider, row)) is not None]
                if heard and key not in said:
                    said[key] = any(heard)
        return said

    def _other_students(self, rows: Iterable[tuple[PartPlan, Sequence[Record]]]) -> Job[set[str]]:
        """Return which people that conditions ask about are students."""
        keys = {
            row.cells.get(one.place.column, "").strip(BLANKS)
            for part, found in rows
            for one in part.where
            if one.student is not None and one.place and not one.place.links
            for row in found
        }
        said = (yield from self._roles(sorted(keys - {""}))) if keys - {""} else {}
        return {key for key, student in said.items() if student}

    # --- the student's rows ----------------------------------------------------------------------------

    def _part(self, part: PartPlan, key: str) -> Job[list[Record]]:
        """Return the student's rows of a part."""
        column = part.student.column
        if part.part.split:
            ask = Ask(part.source, (column,), frozenset([(key,)]), part.part.split)
            yield [ask]
            return self._rest.rows(part.source.name, ask.by, (key,))
        if not part.student.links:
            return (yield from self._own(part.source, column, key))
        return (yield from self._through(part, part.student, key))

    def _through(self, part: PartPlan, place: Place, key: str) -> Job[list[Record]]:
        """Return the rows whose link leads to the student's key: from its far end back."""
        steps: list[LinkPlan] = []
        links: Mapping[str, LinkPlan] = part.links
        for name in place.links:
            steps.append(links[name])
            links = links[name].links
        column, values = place.column, {key}
        for link in reversed(steps):
            rows = yield from self._keyed(link.target, (column,), {(value,) for value in values})
            values = {row.cells[link.key[0]].strip(BLANKS) for row in rows}
            column = link.on[0].column
        found = yield from self._keyed(part.source, (column,), {(value,) for value in values})
        first = {steps[0].name: steps[0]}
        yield from self._follow(first, found)
        for row in found:
            self._records.attach(row, first, part.source.file)
        return [row.alone() for row in found if row.cell(place).strip(BLANKS) == key]

    # --- what they lead to -----------------------------------------------------------------------------

    def _reach(self, part: PartPlan, rows: Sequence[Record]) -> Job[None]:
        """Load what the rows of a part lead to."""
        records = each_of(part, rows)
        yield from self._follow(part.links, records)
        yield from self._nodes([*part.tree.leading, *([part.actor] if part.actor else [])], records)

    def _follow(self, links: Mapping[str, LinkPlan], rows: Sequence[Record]) -> Job[None]:
        """Load the rows that links lead to, and what those lead to; attach them.

        A link that starts from the cell of another one comes after it.
        """
        if not rows:
            return
        waiting = list(links.values())
        there: set[str] = set()
        while waiting:
            ready = [
                one for one in waiting if all(set(place.links[:1]) <= there for place in one.on)
            ] or waiting
            yield from together([self._link(link, rows) for link in ready])
            attached = {link.name: link for link in ready}
            for row in rows:
                self._records.attach(row, attached, "")
            there |= attached.keys()
            waiting = [one for one in waiting if one not in ready]

    def _link(self, link: LinkPlan, rows: Sequence[Record]) -> Job[None]:
        keys = {tuple(row.cell(place).strip(BLANKS) for place in link.on) for row in rows}
        targets = yield from self._keyed(link.target, link.key, keys)
        yield from self._follow(link.links, targets)
        yield from self._nodes(link.group.leading if link.group else (), targets)

    def _nodes(self, nodes: Iterable[Node], rows: Sequence[Record]) -> Job[None]:
        jobs = [self._node(node, rows) for node in nodes] if rows else []
        if jobs:
            yield from together(jobs)

    def _node(self, node: Node, rows: Sequence[Record]) -> Job[None]:
        if isinstance(node, Tree):
            yield from self._nodes(node.leading, rows)
        elif isinstance(node, Several):
            yield from self._nodes([one for one in node.nodes if leads_on(one)], rows)
        elif isinstance(node, Reference):
            keys = {row.cell(place).strip(BLANKS) for place in node.places for row in rows}
            yield from self._object(node.object, keys)
        elif isinstance(node, Pieces) and isinstance(node.of, Object):
            cells = [row.cell(node.place) for row in rows]
            pieces = {piece.strip(BLANKS) for cell in cells for piece in cell.split(node.separator)}
            yield from self._object(node.of, pieces)
        elif isinstance(node, Rows):
            several = {tuple(row.cell(place).strip(BLANKS) for place in node.equals) for row in rows}
            own = [one for one in own_conditions(node.where) if one.student is None]
            there = yield from self._keyed(node.source, node.key, several)
            found = [row for row in there if self._records.holds(tuple(own), row)]
            yield from self._follow(node.links, found)
            yield from self._nodes([node.node], found)

    def _object(self, shared: Object, keys: set[str]) -> Job[None]:
        if shared.tree is None:
            return
        rows = yield from self._keyed(shared.source, (shared.key,), {(key,) for key in keys})
        yield from self._follow(shared.links, rows)
        yield from self._nodes(shared.tree.leading, rows)

    def _keyed(self, source: Resolved, key: tuple[str, ...], keys: set[tuple[str, ...]]) -> Job[list[Record]]:
        """Return the rows that have one of these keys; nothing is attached to them yet."""
        wanted = sorted(one for one in keys if all(one))
        if wanted:
            yield [Ask(source, key, frozenset(wanted))]
        return [row.alone() for one in wanted for row in self._rest.rows(source.name, key, one)]


def each_of(part: PartPlan, rows: Iterable[Record]) -> list[Record]:
    """Return a row for each value of the part's `each` column."""
    column = part.part.each
    if column is None:
        return [row.alone() for row in rows]
    return [
        Record({**row.cells, column: piece.strip(BLANKS)}, row.line, row.faults, row.file)
        for row in rows
        for piece in row.cells[column].split(",")
        if piece.strip(BLANKS)
    ]


def _role(decider: Decider, row: Record) -> bool | None:
    """Return whether the row says that the person is a student; None where it says nothing of it."""
    if not decider.role:
        return True
    role = row.cells[decider.role].strip(BLANKS).casefold()
    if role in {word.casefold() for word in decider.students}:
        return True
    return False if role in {word.casefold() for word in decider.others} else None

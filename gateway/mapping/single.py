"""One student, from the live source: executor two of a plan, with only the rows that are needed."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from gateway.domain.backpack.compact import REF, Dictionary
from gateway.domain.backpack.document import SECTIONS
from gateway.mapping import compose
from gateway.mapping.cells import json_text
from gateway.mapping.columns import PRESENT, UNSAID, named
from gateway.mapping.denied import holds_ssn
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.headers import Resolved
from gateway.mapping.kept import kept_sources
from gateway.mapping.nodes import (
    Fixed,
    LinkPlan,
    Node,
    Object,
    Pieces,
    Place,
    Reference,
    Rows,
    Several,
    Tree,
)
from gateway.mapping.overlaps import Stay, overlaps
from gateway.mapping.plan import PartPlan, Plan, make_plan
from gateway.mapping.problems import of_finding, quality
from gateway.mapping.records import Record, Records, Rest, Told, key_in, told_of
from gateway.mapping.rows import BLANKS, FILE_COLUMN, LINE_COLUMN, Only, RowSource, Table
from gateway.mapping.spec import MappingFile

_KEY_CELL: Final = compose.key_cell()


@dataclass(frozen=True, slots=True)
class MappedStudent:
    """A student's document, and what is wrong with the rows behind it."""

    student: str
    line: int | None
    sections: Mapping[str, str]
    """JSON arrays of compact entries by section, in the order of the schema."""
    findings: tuple[Finding, ...]


class Made(NamedTuple):
    """An entry, and where it comes from."""

    json: str
    identity: str
    row: Record
    by: str
    begin: str | None
    end: str | None


@dataclass
class Single:
    """Maps students one at a time. The plan is made once."""

    adapter: RowSource
    plan: Plan
    dictionary: Dictionary = field(default_factory=Dictionary)

    async def student(self, key: str) -> MappedStudent | None:
        """Return the student's document; None if the source knows no such student.

        Raises:
            GatewayError: whatever the adapter raises.
        """
        loading = _Loading(self.adapter, self.plan)
        person = await loading.person(key)
        if person is None or not (await loading.roles([key])).get(key):
            return None
        rows = [(part, await loading.part(part, key)) for part in self.plan.parts()]
        students = {key} | await loading.other_students(rows)
        for part, found in rows:
            await loading.reach(part, found)
        by_part = {part.number: found for part, found in rows}
        return _Student(self.plan, Records(loading.rest, students, self.dictionary), key).map(person, by_part)


async def open_single(
    adapter: RowSource, mapping: MappingFile, today: date, dictionary: Dictionary
) -> Single:
    """Check the mapping against the source and return what maps single students; raises as `make_plan`."""
    return Single(adapter, make_plan(mapping, await adapter.tables(), today), dictionary)


class _Loading:
    """Fetches the rows that a student's document needs."""

    def __init__(self, adapter: RowSource, plan: Plan) -> None:
        self._adapter = adapter
        self._plan = plan
        self.rest = Rest()
        self._asked: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}
        self._reading = _Reading(plan)

    async def person(self, key: str) -> Record | None:
        """Return the student's own row."""
        spec = self._plan.mapping.student
        rows = await self._rows(self._plan.sources[spec.source], spec.key, [key])
        return rows[0] if rows else None

    async def roles(self, keys: Sequence[str]) -> dict[str, bool]:
        """Return who of these is a student; who is not known is not there."""
        said: dict[str, bool] = {}
        for decider in self._plan.mapping.student.decided_by:
            source = self._plan.sources[decider.source]
            if not {decider.column, decider.role or decider.column} <= source.asked.keys():
                continue
            students = {word.casefold() for word in decider.students}
            others = {word.casefold() for word in decider.others}
            open_keys = [key for key in keys if key not in said]
            heard: dict[str, bool] = {}
            for row in await self._rows(source, decider.column, open_keys):
                role = row.cells[decider.role].strip(BLANKS).casefold() if decider.role else ""
                if not decider.role or role in students or role in others:
                    whose = row.cells[decider.column].strip(BLANKS)
                    heard[whose] = heard.get(whose, False) or not decider.role or role in students
            said |= heard
        return said

    async def other_students(self, rows: Iterable[tuple[PartPlan, Sequence[Record]]]) -> set[str]:
        """Return which people that conditions ask about are students."""
        keys = {
            row.cells.get(one.place.column, "").strip(BLANKS)
            for part, found in rows
            for one in part.where
            if one.student is not None and one.place and not one.place.links
            for row in found
        }
        said = await self.roles(sorted(keys - {""})) if keys - {""} else {}
        return {key for key, student in said.items() if student}

    async def part(self, part: PartPlan, key: str) -> list[Record]:
        """Return the student's rows of a part."""
        if part.part.split:
            rows = await self._rows(part.source, part.student.column, None)
            cells = ((row, row.cells[part.student.column].split(part.part.split)) for row in rows)
            return [row for row, pieces in cells for piece in pieces if piece.strip(BLANKS) == key]
        if not part.student.links:
            return await self._rows(part.source, part.student.column, [key])
        return await self._through(part, part.student, key)

    async def _through(self, part: PartPlan, place: Place, key: str) -> list[Record]:
        """Return the rows whose link leads to the student's key: from its far end back."""
        steps: list[LinkPlan] = []
        links: Mapping[str, LinkPlan] = part.links
        for name in place.links:
            steps.append(links[name])
            links = links[name].links
        column, values = place.column, [key]
        for link in reversed(steps):
            rows = await self._rows(link.target, column, values)
            values = sorted({row.cells[link.key[0]].strip(BLANKS) for row in rows} - {""})
            column = link.on[0].column
        found = await self._rows(part.source, column, values)
        await self._follow(part.links, found)
        whose = Records(self.rest, set(), Dictionary())
        for row in found:
            whose.attach(row, {steps[0].name: steps[0]}, part.source.file)
        return [row.alone() for row in found if row.cell(place).strip(BLANKS) == key]

    async def reach(self, part: PartPlan, rows: Sequence[Record]) -> None:
        """Fetch what the rows lead to."""
        records = [row.alone() for row in _each(part, rows)]
        await self._follow(part.links, records)
        follow = Records(self.rest, set(), Dictionary())
        for row in records:
            follow.attach(row, part.links, part.source.file)
        nodes: list[Node] = [one.node for one in part.tree.fields]
        for node in [*nodes, *([part.actor] if part.actor else [])]:
            await self._node(node, records)

    async def _follow(self, links: Mapping[str, LinkPlan], rows: Sequence[Record]) -> None:
        """Fetch the rows that links lead to, and what those lead to."""
        follow = Records(self.rest, set(), Dictionary())
        for link in links.values():
            keys = {tuple(row.cell(place).strip(BLANKS) for place in link.on) for row in rows}
            targets = await self._keyed(link.target, link.key, keys)
            await self._follow(link.links, targets)
            for row in targets:
                follow.attach(row, link.links, link.target.file)
            for one in link.group.fields if link.group else ():
                await self._node(one.node, targets)
            for row in rows:
                follow.attach(row, {link.name: link}, "")

    async def _node(self, node: Node, rows: Sequence[Record]) -> None:
        if isinstance(node, Tree):
            for one in node.fields:
                await self._node(one.node, rows)
        elif isinstance(node, Several):
            for item in node.nodes:
                await self._node(item, rows)
        elif isinstance(node, Reference):
            await self._object(
                node.object, {row.cell(place).strip(BLANKS) for place in node.places for row in rows}
            )
        elif isinstance(node, Pieces) and isinstance(node.of, Object):
            cells = [row.cell(node.place) for row in rows]
            await self._object(
                node.of, {piece.strip(BLANKS) for cell in cells for piece in cell.split(node.separator)}
            )
        elif isinstance(node, Rows):
            keys = {tuple(row.cell(place).strip(BLANKS) for place in node.equals) for row in rows}
            there = await self._keyed(node.source, node.key, keys)
            await self._follow(node.links, there)
            await self._node(node.node, there)

    async def _object(self, shared: Object, keys: set[str]) -> None:
        if shared.tree is None:
            return
        rows = await self._keyed(shared.source, (shared.key,), {(key,) for key in keys})
        await self._follow(shared.links, rows)
        for one in shared.tree.fields:
            await self._node(one.node, rows)

    async def _keyed(
        self, source: Resolved, key: tuple[str, ...], keys: set[tuple[str, ...]]
    ) -> list[Record]:
        """Fetch the rows with these keys that were not fetched yet, and return all that have them."""
        wanted = {one for one in keys if all(one)}
        known = self._asked.setdefault((source.name, key), set())
        new = wanted - known
        if new and source.table is not None:
            rows = await self._rows(source, key[0], sorted({one[0] for one in new}))
            self.rest.add(source.name, key, [row for row in rows if key_in(row, key) in new])
            known |= new
        return [row for one in sorted(wanted) for row in self.rest.rows(source.name, key, one)]

    async def _rows(self, source: Resolved, column: str, values: Sequence[str] | None) -> list[Record]:
        """Return the rows that count, of those that have one of the values in a column."""
        if source.table is None or column not in source.asked or (values is not None and not values):
            return []
        only = None if values is None else Only(source.columns[column], values)
        return [row async for row in self._reading.rows(self._adapter, source, source.table, only, self.rest)]


class _Reading:
    """Takes rows in one by one: which count, and what is wrong with them as rows. As `intake` does."""

    def __init__(self, plan: Plan) -> None:
        conventions = plan.mapping.conventions
        self._kept = kept_sources(plan)
        self._deleted = {word.casefold() for word in conventions.deleted}

    async def rows(
        self, adapter: RowSource, source: Resolved, table: Table, only: Only | None, rest: Rest
    ) -> AsyncIterator[Record]:
        """Yield the rows that count."""
        keys = source.spec.key if all(column in source.asked for column in source.spec.key) else ()
        headers = {name: source.columns[name] for name in source.asked}
        seen: set[tuple[str, ...]] | None = set() if source.name in self._kept else None
        async for batch in adapter.batches(table, only):
            if not batch.cells.height:
                continue
            faults: dict[int, list[Finding]] = {}
            for one in batch.findings:
                if one.line is not None:
                    faults.setdefault(one.line, []).append(one)
            columns = batch.cells.rows(named=True)
            for line, row in zip(batch.lines, columns, strict=True):
                cells = {name: row[header] or "" for name, header in headers.items()}
                if faults.get(line) and source.denied:
                    cells = _unmoved(cells, source, batch.cells.columns, row, faults[line])
                for column in keys:
                    cells[column] = cells[column].strip(BLANKS)
                wrong = tuple((of_finding(one), one.severity) for one in faults.get(line, ())[:1])
                record = Record(cells, _line_of(row, line, table), wrong, row.get(FILE_COLUMN))
                if self._counts(record, source, keys, rest) and _is_first(record, keys, seen):
                    yield record

    def _counts(self, row: Record, source: Resolved, keys: Sequence[str], rest: Rest) -> bool:
        status = row.cells.get(source.spec.status, "").strip(BLANKS).casefold()
        if status and status in self._deleted:
            if keys and all(row.cells[column] for column in keys):
                rest.gone.setdefault(source.name, set()).add(
                    "\x1f".join(row.cells[column] for column in keys)
                )
            return False
        if keys and not all(row.cells[column] for column in keys):
            return False
        if keys and holds_ssn(row.cells[keys[0]]):
            return False
        expected = ((column, words) for column, words in source.spec.expect.items() if column in row.cells)
        return all(
            row.cells[column].strip(BLANKS).casefold() in {word.casefold() for word in words}
            for column, words in expected
        )


class _Student:
    """Makes the document of one student."""

    def __init__(self, plan: Plan, records: Records, key: str) -> None:
        self._plan = plan
        self._records = records
        self._key = key
        self._told: list[Finding] = []

    def map(self, person: Record, rows: Mapping[int, Sequence[Record]]) -> MappedStudent:
        sections: dict[str, list[str]] = {}
        for parts in self._plan.sections:
            if not parts:
                continue
            group: list[tuple[PartPlan, Made]] = []
            for part in parts:
                made = self._entries(part, rows.get(part.number, ()))
                group += [(part, one) for one in made]
                if made and parts[0].spec.combine == "first":
                    break
            kept = self._distinct(group)
            self._overlapping(parts, kept)
            if kept:
                sections.setdefault(parts[0].section, []).extend(one.json for _, one in kept)
        documents = {name: f"[{','.join(sections[name])}]" for name in SECTIONS if name in sections}
        self._without_state_id(documents, person)
        return MappedStudent(self._key, person.line, documents, tuple(dict.fromkeys(self._told)))

    def _entries(self, part: PartPlan, rows: Sequence[Record]) -> list[Made]:
        made = []
        own = tuple(one for one in part.where if one.place is None or not one.place.links)
        linked = tuple(one for one in part.where if one not in own)
        for row in _each(part, rows):
            if not self._records.holds(own, row):
                continue
            told = self._records.attach(row, part.links, part.source.file)
            if linked and not self._records.holds(linked, row):
                continue
            entry = self._entry(part, row, told)
            self._told += [one.finding for one in told]
            if entry is not None:
                made.append(entry)
        return made

    def _entry(self, part: PartPlan, row: Record, told: list[Told]) -> Made | None:
        """Return the entry of a row; what is wrong with it is added to `told`."""
        file = part.source.file
        keep = self._guard(part, row, told)
        by_name: dict[str, str] = {}
        own, wrong, lacks = self._records.fields(part.tree, row, file, by_name, always=True)
        told += wrong
        groups, lacking = self._groups(part, row)
        for name in part.required:
            what = lacking.get(name)
            if what is None:
                what = self._records.lacking(part.tree, lacks, name)
            if what == UNSAID and keep:
                told.append(self._records.missing(row, name, part.tree.model, file, part.column(name)))
            keep = keep and what == PRESENT
        if keep:
            told += self._disordered(part, row, by_name)
        if not keep:
            return None
        return self._assembled(part, row, groups + own, by_name, told)

    def _guard(self, part: PartPlan, row: Record, told: list[Told]) -> bool:
        keep = True
        for link in part.links.values():
            if link.required and row.linked.get(link.name) is None:
                keep = False
                if not all(row.cell(place).strip(BLANKS) for place in link.on):
                    told.append(self._records.tell(row, link.on[0], part.source.file, compose.NAMES_NOTHING))
        return keep

    def _groups(self, part: PartPlan, row: Record) -> tuple[str, dict[str, int]]:
        """Return the fields that linked rows make, and what is lacking of those that are required."""
        text = ""
        lacking: dict[str, int] = {}
        for link in part.groups:
            names = [one.name for one in link.group.fields] if link.group else []
            target = row.linked.get(link.name)
            if target is None or link.group is None:
                lacking |= {name: UNSAID for name in names if name in part.required}
                continue
            made, told, lacks = self._records.fields(link.group, target, link.target.file)
            self._records.shared += told
            text += made
            lacking |= {
                name: self._records.lacking(link.group, lacks, name)
                for name in names
                if name in part.required
            }
        return text, lacking

    def _disordered(self, part: PartPlan, row: Record, by_name: Mapping[str, str]) -> list[Told]:
        told = []
        for first, second in part.spec.in_order:
            begin, end = _date(by_name, first), _date(by_name, second)
            if begin and end and end < begin:
                problem = compose.before_problem(first, second)
                told.append(
                    told_of(problem, row.file or part.source.file, row.line, part.column(second), end)
                )
        return told

    def _assembled(
        self,
        part: PartPlan,
        row: Record,
        fields: str,
        by_name: Mapping[str, str],
        told: list[Told],
    ) -> Made:
        cells = [_KEY_CELL(row.cells.get(column, "")).json for column in part.key]
        bare = [(cell or "")[1:-1] for cell in cells]
        first = bare[0] if bare and part.has_first else ""
        whole = "|".join((self._key, *bare))
        identity = first if part.spec.alone and part.has_first and first else whole
        meta = compose.meta_of(part.source.spec.file, part.spec.key, part.spec.verification, part.actor)
        text = f'{{"meta":{{"{REF}":{self._records.dictionary.number(meta)}'
        text += "" if row.line is None else f',"row":{row.line}'
        text += f',"file":{json_text(row.file)}' if row.file else ""
        if first:
            text += f',"key":"{first}"'
        if not part.spec.alone or identity != first:
            text += f',"id":{json_text(identity)}'
        if part.actor is not None and not isinstance(part.actor, Fixed):
            by, wrong = self._records.make(part.actor, row, part.source.file, ',"by":')
            text += by
            told += wrong
        marks = [
            *(quality(problem.rule, None, severity) for problem, severity in row.faults),
            *(one.mark for one in told),
        ]
        text += f',"dq":[{",".join(marks)}]' if marks else ""
        spec = part.spec.overlap
        return Made(
            f"{text}}}{fields}}}",
            identity,
            row,
            by_name.get(spec.by, "") if spec else "",
            _date(by_name, spec.begin) if spec else None,
            _date(by_name, spec.end) if spec else None,
        )

    def _distinct(self, group: Sequence[tuple[PartPlan, Made]]) -> list[tuple[PartPlan, Made]]:
        """Return each entry once, and say what the others are."""
        if not group:
            return []
        repeats = group[0][0].spec.repeats
        seen: set[str] = set()
        kept = []
        for part, one in reversed(group) if repeats == "last" else group:
            if one.identity not in seen:
                seen.add(one.identity)
                kept.append((part, one))
            elif repeats == "finding":
                column = part.source.header(part.key[0]) if part.key else None
                told = told_of(
                    compose.TWICE, one.row.file or part.source.file, one.row.line, column, one.identity
                )
                self._told.append(told.finding)
        return kept[::-1] if repeats == "last" else kept

    def _overlapping(self, parts: Sequence[PartPlan], kept: Sequence[tuple[PartPlan, Made]]) -> None:
        spec = parts[0].spec.overlap
        if spec is None:
            return
        by: dict[str, list[Stay]] = {}
        for _, one in kept:
            by.setdefault(one.by, []).append(Stay(one.row.line, one.begin, one.end, one.row.file))
        for stays in by.values():
            for stay in overlaps(stays):
                problem = compose.overlap_problem(spec.by)
                column = parts[0].column(spec.begin)
                told = told_of(
                    problem, stay.file or parts[0].source.file, stay.line, column, stay.begin or ""
                )
                self._told.append(told.finding)

    def _without_state_id(self, documents: Mapping[str, str], person: Record) -> None:
        spec = self._plan.mapping.student
        people = self._plan.sources[spec.source]
        if spec.state_id not in people.asked or "identity" not in documents:
            return
        state = self._records.dictionary.having('"code":"State"')
        if any(f'"system":{{"{REF}":{number}}}' in documents["identity"] for number in state):
            return
        header = people.header(spec.state_id)
        if all(one.column != header for one in self._told):
            told = told_of(compose.NO_STATE_ID, person.file or people.file, person.line, header, "")
            self._told.append(told.finding)


def _line_of(row: Mapping[str, str | None], line: int, table: Table) -> int | None:
    """Return where the row stands, None where nobody could find it by that."""
    if LINE_COLUMN in row:
        said = row[LINE_COLUMN] or ""
        return int(said) if said.isdecimal() else None
    return line if table.lined else None


def _is_first(row: Record, keys: Sequence[str], seen: set[tuple[str, ...]] | None) -> bool:
    """Tell whether no earlier row has the key; it is remembered."""
    if seen is None or not keys:
        return True
    key = key_in(row, keys)
    if key in seen:
        return False
    seen.add(key)
    return True


def _each(part: PartPlan, rows: Iterable[Record]) -> list[Record]:
    """Return a row for each value of the `each` column."""
    column = part.part.each
    if column is None:
        return [row.alone() for row in rows]
    return [
        Record({**row.cells, column: piece.strip(BLANKS)}, row.line, row.faults, row.file)
        for row in rows
        for piece in row.cells[column].split(",")
        if piece.strip(BLANKS)
    ]


def _date(by_name: Mapping[str, str], wire: str) -> str | None:
    """Return the date of a field as text, None where it has none."""
    text = by_name.get(wire, "").removeprefix(named(wire))
    return text[1:-1] if len(text) == _DATE else None


_DATE: Final = len('"YYYY-MM-DD"')


def _unmoved(
    cells: Mapping[str, str],
    source: Resolved,
    headers: Sequence[str],
    row: Mapping[str, str | None],
    faults: Sequence[Finding],
) -> dict[str, str]:
    """Empty the cells of a ragged row into which a denied column's cell may have moved."""
    if all(one.rule is not Rule.ROW_RAGGED for one in faults):
        return dict(cells)
    lacking = sum(row.get(header) is None for header in headers)
    denied = [at for at, header in enumerate(headers) if header in source.denied]

    def reached(at: int) -> bool:
        return any(
            (lacking > 0 and lacking >= place - at) if at < place else (lacking == 0 or at == place)
            for place in denied
        )

    return {
        name: "" if reached(headers.index(source.columns[name])) else cell for name, cell in cells.items()
    }

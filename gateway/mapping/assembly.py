"""The document of one student, made of the rows that were loaded: executor two of a plan.

What `gateway.mapping.bulk` makes of columns, byte for byte; a property test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.domain.backpack.compact import REF
from gateway.domain.backpack.document import SECTIONS
from gateway.mapping import compose
from gateway.mapping.cells import json_text
from gateway.mapping.columns import PRESENT, UNSAID, named
from gateway.mapping.findings import Finding
from gateway.mapping.loading import Loaded, each_of
from gateway.mapping.nodes import Fixed, own_conditions
from gateway.mapping.overlaps import Stay, overlaps
from gateway.mapping.plan import PartPlan, Plan
from gateway.mapping.problems import quality
from gateway.mapping.records import Record, Records, Told, told_of
from gateway.mapping.rows import BLANKS

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


class Assembly:
    """Makes the document of one student."""

    def __init__(self, plan: Plan, records: Records, key: str) -> None:
        self._plan = plan
        self._records = records
        self._key = key
        self._told: list[Finding] = []

    def map(self, loaded: Loaded) -> MappedStudent:
        """Return the document that the student's rows make."""
        sections: dict[str, list[str]] = {}
        for parts in self._plan.sections:
            if not parts:
                continue
            group: list[tuple[PartPlan, Made]] = []
            for part in parts:
                made = self._entries(part, loaded.parts.get(part.number, ()))
                group += [(part, one) for one in made]
                if made and parts[0].spec.combine == "first":
                    break
            kept = self.distinct(group)
            self._overlapping(parts, kept)
            if kept:
                sections.setdefault(parts[0].section, []).extend(one.json for _, one in kept)
        documents = {name: f"[{','.join(sections[name])}]" for name in SECTIONS if name in sections}
        self._without_state_id(documents, loaded.person)
        return MappedStudent(self._key, loaded.person.line, documents, tuple(dict.fromkeys(self._told)))

    def _entries(self, part: PartPlan, rows: Sequence[Record]) -> list[Made]:
        made = []
        own = own_conditions(part.where)
        linked = tuple(one for one in part.where if one not in own)
        for row in each_of(part, rows):
            if not self._records.holds(own, row):
                continue
            told = self._records.attach(row, part.links, part.source.file)
            if linked and not self._records.holds(linked, row):
                continue
            entry = self.entry(part, row, told)
            self._told += [one.finding for one in told]
            if entry is not None:
                made.append(entry)
        return made

    def entry(self, part: PartPlan, row: Record, told: list[Told]) -> Made | None:
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
            made, _, lacks = self._records.group(link, link.group, target)
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

    def distinct(self, group: Sequence[tuple[PartPlan, Made]]) -> list[tuple[PartPlan, Made]]:
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


def _date(by_name: Mapping[str, str], wire: str) -> str | None:
    """Return the date of a field as text, None where it has none."""
    text = by_name.get(wire, "").removeprefix(named(wire))
    return text[1:-1] if len(text) == _DATE else None


_DATE: Final = len('"YYYY-MM-DD"')

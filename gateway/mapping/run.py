"""One run of a mapping: from the rows of a source to students, their entries and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, cast

from gateway.domain.backpack.base import Entry, OrgRef
from gateway.domain.backpack.contacts import Contact
from gateway.domain.backpack.document import SECTIONS
from gateway.domain.backpack.enrollment import Enrollment
from gateway.domain.backpack.identity import Learner
from gateway.domain.ids import LocalStudentId
from gateway.mapping.compile import Names
from gateway.mapping.entries import EntryMaker, Extract
from gateway.mapping.fields import Fields
from gateway.mapping.findings import Finding
from gateway.mapping.overlaps import overlaps
from gateway.mapping.plan import Plan, check_manifest, denied_findings, make_plan, unread_columns
from gateway.mapping.rows import Row, RowSource, Table
from gateway.mapping.sources import Counts, Stored
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.mapping.students import Roll, call_roll

__all__ = ["Counts", "MappedStudent", "MappingRun", "MatchKeys", "load_mapping", "open_run"]

_STATE_ID: Final = "State"


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """Plain values by which a student is recognised; nothing is normalised."""

    state_id: str | None
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    birth_date: date | None
    guardian_names: tuple[str, ...]
    previous_schools: tuple[str, ...]
    """Names, ids and numbers of every school of this district that the student went to."""
    middle_name: str | None
    birth_city: str | None


@dataclass(frozen=True, slots=True)
class MappedStudent:
    """A student's part of the backpack, and what is wrong with the rows behind it."""

    student: LocalStudentId
    keys: MatchKeys
    school: str | None
    """Name of the school, or its id where it has no name."""
    grade: str | None
    """Normalised; None where the local code is not known."""
    sections: Mapping[str, Sequence[Entry]]
    """By wire name; sections without entries are left out."""
    findings: tuple[Finding, ...]


@dataclass
class MappingRun:
    """The students, read as they are asked for. `findings` and `counts` are whole when all have been read."""

    students: Iterator[MappedStudent]
    counts: dict[str, Counts] = field(default_factory=dict)
    """By file."""
    findings: list[Finding] = field(default_factory=list)
    """What is wrong with files, headers and rows that belong to no student."""


async def open_run(
    adapter: RowSource, mapping: MappingFile, *, extracted_at: datetime, organisation: str
) -> MappingRun:
    """Read all rows and return a run that maps one student after the other.

    The columns that the mapping reads are in memory until the run is dropped.

    Raises:
        Misconfigured: the mapping file names what is not there.
        GatewayError: whatever the adapter raises.
    """
    tables = await adapter.tables()
    plan = make_plan(mapping, tables)
    students: set[str] = set()
    fields = Fields(Names(mapping, plan.sources, students), extracted_at.date())
    extract = Extract(mapping, OrgRef(id=organisation), extracted_at)
    makers = [[EntryMaker(spec, part, fields, extract) for part in spec.parts] for spec in mapping.entries]
    roll = Roll(mapping.student, plan.sources)
    found = [*plan.findings, *adapter.unused(), *await _load(adapter, mapping, plan)]
    found += check_manifest(mapping, plan)
    found += call_roll(roll, [maker for group in makers for maker in group])
    students |= roll.students
    run = MappingRun(iter(()), findings=found)
    run.students = _Mapping(run, plan, fields, makers, roll).students()
    run.counts = {source.file: source.counts for source in plan.sources.values() if source.table}
    for table in plan.unmapped:
        run.counts[table.file] = await _count(adapter, table)
    return run


async def _load(adapter: RowSource, mapping: MappingFile, plan: Plan) -> list[Finding]:
    found = []
    for source in plan.sources.values():
        source.slot(source.spec.status)
        found += await source.load(adapter, mapping.conventions)
        found += [*denied_findings(source), *unread_columns(source)]
    return found


async def _count(adapter: RowSource, table: Table) -> Counts:
    """Count the rows of a file that the mapping does not read."""
    counts = Counts()
    async for batch in adapter.rows(table):
        counts.rows += sum(type(item) is Row for item in batch)
    counts.excluded["unusedFile"] = counts.rows
    return counts


class _Mapping:
    """Maps students in the order of their rows."""

    def __init__(
        self,
        run: MappingRun,
        plan: Plan,
        fields: Fields,
        makers: Sequence[Sequence[EntryMaker]],
        roll: Roll,
    ) -> None:
        self._run = run
        self._plan = plan
        self._fields = fields
        self._makers = [
            (group[0].spec.combine == "first", [maker for maker in group if maker.works]) for group in makers
        ]
        self._roll = roll

    def students(self) -> Iterator[MappedStudent]:
        for row in self._roll.rows():
            yield self._student(row)
        found = [*self._run.findings, *self._fields.shared]
        self._run.findings[:] = {(one.rule, one.file, one.line, one.column): one for one in found}.values()
        self._run.findings += self._roll.nobody()
        for source in self._plan.sources.values():
            source.settle(self._roll.why(source))

    def _student(self, row: Stored) -> MappedStudent:
        key = self._roll.key(row)
        sections: dict[str, list[Entry]] = {}
        findings: list[Finding] = []
        for first_only, makers in self._makers:
            seen: set[str] = set()
            for maker in makers:
                made = _made(maker, key, seen, findings)
                if made:
                    sections.setdefault(maker.section, []).extend(made)
                if made and first_only:
                    break
        keys = match_keys(sections)
        if keys.state_id is None:
            findings += self._roll.without_state_id(row, findings)
        stay = _present_stay(cast("Sequence[Enrollment]", sections.get("enrollments", ())))
        return MappedStudent(
            student=LocalStudentId(key),
            keys=keys,
            school=(stay.school.name or stay.school.id) if stay else None,
            grade=_grade(stay),
            sections={name: sections[name] for name in SECTIONS if name in sections},
            findings=tuple(dict.fromkeys(findings)),
        )


def _made(maker: EntryMaker, key: str, seen: set[str], findings: list[Finding]) -> list[Entry]:
    entries = []
    for row in maker.rows(key):
        entry, wrong = maker.make(row, key, seen)
        findings += wrong
        if entry is not None:
            entries.append(entry)
        if entry is not None or not wrong:
            maker.source.use(row)
        else:
            maker.source.spoil(row)
    if maker.spec.overlap and len(entries) > 1:
        findings += overlaps(entries, maker.spec.overlap, maker.column(maker.spec.overlap.begin))
    return entries


def _present_stay(stays: Sequence[Enrollment]) -> Enrollment | None:
    """Return the stay at the primary school, else the one that began last, else the first."""
    return max(stays, key=lambda stay: (stay.primary or False, stay.entry_date or date.min), default=None)


def _grade(stay: Enrollment | None) -> str | None:
    if stay is None or stay.grade_level is None or stay.grade_level.mapping == "none":
        return None
    return stay.grade_level.code


def match_keys(sections: Mapping[str, Sequence[Entry]]) -> MatchKeys:
    """Return the values by which the student of these entries is recognised."""
    learners = cast("Sequence[Learner]", sections.get("identity", ()))
    names = [name for learner in learners for name in learner.names]
    learner = learners[0] if learners else None
    return MatchKeys(
        state_id=_state_id(learners),
        given_names=_distinct(name.given for name in names),
        family_names=_distinct(part for name in names for part in (name.family, name.family2)),
        birth_date=learner.birth_date if learner else None,
        guardian_names=_distinct(
            " ".join(filter(None, (contact.name.given, contact.name.family)))
            for contact in cast("Sequence[Contact]", sections.get("contacts", ()))
        ),
        previous_schools=_distinct(
            name
            for stay in cast("Sequence[Enrollment]", sections.get("enrollments", ()))
            for name in (stay.school.name, stay.school.id, *(one.value for one in stay.school.identifiers))
        ),
        middle_name=next((name.middle for name in names if name.middle), None),
        birth_city=learner.birth_place.city if learner and learner.birth_place else None,
    )


def _state_id(learners: Sequence[Learner]) -> str | None:
    found = (one for learner in learners for one in learner.identifiers)
    return next((one.value for one in found if one.system.code == _STATE_ID), None)


def _distinct(values: Iterator[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))

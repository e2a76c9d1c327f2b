"""Mapping runs against a store: what is kept, replaced, removed, held back and counted."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import pytest

from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.document import entry_from
from gateway.domain.backpack.whole import Stamp
from gateway.domain.errors import Misconfigured, TryLater, Unknown
from gateway.domain.ids import LocalStudentId
from gateway.mapping.bulk import BulkRun, open_bulk
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.plan import Plan
from gateway.mapping.single import MappedStudent, Single
from gateway.mapping.spec import MappingFile
from gateway.usecases.map_students import DETAILS, MapReport, MapWish, map_students
from gateway.usecases.ports import Node, StoredBackpack
from gateway.usecases.wholes import read_whole, sections_of
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import MAPLE, Clock, Network, PlainDirectory, make_node
from tests.harness.tables import NOW, MemoryTables, source, tiny_mapping

STUDENTS = [f"U{number}" for number in range(1, 11)]
MAPPING = tiny_mapping(f"""
{source("stays", '"id"')}{source("schools", '"sid"')}{source("clubs")}
[objects.school]
model = "OrgRef"
source = "schools"
orphan = "id"
fields = {{ id = "sid", name = "name" }}

[[entries]]
section = "identity"
key = ["id"]
from = [{{ source = "people", student = "id" }}]
[entries.fields]
names = [{{ use = {{ static = "legal" }}, given = "given", family = "family" }}]
birthDate = {{ column = "born", as = "birthDate" }}

[[entries]]
section = "enrollments"
key = ["id"]
from = [{{ source = "stays", student = "who" }}]
[entries.fields]
school = {{ column = "school", object = "school" }}
entryDate = {{ column = "from", as = "date" }}

[[entries]]
section = "activities"
key = ["title"]
alone = false
from = [{{ source = "clubs", student = "who" }}]
[entries.fields]
title = "title"
begin = {{ column = "from", as = "date" }}
""")
Tables = dict[str, list[dict[str, str]]]


def district() -> Tables:
    """Return ten students at one school, and a club."""
    return {
        "people": [
            {"id": one, "given": f"Juniper {one}", "family": "Bramblewick", "born": "2015-03-04"}
            for one in STUDENTS
        ],
        "stays": [{"id": f"E{one}", "who": one, "school": "S1", "from": "2025-08-18"} for one in STUDENTS],
        "schools": [{"sid": "S1", "name": "Maple Elementary School of the Arts"}],
        "clubs": [{"who": "U1", "title": "Chess", "from": "2026-01-02"}],
    }


@dataclass
class TablesSource:
    """`ports.Source` over tables that a test changes between runs."""

    tables: Tables
    folder: Path
    mapping: MappingFile = MAPPING
    bucket: int = 4
    max_removed: float = 0.2
    blackout: Sequence[tuple[date, date]] = field(default_factory=list)

    @asynccontextmanager
    async def run(self, now: datetime, dictionary: Dictionary) -> AsyncIterator[BulkRun]:
        """Read all rows."""
        work = self.folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        yield await open_bulk(
            self._adapter(),
            self.mapping,
            now=now,
            work=work,
            dictionary=dictionary,
            state=self.folder / "state",
            bucket=self.bucket,
        )

    async def student(
        self, key: LocalStudentId, now: datetime, dictionary: Dictionary
    ) -> MappedStudent | None:
        """Map one student."""
        async with self.run(now, dictionary) as run:
            return await Single(self._adapter(), run.plan, dictionary).student(key)

    def stamp(self, plan: Plan, now: datetime) -> Stamp:
        """Return what all entries of a run at that time have in common."""
        files = {one.spec.file: one.file for one in plan.sources.values() if one.table}
        return Stamp.of(organisation=MAPLE, system="memory", mapping="tiny 1.0.0", at=now, files=files)

    def _adapter(self) -> MemoryTables:
        return MemoryTables(self.tables, COLUMNS)


COLUMNS = {name: tuple(rows[0]) for name, rows in district().items()}


@pytest.fixture
def local(tmp_path: Path) -> TablesSource:
    return TablesSource(district(), tmp_path)


def node_over(local: TablesSource) -> Node:
    """Return a node with an empty store that reads the tables."""
    made = make_node(MAPLE, store=MemoryStore(), network=Network(), clock=Clock(), directory=PlainDirectory())
    return replace(made, source=local, now=lambda: NOW)


@pytest.fixture
def node(local: TablesSource) -> Node:
    return node_over(local)


async def stored(node: Node) -> dict[str, StoredBackpack]:
    """Return all backpacks, by local id."""
    return await node.store.read(
        lambda tx: {one: tx.backpacks.get(one) for one in sorted(tx.backpacks.fingerprints())}
    )


async def findings(node: Node) -> list[tuple[str | None, Finding]]:
    return [*await node.store.read(lambda tx: tx.findings.list(limit=100_000))]


async def wholly(node: Node, student: str) -> dict[str, Sequence[dict[str, object]]]:
    """Return the student's entries as on the wire."""
    one = await node.store.read(lambda tx: read_whole(tx, LocalStudentId(student)))
    return {name: [dict(entry) for entry in entries] for name, entries in sections_of(one).items()}


def told(report: MapReport) -> tuple[int, int, int, int]:
    return report.students, report.mapped, report.changed, report.removed


# --- what is kept --------------------------------------------------------------------------------------


async def test_a_first_run_keeps_everybody_and_the_next_one_maps_nobody(node: Node) -> None:
    first = await map_students(node)

    second = await map_students(node)

    assert told(first) == (10, 10, 10, 0)
    assert told(second) == (10, 0, 0, 0)
    assert [*await stored(node)] == sorted(STUDENTS)
    one = (await stored(node))["U1"]
    assert (one.school, one.candidate.given_names) == (
        "Maple Elementary School of the Arts",
        frozenset({"Juniper U1"}),
    )
    assert one.learner == node.pseudonym("learner", "U1")


async def test_a_backpack_that_is_read_whole_fits_the_schema_and_names_its_rows(node: Node) -> None:
    await map_students(node)

    sections = await wholly(node, "U2")

    assert [*sections] == ["identity", "enrollments"]
    for section, entries in sections.items():
        (entry,) = (entry_from(section, one) for one in entries)
        assert (entry.meta.source.row, entry.meta.source.org.id) == (3, MAPLE)
        assert entry.meta.source.extracted_at == NOW
    assert sections["enrollments"][0]["school"] == {"id": "S1", "name": "Maple Elementary School of the Arts"}


async def test_what_thousands_share_is_kept_once_and_found_again_by_later_runs(
    node: Node, local: TablesSource
) -> None:
    await map_students(node)
    objects = await node.store.read(lambda tx: tx.backpacks.kept())
    local.tables["clubs"].append({"who": "U7", "title": "Go", "from": ""})

    await map_students(node)

    assert sum("School of the Arts" in text for text in objects.values()) == 1
    later = await node.store.read(lambda tx: tx.backpacks.kept())
    assert {number: later[number] for number in objects} == dict(objects)
    assert (await wholly(node, "U7"))["activities"][0]["title"] == "Go"


async def test_only_documents_that_differ_count_as_changed(node: Node, local: TablesSource) -> None:
    await map_students(node)
    before = await stored(node)
    local.tables["people"][2]["given"] = " Juniper U3"
    local.tables["people"][3]["given"] = "Wren"

    report = await map_students(node)

    after = await stored(node)
    assert told(report) == (10, 2, 1, 0)
    assert {key for key in after if after[key] != before[key]} == {"U4"}


async def test_a_shared_row_changes_all_who_name_it(node: Node, local: TablesSource) -> None:
    await map_students(node)
    local.tables["schools"][0]["name"] = "Cedar Elementary School of the Arts"

    report = await map_students(node)

    assert told(report) == (10, 10, 10, 0)
    assert {one.school for one in (await stored(node)).values()} == {"Cedar Elementary School of the Arts"}


async def test_rows_that_moved_change_no_document(node: Node, local: TablesSource) -> None:
    await map_students(node)
    local.tables["people"].insert(0, {"id": "U0", "given": "Basil", "family": "Oakes", "born": ""})

    report = await map_students(node, wish=MapWish(full=True))

    assert told(report) == (11, 11, 1, 0)


async def test_another_mapping_changes_every_document(node: Node, local: TablesSource) -> None:
    await map_students(node)
    about = MAPPING.mapping.model_copy(update={"version": "2.0.0"})
    local.mapping = MAPPING.model_copy(update={"mapping": about})

    assert told(await map_students(node))[1] == 10


async def test_progress_rises_to_all_students(node: Node) -> None:
    seen: list[tuple[int, int]] = []

    await map_students(node, lambda done, whole: seen.append((done, whole)))

    assert seen[-1] == (10, 10)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


async def test_a_run_is_in_the_audit_log_without_students(node: Node) -> None:
    await map_students(node)

    ((_, leaf),) = await node.store.read(lambda tx: tx.audit.list())
    assert (leaf.action, leaf.actor) == ("students.mapped", "node")
    assert "Juniper" not in repr(leaf)


# --- who is gone ---------------------------------------------------------------------------------------


async def test_a_few_who_are_gone_are_removed_with_their_findings(node: Node, local: TablesSource) -> None:
    local.tables["clubs"][0]["from"] = "soon"
    await map_students(node)
    assert "U1" in {student for student, _ in await findings(node)}
    del local.tables["people"][:2]

    report = await map_students(node)

    assert (report.removed, report.held_removals) == (2, 0)
    assert [*await stored(node)] == sorted(STUDENTS[2:])
    assert not {"U1", "U2"} & {student for student, _ in await findings(node)}
    with pytest.raises(Unknown):
        await wholly(node, "U1")


async def test_many_who_are_gone_are_held_until_somebody_approves(node: Node, local: TablesSource) -> None:
    await map_students(node)
    del local.tables["people"][:3]

    held = await map_students(node)
    kept = await stored(node)
    approved = await map_students(node, wish=MapWish(approve_removals=True))

    assert (held.removed, held.held_removals, len(kept)) == (0, 3, 10)
    assert (approved.removed, approved.held_removals) == (3, 0)
    assert [*await stored(node)] == sorted(STUDENTS[3:])


async def test_a_missing_file_of_people_deletes_nobody(node: Node, local: TablesSource) -> None:
    await map_students(node)
    del local.tables["people"]

    report = await map_students(node)

    assert (report.students, report.removed, report.held_removals) == (0, 0, 10)
    assert len(await stored(node)) == 10
    assert any(one.rule is Rule.FILE_MISSING and "people" in one.file for _, one in await findings(node))


async def test_who_was_held_and_comes_back_is_as_before(node: Node, local: TablesSource) -> None:
    await map_students(node)
    before = await stored(node)
    people = local.tables.pop("people")
    await map_students(node)
    local.tables["people"] = people

    report = await map_students(node)

    assert report.held_removals == 0
    after = await stored(node)
    assert {key: one.fingerprint for key, one in after.items()} == {
        key: one.fingerprint for key, one in before.items()
    }


# --- findings ------------------------------------------------------------------------------------------


async def test_findings_of_a_student_are_replaced_when_he_is_mapped_again_and_kept_when_not(
    node: Node, local: TablesSource
) -> None:
    local.tables["people"][0]["born"] = "soon"
    local.tables["people"][1]["born"] = "later"
    await map_students(node)
    local.tables["people"][0]["born"] = "2015-03-04"

    report = await map_students(node)

    wrong = [(student, one.raw_value) for student, one in await findings(node) if one.column == "born"]
    assert wrong == [("U2", "later")]
    assert report.mapped == 1
    assert report.findings[Rule.DATE_INVALID] == 1


async def test_findings_that_are_nobodys_are_those_of_the_last_run(node: Node, local: TablesSource) -> None:
    local.tables["clubs"].append({"who": "U99", "title": "Go", "from": ""})
    await map_students(node)
    assert [one.raw_value for _, one in await findings(node) if one.rule is Rule.REFERENCE_ORPHAN] == ["U99"]
    local.tables["clubs"].pop()

    await map_students(node)

    assert not any(one.rule is Rule.REFERENCE_ORPHAN for _, one in await findings(node))


async def test_many_findings_of_one_kind_that_are_nobodys_are_cut_with_a_note(
    node: Node, local: TablesSource
) -> None:
    rows = [{"who": f"X{number}", "title": "Go", "from": ""} for number in range(DETAILS + 7)]
    local.tables["clubs"] += rows

    await map_students(node)

    orphans = [one for _, one in await findings(node) if one.rule is Rule.REFERENCE_ORPHAN]
    assert len(orphans) == DETAILS + 1
    (note,) = (one for one in orphans if one.line is None)
    assert note.message.startswith("7 more like the first")
    assert (note.column, note.raw_value) == ("who", None)


# --- when it is not wanted -----------------------------------------------------------------------------


async def test_nothing_is_read_during_a_blackout_unless_it_is_wished(node: Node, local: TablesSource) -> None:
    local.blackout = [(NOW.date(), NOW.date())]

    with pytest.raises(TryLater, match="despite-blackout"):
        await map_students(node)

    assert await stored(node) == {}
    assert told(await map_students(node, wish=MapWish(despite_blackout=True)))[1] == 10


async def test_a_blackout_of_other_days_hinders_nothing(node: Node, local: TablesSource) -> None:
    local.blackout = [(date(2026, 9, 28), date(2026, 9, 29)), (date(2026, 10, 1), date(2026, 10, 2))]

    assert told(await map_students(node))[1] == 10


async def test_a_node_without_a_source_says_so(node: Node) -> None:
    with pytest.raises(Misconfigured, match="no source"):
        await map_students(replace(node, source=None))


# --- runs that end early -------------------------------------------------------------------------------


async def test_a_run_that_is_cancelled_goes_on_where_it_was(node: Node, local: TablesSource) -> None:
    local.bucket = 2

    def stop(done: int, _all: int) -> None:
        if done >= 5:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await map_students(node, stop)
    there = len(await stored(node))

    report = await map_students(node)

    assert 0 < there < 10
    assert report.mapped < 10
    assert [*await stored(node)] == sorted(STUDENTS)
    for student in STUDENTS:
        assert (await wholly(node, student))["identity"]

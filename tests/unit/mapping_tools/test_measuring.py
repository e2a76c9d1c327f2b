"""Figures of a run: coverage, what should be zero, findings by school, rows."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.bulk import BulkRun, open_bulk
from gateway.mapping.coverage import FieldShare
from gateway.mapping.expecting import document_of
from gateway.mapping.measuring import Measured, measure
from gateway.mapping.sanity import RULES, Sanity
from gateway.mapping.single import open_single
from tests.unit.mapping_tools.conftest import NOW, reader, roster, write_table


async def run_of(path: Path, work: Path) -> BulkRun:
    return await open_bulk(reader(path), roster(), now=NOW, work=made(work))


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def measured(path: Path, work: Path) -> Measured:
    return await measure(await run_of(path, work), NOW.date())


def share(found: Measured, field: str) -> FieldShare:
    return next(one for one in found.shares if one.path == field)


async def test_the_share_of_students_with_a_value_is_counted(district: Path, tmp_path: Path) -> None:
    found = await measured(district, tmp_path / "work")

    assert found.students == 2
    assert share(found, "identity.names.given").students == 2
    assert share(found, "identity.birthDate").students == 1
    assert share(found, "enrollments.school.name").students == 2


async def test_a_field_that_nobody_has_is_told_with_none(district: Path, tmp_path: Path) -> None:
    write_table(district / "userFlags.csv", [{"userSourcedId": "U9", "flag": "ELL"}])

    found = await measured(district, tmp_path / "work")

    assert share(found, "programs.kind").students == 0


async def test_known_codes_are_counted_and_unknown_ones_told(district: Path, tmp_path: Path) -> None:
    found = await measured(district, tmp_path / "work")

    grade = share(found, "enrollments.gradeLevel")
    assert (grade.students, grade.codes, dict(grade.unmapped)) == (2, 1, {"seventh!": 1})


async def test_coverage_is_what_counting_whole_documents_gives(demo: Path, tmp_path: Path) -> None:
    """Compact documents are counted without being made whole; the figures are the same."""
    run = await run_of(demo, tmp_path / "work")
    single = await open_single(reader(demo), roster(), NOW.date(), Dictionary())
    counted: Counter[str] = Counter()
    for key in run.students.get_column("key"):
        mapped = await single.student(key)
        assert mapped is not None
        counted.update(_fields(document_of(mapped.sections, single.dictionary)))

    found = await measure(run, NOW.date())

    assert {one.path: one.students for one in found.shares if one.students} == dict(counted)


def _fields(value: Any, path: str = "") -> set[str]:
    """Every field that has a value; what is in a coded value is not a field."""
    if isinstance(value, list):
        return set().union(*(_fields(one, path) for one in value)) if value else set()
    if not isinstance(value, dict) or "code" in value:
        return {path}
    inner = {f"{path}.{name}" if path else name: one for name, one in value.items() if name != "meta"}
    return {path for path in (path,) if path}.union(*(_fields(one, name) for name, one in inner.items()))


async def test_every_row_is_accounted_for(demo: Path, tmp_path: Path) -> None:
    found = await measured(demo, tmp_path / "work")

    for file, counts in found.files.items():
        assert counts.rows == counts.used + counts.faulty + sum(counts.excluded.values()), file


async def test_findings_are_counted_by_school_and_rule(district: Path, tmp_path: Path) -> None:
    found = await measured(district, tmp_path / "work")

    assert found.findings["Birch School", "enum.unmapped"] == 1
    assert found.findings["Birch School", "date.invalid"] == 1
    assert all(school is None or school == "Birch School" for school, _ in found.findings)


async def test_progress_tells_how_many_are_done_of_all(district: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    await measure(
        await run_of(district, tmp_path / "work"), NOW.date(), lambda done, all_: told.append((done, all_))
    )

    assert told[-1] == (2, 2)


# --- what should be zero ----------------------------------------------------------------------------------

STATE = {"code": "State", "system": "x"}
FINE: dict[str, Any] = {
    "identity": [{"identifiers": [{"system": STATE, "value": "1"}], "birthDate": "2013-05-02"}],
    "enrollments": [{"school": {"name": "Birch"}, "gradeLevel": {"code": "07"}, "entryDate": "2025-08-18"}],
    "contacts": [{"contact": "G1"}],
    "classes": [{"sectionId": "C1", "teachers": [{"id": "T1"}]}],
    "grades": [{"sectionId": "C1"}],
}
STAY = FINE["enrollments"][0]


def counts(*students: dict[str, Any]) -> dict[str, int]:
    sanity = Sanity(date(2026, 9, 30), lambda number: {"code": "07"} if number == 7 else {})
    for student in students:
        sanity.take(student)
    filled = {rule.section for rule in RULES}
    return {one.rule.id: one.count for one in sanity.results(filled) if one.count}


def test_a_student_who_lacks_nothing_counts_nowhere() -> None:
    assert counts(FINE) == {}


@pytest.mark.parametrize(
    ("section", "entries", "rule", "number"),
    [
        ("enrollments", [], "students.withoutEnrollment", 1),
        ("enrollments", [{"school": {}, "entryDate": "2025-08-18"}], "students.withoutGradeLevel", 1),
        ("identity", [FINE["identity"][0] | {"birthDate": "1913-05-02"}], "students.implausibleAge", 1),
        ("identity", [FINE["identity"][0] | {"birthDate": "2019-05-02"}], "students.ageNotOfGrade", 1),
        ("identity", [{"birthDate": "2013-05-02"}], "students.withoutStateId", 1),
        ("identity", [{"identifiers": FINE["identity"][0]["identifiers"]}], "students.withoutBirthDate", 1),
        ("contacts", [], "students.withoutGuardian", 1),
        ("classes", [], "students.withoutClasses", 1),
        ("classes", [{"sectionId": "C1"}, {"sectionId": "C2"}], "classes.withoutTeacher", 2),
        ("grades", [{"grade": {}}], "grades.withoutClass", 1),
        ("enrollments", [{"school": {}, "gradeLevel": {"code": "07"}}], "enrollments.withoutEntryDate", 1),
        (
            "enrollments",
            [STAY | {"primary": True}, STAY | {"primary": True, "entryDate": "2026-01-07"}],
            "enrollments.overlappingPrimary",
            1,
        ),
    ],
)
def test_what_is_lacking_is_counted_once(section: str, entries: list[Any], rule: str, number: int) -> None:
    assert counts(FINE | {section: entries}) == {rule: number}


def test_stays_that_follow_each_other_do_not_overlap() -> None:
    first = STAY | {"primary": True, "exitDate": "2026-01-07"}
    second = STAY | {"primary": True, "entryDate": "2026-01-07"}

    assert counts(FINE | {"enrollments": [first, second]}) == {}


def test_students_who_share_a_state_id_are_counted() -> None:
    assert counts(FINE, FINE, FINE)["students.duplicateStateId"] == 3


def test_a_student_whose_state_id_is_said_twice_shares_it_with_nobody() -> None:
    identifiers = FINE["identity"][0]["identifiers"] * 2

    assert counts(FINE | {"identity": [FINE["identity"][0] | {"identifiers": identifiers}]}) == {}


def test_a_kept_grade_level_is_looked_up() -> None:
    stays = [STAY | {"gradeLevel": {"$": 7}}]
    young = [FINE["identity"][0] | {"birthDate": "2019-05-02"}]

    assert counts(FINE | {"enrollments": stays, "identity": young}) == {"students.ageNotOfGrade": 1}


def test_nothing_is_said_of_sections_that_the_mapping_does_not_fill() -> None:
    sanity = Sanity(date(2026, 9, 30), lambda _: {})
    sanity.take({"identity": FINE["identity"]})

    results = {one.rule.id: one.count for one in sanity.results({"identity"})}

    assert results["students.withoutClasses"] is None
    assert results["students.withoutStateId"] == 0


def test_the_school_is_that_of_the_latest_stay() -> None:
    sanity = Sanity(date(2026, 9, 30), lambda _: {"name": "Kept School"})
    stays = [
        STAY | {"exitDate": "2025-06-01", "school": {"id": "O0"}},
        STAY | {"school": {"$": 1}},
        STAY | {"entryDate": "2024-08-18", "exitDate": "2026-06-01", "school": {"id": "O2"}},
    ]

    assert sanity.school({"enrollments": stays}) == "Kept School"

"""CSV extracts of a student information system, of one day and of two."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.domain.backpack.attendance import AttendanceEvent
from gateway.domain.backpack.demographics import Demographics
from gateway.domain.backpack.identity import Learner
from gateway.mapping.findings import Rule
from gateway.mapping.spec import MappingFile
from tests.unit.published.mapping_run import Run, map_set, measure_set
from tests.unit.published.published import folder, mapping, records, rows, rules

SET = "oea_sis_csv"
SYSTEMS = "modules/module_catalog/Student_and_School_Data_Systems/test_data"
TWO_DAYS = ["framework/test_data/contoso_sis", f"{SYSTEMS}/hello_world_test_data_small/contoso_sis"]
ONE_DAY = f"{SYSTEMS}/hello_world_test_data/contoso_sis"
GENERATED = "modules/module_test_data_generation_kit/test_data/base_truth_tables"
KINDS = ("students", "studentattendance", "studentsectionmark")


def options(path: Path) -> dict[str, object]:
    """Return settings that read all days' files of a kind as one table, as the how-to page says."""
    kinds = [kind for kind in KINDS if any(path.glob(f"**/{kind}/*.csv"))]
    return {"path": path, "tables": [{"name": kind, "file": f"**/{kind}/*.csv"} for kind in kinds]}


async def map_days(path: Path, spec: MappingFile) -> Run:
    return await map_set(TableFilesAdapter(TableFiles.model_validate(options(path))), spec)


def exported(path: Path, kind: str) -> Sequence[dict[str, str]]:
    """Return the records of all days, the earlier first."""
    return [one for file in sorted(path.glob(f"**/{kind}/*.csv")) for one in records(file)]


@pytest.mark.parametrize("name", TWO_DAYS)
async def test_two_days_map_every_student_of_either_and_account_for_every_row(name: str) -> None:
    path = folder(SET, name)

    mapped = await map_days(path, mapping("sis_csv/sis_csv"))

    assert set(mapped.students) == {one["SIS ID"] for one in exported(path, "students")}
    assert all(counts.rows == rows(counts) for counts in mapped.counts.values())
    assert sum(counts.rows for counts in mapped.counts.values()) == sum(
        len(exported(path, kind)) for kind in KINDS
    )


async def test_the_second_day_replaces_what_it_says_again() -> None:
    path = folder(SET, TWO_DAYS[0])
    last = {one["SIS ID"]: one for one in exported(path, "students")}

    mapped = await map_days(path, mapping("sis_csv/sis_csv"))

    for key, student in mapped.students.items():
        (learner,) = student["identity"]
        assert isinstance(learner, Learner)
        assert [name.given for name in learner.names] == [last[key]["First Name"]]


@pytest.mark.parametrize("name", TWO_DAYS)
async def test_dates_with_the_day_first_are_read_as_the_copy_says(name: str) -> None:
    path = folder(SET, name)
    days = exported(path, "studentattendance")

    mapped = await map_days(path, mapping("sis_csv/sis_csv", date_order='"dmy"'))

    for key, student in mapped.students.items():
        events = [one for one in student.get("attendance", ()) if isinstance(one, AttendanceEvent)]
        said = {
            tuple(int(part) for part in one["attendance_date"].split("/"))
            for one in days
            if one["student_id"] == key
        }
        assert {(one.date.day, one.date.month, one.date.year) for one in events} == said


async def test_four_hundred_students_map_with_the_dirt_that_they_have() -> None:
    path = folder(SET, ONE_DAY)
    students, marks = exported(path, "students"), exported(path, "studentsectionmark")

    mapped = await map_days(path, mapping("sis_csv/sis_csv"))

    found = rules(mapped.findings)
    assert len(mapped.students) == len(students)
    assert found[Rule.ROW_REPEATED_HEADER] == sum(one["id"] == "id" for one in marks)
    assert found[Rule.ID_INVALID] == len(students)
    assert found[Rule.PASSWORD_PRESENT] == 1
    assert sum(len(student["grades"]) for student in mapped.students.values()) == sum(
        one["id"] != "id" for one in marks
    )
    said = repr(mapped.findings)
    assert not any(one["Password"] in said for one in students)


async def test_the_same_state_id_for_all_is_found_where_the_state_has_such_ids() -> None:
    path = folder(SET, ONE_DAY)
    adapter = TableFilesAdapter(TableFiles.model_validate(options(path)))

    measured = await measure_set(adapter, mapping("sis_csv/sis_csv", identifier_pattern='"[0-9]{3}"'))

    sane = {one.rule.id: one.count for one in measured.sane}
    assert sane["students.duplicateStateId"] == measured.students
    assert Rule.ID_INVALID not in measured.rules


async def test_hispanic_in_a_question_about_race_is_kept_as_an_answer_to_it() -> None:
    path = folder(SET, ONE_DAY)
    hispanic = {
        one["SIS ID"] for one in exported(path, "students") if one["FederalRaceCategory"] == "Hispanic"
    }

    mapped = await map_days(path, mapping("sis_csv/sis_csv"))

    said = {
        key: [race.code for race in entry.races]
        for key, student in mapped.students.items()
        for entry in student["demographics"]
        if isinstance(entry, Demographics)
    }
    assert {key for key, races in said.items() if races == ["hispanicOrLatino"]} == hispanic
    assert all(len(races) == 1 for races in said.values())


async def test_an_export_with_other_names_and_more_tables_maps_with_the_same_mapping() -> None:
    path = folder(SET, GENERATED)
    taken = {(one["StudentID"], one["SectionID"]) for one in records(path / "enrollment.csv")}

    mapped = await map_set(TableFilesAdapter(TableFiles(path=path)), mapping("sis_csv/sis_csv"))

    assert len(mapped.students) == len(records(path / "students.csv"))
    assert {file: counts.rows for file, counts in mapped.counts.items()} == {
        file.name: len(records(file)) for file in path.glob("*.csv")
    }
    assert sum(len(student["classes"]) for student in mapped.students.values()) == len(taken)
    assert all({"identity", "enrollments"} <= set(student) for student in mapped.students.values())

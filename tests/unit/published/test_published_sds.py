"""School Data Sync version 1 in both formats: all users, some of them, and only the columns that must be there."""

from pathlib import Path

import pytest

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from gateway.domain.backpack.identity import Learner
from gateway.mapping.findings import Rule
from tests.harness.mapped import Mapped, map_all
from tests.unit.published.published import NOW, folder, mapping, records, rows, rules

SAMPLES = "sds_o365_samples"
FORMATS = ["SDS Format", "UK Format"]
WHOLE = [f"{name}/100 Users" for name in FORMATS]
SOME = [f"{name}/25 Users" for name in FORMATS]
LEAST = [f"{name}/Min Required Attributes" for name in FORMATS]


def bundle(name: str) -> Path:
    return folder(SAMPLES, f"CSV Samples/{name}")


async def map_bundle(path: Path, **lines: str) -> Mapped:
    return await map_all(
        OneRosterCsvAdapter(OneRosterCsv(path=path)), mapping("sds/sds", **lines), NOW, bucket=50
    )


def ids(path: Path) -> list[str]:
    return sorted(one.get("SIS ID") or one["ID"] for one in records(path / "Student.csv"))


@pytest.mark.parametrize("name", [*WHOLE, *SOME, *LEAST])
async def test_every_student_maps_and_every_row_is_accounted_for(name: str) -> None:
    path = bundle(name)

    mapped = await map_bundle(path)

    assert sorted(mapped.students) == ids(path)
    assert {file: counts.rows for file, counts in mapped.counts.items()} == {
        file.name: len(records(file)) for file in path.glob("*.csv")
    }
    assert all(counts.rows == rows(counts) for counts in mapped.counts.values())


@pytest.mark.parametrize("name", WHOLE)
async def test_students_have_names_a_school_and_the_classes_of_the_enrolment_file(name: str) -> None:
    path = bundle(name)

    mapped = await map_bundle(path)

    taken = [tuple(one.values()) for one in records(path / "StudentEnrollment.csv")]
    for key, student in mapped.students.items():
        assert student.keys.family_names
        assert student.school in {"Contoso High School", "Fabrikam High School"}
        assert student.grade in {"09", "10", "11", "12"}
        assert len(student.sections["classes"]) == len({section for section, who in taken if who == key})


@pytest.mark.parametrize("name", WHOLE)
async def test_a_state_where_a_state_id_should_be_is_found_for_each_student(name: str) -> None:
    path = bundle(name)

    found = rules((await map_bundle(path)).findings)

    assert found[Rule.ID_INVALID] == len(ids(path))
    assert found[Rule.PASSWORD_PRESENT] == len(["Student.csv", "Teacher.csv"])


@pytest.mark.parametrize("name", LEAST)
async def test_students_without_names_keep_their_ids(name: str) -> None:
    path = bundle(name)

    mapped = await map_bundle(path)

    for key, student in mapped.students.items():
        (learner,) = student.sections["identity"]
        assert isinstance(learner, Learner)
        assert [one.value for one in learner.identifiers] == [key]
        assert {"enrollments", "classes"} <= set(student.sections)


async def test_passwords_are_in_no_backpack_and_no_finding() -> None:
    path = bundle("SDS Format/100 Users")
    passwords = {one["Password"] for file in ("Student", "Teacher") for one in records(path / f"{file}.csv")}

    mapped = await map_bundle(path)

    said = repr(mapped.students) + repr(mapped.findings)
    assert passwords
    assert not any(password in said for password in passwords)

"""A first mapping of tables that nobody has described."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.mapping.bulk import open_bulk
from gateway.mapping.checking import Checked, Texts, check_texts
from gateway.mapping.draft_text import DraftText, draft_text
from gateway.mapping.draft_words import singular, spellings
from gateway.mapping.drafting import draft
from gateway.mapping.measuring import Measured, measure
from gateway.mapping.profiling import profiles
from gateway.mapping.rows import RowSource
from tests.harness.sis import powerschool
from tests.harness.sis.people import PEOPLE
from tests.harness.sis.tables import make_folder
from tests.unit.mapping_tools.conftest import CODES, NOW, reader, small_district, write_table

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "sds_o365_samples" / "CSV Samples"


async def drafted(source: RowSource) -> DraftText:
    found = draft(await profiles(source))
    assert found is not None
    return draft_text(found, "maple", CODES)


async def checked(source: RowSource, made: DraftText) -> Checked:
    texts = Texts(made.mapping, {**CODES, **made.codes}, tuple(made.codes))
    return check_texts(texts, await source.tables(), NOW.date())


async def mapped(source: RowSource, made: DraftText, work: Path) -> Measured:
    mapping = (await checked(source, made)).mapping
    assert mapping is not None
    return await measure(await open_bulk(source, mapping, now=NOW, work=work), NOW.date())


def entries_of(made: DraftText, section: str) -> list[dict[str, Any]]:
    return [one for one in tomllib.loads(made.mapping)["entries"] if one["section"] == section]


def files_in(folder: Path) -> TableFilesAdapter:
    return TableFilesAdapter(TableFiles(path=folder))


@pytest.fixture
def sis(tmp_path: Path) -> TableFilesAdapter:
    """An export of the tables of PowerSchool, as CSV files."""
    return files_in(make_folder(tmp_path / "sis", powerschool._tables()))


async def test_a_draft_of_oneroster_runs_and_maps_every_student(demo: Path, tmp_path: Path) -> None:
    source = reader(demo)

    made = await drafted(source)

    assert [one.message for one in (await checked(source, made)).remarks if one.severity == "error"] == []
    found = await mapped(source, made, tmp_path)
    sections = {one.path: one.students for one in found.shares if "." not in one.path}
    assert sections.items() >= {"identity": 12, "demographics": 12, "enrollments": 12, "classes": 12}.items()


async def test_what_oneroster_says_in_several_tables_is_found_by_links(demo: Path) -> None:
    made = await drafted(reader(demo))

    (identity,) = entries_of(made, "identity")
    assert identity["fields"]["birthDate"] == {"column": "demographic.birthDate", "as": "birthDate"}
    (stay,) = entries_of(made, "enrollments")
    assert stay["from"] == [{"source": "roles", "student": "userSourcedId", "where": {"role": ["student"]}}]
    assert stay["fields"]["gradeLevel"]["column"] == "student.grades"
    (taken,) = entries_of(made, "classes")
    assert taken["fields"]["title"] == "class.title"
    assert taken["fields"]["course"] == {"column": "class.courseSourcedId", "object": "course"}


async def test_who_is_a_student_is_found_in_the_roles(demo: Path) -> None:
    made = await drafted(reader(demo))

    first = tomllib.loads(made.mapping)["student"]["decided_by"][0]
    assert (first["source"], first["students"]) == ("roles", ["student"])
    assert {"parent", "teacher"} <= set(first["others"])


async def test_a_draft_of_powerschool_runs_and_maps_every_student(
    sis: TableFilesAdapter, tmp_path: Path
) -> None:
    made = await drafted(sis)

    assert (await checked(sis, made)).holds
    found = await mapped(sis, made, tmp_path)
    sections = {one.path: one.students for one in found.shares if "." not in one.path}
    assert found.students == len(PEOPLE)
    assert sections["contacts"] == sections["identity"] == sections["enrollments"] == found.students


async def test_the_columns_of_powerschool_are_recognised(sis: TableFilesAdapter) -> None:
    made = await drafted(sis)

    (identity,) = entries_of(made, "identity")
    fields = identity["fields"]
    assert fields["birthDate"] == {"column": "dob", "as": "birthDate"}
    assert fields["identifiers"][0]["value"]["column"] == "state_studentnumber"
    assert fields["identifiers"][1]["value"] == "student_number"
    assert fields["names"][0]["family"] == {"column": "last_name", "as": "name"}


async def test_tables_that_name_students_by_another_key_are_linked(sis: TableFilesAdapter) -> None:
    made = await drafted(sis)

    (contact,) = entries_of(made, "contacts")
    assert contact["from"] == [{"source": "studentcontactassoc", "student": "student.id"}]
    assert contact["links"]["student"] == {"source": "students", "on": "studentdcid", "key": "dcid"}
    assert contact["fields"]["name"]["given"]["column"] == "person.firstname"


async def test_the_key_of_schools_is_the_one_that_others_name(sis: TableFilesAdapter) -> None:
    made = await drafted(sis)

    assert tomllib.loads(made.mapping)["objects"]["org"]["fields"]["id"] == "school_number"


@pytest.mark.parametrize("folder", ["SDS v2.1", "SDS v2", "SDS Format/25 Users"])
async def test_a_draft_of_school_data_sync_runs(folder: str, tmp_path: Path) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the samples of School Data Sync are not here")
    source = files_in(SAMPLES / folder)

    made = await drafted(source)

    assert (await checked(source, made)).holds
    found = await mapped(source, made, tmp_path)
    given = next(one for one in found.shares if one.path == "identity.names.given")
    assert given.students == found.students > 0


async def test_codes_that_nobody_knows_get_a_crosswalk_of_their_own(district: Path) -> None:
    made = await drafted(reader(district))

    assert set(made.codes) == {"maple_grade_level"}
    assert "#   seventh! (1 times)" in made.codes["maple_grade_level"]
    (stay,) = entries_of(made, "enrollments")
    assert stay["fields"]["gradeLevel"]["lookup"] == "maple_grade_level"


async def test_every_convention_is_left_to_decide(district: Path) -> None:
    source = reader(district)
    made = await drafted(source)

    asked = [one for one in (await checked(source, made)).remarks if "to be decided" in one.message]

    assert len([one for one in asked if one.file is None]) >= 18
    assert any(one.file == "codes/maple_grade_level.toml" for one in asked)


async def test_dates_that_show_their_order_settle_it(tmp_path: Path) -> None:
    born = [{"sourcedId": "U1", "birthDate": "05/22/2013"}, {"sourcedId": "U2", "birthDate": "04/03/2013"}]

    made = await drafted(reader(small_district(tmp_path / "d", demographics=born)))

    assert tomllib.loads(made.mapping)["conventions"]["date_order"] == "mdy"


async def test_a_column_whose_values_do_not_fit_its_name_is_not_drafted(tmp_path: Path) -> None:
    born = [{"sourcedId": "U1", "birthDate": "in May"}, {"sourcedId": "U2", "birthDate": "in June"}]

    made = await drafted(reader(small_district(tmp_path / "d", demographics=born)))

    assert "birthDate" not in entries_of(made, "identity")[0]["fields"]


async def test_columns_that_are_never_read_are_not_drafted(district: Path) -> None:
    users = [
        {"sourcedId": f"U{at}", "givenName": "Ana", "familyName": "Reyes", "ssn": f"{at}", "password": "x"}
        for at in range(3)
    ]
    write_table(district / "users.csv", users)

    made = await drafted(reader(district))

    drafted_lines = [line for line in made.mapping.splitlines() if not line.startswith("#")]
    assert not any('"ssn"' in line or '"password"' in line for line in drafted_lines)


async def test_no_name_of_a_person_is_in_a_draft(demo: Path) -> None:
    made = await drafted(reader(demo))

    text = made.mapping + "".join(made.codes.values())
    assert "Kowalczyk" not in text
    assert "9939160162" not in text


async def test_tables_without_people_are_not_drafted(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    write_table(tmp_path / "d" / "orgs.csv", [{"sourcedId": "O1", "name": "Birch"}])

    assert draft(await profiles(reader(tmp_path / "d"))) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Student_BirthDate", "birthdate"),
        ("DOB", "birthdate"),
        ("stu_first_name", "firstname"),
        ("StateID", "stateid"),
        ("GR", "grade"),
    ],
)
def test_a_column_is_known_however_it_is_spelt(name: str, found: str) -> None:
    assert found in spellings(name)


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("classes", "class"),
        ("students", "student"),
        ("academicSessions", "session"),
        ("Inquiries", "inquiry"),
    ],
)
def test_a_link_is_called_after_one_row(name: str, one: str) -> None:
    assert singular(name) == one

"""Interchanges of every release as the tables that the Ed-Fi ODS/API gives."""

import re
from collections import Counter
from pathlib import Path

import pytest

from adapters._nested import JSON, flatten
from adapters.edfi_xml import EdfiXml, EdfiXmlAdapter
from gateway.adapter_api import Finding, Malformed, Misconfigured, Only, Rule, Table, TooLarge
from tests.unit.adapters_xml.interchanges import (
    ASSOCIATION,
    GRADE,
    RELEASE_1,
    archive,
    folder,
    interchange,
    student,
)

Rows = list[dict[str, str]]


async def rows(adapter: EdfiXmlAdapter, name: str, only: Only | None = None) -> Rows:
    """Return the table's rows without the cells that they lack, and without their place."""
    table = await _table(adapter, name)
    found: Rows = []
    async for batch in adapter.batches(table, only):
        found += [
            {k: v for k, v in row.values.items() if not k.endswith(("_file", "_line"))}
            for row in batch.rows()
        ]
    return found


async def notes(adapter: EdfiXmlAdapter, name: str) -> list[Finding]:
    return [one async for batch in adapter.batches(await _table(adapter, name)) for one in batch.findings]


async def _table(adapter: EdfiXmlAdapter, name: str) -> Table:
    return next(table for table in await adapter.tables() if table.name == name)


def of(path: Path, **files: str | bytes) -> EdfiXmlAdapter:
    return EdfiXmlAdapter(
        EdfiXml(path=folder(path, {f"{name}.xml": content for name, content in files.items()}))
    )


# --- the names of the API ----------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["3", "4", "5", "6"])
async def test_names_and_birth_stand_in_the_student_itself(release: str, tmp_path: Path) -> None:
    adapter = of(tmp_path, Student=interchange("Student", student(11), release))

    assert await rows(adapter, "students") == [
        {"studentUniqueId": "11", "firstName": "Ada", "lastSurname": "Okafor", "birthDate": "2012-05-06"}
    ]


async def test_the_levels_of_a_reference_are_dropped(tmp_path: Path) -> None:
    adapter = of(tmp_path, Grades=interchange("StudentGrade", GRADE))

    (grade,) = await rows(adapter, "grades")

    section = "studentSectionAssociationReference"
    assert grade == {
        "letterGradeEarned": "B+",
        "numericGradeEarned": "88",
        "gradeTypeDescriptor": "uri://ed-fi.org/GradeTypeDescriptor#Final",
        f"{section}.studentUniqueId": "11",
        f"{section}.sectionIdentifier": "ALG-1-03",
        f"{section}.localCourseCode": "ALG-1",
        f"{section}.schoolId": "701",
        f"{section}.schoolYear": "2024-2025",
        f"{section}.sessionName": "Fall",
        f"{section}.beginDate": "2024-08-20",
        "gradingPeriodReference.schoolId": "701",
        "gradingPeriodReference.gradingPeriodDescriptor": "uri://ed-fi.org/GradingPeriodDescriptor#First Six Weeks",
        "gradingPeriodReference.gradingPeriodName": "1",
        "gradingPeriodReference.schoolYear": "2024-2025",
    }


async def test_arrays_of_objects_repeat_their_parent(tmp_path: Path) -> None:
    adapter = of(tmp_path, Grades=interchange("StudentGrade", GRADE))

    (standard,) = await rows(adapter, "grades.learningStandardGrades")

    assert standard["learningStandardReference.learningStandardId"] == "MA.9.1"
    assert standard["letterGradeEarned"] == "A"
    assert standard["parent.letterGradeEarned"] == "B+"
    assert standard["parent.studentSectionAssociationReference.studentUniqueId"] == "11"


API: dict[str, JSON] = {
    "studentReference": {"studentUniqueId": "11"},
    "educationOrganizationReference": {"educationOrganizationId": "7"},
    "sexDescriptor": "uri://ed-fi.org/SexDescriptor#Female",
    "addresses": [
        {
            "streetNumberName": "1 Elm St",
            "city": "Maple",
            "addressTypeDescriptor": "Home",
            "periods": [{"beginDate": "2023-01-02"}],
        }
    ],
    "hispanicLatinoEthnicity": "false",
    "races": [
        {"raceDescriptor": "uri://ed-fi.org/RaceDescriptor#Asian"},
        {"raceDescriptor": "uri://ed-fi.org/RaceDescriptor#White"},
    ],
    "languages": [
        {
            "languageDescriptor": "uri://ed-fi.org/LanguageDescriptor#eng",
            "uses": [{"languageUseDescriptor": "uri://ed-fi.org/LanguageUseDescriptor#Home language"}],
        }
    ],
    "studentCharacteristics": [{"studentCharacteristicDescriptor": "Immigrant"}],
    "studentIdentificationCodes": [
        {"studentIdentificationSystemDescriptor": "State", "identificationCode": "TX-1"}
    ],
}


async def test_xml_gives_the_tables_and_columns_that_the_api_gives(tmp_path: Path) -> None:
    adapter = of(tmp_path, Enrollment=interchange("StudentEnrollment", ASSOCIATION))

    from_api: dict[str, Rows] = {}
    for table, _, cells in flatten("studentEducationOrganizationAssociations", API, 1):
        from_api.setdefault(table, []).append(cells)
    from_xml = {table.name: await rows(adapter, table.name) for table in await adapter.tables()}
    assert from_xml == from_api


async def test_a_code_with_its_namespace_is_one_value_as_in_release_2(tmp_path: Path) -> None:
    record = (
        "<StudentSchoolAssociation><EntryGradeLevel><CodeValue>Ninth grade</CodeValue></EntryGradeLevel>"
        "<EntryType><CodeValue>Transfer</CodeValue><Namespace>uri://x.example/EntryTypeDescriptor</Namespace>"
        "</EntryType></StudentSchoolAssociation>"
    )

    (found,) = await rows(
        of(tmp_path, E=interchange("StudentEnrollment", record, "2")), "studentSchoolAssociations"
    )

    assert found == {
        "entryGradeLevelDescriptor": "Ninth grade",
        "entryTypeDescriptor": "uri://x.example/EntryTypeDescriptor#Transfer",
    }


async def test_a_states_own_code_is_a_descriptor_by_its_looks(tmp_path: Path) -> None:
    record = (
        "<EXTENSION-StudentExtension><Bus>uri://x.example/BusDescriptor#A</Bus></EXTENSION-StudentExtension>"
    )

    assert await rows(of(tmp_path, S=interchange("Student", record)), "students") == [
        {"busDescriptor": "uri://x.example/BusDescriptor#A"}
    ]


async def test_all_kinds_of_descriptors_are_one_table(tmp_path: Path) -> None:
    code = "<CodeValue>A</CodeValue><ShortDescription>a</ShortDescription><Namespace>uri://x.example/N</Namespace>"
    records = f"<SexDescriptor>{code}</SexDescriptor>\n<TermDescriptor>{code}</TermDescriptor>"

    found = await rows(of(tmp_path, D=interchange("Descriptors", records)), "descriptors")

    assert [row["descriptor"] for row in found] == ["SexDescriptor", "TermDescriptor"]
    assert found[0] | {"descriptor": ""} == {
        "descriptor": "",
        "codeValue": "A",
        "shortDescription": "a",
        "namespace": "uri://x.example/N",
    }


async def test_nothing_of_what_occurs_twice_is_lost(tmp_path: Path) -> None:
    record = "<Student><StudentUniqueId>1</StudentUniqueId><Club>Chess</Club><Club>Choir</Club></Student>"

    found = await rows(of(tmp_path, S=interchange("Student", record)), "students.clubs")

    assert [row["club"] for row in found] == ["Chess", "Choir"]


async def test_empty_elements_and_those_said_to_be_nothing_are_absent(tmp_path: Path) -> None:
    record = '<Student><StudentUniqueId>1</StudentUniqueId><MaidenName/><LoginId xsi:nil="true"></LoginId></Student>'

    assert await rows(of(tmp_path, S=interchange("Student", record)), "students") == [
        {"studentUniqueId": "1"}
    ]


# --- release 1 ---------------------------------------------------------------------------------------


async def test_release_1_has_the_names_of_release_5(tmp_path: Path) -> None:
    adapter = of(tmp_path, S=interchange("StudentParent", RELEASE_1, "1"))

    assert await rows(adapter, "students") == [
        {
            "studentUniqueId": "11",
            "firstName": "Ada",
            "lastSurname": "Okafor",
            "sexDescriptor": "Female",
            "birthDate": "2001-05-06",
            "hispanicLatinoEthnicity": "true",
        }
    ]
    assert await rows(adapter, "studentContactAssociations") == [
        {
            "studentReference.studentUniqueId": "11",
            "contactReference.contactUniqueId": "P1",
            "relationDescriptor": "Mother",
        }
    ]
    assert await rows(adapter, "studentSchoolAssociations") == [
        {
            "studentReference.studentUniqueId": "11",
            "schoolReference.schoolId": "701",
            "entryDate": "2011-08-20",
            "entryGradeLevelDescriptor": "Tenth grade",
            "schoolYearTypeReference.schoolYear": "2011-2012",
        }
    ]
    assert await rows(adapter, "courseTranscripts") == [
        {
            "earnedCredits": "0.5",
            "earnedCreditConversion": "1",
            "earnedCreditTypeDescriptor": "Carnegie unit",
            "whenTakenGradeLevelDescriptor": "Tenth grade",
        }
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("students.races", [{"raceDescriptor": "White"}, {"raceDescriptor": "Asian"}]),
        (
            "students.characteristics",
            [{"studentCharacteristicDescriptor": "Immigrant", "beginDate": "2010-01-11"}],
        ),
        (
            "students.otherNames",
            [{"otherNameTypeDescriptor": "Nickname", "firstName": "Addie", "lastSurname": "Okafor"}],
        ),
        (
            "students.electronicMails",
            [{"electronicMailTypeDescriptor": "Home/Personal", "electronicMailAddress": "ada@maple.example"}],
        ),
        (
            "students.identificationCodes",
            [
                {
                    "studentIdentificationSystemDescriptor": "District",
                    "assigningOrganizationIdentificationCode": "MAPLE",
                    "identificationCode": "9",
                }
            ],
        ),
    ],
)
async def test_lists_and_attributes_of_release_1_are_arrays(
    table: str, expected: Rows, tmp_path: Path
) -> None:
    found = await rows(of(tmp_path, S=interchange("StudentParent", RELEASE_1, "1")), table)

    assert [{k: v for k, v in row.items() if not k.startswith("parent.")} for row in found] == expected


# --- references by id --------------------------------------------------------------------------------


async def test_a_reference_may_come_before_its_record_and_lead_on_to_others(tmp_path: Path) -> None:
    records = (
        '<StudentSectionAssociation><SectionReference ref="SEC"/><BeginDate>2024-08-20</BeginDate>'
        "</StudentSectionAssociation>\n"
        '<Section id="SEC"><SectionIdentifier>S1</SectionIdentifier><CourseOfferingReference ref="OFF"/></Section>\n'
        '<CourseOffering id="OFF"><LocalCourseCode>ALG</LocalCourseCode><SchoolReference ref="SCH"/></CourseOffering>\n'
        '<School id="SCH"><SchoolId>701</SchoolId></School>'
    )

    (found,) = await rows(
        of(tmp_path, E=interchange("MasterSchedule", records)), "studentSectionAssociations"
    )

    assert found == {
        "sectionReference.sectionIdentifier": "S1",
        "sectionReference.localCourseCode": "ALG",
        "sectionReference.schoolId": "701",
        "beginDate": "2024-08-20",
    }


async def test_a_reference_to_any_organization_has_its_key_whatever_it_is(tmp_path: Path) -> None:
    records = (
        '<School id="SCH"><SchoolId>701</SchoolId></School>\n'
        '<Course><CourseCode>ALG</CourseCode><EducationOrganizationReference ref="SCH"/></Course>'
    )

    (found,) = await rows(of(tmp_path, E=interchange("EducationOrganization", records)), "courses")

    assert found == {"courseCode": "ALG", "educationOrganizationReference.educationOrganizationId": "701"}


async def test_references_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    records = (
        '<Section id="A"><SectionIdentifier>S1</SectionIdentifier><CourseOfferingReference ref="B"/></Section>\n'
        '<CourseOffering id="B"><LocalCourseCode>ALG</LocalCourseCode><SessionReference ref="A"/></CourseOffering>\n'
        '<Grade><SectionReference ref="A"/></Grade>'
    )

    (found,) = await rows(of(tmp_path, E=interchange("MasterSchedule", records)), "grades")

    assert found == {"sectionReference.sectionIdentifier": "S1", "sectionReference.localCourseCode": "ALG"}


async def test_a_reference_to_nobody_is_a_finding_with_its_file_and_line(tmp_path: Path) -> None:
    records = '<Student><StudentUniqueId>1</StudentUniqueId></Student>\n<Grade>\n<StudentReference ref="GONE"/></Grade>'
    adapter = of(tmp_path, G=interchange("StudentGrade", records))

    (found,) = await notes(adapter, "grades")

    assert (found.rule, found.file, found.line) == (Rule.REFERENCE_ORPHAN, "G.xml", 5)
    assert (found.column, found.raw_value) == ("studentReference", "GONE")
    assert await rows(adapter, "grades") == [{}]


async def test_ids_are_those_of_one_file(tmp_path: Path) -> None:
    grade = '<Grade><StudentReference ref="S"/></Grade>'
    one = '<Student id="S"><StudentUniqueId>1</StudentUniqueId></Student>\n'
    other = '<Student id="S"><StudentUniqueId>2</StudentUniqueId></Student>\n'

    adapter = of(tmp_path, A=interchange("S", one + grade), B=interchange("S", other + grade))

    assert [row["studentReference.studentUniqueId"] for row in await rows(adapter, "grades")] == ["1", "2"]


async def test_more_ids_than_the_limit_are_refused(tmp_path: Path) -> None:
    records = (
        "".join(f'<Student id="S{n}"/>' for n in range(4)) + '<Grade><StudentReference ref="S1"/></Grade>'
    )
    path = folder(tmp_path, {"a.xml": interchange("S", records)})

    with pytest.raises(TooLarge, match="have an id"):
        await EdfiXmlAdapter(EdfiXml.model_validate({"path": path, "limits": {"max_ids": 3}})).tables()


# --- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", ["folder", "archive"])
async def test_one_resource_in_several_files_is_one_table(make: str, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "b/Student.xml": interchange("Student", student(2) + "\n" + student(3)),
        "a/Student.xml": interchange("Student", student(1)),
    }
    path = folder(tmp_path, files) if make == "folder" else archive(tmp_path / "x.zip", files)
    adapter = EdfiXmlAdapter(EdfiXml(path=path))

    (table,) = await adapter.tables()
    (batch,) = [batch async for batch in adapter.batches(table)]

    assert (table.name, table.file, table.lined) == ("students", "students", False)
    assert batch.cells.select("studentUniqueId", "_file", "_line").rows() == [
        ("1", "a/Student.xml", "3"),
        ("2", "b/Student.xml", "3"),
        ("3", "b/Student.xml", "4"),
    ]
    assert batch.lines.to_list() == [1, 2, 3]


async def test_rows_of_one_file_have_its_lines(tmp_path: Path) -> None:
    adapter = of(tmp_path, S=interchange("Student", student(1) + "\n\n" + student(2)))

    (table,) = await adapter.tables()
    (batch,) = [batch async for batch in adapter.batches(table)]

    assert (table.file, table.lined, batch.lines.to_list()) == ("S.xml: students", True, [3, 5])


async def test_records_on_one_line_are_numbered(tmp_path: Path) -> None:
    adapter = of(tmp_path, S=interchange("Student", student(1) + student(2)))

    (table,) = await adapter.tables()

    assert not table.lined


async def test_rows_of_a_value_keep_their_numbers(tmp_path: Path) -> None:
    adapter = of(tmp_path, S=interchange("Student", "".join(student(n) for n in range(5))))
    table = await _table(adapter, "students")

    (batch,) = [batch async for batch in adapter.batches(table, Only("studentUniqueId", ["3", "1"]))]

    assert batch.cells.get_column("studentUniqueId").to_list() == ["1", "3"]
    assert batch.lines.to_list() == [2, 4]


async def test_a_single_file_may_be_the_path(tmp_path: Path) -> None:
    file = folder(tmp_path, {"S.xml": interchange("Student", student(1))}) / "S.xml"

    assert [table.file for table in await EdfiXmlAdapter(EdfiXml(path=file)).tables()] == ["S.xml: students"]


async def test_other_files_are_named_and_left_out(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        {
            "S.xml": interchange("Student", student(1)),
            "x.xsd": "<s/>",
            "other.xml": "<Orders><Order/></Orders>",
        },
    )
    adapter = EdfiXmlAdapter(EdfiXml(path=path))
    await adapter.tables()

    assert [(found.file, found.rule) for found in adapter.unused()] == [
        ("x.xsd", Rule.FILE_UNUSED),
        ("other.xml", Rule.FILE_UNUSED),
    ]


async def test_a_broken_file_loses_no_other(tmp_path: Path) -> None:
    broken = interchange("Student", student(1) + "\n<Student><StudentUniqueId>2</Student>\n" + student(3))
    adapter = of(tmp_path, A=broken, B=interchange("Student", student(4)))

    found = await rows(adapter, "students")

    assert [row["studentUniqueId"] for row in found] == ["1", "4"]
    assert [(one.rule, one.file, one.line) for one in adapter.unused()] == [(Rule.FILE_DAMAGED, "A.xml", 4)]


async def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    adapter = of(tmp_path, S=interchange("Student", student(1)))
    await adapter.tables()

    folder(tmp_path, {"S.xml": interchange("Student", student(1) + student(22))})

    assert len(await rows(adapter, "students")) == 2


async def test_more_rows_than_a_batch_come_in_their_order(tmp_path: Path) -> None:
    count = 12_345
    adapter = of(tmp_path, S=interchange("Student", "\n".join(student(n) for n in range(count))))

    found = await rows(adapter, "students")

    assert [row["studentUniqueId"] for row in found] == [str(n) for n in range(count)]


async def test_nothing_at_the_path_is_an_operators_business(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        await EdfiXmlAdapter(EdfiXml(path=tmp_path / "nothing")).check()


async def test_a_folder_without_an_interchange_is_refused(tmp_path: Path) -> None:
    adapter = of(tmp_path, other="<Orders/>")

    with pytest.raises(Malformed, match="no XML file here is an Ed-Fi interchange"):
        await adapter.check()
    with pytest.raises(Malformed):
        await adapter.tables()


async def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path / "b", {"S.xml": interchange("Student", student(1))})
    (path / "T.xml").symlink_to("/etc/hostname")

    with pytest.raises(Malformed, match="symbolic link"):
        await EdfiXmlAdapter(EdfiXml(path=path)).check()


async def test_a_record_wider_than_any_is_left_out_with_a_finding(tmp_path: Path) -> None:
    deep = "<A>" * 20 + "<B>1</B>" + "</A>" * 20
    adapter = of(tmp_path, S=interchange("Student", student(1) + f"\n<Student>{deep}</Student>"))

    assert len(await rows(adapter, "students")) == 1
    assert [(one.rule, one.line) for one in await notes(adapter, "students")] == [(Rule.ROW_UNREADABLE, 4)]


async def test_kinds_of_records_without_end_are_refused(tmp_path: Path) -> None:
    records = "".join(f"<K{n}><V>1</V></K{n}>" for n in range(2_001))

    with pytest.raises(TooLarge, match="kinds of records"):
        await of(tmp_path, S=interchange("Student", records)).tables()


# --- real data ---------------------------------------------------------------------------------------

GRAND_BEND = Path(__file__).parents[4] / "shared" / "data" / "edfi_ds52_grandbend"


@pytest.mark.skipif(not GRAND_BEND.is_dir(), reason="the Ed-Fi sample data are not beside the project")
async def test_every_record_of_the_sample_district_is_a_row() -> None:
    """Counted again by the tags alone: what opens one level below the root is a record."""
    expected: Counter[str] = Counter()
    for file in (GRAND_BEND / "Samples").rglob("*.xml"):
        depth = 0
        for closes, name, empty in re.findall(r"<(/?)(\w+)[^<>]*?(/?)>", _plain(file)):
            if depth == 1 and not closes:
                expected["descriptors" if name.endswith("Descriptor") else name] += 1
            depth += -1 if closes else not empty
    adapter = EdfiXmlAdapter(EdfiXml(path=GRAND_BEND / "Samples"))

    tables = [table for table in await adapter.tables() if "." not in table.name]
    found = {table.name: [batch async for batch in adapter.batches(table)] for table in tables}

    counts = {name: sum(batch.cells.height for batch in batches) for name, batches in found.items()}
    assert sum(counts.values()) == sum(expected.values())
    assert sorted(counts.values()) == sorted(expected.values())
    assert counts["students"] == 960
    assert not [one for batches in found.values() for batch in batches for one in batch.findings]
    assert not [one for one in adapter.unused() if one.rule is not Rule.FILE_UNUSED]


def _plain(file: Path) -> str:
    return re.sub(r"<!--.*?-->|<\?.*?\?>", "", file.read_text("utf-8-sig"), flags=re.DOTALL)

"""The mappings of products, each on a small source with the product's own tables and habits."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.mapping.plan import check
from tests.harness.mapped import Mapped, MappedStudent, map_all
from tests.harness.sis.people import PEOPLE
from tests.harness.sis.products import (
    NEVER_READ,
    PRODUCTS,
    add_never_read,
    expected_of,
    make_source,
    mapping_of,
    reader_of,
    source_of,
    table_of_students,
)
from tests.harness.sis.tables import Expected

NOW = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
SECRETS = (
    *("hunter2", "hunter3", "None of our business"),
    *(person.ssn for person in PEOPLE),
    *(value for _, value in NEVER_READ.values()),
)
TOLD: Final = {
    *("ssn.present", "password.present", "religion.present", "citizenship.present"),
    *("enum.rolledUp", "date.ambiguousFormat"),
}

each_product = pytest.mark.parametrize("product", sorted(PRODUCTS))

Map = Callable[[str], Mapped]


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Map:
    """What becomes of a product's source whose students have columns that are never read besides."""

    @cache
    def run(product: str) -> Mapped:
        made = make_source(product, tmp_path_factory.mktemp(product))
        add_never_read(made, table_of_students(product))
        return asyncio.run(map_all(reader_of(product, made), mapping_of(product), NOW))

    return run


def changed(product: str, folder: Path, changes: Sequence[str]) -> Mapped:
    """What becomes of a product's source with these changes."""
    return asyncio.run(map_all(source_of(product, folder, changes), mapping_of(product), NOW))


def plain(student: MappedStudent, section: str) -> list[dict[str, Any]]:
    entries = student.sections.get(section, ())
    return [entry.model_dump(mode="json", by_alias=True, exclude_none=True) for entry in entries]


def said_of(student: MappedStudent) -> dict[str, Any]:
    (identity,) = plain(student, "identity")
    latest = max(
        plain(student, "enrollments"), key=lambda stay: (stay["entryDate"], stay.get("primary", True))
    )
    state = [one["value"] for one in identity["identifiers"] if one["system"]["code"] == "State"]
    return {
        "stateId": state[0],
        "given": identity["names"][0]["given"],
        "family": identity["names"][0]["family"],
        "birthDate": identity["birthDate"],
        "gradeLevel": latest["gradeLevel"]["code"],
        "school": latest["school"].get("name", ""),
        "exitDate": latest.get("exitDate"),
        "entries": {name: len(entries) for name, entries in student.sections.items()},
    }


def courses_of(student: MappedStudent) -> dict[str, list[str]]:
    """Titles of the courses of each record that has some, by the school year or an empty text."""
    records = [one for one in plain(student, "transcript") if one["courses"]]
    return {
        str(one.get("term", {}).get("schoolYear", "")): [each["course"]["title"] for each in one["courses"]]
        for one in records
    }


# --- what becomes of the rows ---------------------------------------------------------------------------


@each_product
async def test_every_name_in_the_mapping_is_in_the_database(product: str, tmp_path: Path) -> None:
    tables = await source_of(product, tmp_path).tables()

    plan = check(mapping_of(product), tables, NOW.date())

    assert [(fault.place, fault.message) for fault in plan.faults] == []


@each_product
def test_two_students_are_what_the_database_says(product: str, mapped: Map) -> None:
    run = mapped(product)

    expected: Mapping[str, Expected] = expected_of(product)
    assert {key: said_of(run.students[key]) for key in expected} == expected


@each_product
def test_nothing_is_wrong_but_what_is_never_read(product: str, mapped: Map) -> None:
    run = mapped(product)

    assert [found for found in run.warnings() if found.rule not in TOLD] == []


@each_product
def test_columns_that_are_never_read_are_told_and_their_values_are_nowhere(product: str, mapped: Map) -> None:
    run = mapped(product)

    told = {found.column: (found.rule, found.raw_value) for found in run.findings if found.column}
    whole = json.dumps(
        [
            [plain(student, section) for student in run.students.values() for section in student.sections],
            [repr(found) for found in run.findings],
        ],
        ensure_ascii=False,
    )
    assert {column: told[column] for column in NEVER_READ} == {
        column: (rule, None) for column, (rule, _) in NEVER_READ.items()
    }
    assert [secret for secret in SECRETS if secret in whole] == []


@pytest.mark.parametrize(
    ("product", "columns"),
    [
        ("aeries", {"STU.SSN", "STU.PW"}),
        ("gibbon", {"gibbonPerson.religion", "gibbonPerson.passwordStrong"}),
        ("infinite_campus", {"Identity.ssn", "UserAccount.password"}),
        ("opensis", {"students.social_security", "login_authentication.password"}),
        ("powerschool", {"students.ssn", "students.web_password", "students.student_web_password"}),
        ("rosariosis", {"students.custom_200000003", "students.password"}),
        ("skyward", {"Student.csv.SocialSecurityNumber"}),
        ("synergy", {"REV_PERSON.SOCIAL_SECURITY_NUMBER"}),
    ],
)
def test_the_products_own_columns_that_are_never_read_are_told(
    product: str, columns: set[str], mapped: Map
) -> None:
    run = mapped(product)

    told = {f"{found.file}.{found.column}" for found in run.findings if found.rule.endswith(".present")}
    assert columns <= told


def test_no_two_records_of_a_district_have_the_same_id(mapped: Map) -> None:
    for product in sorted(PRODUCTS.keys() - {"skyward"}):  # its flags of a student say the same word
        run = mapped(product)

        ids = [
            one["meta"]["recordId"]
            for student in run.students.values()
            for section in student.sections
            for one in plain(student, section)
        ]
        assert len(ids) == len(set(ids)), product


# --- habits of the products -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "year", "titles"),
    [
        ("powerschool", "2025", ["English 10", "Algebra II"]),
        ("infinite_campus", "2025", ["English 9", "Algebra I"]),
        ("synergy", "2025", ["English 9", "Algebra I"]),
        ("aeries", "2025", ["English 9", "Algebra I"]),
        ("opensis", "2025", ["English 9", "Algebra I"]),
        ("rosariosis", "2025", ["English 9", "Algebra I"]),
    ],
)
def test_courses_of_a_school_and_a_term_are_one_record(
    product: str, year: str, titles: list[str], mapped: Map
) -> None:
    run = mapped(product)

    student = run.students[next(iter(expected_of(product)))]
    assert courses_of(student) == {year: titles}


@pytest.mark.parametrize(
    ("product", "change"),
    [
        ("powerschool", "UPDATE storedgrades SET schoolname = NULL WHERE course_number = 'MTH10'"),
        ("infinite_campus", "UPDATE TranscriptCourse SET endYear = NULL WHERE courseName = 'Algebra I'"),
        ("synergy", "UPDATE EPC_STU_CRS_HIS SET TERM_CODE = NULL WHERE COURSE_TITLE = 'Algebra I'"),
        ("aeries", "UPDATE HIS SET TE = NULL WHERE CO = 'Algebra I'"),
        ("opensis", "UPDATE student_report_card_grades SET school_id = NULL WHERE id = 2"),
        ("rosariosis", "UPDATE student_report_card_grades SET marking_period_id = NULL WHERE id = 2"),
    ],
)
def test_a_course_of_no_known_school_or_term_is_a_record_of_its_own(
    product: str, change: str, tmp_path: Path
) -> None:
    run = changed(product, tmp_path, [change])

    records = plain(run.students[next(iter(expected_of(product)))], "transcript")
    assert [len(one["courses"]) for one in records if one["courses"]] == [1, 1]


def test_a_course_of_synergy_from_another_district_is_a_record_of_that_school(tmp_path: Path) -> None:
    change = (
        "UPDATE EPC_STU_CRS_HIS SET SCHOOL_IN_DISTRICT_GU = NULL, SCHOOL_NON_DISTRICT_GU = 'elsewhere'"
        " WHERE COURSE_TITLE = 'Algebra I'"
    )

    run = changed("synergy", tmp_path, [change])

    records = plain(run.students[next(iter(expected_of("synergy")))], "transcript")
    taken = {one["school"]["id"]: one["courses"][0]["course"]["title"] for one in records if one["courses"]}
    assert taken["elsewhere"] == "Algebra I"
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("product", "table"), [("opensis", "student_gpa_calculated"), ("rosariosis", "student_mp_stats")]
)
def test_averages_of_a_period_without_marks_are_a_record_of_their_own(
    product: str, table: str, tmp_path: Path
) -> None:
    run = changed(product, tmp_path, [f"UPDATE {table} SET marking_period_id = 1"])  # noqa: S608 - our own name

    records = plain(run.students["1"], "transcript")
    assert [(len(one["courses"]), len(one["gpas"])) for one in records] == [(2, 0), (0, 2)]


def test_powerschool_leaves_dropped_classes_out(mapped: Map) -> None:
    run = mapped("powerschool")

    assert [one["sectionId"] for one in plain(run.students["1"], "classes")] == ["301", "302"]


def test_powerschool_graduates_keep_their_last_real_stay(mapped: Map) -> None:
    run = mapped("powerschool")

    (stay,) = plain(run.students["11"], "enrollments")
    assert (stay["gradeLevel"]["code"], stay["exitDate"]) == ("12", "2025-06-13")


def test_a_contact_of_powerschool_has_all_its_telephones(tmp_path: Path) -> None:
    changes = [
        "INSERT INTO phonenumber (phonenumberid, phonenumber) VALUES (1, '555-555-0150')",
        (
            "INSERT INTO personphonenumberassoc (personphonenumberassocid, personid, phonenumberid)"
            " VALUES (99, 801, 1)"
        ),
    ]

    run = changed("powerschool", tmp_path, changes)

    (contact,) = plain(run.students["1"], "contacts")
    assert [one["value"] for one in contact["phones"]] == ["555-555-0101", "555-555-0150"]


def test_infinite_campus_leaves_stays_out_that_never_began(mapped: Map) -> None:
    run = mapped("infinite_campus")

    assert plain(run.students["12"], "enrollments") == []


def test_infinite_campus_says_which_of_two_schools_is_responsible(mapped: Map) -> None:
    run = mapped("infinite_campus")

    now = [one for one in plain(run.students["1"], "enrollments") if one["schoolYear"] == 2026]
    assert {one["school"]["name"]: one["primary"] for one in now} == {
        "Birch High School": True,
        "Alder Elementary School": False,
    }


def test_a_restrained_contact_of_aeries_is_a_restriction(mapped: Map) -> None:
    run = mapped("aeries")

    restricted = {
        one["contact"]: one["restrictions"]
        for one in plain(run.students["1"], "contacts")
        if one["restrictions"]
    }
    assert restricted == {"1-2": [{"kind": "noContact", "text": "Order of 12 May 2024"}]}


def test_the_last_entry_of_a_day_in_gibbons_log_counts(mapped: Map) -> None:
    run = mapped("gibbon")

    days = {one["date"]: one["category"]["code"] for one in plain(run.students["1"], "attendance")}
    assert days == {
        "2025-10-01": "Unexcused Absence",
        "2025-10-02": "Tardy",
        "2025-10-03": "In Attendance",
    }


def test_a_grade_point_average_of_rosariosis_is_a_factor(mapped: Map) -> None:
    run = mapped("rosariosis")

    found = [gpa for one in plain(run.students["1"], "transcript") for gpa in one["gpas"]]
    assert [(one["value"], one["maximum"], one["weighting"]) for one in found] == [
        ("0.8625", "1.0", "unweighted"),
        ("0.9", "1.0", "weighted"),
    ]


def test_whoever_was_never_enrolled_in_rosariosis_is_a_student_without_a_stay(mapped: Map) -> None:
    run = mapped("rosariosis")

    assert plain(run.students["12"], "enrollments") == []


@pytest.mark.parametrize("product", ["synergy", "aeries", "opensis", "rosariosis", "infinite_campus"])
def test_a_school_year_is_named_by_its_end(product: str, mapped: Map) -> None:
    first = date(2025, 8, 25)

    run = mapped(product)

    stays = plain(run.students[next(iter(expected_of(product)))], "enrollments")
    assert {one["schoolYear"] for one in stays if one["entryDate"] == first.isoformat()} == {2026}

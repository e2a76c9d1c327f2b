"""The made-up district is the same every time, whole, and about nobody."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from datetime import date

import pytest

from gateway.demo.district import Bundle, make_bundle, scenario_student

Rows = list[dict[str, str]]

HEADERS = {
    "manifest.csv": "propertyName,value",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "courses.csv": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns",
    "roles.csv": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus",
    "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
    "categories.csv": "sourcedId,status,dateLastModified,title,weight",
    "lineItems.csv": "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,resultValueMin,resultValueMax,schoolSourcedId",
    "results.csv": "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore,classSourcedId,inProgress,incomplete,late,missing",
    "learnerProfile.csv": "userSourcedId,kind,voice,date,label,description,context,polarity,domain",
    "goals.csv": "userSourcedId,statement,type,start,target,status,steps",
}
REFERENCES = [
    ("orgs.csv", "parentSourcedId", "orgs.csv"),
    ("academicSessions.csv", "parentSourcedId", "academicSessions.csv"),
    ("courses.csv", "orgSourcedId", "orgs.csv"),
    ("classes.csv", "courseSourcedId", "courses.csv"),
    ("classes.csv", "schoolSourcedId", "orgs.csv"),
    ("classes.csv", "termSourcedIds", "academicSessions.csv"),
    ("users.csv", "agentSourcedIds", "users.csv"),
    ("users.csv", "primaryOrgSourcedId", "orgs.csv"),
    ("roles.csv", "userSourcedId", "users.csv"),
    ("roles.csv", "orgSourcedId", "orgs.csv"),
    ("demographics.csv", "sourcedId", "users.csv"),
    ("enrollments.csv", "classSourcedId", "classes.csv"),
    ("enrollments.csv", "schoolSourcedId", "orgs.csv"),
    ("enrollments.csv", "userSourcedId", "users.csv"),
    ("lineItems.csv", "classSourcedId", "classes.csv"),
    ("lineItems.csv", "categorySourcedId", "categories.csv"),
    ("lineItems.csv", "academicSessionSourcedId", "academicSessions.csv"),
    ("lineItems.csv", "schoolSourcedId", "orgs.csv"),
    ("results.csv", "lineItemSourcedId", "lineItems.csv"),
    ("results.csv", "studentSourcedId", "users.csv"),
    ("results.csv", "classSourcedId", "classes.csv"),
    ("learnerProfile.csv", "userSourcedId", "users.csv"),
    ("goals.csv", "userSourcedId", "users.csv"),
]


def rows(bundle: Bundle, file: str) -> Rows:
    return list(csv.DictReader(io.StringIO(bundle.files[file].decode("utf-8"), newline="")))


def by(found: Rows, column: str) -> dict[str, Rows]:
    groups = defaultdict[str, Rows](list)
    for row in found:
        groups[row[column]].append(row)
    return groups


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def clean() -> Bundle:
    return make_bundle(7, students=200, dirt=0)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = make_bundle(3, students=30), make_bundle(3, students=30)

    assert sha256(first.to_zip()) == sha256(second.to_zip())
    assert first.planted == second.planted


@pytest.mark.parametrize("other", [make_bundle(4, students=30), make_bundle(3, students=30, name="Cedar")])
def test_another_seed_or_district_gives_other_people(other: Bundle) -> None:
    bundle = make_bundle(3, students=30)

    assert scenario_student(bundle) != scenario_student(other)
    assert bundle.to_zip() != other.to_zip()


def test_districts_of_other_names_give_out_other_state_ids() -> None:
    maple, cedar = (make_bundle(1, students=60, name=name, dirt=0) for name in ("Maple", "Cedar"))

    given = [
        {row["identifier"] for row in rows(bundle, "users.csv") if row["grades"]} for bundle in (maple, cedar)
    ]

    assert [len(ids) for ids in given] == [60, 60]
    assert given[0].isdisjoint(given[1])


def test_dirt_leaves_the_rest_of_the_bundle_alone(clean: Bundle) -> None:
    dirty = make_bundle(7, students=200)

    assert {name for name, content in clean.files.items() if dirty.files[name] == content} == {
        *("manifest.csv", "orgs.csv", "academicSessions.csv", "classes.csv", "roles.csv", "categories.csv"),
        "lineItems.csv",
    }


@pytest.mark.parametrize("file", HEADERS)
def test_a_clean_file_has_the_header_of_the_standard(clean: Bundle, file: str) -> None:
    header = clean.files[file].split(b"\r\n", 1)[0]

    assert header.decode() == HEADERS[file]


def test_the_manifest_declares_what_is_there(clean: Bundle) -> None:
    manifest = {row["propertyName"]: row["value"] for row in rows(clean, "manifest.csv")}

    bulk = {key.removeprefix("file.") + ".csv" for key, value in manifest.items() if value == "bulk"}

    assert manifest["oneroster.version"] == "1.2"
    assert bulk == clean.files.keys() - {"manifest.csv", "learnerProfile.csv", "goals.csv"}
    assert Counter(key.partition(".")[0] for key in manifest) == {
        "manifest": 1,
        "oneroster": 1,
        "file": 21,
        "source": 2,
    }


@pytest.mark.parametrize(("file", "column", "target"), REFERENCES)
def test_every_reference_of_a_clean_bundle_leads_somewhere(
    clean: Bundle, file: str, column: str, target: str
) -> None:
    known = {row["sourcedId"] for row in rows(clean, target)}

    named = {id_ for row in rows(clean, file) for id_ in row[column].split(",") if id_}

    assert named
    assert named <= known


def test_ids_are_unique_and_bulk_rows_have_no_status(clean: Bundle) -> None:
    for file, header in HEADERS.items():
        if header.startswith("sourcedId"):
            found = rows(clean, file)
            assert found
            assert len({row["sourcedId"] for row in found}) == len(found), file
            assert {row["status"] + row["dateLastModified"] for row in found} == {""}, file


def test_mail_and_telephone_numbers_are_nobodys(clean: Bundle) -> None:
    users = rows(clean, "users.csv")

    domains = {row["email"].rpartition("@")[2] for row in users}
    phones = {row[column] for row in users for column in ("phone", "sms") if row[column]}

    assert domains == {
        *("example.com", "example.org", "example.net", "staff.example", "students.maple.example")
    }
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", phone) for phone in phones)
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z.]+", row["email"]) for row in users)


def test_families_name_each_other_from_both_sides(clean: Bundle) -> None:
    agents = {
        row["sourcedId"]: set(filter(None, row["agentSourcedIds"].split(",")))
        for row in rows(clean, "users.csv")
    }
    roles = {row["userSourcedId"]: row["role"] for row in rows(clean, "roles.csv")}

    pairs = {(user, agent) for user, named in agents.items() for agent in named}

    assert pairs == {(agent, user) for user, agent in pairs}
    assert all((roles[user] == "student") != (roles[agent] == "student") for user, agent in pairs)
    assert all(agents[user] for user, role in roles.items() if role == "student")


def test_there_are_siblings_and_twins(clean: Bundle) -> None:
    born = {row["sourcedId"]: row["birthDate"] for row in rows(clean, "demographics.csv")}
    guardians = [
        row["agentSourcedIds"].split(",")
        for row in rows(clean, "users.csv")
        if row["sourcedId"].startswith("G")
    ]

    households = [[born[child] for child in children] for children in guardians if len(children) > 1]

    assert any(len(set(days)) < len(days) for days in households)
    assert any(len(set(days)) == len(days) for days in households)


def test_birth_dates_fit_the_grade(clean: Bundle) -> None:
    grades = {row["sourcedId"]: row["grades"] for row in rows(clean, "users.csv")}
    years = {"KG": 0} | {f"{grade:02d}": grade for grade in range(1, 13)}

    for row in rows(clean, "demographics.csv"):
        age = (date(2026, 9, 1) - date.fromisoformat(row["birthDate"])).days / 365.25
        assert 4.99 < age - years[grades[row["sourcedId"]]] < 6.01


def test_a_student_has_six_or_seven_classes_and_some_forty_marks(clean: Bundle) -> None:
    students = [row["sourcedId"] for row in rows(clean, "users.csv") if row["grades"]]
    enrolled = by([row for row in rows(clean, "enrollments.csv") if not row["endDate"]], "userSourcedId")
    marks = by(rows(clean, "results.csv"), "studentSourcedId")

    classes = {len(enrolled[student]) for student in students}
    results = [len(marks[student]) for student in students]

    assert classes == {6, 7}
    assert 25 <= sum(results) / len(results) <= 40
    assert min(results) >= 12


def test_nobody_is_marked_before_joining_or_after_the_export(clean: Bundle) -> None:
    joined = {
        (row["userSourcedId"], row["classSourcedId"]): row["beginDate"]
        for row in rows(clean, "enrollments.csv")
    }

    for row in rows(clean, "results.csv"):
        assert joined[row["studentSourcedId"], row["classSourcedId"]] <= row["scoreDate"] <= "2026-11-20"


def test_half_of_the_students_have_a_profile_that_starts_with_a_strength(clean: Bundle) -> None:
    profiles = by(rows(clean, "learnerProfile.csv"), "userSourcedId")

    assert 80 <= len(profiles) <= 120
    assert profiles.keys() == by(rows(clean, "goals.csv"), "userSourcedId").keys()
    assert {entries[0]["polarity"] for entries in profiles.values()} == {"strength"}


def test_a_students_record_is_a_few_tens_of_kilobytes(clean: Bundle) -> None:
    student = scenario_student(clean).local_id

    size = len(json.dumps(record(clean, student), ensure_ascii=False).encode())

    assert 20_000 <= size <= 60_000


def record(bundle: Bundle, student: str) -> dict[str, Rows]:
    """Return the rows of a student, each mark with its line item and each enrolment with class and course."""
    items, classes, courses = (
        {row["sourcedId"]: row for row in rows(bundle, file)}
        for file in ("lineItems.csv", "classes.csv", "courses.csv")
    )
    enrolled = by(rows(bundle, "enrollments.csv"), "userSourcedId")[student]
    taught = [row | classes[row["classSourcedId"]] for row in enrolled]
    marks = by(rows(bundle, "results.csv"), "studentSourcedId")[student]
    return {
        "users": by(rows(bundle, "users.csv"), "sourcedId")[student],
        "demographics": by(rows(bundle, "demographics.csv"), "sourcedId")[student],
        "enrollments": [row | courses[row["courseSourcedId"]] for row in taught],
        "results": [row | items[row["lineItemSourcedId"]] for row in marks],
        "profile": by(rows(bundle, "learnerProfile.csv"), "userSourcedId")[student],
        "goals": by(rows(bundle, "goals.csv"), "userSourcedId")[student],
    }


def test_the_archive_holds_the_files_in_order_without_a_clock(clean: Bundle) -> None:
    with zipfile.ZipFile(io.BytesIO(clean.to_zip())) as archive:
        entries = archive.infolist()
        content = {entry.filename: archive.read(entry) for entry in entries}

    assert [entry.filename for entry in entries] == list(HEADERS)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert content == clean.files


@pytest.mark.parametrize("students", [1, 2, 13])
def test_a_very_small_district_is_whole(students: int) -> None:
    bundle = make_bundle(5, students=students)

    assert all(content.count(b"\n") > 1 for content in bundle.files.values())
    assert scenario_student(bundle).state_id.isdigit()


def test_a_district_without_students_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one student"):
        make_bundle(1, students=0)

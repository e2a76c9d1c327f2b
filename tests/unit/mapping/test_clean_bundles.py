"""What a district with nothing wrong comes to."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from gateway.domain.backpack.academics import GradebookItem, GradeRecord
from gateway.domain.backpack.contacts import Contact
from gateway.domain.backpack.demographics import Demographics
from gateway.domain.backpack.document import SECTIONS
from gateway.domain.backpack.enrollment import Enrollment, SectionEnrollment
from gateway.domain.backpack.goals import Goal
from gateway.domain.backpack.identity import Learner
from gateway.domain.backpack.profile import StrengthOrNeed
from tests.harness.bundles import Bundle, map_path, small_district
from tests.harness.mapped import MappedStudent


@pytest.fixture
async def child(tmp_path: Path) -> MappedStudent:
    return (await map_path(small_district().folder(tmp_path))).students["U1"]


async def test_nothing_is_found_in_a_clean_district(tmp_path: Path) -> None:
    mapped = await map_path(small_district(3).folder(tmp_path))

    assert mapped.warnings() == []
    assert [*mapped.students] == ["U1", "U2", "U3"]
    assert mapped.counts["results.csv"].used == 6
    assert mapped.counts["roles.csv"].excluded == {"notAStudent": 1}


async def test_an_archive_and_a_folder_map_to_the_same(tmp_path: Path) -> None:
    bundle = small_district()

    folder = await map_path(bundle.folder(tmp_path / "folder"))
    archive = await map_path(bundle.archive(tmp_path / "bundle.zip"))

    assert folder.students == archive.students


async def test_a_learner_has_identifiers_names_and_birth(child: MappedStudent) -> None:
    (learner,) = cast("list[Learner]", child.sections["identity"])

    assert [(one.system.code, one.value) for one in learner.identifiers] == [
        ("State", "9876500001"),
        ("Local", "U1"),
    ]
    assert (learner.names[0].given, learner.names[0].middle) == ("Juniper1", "Wren")
    assert learner.birth_date == date(2016, 5, 20)
    assert learner.birth_place is not None
    assert learner.birth_place.city == "Cedar Bend"


async def test_match_keys_are_plain_values(child: MappedStudent) -> None:
    keys = child.keys

    assert keys.state_id == "9876500001"
    assert (keys.given_names, keys.family_names) == (frozenset({"Juniper1"}), frozenset({"Bramblewick"}))
    assert keys.guardian_names == {"Linnea Bramblewick1"}
    assert keys.previous_schools == {"Maple Elementary", "S1", "060000100001"}
    assert (keys.middle_names, keys.birth_cities) == (frozenset({"Wren"}), frozenset({"Cedar Bend"}))
    assert (child.school, child.grade) == ("Maple Elementary", "04")


async def test_races_come_from_five_columns_and_keep_no_false_ones(child: MappedStudent) -> None:
    (demographics,) = cast("list[Demographics]", child.sections["demographics"])

    assert [race.code for race in demographics.races] == ["asian", "white"]
    assert demographics.hispanic_latino is False
    assert demographics.meta.sensitivity.level == "S"


async def test_a_guardian_is_found_from_the_child_and_only_once(tmp_path: Path) -> None:
    bundle = small_district(1)
    for row in bundle.rows["users"]:
        if row[0] == "G1":
            row[bundle.headers["users"].index("agentSourcedIds")] = "U1"

    mapped = await map_path(bundle.folder(tmp_path))

    (contact,) = cast("list[Contact]", mapped.students["U1"].sections["contacts"])
    assert contact.contact == "G1"
    assert contact.relation is not None
    assert contact.relation.code == "guardian"
    assert mapped.warnings() == []


async def test_a_guardian_who_names_the_child_is_found(tmp_path: Path) -> None:
    bundle = small_district(1)
    agents = bundle.headers["users"].index("agentSourcedIds")
    for row in bundle.rows["users"]:
        row[agents] = {"G1": "U1"}.get(row[0], "")

    mapped = await map_path(bundle.folder(tmp_path))

    (contact,) = cast("list[Contact]", mapped.students["U1"].sections["contacts"])
    assert contact.name.given == "Linnea"


async def test_siblings_share_a_guardian_and_not_the_entry(tmp_path: Path) -> None:
    bundle = small_district(2)
    agents = bundle.headers["users"].index("agentSourcedIds")
    for row in bundle.rows["users"]:
        row[agents] = "G1" if row[0].startswith("U") else ""

    mapped = await map_path(bundle.folder(tmp_path))

    first, second = (mapped.students[key].sections["contacts"][0] for key in ("U1", "U2"))
    assert cast("Contact", first).contact == cast("Contact", second).contact == "G1"
    assert first.meta.record_id != second.meta.record_id


async def test_a_stay_has_a_half_open_interval_and_its_school(child: MappedStudent) -> None:
    (stay,) = cast("list[Enrollment]", child.sections["enrollments"])

    assert (stay.entry_date, stay.exit_date) == (date(2025, 8, 18), None)
    assert stay.school.name == "Maple Elementary"
    assert stay.school.identifiers[0].value == "060000100001"
    assert stay.primary is True
    assert stay.meta.sensitivity.level == "E"


async def test_a_class_names_course_term_and_teacher(child: MappedStudent) -> None:
    (taken,) = cast("list[SectionEnrollment]", child.sections["classes"])

    assert taken.course is not None
    assert taken.course.local_code == "MA4"
    assert [term.school_year for term in taken.terms] == [2026]
    assert [teacher.id for teacher in taken.teachers] == ["T-1"]


async def test_work_and_period_marks_go_to_different_sections(child: MappedStudent) -> None:
    (item,) = cast("list[GradebookItem]", child.sections["gradebook"])
    (mark,) = cast("list[GradeRecord]", child.sections["grades"])

    assert (item.title, item.result.score, item.max_points) == ("Fractions 1", Decimal("8.5"), Decimal(10))
    assert item.meta.source.asserted_by.actor == "teacher"
    assert (mark.grade_type.code, mark.grade.letter, mark.grade.numeric) == ("Final", "A-", Decimal(91))
    assert mark.grading_period is not None
    assert mark.grading_period.name == "Fall"


async def test_the_profile_says_whose_words_they_are(child: MappedStudent) -> None:
    interest, strength = child.sections["learnerProfile"]
    (goal,) = cast("list[Goal]", child.sections["goals"])

    assert interest.meta.source.asserted_by.actor == "learner"
    assert cast("StrengthOrNeed", strength).polarity == "strength"
    assert [step.text for step in goal.steps] == ["Choose a book", "Join the club"]


async def test_every_entry_names_its_row(child: MappedStudent) -> None:
    entry = child.sections["demographics"][0]

    source = entry.meta.source
    assert (source.file, source.row, source.key) == ("demographics.csv", 2, "U1")
    assert (source.org.id, source.mapping) == ("urn:example:maple", "oneroster 1.0.0")


async def test_record_ids_are_the_same_in_every_run_and_differ_within_one(tmp_path: Path) -> None:
    bundle = small_district(3)
    before = await map_path(bundle.folder(tmp_path / "a"))
    bundle.rows["users"].reverse()

    after = await map_path(bundle.folder(tmp_path / "b"))

    ids = [
        entry.meta.record_id
        for one in before.students.values()
        for sec in one.sections.values()
        for entry in sec
    ]
    again = {
        entry.meta.record_id
        for one in after.students.values()
        for sec in one.sections.values()
        for entry in sec
    }
    assert len(set(ids)) == len(ids)
    assert set(ids) == again


async def test_version_1_1_says_role_and_schools_on_the_user(tmp_path: Path) -> None:
    bundle = _version_1_1()

    mapped = await map_path(bundle.folder(tmp_path))

    child = mapped.students["U1"]
    assert [*mapped.students] == ["U1", "U2"]
    assert [cast("Enrollment", stay).school.id for stay in child.sections["enrollments"]] == ["S1", "D1"]
    assert cast("Contact", child.sections["contacts"][0]).relation is not None
    assert child.grade == "04"


async def test_typed_identifiers_are_read(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.put("users", 1, "identifier", "")
    bundle.put("users", 1, "userIds", "{SSID:9988776655},{LDAP:juniper}")

    child = (await map_path(bundle.folder(tmp_path))).students["U1"]

    assert child.keys.state_id == "9988776655"


async def test_all_sections_can_come_from_one_bundle(child: MappedStudent) -> None:
    there = {
        "identity", "demographics", "contacts", "enrollments", "classes", "gradebook", "grades", "learnerProfile", "goals",
    }  # fmt: skip
    assert [*child.sections] == [name for name in SECTIONS if name in there]


def _version_1_1() -> Bundle:
    bundle = small_district(2)
    bundle.drop("roles")
    bundle.headers["users"] += ["role", "orgSourcedIds"]
    for row in bundle.rows["users"]:
        role = {"U": "student", "G": "guardian", "T": "teacher"}[row[0][0]]
        row += [role, "S1,D1" if role == "student" else "S1"]
    return bundle

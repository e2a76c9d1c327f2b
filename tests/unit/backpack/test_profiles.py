"""Profiles of districts: they tighten the schema, and are refused where they would loosen it."""

import tomllib
from typing import Any

import pytest

from gateway.domain.backpack.document import entry_from
from gateway.domain.backpack.profiles import check, load_profile, sensitivity_under
from gateway.domain.errors import Misconfigured
from tests.unit.backpack.samples import coded, entry

URI = "https://maple.example/profiles/1"
MAPLE = load_profile(
    tomllib.loads(
        f"""
        uri = "{URI}"
        title = "What Maple asks of a record"
        [sections.enrollments]
        required = ["schoolYear", "school.name"]
        codes.gradeLevel = ["KG", "08"]
        sensitivity.homeroom = "S"
        [sections.gradebook]
        required = ["result.score"]
        [sections.activities]
        class = "E"
        [sections.programs]
        required = ["iepBegin"]
        [sections.attendance]
        codes.scope = ["daily"]
        """
    )
)


def rules(section: str, **more: Any) -> dict[str, Any]:
    return {"uri": URI, "sections": {section: more}}


def test_an_entry_that_keeps_to_the_profile_has_no_problems() -> None:
    assert check(MAPLE, "enrollments", entry_from("enrollments", entry("enrollments"))) == []


@pytest.mark.parametrize(
    ("section", "change", "problem"),
    [
        ("enrollments", {"schoolYear": None}, "schoolYear is missing"),
        ("enrollments", {"school": {"id": "x"}}, "school.name is missing"),
        ("enrollments", {"gradeLevel": coded("09")}, "gradeLevel has a code that is not allowed here"),
        ("gradebook", {"result": {"late": True}}, "result.score is missing"),
        ("attendance", {"scope": "section"}, "scope has a code that is not allowed here"),
        ("programs", {}, "iepBegin is missing"),
    ],
)
def test_what_does_not_keep_to_it_is_named(section: str, change: dict[str, Any], problem: str) -> None:
    wire = entry(section) | change

    assert [str(one) for one in check(MAPLE, section, entry_from(section, wire))] == [problem]


def test_a_rule_about_one_kind_does_not_hold_for_another() -> None:
    assert check(MAPLE, "programs", entry_from("programs", entry("programs", 1))) == []


def test_a_profile_raises_the_class_of_entries_that_have_the_field() -> None:
    plain = entry_from("enrollments", entry("enrollments"))
    with_room = entry_from("enrollments", entry("enrollments") | {"homeroom": "12"})

    assert sensitivity_under(MAPLE, plain).level == "D"
    assert sensitivity_under(MAPLE, with_room).level == "S"
    assert sensitivity_under(MAPLE, entry_from("activities", entry("activities"))).level == "E"
    assert sensitivity_under(MAPLE, entry_from("goals", entry("goals"))).level == "E"


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        (
            rules("demographics", sensitivity={"races": "E"}),
            r"sections\.demographics\.sensitivity\.races: E would",
        ),
        (rules("identity", **{"class": "D"}), r"sections\.identity\.class: D would loosen"),
        (rules("incidents", sensitivity={"actions.manifestationReview": "S"}), "S would loosen: it is R"),
        (rules("attendance", codes={"scope": ["daily", "weekly"]}), "weekly: the schema allows no such code"),
        (rules("identity", required=["horoscope"]), r"required\.horoscope: the schema has no such field"),
        (rules("goals", codes={"statement": ["win"]}), "this field has no codes"),
        (rules("horoscopes"), "the schema has no such section"),
        (rules("identity", optional=["names"]), r"sections\.identity\.optional"),
        ({"title": "nameless"}, "uri"),
    ],
)
def test_a_profile_that_loosens_or_names_nothing_is_refused(profile: dict[str, Any], why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        load_profile(profile)


def test_a_profile_upon_another_has_the_rules_of_both() -> None:
    district = load_profile(
        rules("enrollments", required=["entryDate"], codes={"gradeLevel": ["08"]}), upon=MAPLE
    )

    kinder = entry("enrollments") | {"gradeLevel": coded("KG"), "schoolYear": None, "entryDate": None}
    found = check(district, "enrollments", entry_from("enrollments", kinder))
    assert [one.place for one in found] == ["schoolYear", "entryDate", "gradeLevel"]
    assert sensitivity_under(district, entry_from("activities", entry("activities"))).level == "E"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"codes": {"gradeLevel": ["08", "09"]}}, "09: not allowed by the profile below"),
        ({"sensitivity": {"homeroom": "E"}}, "E would loosen: it is S"),
    ],
)
def test_a_profile_may_not_loosen_the_one_it_builds_upon(more: dict[str, Any], why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        load_profile(rules("enrollments", **more), upon=MAPLE)

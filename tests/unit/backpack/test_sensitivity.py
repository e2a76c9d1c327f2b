"""The class of an entry: the strictest of what its sender says and what its fields, parts and extensions are."""

from typing import Any

import pytest

from gateway.domain.backpack.base import marks, sensitivity_of, strictest
from gateway.domain.backpack.demographics import Demographics
from gateway.domain.backpack.document import SECTIONS, entry_from
from tests.unit.backpack.samples import coded, entry

UNKNOWN = "https://example.org/scores/v1"
HOURS = "urn:backpack:extension:clock-hours:1"


@pytest.mark.parametrize(
    ("present", "level"), [(["sex"], "E"), (["sex", "races"], "S"), (["hispanicLatino"], "S"), ([], "E")]
)
def test_the_strictest_field_gives_the_class(present: list[str], level: str) -> None:
    assert sensitivity_of(Demographics, present).level == level


@pytest.mark.parametrize(
    ("section", "level"),
    [
        ("identity", "E"),
        ("demographics", "S"),
        ("contacts", "E"),
        ("enrollments", "D"),
        ("transcript", "E"),
        ("incidents", "S"),
        ("immunizations", "S"),
        ("health", "S"),
        ("programs", "R"),
        ("goals", "E"),
        ("activities", "D"),
    ],
)
def test_every_section_has_its_class(section: str, level: str) -> None:
    assert entry_from(section, entry(section)).sensitivity().level == level


@pytest.mark.parametrize(
    ("section", "more", "level", "labels"),
    [
        ("identity", {"pronouns": "they"}, "S", ("location", "pii.direct")),
        ("contacts", {"restrictions": [{"kind": "noContact"}]}, "R", ("location", "safety", "thirdParty")),
        ("enrollments", {"exitType": coded("Transferred")}, "E", ()),
        ("attendance", {"reason": coded("Illness")}, "S", ("health",)),
        ("incidents", {"weapons": [coded("None")]}, "R", ("discipline", "lawEnforcement")),
        ("demographics", {"economicDisadvantage": True}, "R", ("economic", "ethnicity", "language")),
        ("assessments", {"accommodations": [coded("Braille")]}, "S", ("disability",)),
    ],
)
def test_a_field_raises_the_class_of_a_received_entry(
    section: str, more: dict[str, Any], level: str, labels: tuple[str, ...]
) -> None:
    found = entry_from(section, entry(section) | more).sensitivity()

    assert (found.level, found.labels) == (level, labels)


def test_a_field_of_a_part_raises_the_class() -> None:
    plain = entry("incidents") | {"actions": [{"type": coded("ISS")}]}
    reviewed = entry("incidents") | {"actions": [{"type": coded("ISS")}, {"manifestationReview": True}]}

    assert entry_from("incidents", plain).sensitivity().level == "S"
    assert entry_from("incidents", reviewed).sensitivity().level == "R"
    assert sensitivity_of(SECTIONS["incidents"], ["actions.manifestationReview"]).level == "R"
    assert "actions.manifestation_review" in marks(SECTIONS["incidents"])


@pytest.mark.parametrize(
    ("code", "level"), [("reportCard", "E"), ("immunizationCard", "S"), ("courtOrder", "R"), ("shoebox", "R")]
)
def test_a_document_is_as_sensitive_as_its_kind_and_restricted_if_that_is_unknown(
    code: str, level: str
) -> None:
    found = entry_from("documents", entry("documents") | {"kind": coded(code)})

    assert found.sensitivity().level == level
    assert sensitivity_of(SECTIONS["documents"], ["kind", "title"], {"kind": code}).level == level
    assert sensitivity_of(SECTIONS["documents"], ["kind", "title"]).level == "R"


@pytest.mark.parametrize("kind", ["IEP", "GiftedTalented", "Saturday school"])
def test_a_program_is_restricted_whatever_its_sender_says(kind: str) -> None:
    plain = {"kind": coded(kind), "meta": entry("goals")["meta"]}

    assert entry_from("programs", plain).sensitivity().level == "R"


def test_a_sender_may_declare_more_and_keeps_labels_and_basis() -> None:
    wire = entry("goals")
    wire["meta"]["sensitivity"] = {"class": "R", "labels": ["safety"], "basis": ["court"]}

    found = entry_from("goals", wire).sensitivity()

    assert (found.level, found.labels, found.basis) == ("R", ("safety",), ("court",))


def test_a_sender_cannot_declare_a_class_away() -> None:
    wire = entry("demographics")
    wire["meta"]["sensitivity"] = {"class": "D"}

    assert entry_from("demographics", wire).sensitivity().level == "S"


@pytest.mark.parametrize(
    ("extensions", "level", "labels"),
    [
        ({UNKNOWN: {"a": 1}}, "R", ()),
        ({HOURS: {"hours": "90"}}, "E", ("academic",)),
        ({HOURS: {"hours": "many"}}, "R", ()),
        ({HOURS: {"hours": "90"}, UNKNOWN: None}, "R", ("academic",)),
    ],
)
@pytest.mark.parametrize("at", ["meta", "code"])
def test_an_extension_that_nobody_knows_is_restricted_wherever_it_stands(
    at: str, extensions: dict[str, Any], level: str, labels: tuple[str, ...]
) -> None:
    wire = entry("enrollments")
    if at == "meta":
        wire["meta"]["extensions"] = extensions
    else:
        wire["gradeLevel"]["extensions"] = extensions

    found = entry_from("enrollments", wire)

    assert (found.sensitivity().level, found.sensitivity().labels) == (level, labels)
    assert found.model_dump(mode="json", by_alias=True, exclude_unset=True) == wire


def test_the_strictest_of_several_classes_rules() -> None:
    assert strictest(["D", "R", "E"]) == "R"

"""The schema: what it takes, what it refuses, and how it travels."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.backpack.base import OrgRef, sensitivity_of, strictest
from gateway.domain.backpack.document import (
    SECTIONS,
    Backpack,
    build,
    entry_from,
    entry_to_json,
    from_json,
    json_schema,
    section_digests,
    to_json,
)
from gateway.domain.backpack.identity import Demographics
from gateway.domain.errors import Malformed
from gateway.mapping.run import MappedStudent
from tests.harness.bundles import NOW, map_path, small_district

MAPLE = OrgRef(id="urn:example:maple", name="Maple Unified")


@pytest.fixture
async def student(tmp_path: Path) -> MappedStudent:
    return (await map_path(small_district(1).folder(tmp_path))).students["U1"]


@pytest.fixture
def backpack(student: MappedStudent) -> Backpack:
    return build(student.sections, learner_id="urn:uuid:learner-1", custodian=MAPLE, as_of=NOW)


def test_a_backpack_survives_the_wire(backpack: Backpack) -> None:
    wire = json.loads(json.dumps(to_json(backpack)))

    assert from_json(wire) == backpack
    assert to_json(from_json(wire)) == wire


def test_the_same_entries_make_the_same_backpack(student: MappedStudent, backpack: Backpack) -> None:
    again = build(student.sections, learner_id="urn:uuid:learner-1", custodian=MAPLE, as_of=NOW)

    assert again == backpack
    assert (
        build(student.sections, learner_id="x", custodian=MAPLE, as_of=NOW).backpack_id
        != backpack.backpack_id
    )


def test_every_section_with_entries_has_a_digest(student: MappedStudent, backpack: Backpack) -> None:
    assert dict(backpack.section_digests) == section_digests(student.sections)
    assert {name for name, _ in backpack.entries()} == set(backpack.section_digests)


def test_a_changed_entry_does_not_fit_its_digest(backpack: Backpack) -> None:
    wire = to_json(backpack)
    wire["sections"]["goals"][0]["statement"] = "Read two books a month"

    with pytest.raises(Malformed, match="digest"):
        from_json(wire)


def test_an_unknown_field_is_refused_without_repeating_it(student: MappedStudent) -> None:
    entry = entry_to_json(student.sections["identity"][0]) | {"Juniper1 Bramblewick": 1}

    with pytest.raises(Malformed, match="extra_forbidden") as refused:
        entry_from("identity", entry)
    assert "Juniper1" not in str(refused.value)


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(Malformed, match="no section"):
        entry_from("horoscopes", {})


def test_the_wire_has_camel_case_iso_dates_and_decimals_as_text(student: MappedStudent) -> None:
    item = entry_to_json(student.sections["gradebook"][0])

    assert (item["maxPoints"], item["assigned"], item["result"]["score"]) == ("10", "2025-09-01", "8.5")
    assert item["meta"]["source"]["extractedAt"] == "2026-09-30T06:00:00Z"
    assert item["meta"]["sensitivity"] == {"class": "E"}


def test_a_profile_entry_is_of_the_kind_that_it_names(student: MappedStudent) -> None:
    wire = entry_to_json(student.sections["learnerProfile"][0])

    assert entry_from("learnerProfile", wire) == student.sections["learnerProfile"][0]
    with pytest.raises(Malformed):
        entry_from("learnerProfile", wire | {"kind": "zodiac"})


@pytest.mark.parametrize(
    ("present", "level"), [(["sex"], "E"), (["sex", "races"], "S"), (["hispanicLatino"], "S"), ([], "E")]
)
def test_the_strictest_field_gives_the_class(present: list[str], level: str) -> None:
    assert sensitivity_of(Demographics, present).level == level


def test_a_sender_cannot_declare_a_class_away(student: MappedStudent) -> None:
    wire = entry_to_json(student.sections["demographics"][0])
    wire["meta"]["sensitivity"] = {"class": "D"}

    assert entry_from("demographics", wire).sensitivity().level == "S"


def test_an_extension_of_unknown_class_is_restricted(student: MappedStudent) -> None:
    wire = entry_to_json(student.sections["goals"][0])
    wire["meta"]["extensions"] = {"https://example.org/scores/v1": {"a": 1}}

    assert entry_from("goals", wire).sensitivity().level == "R"


def test_the_strictest_of_several_classes_rules() -> None:
    assert strictest(["D", "R", "E"]) == "R"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_stands_in_the_json_schema(section: str) -> None:
    schema = json_schema()

    assert schema["$id"] == "urn:backpack:schema:1.0"
    assert section in schema["$defs"]["Sections"]["properties"]


def test_the_json_schema_marks_what_is_sensitive_and_writes_decimals_as_text() -> None:
    definitions: dict[str, Any] = json_schema()["$defs"]

    assert definitions["Demographics"]["properties"]["races"]["x-sensitivity"] == "S"
    assert '"type": "number"' not in json.dumps(definitions)
    assert all(one["additionalProperties"] is False for one in definitions.values() if "properties" in one)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_model_says_what_it_is(section: str) -> None:
    assert SECTIONS[section].__doc__

"""The schema: what it takes, what it refuses, and how it travels."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.backpack.base import sensitivity_of, strictest
from gateway.domain.backpack.document import (
    SCHEMA_VERSION,
    SECTIONS,
    Backpack,
    entry_from,
    entry_to_json,
    json_schema,
    sections_to_json,
)
from gateway.domain.backpack.identity import Demographics
from gateway.domain.errors import Malformed
from gateway.mapping.run import MappedStudent
from tests.harness.bundles import NOW, map_path, small_district


@pytest.fixture
async def student(tmp_path: Path) -> MappedStudent:
    return (await map_path(small_district(1).folder(tmp_path))).students["U1"]


def test_entries_survive_the_wire(student: MappedStudent) -> None:
    wire = json.loads(json.dumps(sections_to_json(student.sections)))

    read = {name: [entry_from(name, entry) for entry in entries] for name, entries in wire.items()}
    assert read == {name: [*entries] for name, entries in student.sections.items()}
    assert sections_to_json(read) == wire


def test_the_envelope_takes_the_sections_of_a_student(student: MappedStudent) -> None:
    wire = {
        "schemaVersion": SCHEMA_VERSION,
        "backpackId": "00000000-0000-5000-8000-000000000001",
        "learnerId": "urn:uuid:learner-1",
        "created": NOW.isoformat(),
        "custodian": {"id": "urn:example:maple"},
        "sectionDigests": {},
        "sections": sections_to_json(student.sections),
    }

    backpack = Backpack.model_validate(wire)

    assert backpack.sections.goals == tuple(student.sections["goals"])
    with pytest.raises(ValueError, match="extra_forbidden"):
        Backpack.model_validate(wire | {"horoscope": {}})


def test_an_unknown_field_is_refused_without_repeating_it(student: MappedStudent) -> None:
    entry = entry_to_json(student.sections["identity"][0]) | {"Juniper1 Bramblewick": 1}

    with pytest.raises(Malformed, match="extra_forbidden") as refused:
        entry_from("identity", entry)
    assert "Juniper1" not in str(refused.value)


def test_an_unknown_name_deep_in_an_entry_is_not_repeated(student: MappedStudent) -> None:
    entry = entry_to_json(student.sections["goals"][0])
    entry["meta"]["extensions"] = {"Juniper1 Bramblewick": 1}

    with pytest.raises(Malformed, match=r"meta\.extensions \(") as refused:
        entry_from("goals", entry)
    assert "Juniper1" not in str(refused.value)


@pytest.mark.parametrize("place", ["dq", "meta"])
def test_a_raw_value_has_no_place_in_an_entry(place: str, student: MappedStudent) -> None:
    entry = entry_to_json(student.sections["goals"][0])
    if place == "dq":
        entry["meta"]["dq"] = [{"code": "date.invalid", "severity": "error", "rawValue": "soon"}]
    else:
        entry["meta"]["localValues"] = {"ssn": "soon"}

    with pytest.raises(Malformed, match="extra_forbidden"):
        entry_from("goals", entry)


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


@pytest.mark.parametrize(
    ("section", "levels"),
    [
        ("identity", "E"),
        ("demographics", "S"),
        ("contacts", "E"),
        ("enrollments", "D"),
        ("classes", "E"),
        ("gradebook", "E"),
        ("grades", "E"),
        ("learnerProfile", "EE"),
        ("goals", "E"),
    ],
)
def test_every_section_has_its_class(section: str, levels: str, student: MappedStudent) -> None:
    assert [entry.sensitivity().level for entry in student.sections[section]] == [*levels]


@pytest.mark.parametrize(
    ("section", "more", "level", "labels"),
    [
        ("identity", {"pronouns": "they"}, "S", ()),
        ("contacts", {"restrictions": [{"kind": "noContact"}]}, "R", ("safety", "thirdParty")),
        ("demographics", {"languages": [{"code": "es", "system": "x"}]}, "S", ("ethnicity", "language")),
    ],
)
def test_a_field_raises_the_class_of_a_received_entry(
    section: str, more: dict[str, Any], level: str, labels: tuple[str, ...], student: MappedStudent
) -> None:
    wire = entry_to_json(student.sections[section][0]) | more
    wire["meta"]["sensitivity"] = {"class": "D"}

    found = entry_from(section, wire).sensitivity()

    assert (found.level, found.labels) == (level, labels)


def test_a_program_is_restricted_whatever_its_sender_says(student: MappedStudent) -> None:
    meta = entry_to_json(student.sections["goals"][0])["meta"] | {"sensitivity": {"class": "D"}}

    entry = entry_from("programs", {"kind": {"code": "IEP", "system": "x"}, "meta": meta})

    assert entry.sensitivity().level == "R"


def test_a_sender_may_declare_more_and_keeps_labels_and_basis(student: MappedStudent) -> None:
    wire = entry_to_json(student.sections["goals"][0])
    wire["meta"]["sensitivity"] = {"class": "R", "labels": ["safety"], "basis": ["court"]}

    found = entry_from("goals", wire).sensitivity()

    assert (found.level, found.labels, found.basis) == ("R", ("safety",), ("court",))


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

"""The schema: what it takes, what it refuses, and how it travels."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from gateway.domain.backpack.document import (
    SCHEMA_VERSION,
    SECTIONS,
    VARIANTS,
    Backpack,
    entry_from,
    entry_to_json,
    json_schema,
    model_of,
    models,
    sections_to_json,
)
from gateway.domain.backpack.program_kinds import KINDS
from gateway.domain.backpack.programs import WITH_FIELDS
from gateway.domain.errors import Malformed
from tests.unit.backpack.generated import validator, values
from tests.unit.backpack.samples import coded, entry, sections

SCHEMA = json_schema()
SECTIONS_SCHEMA = validator("Sections", SCHEMA["$defs"])


def document() -> dict[str, Any]:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "backpackId": "00000000-0000-5000-8000-000000000001",
        "learnerId": "urn:uuid:learner-1",
        "created": "2026-09-30T06:00:00Z",
        "custodian": {"id": "urn:example:maple"},
        "sectionDigests": {},
        "sections": sections(),
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_entries_of_every_section_survive_the_wire(section: str) -> None:
    wire = sections()[section]

    read = [entry_from(section, one) for one in wire]

    assert sections_to_json({section: read}) == {section: wire}


def test_the_envelope_takes_the_sections_of_a_learner() -> None:
    wire = document()

    backpack = Backpack.model_validate(wire)

    assert backpack.sections.goals == (entry_from("goals", wire["sections"]["goals"][0]),)
    with pytest.raises(ValueError, match="extra_forbidden"):
        Backpack.model_validate(wire | {"horoscope": {}})


def test_an_unknown_field_is_refused_without_repeating_it() -> None:
    wire = entry("identity") | {"Juniper1 Bramblewick": 1}

    with pytest.raises(Malformed, match="extra_forbidden") as refused:
        entry_from("identity", wire)
    assert "Juniper1" not in str(refused.value)


def test_an_unknown_name_deep_in_an_entry_is_not_repeated() -> None:
    wire = entry("goals")
    wire["meta"]["extensions"] = {"Juniper1 Bramblewick": 1}

    with pytest.raises(Malformed, match=r"meta\.extensions \(") as refused:
        entry_from("goals", wire)
    assert "Juniper1" not in str(refused.value)


@pytest.mark.parametrize("place", ["dq", "meta"])
def test_a_raw_value_has_no_place_in_an_entry(place: str) -> None:
    wire = entry("goals")
    if place == "dq":
        wire["meta"]["dq"] = [{"code": "date.invalid", "severity": "error", "rawValue": "soon"}]
    else:
        wire["meta"]["localValues"] = {"ssn": "soon"}

    with pytest.raises(Malformed, match="extra_forbidden"):
        entry_from("goals", wire)


@pytest.mark.parametrize("name", ["religion", "citizenship", "ssn", "socialSecurityNumber", "password"])
def test_what_is_never_exchanged_has_no_field_anywhere(name: str) -> None:
    fields = {info.alias or field for model in models() for field, info in model.model_fields.items()}

    assert not [field for field in fields if name.casefold() in field.casefold()]


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(Malformed, match="no section"):
        entry_from("horoscopes", {})


def test_the_wire_has_camel_case_iso_dates_and_decimals_as_text() -> None:
    item = entry_to_json(entry_from("gradebook", entry("gradebook")))

    assert (item["maxPoints"], item["assigned"], item["result"]["score"]) == ("10", "2025-09-01", "8.5")
    assert item["meta"]["source"]["extractedAt"] == "2026-09-30T06:00:00Z"


@pytest.mark.parametrize("section", ["health", "learnerProfile"])
def test_an_entry_is_of_the_kind_that_it_names(section: str) -> None:
    kinds = [entry_from(section, one) for one in sections()[section]]

    assert {type(one) for one in kinds} == {*VARIANTS[section].values()}
    with pytest.raises(Malformed):
        entry_from(section, entry(section) | {"kind": "zodiac"})


def test_the_code_of_its_kind_says_which_fields_a_program_has() -> None:
    entries = [entry_from("programs", one) for one in sections()["programs"]]

    assert {type(one) for one in entries} == {*KINDS.values(), SECTIONS["programs"]}
    with pytest.raises(Malformed, match="extra_forbidden"):
        entry_from("programs", entry("programs") | {"kind": coded("Saturday school")})
    assert tuple(KINDS) == WITH_FIELDS


def test_the_model_of_a_kind_can_be_asked_for() -> None:
    assert model_of("programs", "IEP") is KINDS["IEP"]
    assert model_of("programs", "Foster") is SECTIONS["programs"]
    assert model_of("goals") is SECTIONS["goals"]
    with pytest.raises(Malformed, match="alert, allergy"):
        model_of("health", "zodiac")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_stands_in_the_json_schema(section: str) -> None:
    assert SCHEMA["$id"] == "urn:backpack:schema:2.0"
    assert section in SCHEMA["$defs"]["Sections"]["properties"]


def test_the_json_schema_says_of_fields_what_they_are_and_how_sensitive() -> None:
    definitions: dict[str, Any] = SCHEMA["$defs"]
    races = definitions["Demographics"]["properties"]["races"]

    assert (races["x-sensitivity"], races["x-labels"]) == ("S", ["ethnicity"])
    assert races["x-edfi"] == "races.raceDescriptor"
    assert "001943" in races["x-ceds"]
    assert definitions["BehaviorIncident"]["x-sensitivity"] == "S"
    assert '"type": "number"' not in json.dumps(definitions["GradeValue"])
    assert all(one["additionalProperties"] is False for one in definitions.values() if "properties" in one)


@pytest.mark.parametrize("name", sorted(one.__name__ for one in models() if one is not Backpack))
def test_every_model_and_field_says_what_it_is(name: str) -> None:
    definition = SCHEMA["$defs"][name]

    assert definition["description"]
    assert [field for field, one in definition["properties"].items() if not one.get("description")] == []


def test_the_json_schema_takes_what_the_models_take() -> None:
    assert [*SECTIONS_SCHEMA.iter_errors(sections())] == []


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(made=values({"$ref": "#/$defs/Sections"}, SCHEMA["$defs"]))
def test_whatever_the_json_schema_takes_the_models_take_and_give_back(made: dict[str, Any]) -> None:
    assert [*SECTIONS_SCHEMA.iter_errors(made)] == []

    for section, entries in made.items():
        for one in entries:
            assert [*SECTIONS_SCHEMA.iter_errors({section: [entry_to_json(entry_from(section, one))]})] == []

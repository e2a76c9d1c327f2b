"""From one version of the schema to another, held against the schema that 1.0.0 was published with."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.backpack.demographics import Demographics
from gateway.domain.backpack.document import SCHEMA_VERSION, Backpack, entry_from, json_schema
from gateway.domain.backpack.version_1 import SECTIONS as SECTIONS_1
from gateway.domain.backpack.versions import ACCEPTED, Downcast, downcast, readable, upcast, upcast_entry
from gateway.domain.errors import Malformed
from tests.unit.backpack.generated import validator, values
from tests.unit.backpack.samples import coded, entry, sections

OLD = "1.0.0"
DEFINITIONS_1: dict[str, Any] = json.loads(Path(__file__).with_name("schema_1_0.json").read_text("utf-8"))[
    "$defs"
]
DEFINITIONS_2: dict[str, Any] = json_schema()["$defs"]
SCHEMA_1 = validator("Sections", DEFINITIONS_1)
thorough = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])


def entries(section: str, definitions: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    """Return what one section may hold in a version."""
    return values(definitions["Sections"]["properties"][section], definitions)


@pytest.mark.parametrize("section", SECTIONS_1)
def test_whatever_was_valid_in_the_old_version_is_valid_after_upcasting(section: str) -> None:
    @thorough
    @given(made=entries(section, DEFINITIONS_1))
    def holds(made: list[Any]) -> None:
        present = upcast({section: made}, OLD)

        for one in present[section]:
            entry_from(section, one)
        assert downcast(present, OLD).lost == ()

    holds()


@pytest.mark.parametrize("section", SECTIONS_1)
def test_upcasting_what_was_downcast_gives_the_common_part_again(section: str) -> None:
    @thorough
    @given(made=entries(section, DEFINITIONS_2))
    def holds(made: list[Any]) -> None:
        down = downcast({section: made}, OLD)

        assert [*SCHEMA_1.iter_errors(down.content)] == []
        common = upcast(down.content, OLD)
        assert downcast(common, OLD) == Downcast(down.content, ())
        if not down.lost:
            assert common == {section: [_without_empty_names(one) for one in made]}

    holds()


def _without_empty_names(one: Any) -> Any:
    """The version before requires names, of which there may be none; so none and an empty list are one."""
    return {name: value for name, value in one.items() if name != "names" or value}


def test_a_whole_learner_loses_only_what_the_old_version_cannot_say() -> None:
    down = downcast(sections(), OLD)

    assert [*SCHEMA_1.iter_errors(down.content)] == []
    assert set(down.content) == set(SECTIONS_1)
    assert down.content["demographics"][0]["languages"] == [coded("spa")]
    assert down.content["identity"][0]["identifiers"][0]["assigner"] == "state"
    assert "identity[0].names[0].family2" not in down.lost
    assert {
        "attendance",
        "identity[0].addresses",
        "demographics[0].languages[0].uses",
        "programs[0].disabilities",
        "learnerProfile[3].supportsThatWork[0].evidence",
    } <= set(down.lost)


def test_what_was_lost_is_told_without_values() -> None:
    lost = downcast(sections(), OLD).lost

    assert not [place for place in lost if "Orchard" in place or "spa" in place.split(".")]


def test_upcasting_an_entry_makes_objects_of_what_were_values() -> None:
    demographics = entry("demographics") | {"languages": [coded("spa")]}
    barrier = entry("learnerProfile", 3) | {"supportsThatWork": ["Read aloud", ""]}
    identity = entry("identity")
    identity["identifiers"][0]["assigner"] = ""

    assert upcast_entry("demographics", demographics, OLD)["languages"] == [{"language": coded("spa")}]
    assert upcast_entry("learnerProfile", barrier, OLD)["supportsThatWork"] == [
        {"text": "Read aloud"},
        {"text": ""},
    ]
    assert "assigner" not in upcast_entry("identity", identity, OLD)["identifiers"][0]


def test_a_document_goes_down_and_up_with_its_envelope() -> None:
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "backpackId": "00000000-0000-5000-8000-000000000001",
        "learnerId": "urn:uuid:learner-1",
        "created": "2026-09-30T06:00:00Z",
        "custodian": {"id": "urn:example:maple", "address": {"city": "Maple"}},
        "sectionDigests": {},
        "profileUri": ["urn:example:profile:1"],
        "sections": {"goals": sections()["goals"]},
    }

    down = downcast(document, OLD)

    assert down.content["schemaVersion"] == OLD
    assert down.lost == ("profileUri", "custodian.address")
    up = upcast(down.content, OLD)
    assert up["schemaVersion"] == SCHEMA_VERSION
    assert Backpack.model_validate(up).sections.goals


def test_the_present_version_stays_as_it_is() -> None:
    assert upcast(sections(), SCHEMA_VERSION) == sections()
    assert downcast(sections(), "2.0.0").lost == ()


def test_versions_that_nobody_here_reads_are_refused() -> None:
    assert ACCEPTED == ("1.0.0", SCHEMA_VERSION)
    for version in ("3.0.0", "0.9.0", "10.0.0", "1", "1.x", ""):
        with pytest.raises(Malformed, match=r"1\.0\.0 and 2\.0\.0"):
            upcast({}, version)


def test_an_entry_of_the_version_before_is_read_as_one_of_the_present() -> None:
    language = {"code": "spa", "system": "urn:test"}

    read, present = readable("demographics", entry("demographics") | {"languages": [language]})

    assert present["languages"] == [{"language": language}]
    assert isinstance(read, Demographics)


def test_an_entry_of_no_version_is_refused_for_what_it_lacks_in_the_present() -> None:
    with pytest.raises(Malformed, match="demographics"):
        readable("demographics", entry("demographics") | {"languages": "spa"})

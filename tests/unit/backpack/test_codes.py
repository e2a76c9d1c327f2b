"""The code lists: they can be read, say where they are from, and fit the schema."""

import tomllib
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from gateway.domain.backpack.document import model_of
from gateway.domain.backpack.profiles import fields_at
from gateway.domain.backpack.programs import WITH_FIELDS
from gateway.mapping.crosswalk import Crosswalk

FOLDER = Path(__file__).parents[3] / "mappings" / "codes"
LISTS = {
    file.stem: Crosswalk.model_validate(tomllib.loads(file.read_text("utf-8")))
    for file in sorted(FOLDER.glob("*.toml"))
}
FEWEST_LANGUAGES = 60

CLOSED = {
    "assessor_method": ("competencies", None, "method"),
    "attendance_scope": ("attendance", None, "scope"),
    "consent_capacity": ("consents", None, "capacity"),
    "contact_restriction": ("contacts", None, "restrictions.kind"),
    "exemption": ("immunizations", None, "exemption.kind"),
    "exit_date_convention": ("enrollments", None, "exitDateConvention"),
    "gpa_scope": ("transcript", None, "gpas.scope"),
    "gpa_weighting": ("transcript", None, "gpas.weighting"),
    "immunization_status": ("immunizations", None, "status"),
    "mastery_status": ("competencies", None, "status"),
    "name_use": ("identity", None, "names.use"),
    "polarity": ("learnerProfile", "strengthOrNeed", "polarity"),
    "udl_network": ("learnerProfile", "strengthOrNeed", "network"),
    "voice": ("learnerProfile", "voice", "voice"),
}
"""Lists for fields whose values the schema closes."""


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def codes(name: str) -> set[str]:
    return {one.code for one in LISTS[name].values if not one.drop}


def literals(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {value for inner in get_args(annotation) for value in literals(inner)}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_names_its_source_and_system(name: str) -> None:
    found = LISTS[name]

    assert found.source
    assert found.system.startswith(("https://", "uri://", "urn:"))
    shown = [one for one in found.values if not one.drop and found.unmapped != "drop"]
    assert [one.code for one in shown if not one.display] == []


@pytest.mark.parametrize("name", LISTS)
def test_no_local_code_stands_for_two_codes(name: str) -> None:
    meanings: dict[tuple[str, str | None], set[str]] = {}
    for one in LISTS[name].values:
        for local in (one.code, *one.local):
            meanings.setdefault((folded(local), one.state), set()).add(one.code)

    assert {local: found for local, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", CLOSED)
def test_a_list_for_a_closed_field_has_the_values_of_the_schema(name: str) -> None:
    section, kind, path = CLOSED[name]

    (annotation,) = fields_at(model_of(section, kind), path)

    assert codes(name) == literals(annotation)


def test_every_kind_of_program_with_fields_of_its_own_can_be_looked_up() -> None:
    assert codes("program") >= set(WITH_FIELDS)


def test_a_number_that_means_graduated_is_no_grade_level() -> None:
    known = {folded(local): one for one in LISTS["grade_level"].values for local in (one.code, *one.local)}

    assert known["99"].drop
    assert (known["-1"].code, known["0"].code, known["twelfth grade"].code) == ("PK", "KG", "12")


def test_languages_have_codes_of_iso_639_and_usual_names() -> None:
    found = {folded(local): one.code for one in LISTS["language"].values for local in (one.code, *one.local)}

    assert len(codes("language")) >= FEWEST_LANGUAGES
    assert all(len(code) == 3 and code.isascii() and code.islower() for code in codes("language"))
    assert (found["spanish"], found["es"], found["chi"], found["farsi"]) == ("spa", "spa", "zho", "fas")
    assert "no" not in found

"""The JSON Schema of mapping files, and the reference made of it."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from gateway.mapping import conventions, spec, spec_fields
from gateway.mapping.mapping_reference import reference_page
from gateway.mapping.mapping_schema import known_keys, mapping_schema
from gateway.resources import mapping_text, packaged_mappings
from tests.unit.mapping_tools.conftest import changed

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def document(text: str) -> Any:
    return _plain(tomllib.loads(text))


def _plain(value: Any) -> Any:
    """TOML as the JSON that an editor checks: dates are texts there."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def errors(text: str) -> list[str]:
    found = Draft202012Validator(mapping_schema()).iter_errors(document(text))
    return [error.message for error in found]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(mapping_schema())

    assert mapping_schema()["$id"].startswith("urn:")


@pytest.mark.parametrize("name", packaged_mappings())
def test_a_shipped_mapping_fits_it(name: str) -> None:
    assert errors(mapping_text(name)) == []


@pytest.mark.parametrize(
    "change",
    [
        ('section = "goals"', 'section = "goalz"'),
        ('exit_date = "firstDayNotEnrolled"', 'exit_date = "never"'),
        ('exit_date = "firstDayNotEnrolled"', ""),
        ('{ column = "born.birthDate", as = "birthDate" }', '{ column = "x", as = "day" }'),
        ('as = "birthDate" }', 'as = "birthDate", colum = "x" }'),
        ('pronouns = "pronouns"', 'pronounz = "pronouns"'),
        ("alone = false", 'alone = "no"'),
        ('key = ["flag"]', "key = []"),
    ],
    ids=lambda change: change[1][:30],
)
def test_a_mistake_does_not_fit_it(change: tuple[str, str]) -> None:
    assert errors(changed(change))


def test_every_key_of_the_program_is_in_it() -> None:
    defs = mapping_schema()["$defs"]

    for name in ("About", "Conventions", "Source", "Link", "Many", "Leaf", "EntrySpec", "Part", "Condition"):
        model = (vars(spec) | vars(spec_fields) | vars(conventions))[name]
        wires = {info.alias or field for field, info in model.model_fields.items()}
        assert set(defs[name]["properties"]) == wires


def test_what_docstrings_say_is_what_an_editor_shows() -> None:
    leaf = mapping_schema()["$defs"]["Leaf"]["properties"]

    assert leaf["plain"]["description"].startswith("With `lookup`: the bare code")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("conventions",), "exit_date"),
        (("entries", 3), "combine"),
        (("entries", 3, "from", 0), "each"),
        (("sources", "anything"), "others"),
        (("student", "decided_by", 0), "students"),
    ],
)
def test_the_keys_of_every_table_are_known(path: tuple[str | int, ...], key: str) -> None:
    assert key in known_keys(path)


def test_the_schema_in_the_documentation_is_this_one() -> None:
    """`backpack map schema --out docs/reference/mapping-file.schema.json` makes it."""
    kept = orjson.loads((REFERENCE / "mapping-file.schema.json").read_bytes())

    assert kept == orjson.loads(orjson.dumps(mapping_schema()))


def test_the_reference_in_the_documentation_is_this_one() -> None:
    """`backpack map reference > docs/reference/mapping-file.md` makes it."""
    assert (REFERENCE / "mapping-file.md").read_text("utf-8") == reference_page()

"""A mapping file that says what it may not is refused, with the file and the key."""

from pathlib import Path

import pytest

from gateway.domain.errors import Misconfigured
from gateway.mapping.spec import load_mapping
from gateway.resources import code_texts, mapping_text, packaged_mappings
from tests.harness.bundles import map_path, small_district

TEXT = mapping_text("oneroster/oneroster")
CODES = code_texts()


def test_the_packaged_mappings_are_found_by_name() -> None:
    assert "oneroster/oneroster" in packaged_mappings()


def test_an_unknown_mapping_names_those_that_there_are() -> None:
    with pytest.raises(Misconfigured, match="oneroster/oneroster"):
        mapping_text("oneroster/../../pyproject")


def test_a_mapping_may_be_a_file_of_the_districts_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(TEXT, "utf-8")

    assert mapping_text(str(own)) == TEXT


@pytest.mark.parametrize("name", CODES)
def test_every_crosswalk_names_its_source(name: str) -> None:
    walk = load_mapping(TEXT, CODES).codes[name]

    assert len(walk.source) > 10
    assert walk.system.startswith(("https://", "uri://", "urn:"))


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('exit_date = "firstDayNotEnrolled"', "", "conventions.exit_date"),
        ('school_year = "endYear"', "", "conventions.school_year"),
        ('date_order = "mdy"', 'date_order = "ymd"', "conventions.date_order"),
        ('name = "oneroster"', 'name = "oneroster"\ncolour = "red"', "mapping.colour"),
        ('{ column = "sex", lookup = "sex" }', '{ column = "sex", lokup = "sex" }', "lokup"),
        ('{ column = "sex", lookup = "sex" }', "7", "must be a column"),
        ("[mapping]", "[mapping", "line"),
    ],
)
def test_an_error_names_the_file_and_the_key(before: str, after: str, place: str) -> None:
    with pytest.raises(Misconfigured, match=f"^own: .*{place}"):
        load_mapping(TEXT.replace(before, after, 1), CODES, name="own")


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('pronouns = "pronouns"', 'shoeSize = "pronouns"', "Learner has no field 'shoeSize'"),
        ('lookup = "sex"', 'lookup = "sexes"', "no crosswalk 'sexes'"),
        ('object = "course"', 'object = "corse"', "no object 'corse'"),
        ('source = "lineItems", on', 'source = "lineItem", on', "no source 'lineItem'"),
        ('section = "identity"', 'section = "identify"', "no section 'identify'"),
        ('include = ["profile"]', 'include = ["profil"]', "no group 'profil'"),
        ('use = { static = "legal" }', 'use = { static = "leagl" }', "refuses this value"),
        ('kind = { static = "interest" }', 'kind = { static = "intrest" }', "static kind"),
        ('terms = [{ column = "class.termSourcedIds", split = ",", object = "term" }]', 'terms = "class.termSourcedIds"', "has a list there"),
        ('title = "item.title"', 'title = { a = "item.title" }', "no object there"),
    ],
)  # fmt: skip
async def test_what_the_schema_does_not_have_is_refused_before_any_row(
    before: str, after: str, place: str, tmp_path: Path
) -> None:
    mapping = load_mapping(TEXT.replace(before, after, 1), CODES)

    with pytest.raises(Misconfigured, match=place):
        await map_path(small_district(1).folder(tmp_path), mapping)


async def test_a_mapping_that_reads_passwords_is_refused(tmp_path: Path) -> None:
    mapping = load_mapping(TEXT.replace('pronouns = "pronouns"', 'pronouns = "password"', 1), CODES)

    with pytest.raises(Misconfigured, match="'password' is never read"):
        await map_path(small_district(1).folder(tmp_path), mapping)


async def test_the_exit_date_convention_moves_the_day(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.put("roles", 1, "endDate", "2026-06-11")
    mapping = load_mapping(TEXT.replace('"firstDayNotEnrolled"', '"lastDayAttended"', 1), CODES)

    mapped = await map_path(bundle.folder(tmp_path), mapping)

    stay = mapped.students["U1"].sections["enrollments"][0].model_dump(mode="json")
    assert (stay["raw_exit_date"], stay["exit_date"]) == ("2026-06-11", "2026-06-12")
    assert stay["exit_date_convention"] == "lastDayAttended"


async def test_the_identifier_convention_says_what_the_column_holds(tmp_path: Path) -> None:
    mapping = load_mapping(TEXT.replace('identifier = "State"', 'identifier = "District"', 1), CODES)

    mapped = await map_path(small_district(1).folder(tmp_path), mapping)

    assert mapped.students["U1"].keys.state_id is None

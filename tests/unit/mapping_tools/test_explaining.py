"""Where a value comes from."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.expecting import document_of
from gateway.mapping.explaining import Explanation, explain, parse_path
from gateway.mapping.single import Single, open_single
from gateway.mapping.stages import stages
from tests.unit.mapping_tools.conftest import CODES, NOW, reader, roster, write_table


async def single_of(path: Path) -> Single:
    return await open_single(reader(path), roster(), NOW.date(), Dictionary())


async def explained(path: Path, field: str, student: str = "U1") -> Explanation:
    found = await explain(await single_of(path), student, field)
    assert found is not None
    return found


async def test_a_value_is_led_back_to_its_cell(district: Path) -> None:
    found = await explained(district, "identity.0.names.0.given")

    assert found.value == "Ana"
    step = next(one for one in found.steps if one.made is not None)
    assert (step.file, step.line, step.column, step.raw) == ("users.csv", 2, "givenName", "Ana")


async def test_links_on_the_way_are_told_with_their_keys(district: Path) -> None:
    found = await explained(district, "enrollments.0.gradeLevel")

    (step,) = found.steps
    (link,) = step.links
    assert (link.name, link.columns, link.keys) == ("person", ("userSourcedId",), ("U1",))
    assert (link.file, link.line) == ("users.csv", 2)


async def test_every_stage_of_a_coded_value_is_told(district: Path) -> None:
    found = await explained(district, "enrollments.0.gradeLevel")

    assert found.entry is not None
    told = stages(roster(), CODES, found.entry, found.steps[0])
    line = 1 + next(at for at, one in enumerate(CODES["grade_level"].splitlines()) if 'code = "07"' in one)
    assert [one.what for one in told] == [
        "stripped of spaces",
        f"codes/grade_level.toml:{line}",
        "the schema takes it",
    ]


async def test_a_code_that_nobody_knows_says_so(district: Path) -> None:
    found = await explained(district, "enrollments.0.gradeLevel", "U2")

    assert found.entry is not None
    told = stages(roster(), CODES, found.entry, found.steps[0])
    assert ("codes/grade_level.toml does not know it; kept as it is", "seventh!") in told
    assert told[-1].what.startswith("problem: no crosswalk knows this code")


async def test_a_convention_that_decides_is_named(district: Path) -> None:
    found = await explained(district, "enrollments.0.entryDate")

    assert found.entry is not None
    told = [one.what for one in stages(roster(), CODES, found.entry, found.steps[0])]
    assert told == ["read as date", "convention date_order = mdy", "the schema takes it"]


async def test_a_date_that_is_none_says_what_is_wrong(district: Path) -> None:
    found = await explained(district, "enrollments.0.entryDate", "U2")

    assert found.value is None
    assert found.steps[0].problem == "this is no date"


async def test_a_field_of_a_row_that_many_share_tells_the_link(district: Path) -> None:
    write_table(district / "classes.csv", [{"sourcedId": "C1", "title": "Algebra"}])
    enrolled = [{"sourcedId": "E1", "classSourcedId": "C1", "userSourcedId": "U1", "role": "student"}]
    write_table(district / "enrollments.csv", enrolled)

    found = await explained(district, "classes.0.title")

    (step,) = found.steps
    assert (step.file, step.line, step.raw) == ("classes.csv", 2, "Algebra")
    assert [(link.name, link.keys) for link in step.links] == [("class", ("C1",))]


async def test_a_shared_object_is_led_back_to_its_own_row(district: Path) -> None:
    found = await explained(district, "enrollments.0.school.name")

    cells = {one.column: (one.file, one.line) for one in found.steps}
    assert cells["name"] == ("orgs.csv", 2)
    assert cells["orgSourcedId"] == ("roles.csv", 2)


async def test_items_of_a_list_have_their_places(district: Path) -> None:
    found = await explained(district, "demographics.0.races.0")

    assert [one.column for one in found.steps if one.made] == ["asian"]


async def test_a_value_of_every_row_names_no_cell(district: Path) -> None:
    found = await explained(district, "enrollments.0.exitDateConvention")

    assert [(one.column, one.made) for one in found.steps] == [(None, '"firstDayNotEnrolled"')]


async def test_rows_that_made_no_entry_say_why(district: Path) -> None:
    write_table(district / "goals.csv", [{"userSourcedId": "U1", "statement": "", "type": "academic"}])

    found = await explained(district, "goals.0.statement")

    assert (found.place, found.value) == (None, None)
    (row,) = found.refused
    assert (row.line, row.findings[0].message) == (2, "without statement there is no Goal")


async def test_a_student_who_is_not_there_is_not_explained(district: Path) -> None:
    assert await explain(await single_of(district), "U9", "identity.0") is None


async def test_what_is_explained_is_what_is_mapped(demo: Path) -> None:
    """Every entry of every student, traced, is byte for byte the entry that is mapped without a trace."""
    single = await single_of(demo)
    seen = 0
    for key in ("S463346", "S463352", "S463353"):
        mapped = await single.student(key)
        assert mapped is not None
        document = document_of(mapped.sections, single.dictionary)
        for section, entries in document.items():
            for at, entry in enumerate(entries):
                found = await explain(single, key, f"{section}.{at}") if at < 2 else None
                assert found is None or _same(found, entry)
                seen += 1
    assert seen > 100


def _same(found: Explanation, entry: Any) -> bool:
    return orjson.dumps(found.value) == orjson.dumps(entry)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("enrollments", ("enrollments", 0, ())),
        ("enrollments.gradeLevel", ("enrollments", 0, ("gradeLevel",))),
        ("identity.1.names.0.given", ("identity", 1, ("names", 0, "given"))),
    ],
)
def test_a_path_without_a_number_means_the_first_entry(text: str, parsed: object) -> None:
    assert parse_path(text) == parsed

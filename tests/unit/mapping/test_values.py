"""How a cell becomes a value: what is read of it, put together, added, looked up, and left out."""

import pytest

from gateway.domain.errors import Misconfigured
from gateway.mapping.spec import MappingFile
from tests.harness.tables import found, map_tables, said, source, tiny_mapping

LEVELS = """
system = "urn:example:levels"
source = "made up"
unmapped = "finding"
values = [
    { code = "low", local = ["1"] },
    { code = "high", local = ["2"], until = 2025 },
    { code = "higher", local = ["2"], since = 2026 },
    { code = "elsewhere", local = ["3"] },
    { code = "here", local = ["3"], state = "OR" },
    { code = "there", local = ["4"], state = "WA" },
    { code = "nothing", local = ["0"], drop = true },
]
"""


def activities(fields: str, **settings: str) -> MappingFile:
    """Return a mapping of `clubs` to activities, whose title is the column `title`."""
    extra = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return tiny_mapping(
        f"""
{source("clubs")}
[[entries]]
section = "activities"
key = ["title"]
alone = false
from = [{{ source = "clubs", student = "who" }}]
{extra}
[entries.fields]
title = "title"
{fields}
""",
        codes={"levels": LEVELS},
    )


async def one(fields: str, **cells: str) -> tuple[dict[str, object], list[tuple[object, ...]]]:
    """Return what a row of student A comes to, and what is wrong with it."""
    mapped = await map_tables({"clubs": [{"who": "A", "title": "Chess"} | cells]}, activities(fields))
    entries = said(mapped, "A", "activities")
    return {name: value for name, value in entries[0].items() if name != "title"}, [*found(mapped)]


async def test_what_an_expression_finds_is_read_as_the_field_says() -> None:
    fields = 'begin = { column = "when", as = "date", extract = "from ([0-9/]+)" }'

    made = await one(fields, when="from 03/04/2026 on")

    assert made[0] == {"begin": "2026-03-04"}


async def test_a_cell_that_an_expression_does_not_fit_is_found() -> None:
    made = await one('role = { column = "when", extract = "as (.+)" }', when="captain")

    assert made == ({}, [("entry.invalid", "clubs.csv", 2, "when", "captain")])


async def test_an_expression_whose_group_is_empty_gives_nothing() -> None:
    assert await one('role = { column = "when", extract = "as (.*)" }', when="as ") == (
        {},
        [("entry.invalid", "clubs.csv", 2, "when", "as ")],
    )
    assert await one('role = { column = "when", extract = "as(.*)" }', when="as") == ({}, [])


async def test_columns_that_are_not_blank_are_joined() -> None:
    fields = 'role = { column = ["a", "b", "c"], join = ", " }'

    assert (await one(fields, a="left ", b="", c=" wing"))[0] == {"role": "left, wing"}
    assert (await one(fields, a="", b=" ", c=""))[0] == {}


async def test_a_problem_of_joined_columns_shows_the_whole_text() -> None:
    made = await one('begin = { column = ["a", "b"], join = "-", as = "date" }', a="2026", b="99")

    assert [(place[3], place[4]) for place in made[1]] == [("a", "2026-99")]


async def test_a_date_is_read_in_the_format_that_is_said() -> None:
    fields = 'begin = { column = "when", as = "date", format = "%d%m%Y" }'

    assert await one(fields, when="04032026") == ({"begin": "2026-03-04"}, [])
    made = await one(fields, when="31022026")
    assert made == ({}, [("date.invalid", "clubs.csv", 2, "when", "31022026")])


async def test_a_number_is_added_to_school_years() -> None:
    mapping = tiny_mapping(f"""
{source("stays", '"id"')}
[[entries]]
section = "enrollments"
key = ["id"]
from = [{{ source = "stays", student = "who" }}]
[entries.fields]
school.id = "school"
schoolYear = {{ column = "year", as = "integer", plus = 1991 }}
""")
    mapped = await map_tables({"stays": [{"id": "1", "who": "A", "school": "S1", "year": "35"}]}, mapping)

    assert said(mapped, "A", "enrollments") == [{"school": {"id": "S1"}, "schoolYear": 2026}]


async def test_the_first_column_with_a_value_counts_and_the_wrong_one_before_it_is_found() -> None:
    fields = 'begin = { column = ["a", "b", "c"], as = "date" }'

    made = await one(fields, a="soon", b="2026-01-02", c="never")

    assert made == ({"begin": "2026-01-02"}, [("date.invalid", "clubs.csv", 2, "a", "soon")])


async def test_a_value_is_left_out_where_its_condition_does_not_hold() -> None:
    fields = (
        'role = { column = "role", when.kind = ["team"] }\nlevel = { static = "state", when.kind = ["team"] }'
    )

    assert await one(fields, role="captain", kind="Team") == ({"role": "captain", "level": "state"}, [])
    assert await one(fields, role="captain", kind="solo") == ({}, [])


async def test_what_is_wrong_with_a_value_that_is_left_out_is_not_told() -> None:
    fields = 'begin = { column = "day", as = "date", when.kind = ["team"] }'

    assert await one(fields, day="soon", kind="solo") == ({}, [])
    assert len((await one(fields, day="soon", kind="team"))[1]) == 1


async def test_an_object_is_left_out_where_its_condition_does_not_hold() -> None:
    fields = 'organisation = { id = "org", name = "name", when.kind = { blank = true } }'

    assert await one(fields, org="O1", name="Chess Club", kind="N/A") == (
        {"organisation": {"id": "O1", "name": "Chess Club"}},
        [],
    )
    assert await one(fields, org="O1", name="Chess Club", kind="x") == ({}, [])


async def test_an_object_of_static_values_alone_is_made() -> None:
    fields = 'organisation = { id = { static = "O1" }, name = { static = "Chess Club" } }'

    assert await one(fields) == ({"organisation": {"id": "O1", "name": "Chess Club"}}, [])


async def test_an_object_of_static_values_keeps_its_condition() -> None:
    fields = 'organisation = { id = { static = "O1" }, when.kind = ["team"] }'

    assert await one(fields, kind="team") == ({"organisation": {"id": "O1"}}, [])
    assert await one(fields, kind="solo") == ({}, [])


async def test_a_static_value_beside_others_stands_only_with_them() -> None:
    fields = 'organisation = { id = "org", name = { static = "Club" } }'

    assert await one(fields, org="O1") == ({"organisation": {"id": "O1", "name": "Club"}}, [])
    assert await one(fields, org="") == ({}, [])


async def test_a_field_is_left_out_where_another_has_a_value() -> None:
    fields = 'role = "role"\nlevel = { column = "level", unless = "role" }'

    assert (await one(fields, role="captain", level="state"))[0] == {"role": "captain"}
    assert (await one(fields, role="", level="state"))[0] == {"level": "state"}


async def test_a_code_means_what_it_means_in_this_state_and_year() -> None:
    fields = 'type = { column = "level", lookup = "levels" }'

    async def code(level: str) -> object:
        made = (await one(fields, level=level))[0].get("type", {})
        return made.get("code") if isinstance(made, dict) else None

    assert [await code(level) for level in ("1", "2", "3", "0")] == ["low", "higher", "here", None]


async def test_a_code_of_another_state_is_unknown_here_and_kept_as_it_was() -> None:
    made = await one('type = { column = "level", lookup = "levels" }', level="4")

    assert made[1] == [("enum.unmapped", "clubs.csv", 2, "level", "4")]
    assert made[0]["type"] == {
        "code": "4",
        "system": "urn:backpack:codes:local",
        "localCode": "4",
        "mapping": "none",
    }


async def test_a_cell_is_split_and_what_is_wrong_is_told_of_its_piece() -> None:
    mapping = tiny_mapping(f"""
{source("awards", '"id"')}
[[entries]]
section = "achievements"
key = ["id"]
from = [{{ source = "awards", student = "who" }}]
[entries.fields]
title = "title"
endorsements = [{{ column = "by", split = "|" }}, "also", {{ static = "the board" }}]
alignments = [{{ column = "standards", split = ";", wrap = "id" }}]
""")
    row = {
        "id": "1", "who": "A", "title": "Prize", "by": "Ann|  |N/A| Bo |<b>Cy</b>", "also": "Di", "standards": "S1;;S2",
    }  # fmt: skip

    mapped = await map_tables({"awards": [row]}, mapping)

    (entry,) = said(mapped, "A", "achievements")
    assert entry["endorsements"] == ["Ann", "Bo", "<b>Cy</b>", "Di", "the board"]
    assert entry["alignments"] == [{"id": "S1"}, {"id": "S2"}]
    assert [place[3:] for place in found(mapped)] == [("by", "<b>Cy</b>")]


async def test_two_dates_in_the_wrong_order_are_found_and_kept() -> None:
    mapping = activities(
        'begin = { column = "from", as = "date" }\nend = { column = "to", as = "date" }',
        in_order='[["begin", "end"]]',
    )
    clubs = [
        {"who": "A", "title": "Chess", "from": "2026-05-01", "to": "2026-04-30"},
        {"who": "A", "title": "Go", "from": "2026-05-01", "to": "2026-05-01"},
        {"who": "A", "title": "Ludo", "from": "2026-05-01", "to": ""},
    ]

    mapped = await map_tables({"clubs": clubs}, mapping)

    assert len(said(mapped, "A", "activities")) == 3
    assert found(mapped) == [("date.exitBeforeEntry", "clubs.csv", 2, "to", "2026-04-30")]


async def test_days_that_overlap_are_found_for_the_same_thing_only() -> None:
    mapping = activities(
        'role = "role"\nbegin = { column = "from", as = "date" }\nend = { column = "to", as = "date" }',
        overlap='{ by = "role", begin = "begin", end = "end" }',
    )
    clubs = [
        {"who": "A", "title": "1", "role": "x", "from": "2026-01-01", "to": "2026-02-01"},
        {"who": "A", "title": "2", "role": "x", "from": "2026-02-01", "to": "2026-03-01"},
        {"who": "A", "title": "3", "role": "y", "from": "2026-01-15", "to": ""},
        {"who": "A", "title": "4", "role": "x", "from": "2026-02-28", "to": ""},
        {"who": "B", "title": "5", "role": "x", "from": "2026-01-01", "to": ""},
    ]

    mapped = await map_tables({"clubs": clubs}, mapping)

    assert found(mapped) == [("range.overlap", "clubs.csv", 5, "from", "2026-02-28")]


@pytest.mark.parametrize(
    ("fields", "said_of_it"),
    [
        ('colour = "title"', "has no field 'colour'"),
        ('role = "captain"', "has no column 'captain'"),
        ('type = { column = "title", lookup = "ranks" }', "no crosswalk 'ranks'"),
        ('hours = { static = "many" }', "refuses this value"),
        ('organisation = { column = "title", object = "club" }', "no object 'club'"),
        ('role = { column = "title", when.colour = { lookup = "ranks" } }', "colour"),
        ('role = ["a"]\nlevel = [{ column = "title" }]', "list"),
    ],
)
async def test_a_mapping_that_names_what_is_not_there_is_refused(fields: str, said_of_it: str) -> None:
    tables = {
        "clubs": [{"who": "A", "title": "Chess", "a": ""}],
    }
    mapping = activities(fields)
    strict = mapping.model_copy(
        update={
            "sources": {
                **mapping.sources,
                "clubs": mapping.sources["clubs"].model_copy(update={"others": "report"}),
            }
        }
    )

    with pytest.raises(Misconfigured, match=said_of_it):
        await map_tables(tables, strict)

"""Which rows make entries: parts, several students or values in a cell, repeated rows, places, who is a student."""

import pytest

from gateway.mapping.findings import Rule, finding
from gateway.mapping.spec import MappingFile
from tests.harness.mapped import Mapped
from tests.harness.tables import MemoryTables, found, map_tables, said, source, tiny_mapping


def clubs(parts: str, *, settings: str = "", key: str = '["id"]', source_key: str = "") -> MappingFile:
    """Return a mapping of `clubs` and `teams` to activities with title and role."""
    return tiny_mapping(f"""
{source("clubs", source_key)}{source("teams")}
[[entries]]
section = "activities"
key = {key}
from = [{parts}]
{settings}
[entries.fields]
title = "title"
role = "role"
""")


TEAMS = [{"id": "T1", "who": "A", "title": "Rowing"}]


def titles(mapped: Mapped, student: str) -> list[str]:
    """Return the titles of a student's activities."""
    return [entry["title"] for entry in said(mapped, student, "activities")]


async def test_each_value_of_a_cell_makes_an_entry() -> None:
    mapping = clubs(
        '{ source = "clubs", student = "who", each = "names", columns = { title = "names" } }',
        key='["names"]',
        settings="alone = false",
    )
    rows = [
        {"who": "A", "names": "Chess, Go,,Ludo "},
        {"who": "B", "names": " , "},
        {"who": "C", "names": ""},
    ]

    mapped = await map_tables({"clubs": rows, "teams": TEAMS}, mapping)

    assert [titles(mapped, student) for student in "ABC"] == [["Chess", "Go", "Ludo"], [], []]
    assert found(mapped) == []


async def test_a_row_belongs_to_every_student_that_its_cell_names() -> None:
    mapping = clubs('{ source = "clubs", student = "who", split = "," }', settings="alone = false")
    rows = [{"id": "1", "who": "B, A,Z", "title": "Chess"}]

    mapped = await map_tables({"clubs": rows, "teams": TEAMS}, mapping)

    assert [titles(mapped, student) for student in "ABC"] == [["Chess"], ["Chess"], []]
    ids = [mapped.students[student].sections["activities"][0].meta.record_id for student in "AB"]
    assert len(set(ids)) == 2
    assert mapped.counts["clubs.csv"].used == 1


async def test_of_several_parts_the_first_with_rows_counts_for_each_student() -> None:
    mapping = clubs(
        '{ source = "clubs", student = "who" }, { source = "teams", student = "who" }',
        settings='combine = "first"',
    )
    rows = [{"id": "1", "who": "A", "title": "Chess"}]
    teams = [*TEAMS, {"id": "T2", "who": "B", "title": "Relay"}]

    mapped = await map_tables({"clubs": rows, "teams": teams}, mapping)

    assert [titles(mapped, student) for student in "AB"] == [["Chess"], ["Relay"]]
    assert mapped.counts["teams.csv"].excluded == {"ruledOut": 1}


async def test_a_part_whose_rows_all_make_nothing_lets_the_next_one_count() -> None:
    mapping = clubs(
        '{ source = "clubs", student = "who", where.title = ["Go"] }, { source = "teams", student = "who" }',
        settings='combine = "first"',
    )
    rows = [{"id": "1", "who": "A", "title": "Chess"}]

    mapped = await map_tables({"clubs": rows, "teams": TEAMS}, mapping)

    assert titles(mapped, "A") == ["Rowing"]


TWICE = [
    {"id": "1", "who": "A", "title": "Chess", "role": "member"},
    {"id": "1", "who": "A", "title": "Chess", "role": "captain"},
    {"id": "1", "who": "B", "title": "Chess", "role": "guest"},
]


@pytest.mark.parametrize(
    ("repeats", "role", "findings"),
    [
        ("finding", "member", [("id.duplicate", "clubs.csv", 3, "id", "1")]),
        ("merge", "member", []),
        ("last", "captain", []),
    ],
)
async def test_a_second_row_with_the_same_key(repeats: str, role: str, findings: list[object]) -> None:
    mapping = clubs('{ source = "clubs", student = "who" }', settings=f'repeats = "{repeats}"')

    mapped = await map_tables({"clubs": TWICE, "teams": TEAMS}, mapping)

    assert [entry["role"] for entry in said(mapped, "A", "activities")] == [role]
    assert len(said(mapped, "B", "activities")) == 1
    assert found(mapped) == findings


async def test_of_repeated_rows_the_last_keeps_the_order_of_the_rows() -> None:
    mapping = clubs('{ source = "clubs", student = "who" }', settings='repeats = "last"')
    rows = [
        {"id": number, "who": "A", "title": title}
        for number, title in [("1", "Chess"), ("2", "Go"), ("1", "Checkers"), ("3", "Ludo")]
    ]

    mapped = await map_tables({"clubs": rows, "teams": TEAMS}, mapping)

    assert titles(mapped, "A") == ["Go", "Checkers", "Ludo"]


async def test_a_second_row_with_the_key_of_the_table_is_not_read() -> None:
    mapping = clubs('{ source = "clubs", student = "who" }', source_key='"id"')
    mapping = mapping.model_copy(
        update={
            "entries": (
                *mapping.entries,
                *tiny_mapping(f"""
{source("clubs", '"id"')}{source("teams")}
[[entries]]
section = "comments"
key = ["id"]
from = [{{ source = "teams", student = "who" }}]
links.club = {{ source = "clubs", on = "club" }}
[entries.fields]
text = "club.title"
""").entries,
            )
        }
    )
    rows = [{"id": "1", "who": "A", "title": "Chess"}, {"id": "1", "who": "A", "title": "Go"}]

    mapped = await map_tables(
        {"clubs": rows, "teams": [{"id": "T1", "who": "A", "title": "R", "club": "1"}]}, mapping
    )

    assert titles(mapped, "A") == ["Chess"]
    assert said(mapped, "A", "comments") == [{"text": "Chess"}]
    assert found(mapped) == [("id.duplicate", "clubs.csv", 3, "id", "1")]
    assert mapped.counts["clubs.csv"].faulty == 1


async def test_an_entry_may_consist_of_static_values_alone() -> None:
    mapping = tiny_mapping(f"""
{source("clubs")}
[[entries]]
section = "activities"
key = ["id"]
from = [{{ source = "clubs", student = "who" }}]
[entries.fields]
title = {{ static = "Chess" }}
""")

    mapped = await map_tables({"clubs": [{"id": "1", "who": "A"}]}, mapping)

    assert said(mapped, "A", "activities") == [{"title": "Chess"}]


async def test_an_entry_without_a_required_field_is_not_made_and_the_row_is_faulty() -> None:
    mapping = clubs('{ source = "clubs", student = "who" }')
    rows = [{"id": "1", "who": "A", "title": " ", "role": "captain"}]

    mapped = await map_tables({"clubs": rows, "teams": TEAMS}, mapping)

    assert said(mapped, "A", "activities") == []
    assert found(mapped) == [("field.missing", "clubs.csv", 2, "title", None)]
    assert mapped.counts["clubs.csv"].faulty == 1


async def test_rows_without_lines_are_named_without_lines() -> None:
    mapping = clubs('{ source = "clubs", student = "who" }')
    tables = MemoryTables(
        {
            "people": [{"id": "A"}],
            "clubs": [{"id": "1", "who": "A", "title": "Chess", "role": "<b>"}, {"id": "2", "who": "Q"}],
            "teams": TEAMS,
        },
        lined=False,
    )

    mapped = await map_tables(tables, mapping)

    source_of = mapped.students["A"].sections["activities"][0].meta.source
    assert (source_of.row, source_of.file) == (None, "clubs")
    assert {place[2] for place in found(mapped)} == {None}
    assert {place[0] for place in found(mapped)} == {"text.html", "ref.orphan"}


async def test_a_row_that_names_its_place_is_found_there() -> None:
    mapping = clubs('{ source = "clubs", student = "who" }')
    rows = [
        {"_file": "a/one.json", "_line": "7", "id": "1", "who": "A", "title": "Chess", "role": "<b>"},
        {"_file": "a/two.json", "_line": "", "id": "2", "who": "A", "title": "", "role": ""},
        {"_file": "a/two.json", "_line": "3", "id": "3", "who": "Q", "title": "Go", "role": ""},
        {"_file": "a/three.json", "_line": "4", "id": "1", "who": "A", "title": "Go", "role": ""},
    ]

    mapped = await map_tables({"clubs": rows, "teams": TEAMS}, mapping)

    source_of = mapped.students["A"].sections["activities"][0].meta.source
    assert (source_of.row, source_of.file) == (7, "a/one.json")
    assert sorted(place[:3] for place in found(mapped)) == [
        ("field.missing", "a/two.json", None),
        ("id.duplicate", "a/three.json", 4),
        ("ref.orphan", "a/two.json", 3),
        ("text.html", "a/one.json", 7),
    ]
    assert not any(one.column in {"_file", "_line"} for one in mapped.findings)


async def test_a_linked_row_that_names_its_place_is_found_there() -> None:
    mapping = tiny_mapping(f"""
{source("clubs", '"id"')}{source("teams")}
[[entries]]
section = "activities"
key = ["id"]
from = [{{ source = "teams", student = "who" }}]
links.club = {{ source = "clubs", on = "club" }}
[entries.fields]
title = "title"
role = ["club.role", "club.other"]
begin = {{ column = ["day", "club.day"], as = "date" }}
""")
    tables = {
        "clubs": [
            {"_file": "b.json", "_line": "9", "id": "1", "role": "<i>x</i>", "other": "", "day": "soon"}
        ],
        "teams": [{"id": "T1", "who": "A", "title": "Rowing", "club": "1", "day": ""}],
    }

    mapped = await map_tables(tables, mapping)

    assert sorted(found(mapped)) == [
        ("date.invalid", "b.json", 9, "day", "soon"),
        ("text.html", "b.json", 9, "role", "<i>x</i>"),
    ]


async def test_what_is_wrong_with_a_row_as_a_row_marks_its_entry() -> None:
    mapping = clubs('{ source = "clubs", student = "who" }')
    ragged = finding(Rule.ROW_RAGGED, "a cell too many", file="clubs.csv", line=3)
    tables = MemoryTables(
        {
            "people": [{"id": "A"}],
            "clubs": [
                {"id": "1", "who": "A", "title": "Chess"},
                {"id": "2", "who": "A", "title": "Go"},
            ],
            "teams": TEAMS,
        },
        faults={"clubs": [ragged]},
    )

    mapped = await map_tables(tables, mapping)

    marks = [[one.code for one in entry.meta.dq] for entry in mapped.students["A"].sections["activities"]]
    assert marks == [[], ["row.ragged"]]
    assert [one for one in mapped.findings if one.rule is Rule.ROW_RAGGED] == [ragged]


# --- who is a student ----------------------------------------------------------------------------------

DECIDED = """
[student]
source = "people"
key = "id"
state_id = "state"

[[student.decided_by]]
source = "roles"
column = "who"
role = "role"
students = ["student"]
others = ["teacher"]

[[student.decided_by]]
source = "people"
column = "id"
role = "kind"
students = ["pupil"]
others = ["adult"]
"""


async def test_who_is_a_student_is_said_by_the_first_that_knows() -> None:
    mapping = tiny_mapping(
        f"""
{source("roles")}
[[entries]]
section = "identity"
key = ["id"]
from = [{{ source = "people", student = "id" }}]
[entries.fields]
names = [{{ given = "given", family = "family" }}]
""",
        student=DECIDED,
    )
    names = {"given": "Juniper", "family": "Bramblewick", "state": "12345"}
    tables = {
        "people": [
            {"id": "A", "kind": "adult"} | names,
            {"id": "B", "kind": "pupil"} | names,
            {"id": "C", "kind": "adult"} | names,
            {"id": "D", "kind": "cat"} | names,
            {"id": "E", "kind": "pupil"} | names,
        ],
        "roles": [
            {"who": "A", "role": "teacher"},
            {"who": "A", "role": "Student"},
            {"who": "E", "role": "teacher"},
            {"who": "D", "role": "wizard"},
        ],
    }

    mapped = await map_tables(MemoryTables(tables), mapping)

    assert [*mapped.students] == ["A", "B"]
    assert {(place[0], place[1], place[2], place[4]) for place in found(mapped)} >= {
        ("enum.unmapped", "roles.csv", 5, "wizard"),
        ("field.missing", "people.csv", 5, "D"),
    }
    assert mapped.counts["people.csv"].excluded == {"notAStudent": 2, "noRole": 1}


async def test_a_decider_without_a_role_makes_a_student_of_everybody_it_names() -> None:
    student = """
[student]
source = "people"
key = "id"
state_id = ""
[[student.decided_by]]
source = "clubs"
column = "who"
"""
    mapping = tiny_mapping(
        f"""
{source("clubs")}
[[entries]]
section = "activities"
key = ["id"]
from = [{{ source = "clubs", student = "who" }}]
[entries.fields]
title = "title"
""",
        student=student,
    )

    mapped = await map_tables({"clubs": [{"id": "1", "who": " B ", "title": "Chess"}]}, mapping)

    assert [*mapped.students] == ["B"]
    assert len(said(mapped, "B", "activities")) == 1


async def test_columns_that_a_mapping_ignores_are_told_only_where_others_are_reported() -> None:
    ignoring = clubs('{ source = "clubs", student = "who" }')
    reporting = ignoring.model_copy(
        update={
            "sources": {
                **ignoring.sources,
                "clubs": ignoring.sources["clubs"].model_copy(update={"others": "report"}),
            }
        }
    )
    tables = {
        "clubs": [{"id": "1", "who": "A", "title": "Chess", "role": "", "colour": "red"}],
        "teams": TEAMS,
    }

    quiet, loud = await map_tables(tables, ignoring), await map_tables(tables, reporting)

    def unused(mapped: Mapped) -> list[str | None]:
        return [one.column for one in mapped.findings if one.rule is Rule.COLUMN_UNUSED]

    assert unused(quiet) == []
    assert unused(loud) == ["colour"]

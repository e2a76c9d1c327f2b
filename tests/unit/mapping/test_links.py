"""Links from row to row: by one column or several, with conditions, one behind the other, required or not."""

from collections.abc import Mapping

from gateway.mapping.spec import MappingFile
from tests.harness.tables import Rows, found, map_tables, said, source, tiny_mapping

MARKS: Rows = (
    {"id": "M1", "who": "A", "school": "S1", "course": "C1"},
    {"id": "M2", "who": "B", "school": "S2", "course": "C1"},
)
COURSES: Rows = (
    {"school": "S1", "code": "C1", "title": "Algebra", "status": "", "room": "R1"},
    {"school": "S2", "code": "C1", "title": "Botany", "status": "", "room": "R9"},
)
BY_TWO = 'links.course = { source = "courses", on = ["school", "course"] }'


def classes(links: str, title: str = "course.title", *, courses: str = '["school", "code"]') -> MappingFile:
    """Return a mapping of `marks` to classes with a title that a link leads to."""
    return tiny_mapping(f"""
{source("marks", '"id"')}{source("courses", courses)}{source("rooms", '"room"') if "rooms" in links else ""}
[[entries]]
section = "classes"
key = ["id"]
from = [{{ source = "marks", student = "who" }}]
{links}
[entries.fields]
sectionId = "course"
title = "{title}"
""")


async def test_a_key_of_two_columns_finds_the_row_that_has_both() -> None:
    mapped = await map_tables({"marks": MARKS, "courses": COURSES}, classes(BY_TWO))

    titles = [said(mapped, student, "classes")[0]["title"] for student in "AB"]
    assert titles == ["Algebra", "Botany"]
    assert found(mapped) == []


async def test_a_key_of_which_a_part_is_blank_names_nothing_and_is_no_orphan() -> None:
    marks = [dict(MARKS[0], school=" ")]

    mapped = await map_tables({"marks": marks, "courses": COURSES}, classes(BY_TWO))

    assert said(mapped, "A", "classes") == [{"sectionId": "C1"}]
    assert found(mapped) == []


async def test_keys_are_compared_without_spaces_around_them() -> None:
    marks = [dict(MARKS[0], school=" S1", course="C1 ")]
    courses = [dict(COURSES[0], school="S1  ")]

    mapped = await map_tables({"marks": marks, "courses": courses}, classes(BY_TWO))

    assert said(mapped, "A", "classes")[0]["title"] == "Algebra"


async def test_a_key_without_a_row_is_found_at_the_row_that_names_it() -> None:
    marks = [MARKS[0], dict(MARKS[1], school="S7")]

    mapped = await map_tables({"marks": marks, "courses": COURSES}, classes(BY_TWO))

    assert said(mapped, "B", "classes") == [{"sectionId": "C1"}]
    assert found(mapped) == [("ref.orphan", "marks.csv", 3, "school", "S7")]


async def test_nobody_is_told_of_a_key_without_a_row_where_the_link_is_optional() -> None:
    optional = BY_TWO.replace("}", ", optional = true }")
    marks = [dict(MARKS[0], school="S7")]

    mapped = await map_tables({"marks": marks, "courses": COURSES}, classes(optional))

    assert said(mapped, "A", "classes") == [{"sectionId": "C1"}]
    assert found(mapped) == []


async def test_without_the_row_of_a_required_link_there_is_no_entry() -> None:
    required = BY_TWO.replace("}", ", required = true }")
    marks = [MARKS[0], dict(MARKS[1], school="S7")]

    mapped = await map_tables({"marks": marks, "courses": COURSES}, classes(required))

    assert len(said(mapped, "A", "classes")) == 1
    assert said(mapped, "B", "classes") == []
    assert found(mapped) == [("ref.orphan", "marks.csv", 3, "school", "S7")]
    assert mapped.counts["marks.csv"].faulty == 1


async def test_a_row_whose_key_of_a_required_link_is_blank_says_nothing_of_use() -> None:
    required = 'links.course = { source = "courses", on = "course", required = true }'
    marks = [dict(MARKS[0], course="")]

    mapped = await map_tables({"marks": marks, "courses": COURSES}, classes(required, courses='"code"'))

    assert said(mapped, "A", "classes") == []
    assert [place[:4] for place in found(mapped) if place[1] == "marks.csv"] == [
        ("ref.orphan", "marks.csv", 2, "course")
    ]


async def test_a_link_with_a_condition_takes_the_first_row_that_holds() -> None:
    links = 'links.course = { source = "courses", key = "code", on = "course", where.room = ["R9"], where.title = { blank = false } }'

    mapped = await map_tables({"marks": MARKS, "courses": COURSES}, classes(links))

    assert [said(mapped, student, "classes")[0]["title"] for student in "AB"] == ["Botany", "Botany"]


async def test_a_row_that_no_condition_lets_through_is_not_there() -> None:
    links = 'links.course = { source = "courses", key = "code", on = "course", where.room = ["R0"] }'

    mapped = await map_tables({"marks": MARKS[:1], "courses": COURSES}, classes(links))

    assert said(mapped, "A", "classes") == [{"sectionId": "C1"}]
    assert found(mapped) == [("ref.orphan", "marks.csv", 2, "course", "C1")]


async def test_a_deleted_row_is_told_apart_from_one_that_never_was() -> None:
    courses = [dict(COURSES[0], status="gone")]

    mapped = await map_tables({"marks": MARKS[:1], "courses": courses}, classes(BY_TWO))

    (orphan,) = (one for one in mapped.findings if one.rule == "ref.orphan")
    assert "marked as deleted" in orphan.message
    assert mapped.counts["courses.csv"].excluded == {"deleted": 1}


CHAIN = """links.course = { source = "courses", on = ["school", "course"] }
links.room = { source = "rooms", on = "course.room" }"""


async def test_a_link_may_begin_where_another_one_ends() -> None:
    rooms = [{"room": "R1", "name": "Greenhouse"}, {"room": "R9", "name": "Gym"}]

    mapped = await map_tables(
        {"marks": MARKS, "courses": COURSES, "rooms": rooms}, classes(CHAIN, "room.name")
    )

    assert [said(mapped, student, "classes")[0]["title"] for student in "AB"] == ["Greenhouse", "Gym"]
    assert found(mapped) == []


async def test_an_orphan_at_the_second_step_is_found_once_at_the_row_between() -> None:
    marks = [*MARKS, dict(MARKS[0], id="M3", who="C")]

    mapped = await map_tables(
        {"marks": marks, "courses": COURSES, "rooms": [{"room": "R9", "name": "Gym"}]},
        classes(CHAIN, "room.name"),
    )

    assert found(mapped) == [("ref.orphan", "courses.csv", 2, "room", "R1")]


async def test_the_student_may_be_known_to_another_table_only() -> None:
    mapping = tiny_mapping(f"""
{source("scores", '"id"')}{source("sittings", '"id"')}
[[entries]]
section = "comments"
key = ["id"]
from = [{{ source = "scores", student = "sitting.who" }}]
links.sitting = {{ source = "sittings", on = "sitting" }}
[entries.fields]
text = "text"
date = {{ column = "sitting.day", as = "date" }}
""")
    tables: Mapping[str, Rows] = {
        "scores": [
            {"id": "1", "sitting": "T1", "text": "one"},
            {"id": "2", "sitting": "T1", "text": "two"},
            {"id": "3", "sitting": "T2", "text": "three"},
            {"id": "4", "sitting": "T9", "text": "nobody's"},
        ],
        "sittings": [
            {"id": "T1", "who": "B", "day": "2026-02-03"},
            {"id": "T2", "who": "Z", "day": "2026-02-04"},
        ],
    }

    mapped = await map_tables(tables, mapping)

    assert said(mapped, "B", "comments") == [
        {"text": "one", "date": "2026-02-03"},
        {"text": "two", "date": "2026-02-03"},
    ]
    assert {place[0] for place in found(mapped)} <= {"ref.orphan", "id.missing"}
    assert mapped.counts["scores.csv"].used == 2
    assert mapped.counts["scores.csv"].faulty == 2


OBJECTS = """
[objects.teacher]
model = "PersonRef"
source = "staff"
orphan = "id"
fields = { id = "sid", name = "name" }

[[entries]]
section = "classes"
key = ["id"]
from = [{ source = "marks", student = "who" }]
links.course = { source = "courses", on = ["school", "course"] }
[entries.fields]
sectionId = "course"
"""


async def test_many_rows_make_objects_with_several_fields_and_follow_links_of_their_own() -> None:
    mapping = tiny_mapping(f"""
{source("marks", '"id"')}{source("courses", '["school", "code"]')}{source("staff", '"sid"')}{source("taught")}
{OBJECTS}
[[entries.fields.teachers]]
many = {{ source = "taught", column = ["school", "code"], equals = ["course.school", "course.code"], where.role = ["lead"], links = {{ staff = {{ source = "staff", on = "person" }} }} }}
id = "person"
name = {{ column = ["staff.name", "nick"] }}
""")
    tables: Mapping[str, Rows] = {
        "marks": MARKS,
        "courses": COURSES,
        "staff": [{"sid": "T1", "name": "Ottoline"}],
        "taught": [
            {"school": "S1", "code": "C1", "person": "T1", "role": "lead", "nick": "Otto"},
            {"school": "S1", "code": "C1", "person": "T2", "role": "lead", "nick": "Basil"},
            {"school": "S1", "code": "C1", "person": "T1", "role": "aide", "nick": "Crispin"},
            {"school": "S2", "code": "C1", "person": "", "role": "lead", "nick": ""},
        ],
    }

    mapped = await map_tables(tables, mapping)

    assert said(mapped, "A", "classes")[0]["teachers"] == [
        {"id": "T1", "name": "Ottoline"},
        {"id": "T2", "name": "Basil"},
    ]
    assert "teachers" not in said(mapped, "B", "classes")[0]
    assert found(mapped) == [("ref.orphan", "taught.csv", 3, "person", "T2")]


async def test_several_shared_objects_in_one_cell_keep_their_order_and_name_who_is_not_there() -> None:
    mapping = tiny_mapping(f"""
{source("marks", '"id"')}{source("courses", '["school", "code"]')}{source("staff", '"sid"')}
{OBJECTS}
teachers = [{{ column = "course.leads", split = ";", object = "teacher" }}]
""")
    courses = [dict(COURSES[0], leads="T2; T9;T1 ;")]
    staff = [{"sid": "T1", "name": "Ottoline"}, {"sid": "T2", "name": "Basil"}]

    mapped = await map_tables({"marks": MARKS[:1], "courses": courses, "staff": staff}, mapping)

    assert said(mapped, "A", "classes")[0]["teachers"] == [
        {"id": "T2", "name": "Basil"},
        {"id": "T9"},
        {"id": "T1", "name": "Ottoline"},
    ]
    assert found(mapped) == [("ref.orphan", "courses.csv", 2, "leads", " T9")]

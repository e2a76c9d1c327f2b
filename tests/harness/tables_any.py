"""Tables of anything at all for property tests, and a mapping over them that uses most of the language."""

from typing import Final

from hypothesis import strategies as st

from gateway.mapping.spec import MappingFile
from tests.harness.tables import Rows, source, tiny_mapping

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "people": ("id", "state", "given", "family", "born", "agents", "status"),
    "roles": ("who", "role"),
    "marks": ("id", "who", "course", "school", "from", "to", "score", "late", "notes", "kind", "status"),
    "courses": ("school", "code", "title", "room", "leads", "status"),
    "rooms": ("room", "name"),
    "staff": ("sid", "name", "boss"),
    "taught": ("code", "person", "role"),
    "sittings": ("sid", "who", "day"),
    "scores": ("id", "sitting", "text", "level"),
}

LEVELS: Final = """
system = "urn:example:levels"
source = "made up"
unmapped = "finding"
values = [
    { code = "low", local = ["1"] }, { code = "high", local = ["2"], rolled_up = true }, { code = "no", local = ["0"], drop = true },
]
"""
_STUDENT: Final = """
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
"""
_BODY: Final = f"""
{source("roles")}{source("marks")}{source("courses", '["school", "code"]')}{source("rooms", '"room"')}
{source("staff", '"sid"')}{source("taught")}{source("sittings", '"sid"')}{source("scores", '"id"')}

[objects.teacher]
model = "PersonRef"
source = "staff"
orphan = "id"
links.boss = {{ source = "staff", on = "boss", optional = true }}
fields = {{ id = "sid", name = ["name", "boss.name"] }}

[[entries]]
section = "identity"
key = ["id"]
from = [{{ source = "people", student = "id" }}]
[entries.fields]
identifiers = [
    {{ system = {{ static = "State", lookup = "systems" }}, value = {{ column = "state", as = "identifier" }} }},
    {{ system = {{ static = "Local", lookup = "systems" }}, value = "id" }},
]
names = [{{ use = {{ static = "legal" }}, given = {{ column = "given", as = "name" }}, family = {{ column = "family", as = "name" }} }}]
birthDate = {{ column = "born", as = "birthDate" }}

[[entries]]
section = "contacts"
key = ["contact"]
alone = false
repeats = "merge"
from = [
    {{ source = "people", student = "id", each = "agents", columns = {{ contact = "agents" }} }},
    {{ source = "people", student = "agents", split = ",", columns = {{ contact = "id" }}, where.id = {{ student = false }} }},
]
links.person = {{ source = "people", on = "contact", required = true }}
[entries.fields]
contact = "person.id"
name = {{ given = {{ column = "person.given", as = "name" }}, family = {{ column = "person.family", as = "name" }} }}

[[entries]]
section = "classes"
key = ["id", "course"]
from = [{{ source = "marks", student = "who", where.kind = {{ blank = true }} }}]
links.course = {{ source = "courses", on = ["school", "course"] }}
links.room = {{ source = "rooms", on = "course.room" }}
in_order = [["begin", "end"]]
overlap = {{ by = "sectionId", begin = "begin", end = "end" }}
[entries.fields]
sectionId = "course"
title = "course.title"
room = {{ column = ["room.name", "course.room"] }}
period = {{ column = ["school", "course"], join = "/" }}
teachers = [
    {{ column = "course.leads", split = ";", object = "teacher" }},
    {{ column = "person", object = "teacher", many = {{ source = "taught", column = "code", equals = "course.code", where.role = {{ blank = false }} }} }},
]
begin = {{ column = "from", as = "date" }}
end = {{ column = "to", as = "exitDate" }}

[[entries]]
section = "activities"
key = ["id"]
repeats = "last"
from = [{{ source = "marks", student = "who", where.kind = {{ blank = false }} }}]
asserted_by = {{ column = "kind", lookup = "actors", plain = true }}
[entries.fields]
title = {{ column = ["notes", "kind"] }}
role = {{ column = "late", extract = "is (.*)" }}
level = {{ column = "kind", unless = "role" }}
hours = {{ column = "score", as = "decimal" }}
begin = {{ column = "from", as = "date", when.late = {{ blank = true }} }}

[[entries]]
section = "comments"
key = ["id"]
from = [{{ source = "scores", student = "sitting.who" }}]
links.sitting = {{ source = "sittings", on = "sitting" }}
[entries.fields]
text = "text"
date = {{ column = "sitting.day", as = "date" }}
category = {{ column = "level", lookup = "levels" }}
"""
_SYSTEMS: Final = (
    'system = "urn:example:systems"\nsource = "made up"\nvalues = [{ code = "State" }, { code = "Local" }]\n'
)
_ACTORS: Final = (
    'system = "urn:example:actors"\nsource = "made up"\nunmapped = "drop"\n'
    'values = [{ code = "learner", local = ["me"] }, { code = "teacher" }]\n'
)

MAPPING: Final[MappingFile] = tiny_mapping(
    _BODY, student=_STUDENT, codes={"levels": LEVELS, "systems": _SYSTEMS, "actors": _ACTORS}
)

_KEYS: Final = ("A", "B", "C", "K1", "K2", "K3")
_ODD: Final = (
    *("", " ", "A ", "\tB", "a", "Z", "A,B", "K1;K2", "K1;;K9", "A, C ,", "NULL", "n/a", "-", "é", "ß", "İ"),
    *("123-45-6789", "SSN 123456789", '"', '\\"', "\\", "\\u0041", "{}", "[", '{"$":1}', "<b>x</b>", "a & b"),
    *(
        "\x00",
        "\x07",
        "A\x07",
        "\x85",
        "A\u00a0",
        "\u2028",
        "\ufeff",
        "\U0001f600",
        "x" * 2_001,
        "é" * 19_000,
    ),
    *(
        "2026-02-03",
        "03/04/2026",
        "2026-02-30",
        "1900-01-01",
        "20260203",
        "Feb 3, 2026",
        "2026-02-03T10:00:00Z",
    ),
    *(
        "46023",
        "1e3",
        "-1",
        "08",
        "1,5",
        "9" * 40,
        "NaN",
        "0",
        "1",
        "2",
        "3",
        "true",
        "No",
        "is x",
        "is ",
        "is",
    ),
    *("student", "Student ", "teacher", "gone", "GONE ", "active", "odd", "me", "test", "12345", "A1-B2-C3"),
)
CELLS: Final = st.one_of(
    st.sampled_from(_KEYS),
    st.sampled_from(_KEYS),
    st.sampled_from(_ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1c\x1d\x1e\x1f"), max_size=8),
)
"""Half of the cells name something that may be there."""


@st.composite
def any_tables(draw: st.DrawFn) -> dict[str, Rows]:
    """Return tables of which some, but never the people, are missing, lack columns, or have ragged rows."""
    tables: dict[str, Rows] = {}
    for name, columns in COLUMNS.items():
        if name != "people" and draw(st.integers(0, 9)) == 0:
            continue
        there = [one for one in columns if one in {"id", "who"} or draw(st.integers(0, 14))]
        row = st.fixed_dictionaries(dict.fromkeys(there, CELLS))
        rows = draw(st.lists(row, min_size=1, max_size=6))
        tables[name] = [*rows, *rows[: draw(st.integers(0, 1))]]
    return tables

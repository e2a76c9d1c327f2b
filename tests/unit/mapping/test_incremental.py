"""What a run remembers: who is mapped again, and who is not."""

import random
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import orjson
import pytest

from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.document import SECTIONS
from gateway.mapping.bulk import MappedBucket, open_bulk
from gateway.mapping.spec import MappingFile
from tests.harness.tables import NOW, MemoryTables, source, tiny_mapping

Tables = dict[str, list[dict[str, str]]]
STUDENTS = [f"U{number}" for number in range(1, 9)]
EVERYBODY = set(STUDENTS)

LEVELS = """
system = "urn:example:levels"
source = "made up"
values = [{ code = "low", local = ["1"] }, { code = "high", local = ["2"] }]
"""
BODY = f"""
{source("marks", '"id"')}{source("classes", '"cid"')}{source("orgs", '"oid"')}{source("staff", '"sid"')}
{source("taught")}{source("items", '"iid"')}{source("sittings", '"sid"')}{source("scores", '"id"')}

[objects.org]
model = "OrgRef"
source = "orgs"
orphan = "id"
links.parent = {{ source = "orgs", on = "parent", optional = true }}
fields = {{ id = "oid", name = ["name", "parent.name"] }}

[objects.teacher]
model = "PersonRef"
source = "staff"
orphan = "id"
fields = {{ id = "sid", name = "name" }}

[[entries]]
section = "classes"
key = ["id"]
from = [{{ source = "marks", student = "who" }}]
links.class = {{ source = "classes", on = "class", optional = true }}
links.item = {{ source = "items", on = "class.item", optional = true }}
[entries.fields]
sectionId = "class"
title = "class.title"
room = "item.title"
school = {{ column = "class.org", object = "org" }}
teachers = [
    {{ column = "class.leads", split = ",", object = "teacher" }},
    {{ column = "person", object = "teacher", many = {{ source = "taught", column = "class", equals = "class.cid" }} }},
]

[[entries]]
section = "comments"
key = ["id"]
from = [{{ source = "scores", student = "sitting.who" }}]
links.sitting = {{ source = "sittings", on = "sitting", required = true }}
[entries.fields]
text = "text"
category = {{ column = "level", lookup = "levels" }}
"""


def mapping(body: str = BODY, levels: str = LEVELS) -> MappingFile:
    """Return the mapping of all tables."""
    return tiny_mapping(body, codes={"levels": levels})


MAPPING = mapping()


def district() -> Tables:
    """Return eight students: the first four in class K1 of O1, the others in K2 of O2."""
    return {
        "people": [{"id": one} for one in STUDENTS],
        "marks": [
            {"id": f"M{at}", "who": one, "class": "K1" if at < 4 else "K2"} for at, one in enumerate(STUDENTS)
        ],
        "classes": [
            {"cid": "K1", "title": "Algebra", "org": "O1", "item": "I1", "leads": "T1, T2"},
            {"cid": "K2", "title": "Botany", "org": "O2", "item": "I2", "leads": "T3"},
        ],
        "items": [{"iid": "I1", "title": "Fractions"}, {"iid": "I2", "title": "Leaves"}],
        "orgs": [
            {"oid": "O1", "name": "Maple", "parent": "D1"},
            {"oid": "O2", "name": "", "parent": "D1"},
            {"oid": "D1", "name": "District", "parent": ""},
        ],
        "staff": [{"sid": f"T{number}", "name": f"Teacher {number}"} for number in range(1, 5)],
        "taught": [{"class": "K1", "person": "T4"}],
        "sittings": [{"sid": "S1", "who": "U1"}, {"sid": "S5", "who": "U5"}],
        "scores": [
            {"id": "1", "sitting": "S1", "text": "neat", "level": "1"},
            {"id": "2", "sitting": "S5", "text": "fine", "level": "2"},
        ],
    }


COLUMNS = {name: tuple(rows[0]) for name, rows in district().items()}


@dataclass
class Kept:
    """What stays between runs: the state folder, the dictionary, and the documents."""

    folder: Path
    dictionary: Dictionary = field(default_factory=Dictionary)
    documents: dict[str, object] = field(default_factory=dict)
    last_bucket: set[str] = field(default_factory=set)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COLUMNS)
    """Of tables that may have no rows."""

    async def run(
        self,
        tables: Tables,
        using: MappingFile = MAPPING,
        *,
        bucket: int = 3,
        stop_after: int | None = None,
        full: bool = False,
    ) -> set[str]:
        """Map what changed, keep it, and return whose documents were made."""
        made: set[str] = set()
        with tempfile.TemporaryDirectory() as work:
            run = await open_bulk(
                MemoryTables(tables, self.columns),
                using,
                now=NOW,
                work=Path(work),
                dictionary=self.dictionary,
                state=self.folder,
                bucket=bucket,
            )
            wanted = None if full else [*self.documents]
            buckets = cast("AsyncGenerator[MappedBucket, None]", run.made(wanted))
            taken = 0
            async for one in buckets:
                made |= self._store(one)
                taken += 1
                if taken == stop_after:
                    break
            await buckets.aclose()
        return made

    def _store(self, bucket: MappedBucket) -> set[str]:
        names = [name for name in SECTIONS if name in bucket.students.columns]
        for row in bucket.students.iter_rows(named=True):
            sections = {name: orjson.loads(row[name]) for name in names if row[name] is not None}
            self.documents[row["student"]] = _placeless(self.dictionary.expand(sections))
        self.last_bucket = set(bucket.students.get_column("student"))
        return self.last_bucket


def _placeless(value: object) -> object:
    """Return the value without lines: that rows moved up or down is no change."""
    if isinstance(value, dict):
        return {name: _placeless(one) for name, one in value.items() if name != "row"}
    return [_placeless(one) for one in value] if isinstance(value, list) else value


@pytest.fixture
async def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path)
    assert await made.run(district()) == EVERYBODY
    return made


async def fresh(tables: Tables, folder: Path, using: MappingFile = MAPPING) -> Mapping[str, object]:
    """Return what a run that knows nothing makes."""
    new = Kept(folder, columns=COLUMNS if using.sources.keys() == MAPPING.sources.keys() else {})
    await new.run(tables, using)
    return new.documents


async def test_where_nothing_changed_nobody_is_mapped(kept: Kept) -> None:
    assert await kept.run(district()) == set()
    assert await kept.run(district()) == set()


async def test_the_order_of_rows_and_the_size_of_buckets_are_no_change(kept: Kept) -> None:
    tables = {name: rows[::-1] for name, rows in district().items()}

    assert await kept.run(tables, bucket=100) == set()


Change = Callable[[Tables], None]


def cell(table: str, row: int, column: str, value: str) -> Change:
    """Return what writes a cell."""

    def change(tables: Tables) -> None:
        tables[table][row][column] = value

    return change


def gone(table: str, row: int) -> Change:
    """Return what removes a row."""

    def change(tables: Tables) -> None:
        del tables[table][row]

    return change


def added(table: str, **row: str) -> Change:
    """Return what adds a row."""
    return lambda tables: tables[table].append(row)


FIRST, SECOND = {"U1", "U2", "U3", "U4"}, {"U5", "U6", "U7", "U8"}
CHANGES: dict[str, tuple[Change, set[str]]] = {
    "a student's own cell": (cell("scores", 0, "text", "neater"), {"U1"}),
    "a student's class": (cell("marks", 2, "class", "K2"), {"U3"}),
    "a row that goes from one student to another": (cell("marks", 0, "who", "U8"), {"U1", "U8"}),
    "a removed row": (gone("marks", 5), {"U6"}),
    "a new row": (added("marks", id="M9", who="U2", **{"class": "K2"}), {"U2"}),
    "the same row twice": (added("scores", id="3", sitting="S1", text="neat", level="1"), {"U1"}),
    "a class's title": (cell("classes", 0, "title", "Geometry"), FIRST),
    "a class that is gone": (gone("classes", 1), SECOND),
    "an item behind a class": (cell("items", 1, "title", "Roots"), SECOND),
    "an org's name": (cell("orgs", 0, "name", "Acer"), FIRST),
    "the name of an org above another": (cell("orgs", 2, "name", "Union"), EVERYBODY),
    "a teacher in a list": (cell("staff", 1, "name", "Teacher II"), FIRST),
    "a teacher of a row among many": (cell("staff", 3, "name", "Teacher IV"), FIRST),
    "a new teacher of a class": (added("taught", person="T1", **{"class": "K2"}), SECOND),
    "a teacher who left a class": (gone("taught", 0), FIRST),
    "the row that says whose another is": (cell("sittings", 0, "who", "U2"), {"U1", "U2"}),
    "a new student": (added("people", id="U9"), {"U9"}),
    "nobody's row": (added("staff", sid="T9", name="Nobody's"), set()),
}


@pytest.mark.parametrize("kind", CHANGES)
async def test_a_change_is_mapped_again_for_those_whom_it_touches(
    kind: str, kept: Kept, tmp_path: Path
) -> None:
    change, touched = CHANGES[kind]
    tables = district()
    change(tables)

    mapped = await kept.run(tables)

    assert mapped == touched
    assert kept.documents == await fresh(tables, tmp_path / "fresh")
    assert await kept.run(tables) == set()


async def test_a_run_that_was_broken_off_before_a_bucket_is_stored_makes_it_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "state")
    first = await kept.run(district(), bucket=100, stop_after=1)

    assert first == EVERYBODY
    assert await kept.run(district(), bucket=100) == EVERYBODY
    assert await kept.run(district(), bucket=100) == set()


async def test_a_student_who_is_gone_is_not_mapped_and_touches_nobody(kept: Kept) -> None:
    tables = district()
    del tables["people"][0]

    assert await kept.run(tables) == set()


async def test_who_is_not_in_the_store_is_mapped(kept: Kept) -> None:
    del kept.documents["U4"], kept.documents["U7"]

    assert await kept.run(district()) == {"U4", "U7"}


async def test_a_full_run_maps_everybody(kept: Kept) -> None:
    assert await kept.run(district(), full=True) == EVERYBODY


@pytest.mark.parametrize(
    "using",
    [
        mapping(BODY.replace('sectionId = "class"', 'classCode = "class"')),
        mapping(levels=LEVELS.replace('code = "low"', 'code = "lower"')),
        MAPPING.model_copy(update={"mapping": MAPPING.mapping.model_copy(update={"version": "1.0.1"})}),
    ],
    ids=["a field", "a crosswalk", "the version"],
)
async def test_another_mapping_maps_everybody(using: MappingFile, kept: Kept, tmp_path: Path) -> None:
    assert await kept.run(district(), using) == EVERYBODY
    assert kept.documents == await fresh(district(), tmp_path / "fresh", using)


@pytest.mark.parametrize("part", ["engine", "polars", "plan"])
async def test_what_another_engine_remembered_is_not_believed(part: str, kept: Kept) -> None:
    about = kept.folder / "base" / "about.json"
    about.write_bytes(orjson.dumps(orjson.loads(about.read_bytes()) | {part: "another"}))

    assert await kept.run(district()) == EVERYBODY


@pytest.mark.parametrize("taken", [1, 2])
async def test_a_run_that_was_broken_off_goes_on_with_the_others(taken: int, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "state")
    first = await kept.run(district(), bucket=2, stop_after=taken)
    unsure = kept.last_bucket

    second = await kept.run(district(), bucket=2)

    assert second == EVERYBODY - (first - unsure)
    assert kept.documents == await fresh(district(), tmp_path / "fresh")
    assert await kept.run(district()) == set()


async def test_an_unended_run_and_a_change_in_between_make_what_a_whole_run_makes(
    kept: Kept, tmp_path: Path
) -> None:
    changed = district()
    cell("classes", 0, "title", "Geometry")(changed)
    await kept.run(changed, bucket=2, stop_after=2)
    cell("scores", 1, "text", "finer")(changed)

    await kept.run(changed, bucket=2)

    assert kept.documents == await fresh(changed, tmp_path / "fresh")
    assert await kept.run(changed) == set()


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_changes_a_run_that_remembers_makes_what_one_that_does_not_makes(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    tables = district()
    kept = Kept(tmp_path / "state")
    await kept.run(tables)
    for _ in range(3):
        _change_somewhere(tables, chance)

    await kept.run(tables)

    there = {one["id"] for one in tables["people"]} & kept.documents.keys()
    assert {one: kept.documents[one] for one in there} == await fresh(tables, tmp_path / "fresh")
    assert await kept.run(tables) == set()


def _change_somewhere(tables: Tables, chance: random.Random) -> None:
    """Change a cell of some row, remove the row, or put another one like it behind it."""
    name = chance.choice(sorted(tables))
    row = chance.choice(tables[name])
    column = chance.choice(sorted(row))
    other = chance.choice([*chance.choice(tables[name]).values(), "T1", "O1", "U3", ""])
    kind = chance.choice(["cell", "cell", "remove", "add"])
    if kind == "cell":
        row[column] = other
    elif kind == "add":
        tables[name].append({**row, column: other})
    elif len(tables[name]) > 1:
        tables[name].remove(row)

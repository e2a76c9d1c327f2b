"""What was wrong once: each docstring says how it was."""

import sys
import threading
from pathlib import Path

import pytest

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.findings import Rule
from gateway.usecases.map_students import DETAILS, map_students
from tests.harness.bundles import map_path, small_district
from tests.harness.tables import MemoryTables, found, map_tables, said, source, tiny_mapping
from tests.harness.tables_any import MAPPING as ANY
from tests.unit.mapping.test_incremental import BODY, FIRST, Kept, cell, district, fresh, mapping
from tests.unit.usecases.test_map_students import TablesSource, findings, node_over
from tests.unit.usecases.test_map_students import district as map_district


async def test_a_control_character_beside_a_key_is_read_alike_by_both_executors() -> None:
    """`str.strip` removes U+001C to U+001F, polars' `strip_chars` does not: a student is None to `Single`."""
    mapped = await map_tables(MemoryTables({"people": [{"id": "A\x1f"}]}), tiny_mapping(""))

    assert len(mapped.students) == 1


async def test_a_key_with_spaces_around_it_is_found_by_both_executors(tmp_path: Path) -> None:
    """Bulk strips keys, `Only` is compared as the source's text: `Single` does not find `'U1 '`, nor its rows."""
    bundle = small_district(1)
    bundle.put("results", 0, "studentSourcedId", "U1 ")

    mapped = await map_path(bundle.folder(tmp_path))

    assert len(mapped.students["U1"].sections["gradebook"]) == 1


async def test_a_person_whose_own_key_has_spaces_around_it_is_found_by_both_executors(tmp_path: Path) -> None:
    """As above, for the row of the student: `Single` says that there is no such student."""
    bundle = small_district(1)
    bundle.put("users", 1, "sourcedId", " U1")

    mapped = await map_path(bundle.folder(tmp_path))

    assert [*mapped.students] == ["U1"]


async def test_nothing_is_told_of_the_links_of_rows_that_a_many_leaves_out() -> None:
    """`Rows` follows links before it applies `where` on the rows' own columns; parts do it the other way."""
    taught = [
        {"code": "C1", "person": "T1", "role": "lead"},
        {"code": "C1", "person": "T3", "role": "aide"},
    ]
    using = tiny_mapping(f"""
{source("marks", '"id"')}{source("staff", '"sid"')}{source("taught")}
[[entries]]
section = "classes"
key = ["id"]
from = [{{ source = "marks", student = "who" }}]
[entries.fields]
sectionId = "course"
[[entries.fields.teachers]]
many = {{ source = "taught", column = "code", equals = "course", where.role = ["lead"], links = {{ staff = {{ source = "staff", on = "person" }} }} }}
id = "person"
name = "staff.name"
""")

    mapped = await map_tables(
        {
            "marks": [{"id": "1", "who": "A", "course": "C1"}],
            "staff": [{"sid": "T1", "name": "Ottoline"}],
            "taught": taught,
        },
        using,
    )

    assert said(mapped, "A", "classes")[0]["teachers"] == [{"id": "T1", "name": "Ottoline"}]
    assert found(mapped) == []


def test_two_threads_never_get_one_number_for_different_objects() -> None:
    """`Dictionary.number` reads `_next` and raises it in two steps, while buckets are made in several threads.

    Then two objects share a number, and one student's document shows what is another's.
    """
    dictionary = Dictionary()
    numbers: list[dict[str, int]] = [{}, {}, {}, {}]

    def work(at: int) -> None:
        for one in range(1_000):
            text = f'{{"name":"an object of thread {at} with number {one}"}}'
            numbers[at][text] = dictionary.number(text)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(at,)) for at in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)

    given = {text: number for one in numbers for text, number in one.items()}
    assert len(set(given.values())) == len(given)
    assert all(dictionary.texts[number] == text for text, number in given.items())


def test_one_thread_may_look_for_objects_while_another_adds_some() -> None:
    """`having` walks over the texts while other buckets' threads add some: RuntimeError, and the run ends.

    `taken` has the same fault: what is added to the old dict after the swap may never be stored, or the store
    walks over it while it grows.
    """
    dictionary = Dictionary({at: f'{{"name":"an object with number {at}, code"}}' for at in range(1, 2_000)})
    wrong: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            try:
                dictionary.having('"code":"State"')
            except RuntimeError as error:
                wrong.append(str(error))
                return

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread = threading.Thread(target=look)
        thread.start()
        for one in range(1_000):
            dictionary.number(f'{{"name":"another object with number {one}"}}')
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(before)

    assert wrong == []


@pytest.mark.parametrize(
    "cell", ["uri://ed-fi.org/GradeLevelDescriptor#", "é" * 20_001], ids=["no code", "long"]
)
async def test_no_cell_with_a_code_ends_the_run(cell: str, tmp_path: Path) -> None:
    """`_unmapped` makes a `CodedValue` with an empty or too long code: ValidationError, and the run ends."""
    bundle = small_district(1)
    bundle.put("users", 1, "grades", cell)

    mapped = await map_path(bundle.folder(tmp_path))

    assert [(one.line, one.column) for one in mapped.warnings()] == [(3, "grades")]


@pytest.mark.parametrize(
    "cell", [f"{{LDAP:{'x' * 20_001}}}", f"{{{'x' * 20_001}:1}}", "{LDAP: }"], ids=["value", "type", "blank"]
)
async def test_no_typed_identifier_ends_the_run(cell: str, tmp_path: Path) -> None:
    """`cell_of_many` lets the schema's ValidationError through, where `cell_of` makes a problem of it."""
    bundle = small_district(1)
    bundle.put("users", 1, "userIds", cell)

    mapped = await map_path(bundle.folder(tmp_path))

    assert [*mapped.students] == ["U1"]


# --- runs that remember --------------------------------------------------------------------------------


async def test_a_change_that_is_taken_back_after_an_unended_run_is_taken_back(tmp_path: Path) -> None:
    """What the broken run stored is newer than `base`; the rows are as in `base` again, so nobody is made again.

    Students of `pending` must not count as unchanged by `base` unless `pending` says the same of them.
    """
    kept = Kept(tmp_path / "state")
    await kept.run(district())
    changed = district()
    cell("classes", 0, "title", "Geometry")(changed)
    cell("scores", 0, "text", "neater")(changed)
    await kept.run(changed, bucket=2, stop_after=3)

    await kept.run(district(), bucket=2)

    assert kept.documents == await fresh(district(), tmp_path / "fresh")


async def test_a_mapping_that_is_taken_back_after_an_unended_run_is_taken_back(tmp_path: Path) -> None:
    """The same with a mapping file that was tried and put back: documents of the other one stay for ever."""
    kept = Kept(tmp_path / "state")
    await kept.run(district())
    await kept.run(
        district(),
        mapping(BODY.replace('sectionId = "class"', 'classCode = "class"')),
        bucket=2,
        stop_after=3,
    )

    await kept.run(district(), bucket=2)

    assert kept.documents == await fresh(district(), tmp_path / "fresh")


async def test_who_is_touched_by_a_shared_file_that_is_missing_now_is_mapped_again(tmp_path: Path) -> None:
    """Without the table there is no edge to it, and nothing is compared; `about` should hold the edges."""
    kept = Kept(tmp_path / "state")
    await kept.run(district())
    tables = district()
    del tables["taught"]

    mapped = await kept.run(tables)

    assert mapped >= FIRST
    assert kept.documents == await fresh(tables, tmp_path / "fresh")


async def test_who_names_somebody_who_became_a_student_is_mapped_again(tmp_path: Path) -> None:
    """A condition `student = ...` asks who is a student; `Changes` hashes no such answer, so A keeps the contact."""
    people = [
        {"id": "A", "given": "Juniper", "family": "Wren", "agents": ""},
        {"id": "P", "given": "Linnea", "family": "Wren", "agents": "A"},
    ]
    before = {"people": people, "roles": [{"who": "P", "role": "teacher"}]}
    after = {"people": people, "roles": [{"who": "P", "role": "student"}]}
    kept = Kept(tmp_path / "state", columns={})
    await kept.run(before, ANY)

    await kept.run(after, ANY)

    assert kept.documents == await fresh(after, tmp_path / "fresh", ANY)


# --- findings of a run ---------------------------------------------------------------------------------


async def test_many_findings_of_one_kind_that_are_students_are_cut_with_a_note(tmp_path: Path) -> None:
    """`_Keeping.take` stores the note as nobody's, and `end` replaces nobody's findings: the note is lost."""
    local = TablesSource(map_district(), tmp_path)
    rows = [{"who": "U3", "title": f"Go {number}", "from": "soon"} for number in range(DETAILS + 7)]
    local.tables["clubs"] += rows
    node = node_over(local)

    report = await map_students(node)

    wrong = [one for _, one in await findings(node) if one.rule is Rule.DATE_INVALID]
    assert len([one for one in wrong if one.line is not None]) == DETAILS
    (note,) = (one for one in wrong if one.line is None)
    assert note.message.startswith("7 more like the first")
    assert report.findings[Rule.DATE_INVALID] == DETAILS + 1

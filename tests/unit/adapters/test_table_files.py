"""Folders and archives of files, described and not."""

import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters._bundles import Member
from adapters._described import Described
from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.adapter_api import Limits, Malformed, Misconfigured, Only, TooLarge, TryLater
from gateway.adapter_api.conformance import check_adapter, read_all
from tests.unit.adapters.workbooks import lines, workbook

STUDENTS = "id,name\n1,Ann\n2,Bo\n"


def folder(path: Path, **files: Any) -> Path:
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def adapter(path: Path, *tables: dict[str, Any], **limits: int) -> TableFilesAdapter:
    described = {"path": path, "tables": tables, "limits": limits}
    return TableFilesAdapter(TableFiles.model_validate(described))


def sheet(*rows: tuple[object, ...]) -> bytes:
    return workbook(Pupils=lines(*rows))


async def rows(
    source: TableFilesAdapter, name: str, only: Only | None = None
) -> list[tuple[int, tuple[Any, ...]]]:
    table = next(table for table in await source.tables() if table.name == name)
    batches = [batch async for batch in source.batches(table, only)]
    return [pair for batch in batches for pair in zip(batch.lines, batch.cells.iter_rows(), strict=True)]


async def test_every_format_conforms(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        **{
            "students.csv": STUDENTS,
            "grades.tsv": "id\tgrade\n1\t7\n",
            "pupils.xlsx": sheet(("id", "name"), (1, "Ann")),
            "fixed.dat": "0001Ann\n0002Bo \n",
        },
    )
    described: list[dict[str, Any]] = [
        {"name": "students", "file": "students.csv"},
        {"name": "grades", "file": "grades.*"},
        {"name": "pupils", "file": "*.xlsx", "sheet": "Pupils"},
        {
            "name": "fixed",
            "file": "fixed.dat",
            "format": "fixed",
            "header": False,
            "columns": ["id", "name"],
            "widths": [4, 3],
        },
    ]

    source = adapter(path, *described)

    await check_adapter(source)
    assert {name: sum(b.cells.height for b in found) for name, found in (await read_all(source)).items()} == {
        "students": 2,
        "grades": 1,
        "pupils": 1,
        "fixed": 2,
    }


async def test_without_descriptions_each_file_is_a_table_named_by_its_stem(tmp_path: Path) -> None:
    source = adapter(
        folder(
            tmp_path,
            **{
                "a/Students.csv": STUDENTS,
                "day1/part.csv": "x\n1\n",
                "day2/part.csv": "x\n2\n",
                "read.me": "x",
            },
        )
    )

    assert [table.name for table in await source.tables()] == ["Students", "day1/part", "day2/part"]
    assert [(found.file, found.rule) for found in source.unused()] == [("read.me", "file.unused")]


async def test_files_of_one_pattern_are_one_table_in_natural_order(tmp_path: Path) -> None:
    source = adapter(
        folder(
            tmp_path,
            **{
                "day10/s.csv": "id,name\n3,Cy\n",
                "day2/s.csv": "name,id,grade\nBo,2,8\n",
                "day1/s.csv": "id,name\n1,Ann\n\n",
            },
        ),
        {"name": "students", "file": "*/s.csv", "file_column": "day"},
    )

    (table,) = await source.tables()
    found = await rows(source, "students")

    assert table.columns == ("id", "name", "grade", "day", "_file", "_line")
    assert [row for _, row in found] == [
        ("1", "Ann", None, "day1/s.csv", "day1/s.csv", "2"),
        ("2", "Bo", "8", "day2/s.csv", "day2/s.csv", "2"),
        ("3", "Cy", None, "day10/s.csv", "day10/s.csv", "2"),
    ]
    assert [line for line, _ in found] == [2, 5, 7]
    assert not table.lined
    assert [(one.file, one.column) for one in table.findings] == [("day10/s.csv", "grade")]


async def test_findings_of_rows_name_the_file_they_are_in(tmp_path: Path) -> None:
    source = adapter(
        folder(tmp_path, **{"s1.csv": "id,name\n1,Ann\n", "s2.csv": "id,name\n2\n"}),
        {"name": "s", "file": "s?.csv"},
    )

    found = [finding for batch in (await read_all(source))["s"] for finding in batch.findings]

    assert [(one.file, one.line, one.rule) for one in found] == [("s2.csv", 2, "row.ragged")]


async def test_a_single_file_is_a_bundle_of_one(tmp_path: Path) -> None:
    path = folder(tmp_path, **{"students.csv": STUDENTS}) / "students.csv"

    assert await rows(adapter(path), "students") == [(2, ("1", "Ann")), (3, ("2", "Bo"))]


async def test_archives_hold_spreadsheets_too(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/pupils.xlsx", sheet(("id",), (1,)))

    assert await rows(adapter(path), "pupils") == [(2, ("1",))]


async def test_only_gives_the_rows_of_the_values_and_their_findings(tmp_path: Path) -> None:
    source = adapter(folder(tmp_path, **{"s.csv": "id,name\n1\n2,Bo\n1,Cy\n3\n"}))
    (table,) = await source.tables()

    batches = [batch async for batch in source.batches(table, Only("id", ["1", "2"]))]

    assert [row for batch in batches for row in batch.cells.rows()] == [("1", None), ("2", "Bo"), ("1", "Cy")]
    assert [found.line for batch in batches for found in batch.findings] == [2]


async def test_a_file_that_is_no_table_costs_itself_only(tmp_path: Path) -> None:
    source = adapter(folder(tmp_path, **{"s.csv": STUDENTS, "empty.csv": b"", "bad.xlsx": b"no workbook"}))

    assert [table.name for table in await source.tables()] == ["s"]
    assert {(one.file, str(one.rule)) for one in source.unused()} == {
        ("empty.csv", "file.empty"),
        ("bad.xlsx", "file.damaged"),
    }


async def test_a_description_without_a_file_is_told(tmp_path: Path) -> None:
    source = adapter(
        folder(tmp_path, **{"s.csv": STUDENTS}),
        {"name": "s", "file": "s.csv"},
        {"name": "g", "file": "grades*"},
    )

    assert [table.name for table in await source.tables()] == ["s"]
    assert [(one.file, one.rule) for one in source.unused()] == [("grades*", "file.missing")]


async def test_two_files_that_differ_in_their_ending_only_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="ending"):
        await adapter(folder(tmp_path, **{"s.csv": STUDENTS, "s.txt": STUDENTS})).check()


async def test_a_place_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no file"):
        await adapter(folder(tmp_path, **{"read.me": "x"})).check()


async def test_nothing_at_the_path_is_an_operators_business(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        await adapter(tmp_path / "nothing").check()


async def test_a_file_that_changes_its_header_while_it_is_read_is_tried_again(tmp_path: Path) -> None:
    source = adapter(folder(tmp_path, **{"s.csv": STUDENTS}))
    (table,) = await source.tables()
    folder(tmp_path, **{"s.csv": "id,born\n1,2010-01-01\n"})

    with pytest.raises(TryLater):
        [batch async for batch in source.batches(table)]


async def test_a_symbolic_link_below_the_folder_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, **{"outside/s.csv": STUDENTS, "in/deep/s.csv": STUDENTS})
    (tmp_path / "in" / "deep" / "link").symlink_to(tmp_path / "outside")

    with pytest.raises(Malformed, match="symbolic link"):
        await adapter(tmp_path / "in").check()


async def test_more_files_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, **{f"{number}/s.csv": STUDENTS for number in range(4)})

    with pytest.raises(TooLarge, match="more than 3 files"):
        await adapter(path, max_members=3).check()


async def test_a_spreadsheet_bomb_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s.xlsx", b"0" * 20_000_000)

    with pytest.raises(TooLarge, match="expands"):
        await adapter(path).check()


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("Student*.txt", "2024/STUDENTS.TXT", True),
        ("Student*.txt", "Student.csv", False),
        ("*/s.csv", "day1/s.csv", True),
        ("*/s.csv", "a/b/s.csv", False),
        ("**/s.csv", "a/b/s.csv", True),
        ("**/s.csv", "s.csv", True),
        ("s?.csv", "s1.csv", True),
        ("s[1].csv", "s1.csv", False),
        ("s.csv", "sxcsv", False),
    ],
)
def test_patterns_fit_names_anywhere_and_paths_where_they_have_folders(
    pattern: str, path: str, fits: bool
) -> None:
    assert Described(name="s", file=pattern).fits(Member(path, path.rsplit("/", 1)[-1], 0)) is fits


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"header": False}, "columns are given where header = false"),
        ({"columns": ["a"]}, "columns are given where header = false"),
        ({"header": False, "columns": ["a", "A"]}, "stands there twice"),
        ({"format": "fixed", "header": False, "columns": ["a"]}, "needs widths"),
        ({"widths": [3]}, 'are for format = "fixed"'),
        ({"format": "fixed", "header": False, "columns": ["a", "b"], "widths": [3]}, "as many widths"),
        (
            {"format": "fixed", "header": False, "columns": [{"name": "a", "start": 5, "end": 2}]},
            "end is before start",
        ),
        ({"delimiter": "||"}, "one plain character"),
        ({"delimiter": '"'}, "cannot separate"),
        ({"encoding": "utf-88"}, "no such encoding"),
        ({"separator": ";"}, "Extra inputs"),
    ],
)
def test_a_description_that_cannot_be_meant_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Described.model_validate({"name": "s", "file": "s.csv", **wrong})


def test_a_place_is_a_path_or_a_server() -> None:
    with pytest.raises(ValidationError, match="either path or sftp"):
        TableFiles(limits=Limits())


def test_columns_with_places_need_no_widths() -> None:
    says = Described.model_validate(
        {
            "name": "s",
            "file": "s",
            "format": "fixed",
            "header": False,
            "columns": [{"name": "a", "start": 1, "end": 4}],
        }
    )

    assert says.names == ("a",)


def test_the_settings_on_the_howto_page_are_taken() -> None:
    page = Path(__file__).parents[3] / "docs" / "howto" / "map-a-folder-of-files.md"
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)

    for block in blocks:
        options = tomllib.loads(block)["source"]["options"]
        TableFiles.model_validate(options if "sftp" in options else {"path": "/srv/exports"} | options)

    assert len(blocks) > 4

"""Files that others published: every record of every file is a row, or a finding says where it went."""

import csv
from pathlib import Path

import pytest

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.adapter_api import Limits
from gateway.adapter_api.conformance import read_all

DATA = Path(__file__).parents[4] / "shared" / "data"
LOST = {"row.repeatedHeader", "row.unreadable"}


def folder(name: str) -> Path:
    path = DATA / name
    if not path.is_dir():
        pytest.skip(f"{name} is not here")
    return path


def records(path: Path) -> int:
    """Count the records with a value, as another reader sees them, without the header."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return sum(any(cell.strip() for cell in record) for record in csv.reader(file)) - 1


@pytest.mark.parametrize("name", ["oea_sis_csv", "sds_o365_samples"])
async def test_rows_and_lost_rows_are_all_records(name: str) -> None:
    root = folder(name)
    source = TableFilesAdapter(TableFiles(path=root, limits=Limits(max_members=1000)))
    files = {table.name: table.file for table in await source.tables()}

    read = await read_all(source)

    assert {str(path.relative_to(root)) for path in root.rglob("*.csv")} <= set(files.values())
    for table, batches in read.items():
        rows = sum(batch.cells.height for batch in batches)
        lost = sum(found.rule in LOST for batch in batches for found in batch.findings)
        assert (files[table], rows + lost) == (files[table], records(root / files[table]))


async def test_day_one_and_day_two_are_one_table() -> None:
    root = folder("oea_sis_csv")
    (day1,) = root.rglob("hello_world_test_data_small/contoso_sis/day1/students/part1.csv")
    exports = day1.parents[2]
    pattern = {"name": "students", "file": "*/students/*.csv", "file_column": "part"}
    source = TableFilesAdapter(TableFiles.model_validate({"path": exports, "tables": [pattern]}))

    batches = (await read_all(source))["students"]

    parts = [part for batch in batches for part in batch.cells["part"]]
    assert list(dict.fromkeys(parts)) == ["day1/students/part1.csv", "day2/students/part1.csv"]
    assert len(parts) == sum(records(exports / part) for part in set(parts))


async def test_every_school_data_sync_bundle_is_known() -> None:
    root = folder("sds_o365_samples")
    bundles = {path.parent for path in root.rglob("*.csv")}

    for bundle in sorted(bundles):
        source = OneRosterCsvAdapter(OneRosterCsv(path=bundle))
        names = {table.name for table in await source.tables()}

        assert names == {path.stem for path in bundle.glob("*.csv")}
        assert source.unused() == ()

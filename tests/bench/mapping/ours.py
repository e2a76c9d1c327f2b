"""The gateway's engine as a whole process: `python -m tests.bench.mapping.ours BUNDLE FOLDER [--again]`.

Reads the bundle through the adapter and the mapping that come with the gateway, and writes documents as the node
keeps them: `shared.jsonl` holds what documents name by number.
"""

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from gateway.adapter_api import Limits
from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.bulk import BulkRun, open_bulk
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.resources import code_texts, mapping_text
from tests.bench.mapping.documents import SECTIONS

MAPPING: Final = "oneroster/oneroster"
NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)


def main() -> None:
    """Write the documents, and on the last line what was found: students, documents written, findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--again", action="store_true", help="only what changed since the run into this folder"
    )
    parser.add_argument("--keep", type=int, default=None, help="files to keep of those that are written")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    found = asyncio.run(_map(asked.bundle, asked.folder, again=asked.again, keep=asked.keep))
    print(orjson.dumps(found).decode())  # noqa: T201 (what a command has to say)


async def _map(bundle: Path, folder: Path, *, again: bool, keep: int | None) -> dict[str, int]:
    """Run the engine once: the one place where the bench calls it."""
    adapter = adapter_of(bundle)
    with tempfile.TemporaryDirectory(dir=folder, prefix="work-") as work:
        run = await open_bulk(
            adapter, mapping(), now=NOW, work=Path(work), dictionary=_kept(folder), state=folder / "state"
        )
        return await _write(run, folder, again=again, keep=keep)


async def _write(run: BulkRun, folder: Path, *, again: bool, keep: int | None) -> dict[str, int]:
    written, findings = 0, 0
    stored = run.students.get_column("key").to_list() if again else None
    async for bucket in run.made(stored):
        documents = _documents(bucket.students)
        path = folder / f"{'again-' if again else ''}{bucket.numbers[0]:03}.jsonl"
        documents.select("json").write_csv(path, include_header=False, quote_style="never")
        written += documents.height
        findings += bucket.found.height
        if keep is not None and bucket.numbers[0] >= keep:
            path.unlink()
    _write_shared(run, folder)
    return {
        "students": run.students.height,
        "written": written,
        "findings": findings + len(run.findings),
    }


def _documents(students: pl.DataFrame) -> pl.DataFrame:
    """Return each whole document as JSON on one line."""
    sections = [
        pl.when(pl.col(name).is_not_null())
        .then(pl.concat_str(pl.lit(f',"{name}":'), name))
        .otherwise(pl.lit(""))
        for name in SECTIONS
        if name in students.columns
    ]
    begin = pl.concat_str(pl.lit('{"student":"'), "student", pl.lit('"'))
    return students.select(json=pl.concat_str([begin, *sections, pl.lit("}")]))


def _kept(folder: Path) -> Dictionary:
    path = folder / "shared.jsonl"
    lines = map(orjson.loads, path.read_bytes().splitlines()) if path.is_file() else ()
    return Dictionary({line["number"]: orjson.dumps(line["json"]).decode() for line in lines})


def _write_shared(run: BulkRun, folder: Path) -> None:
    with (folder / "shared.jsonl").open("ab") as file:
        for number, json in run.dictionary.taken().items():
            file.write(b'{"number":%d,"json":%b}\n' % (number, json.encode()))


def adapter_of(bundle: Path) -> OneRosterCsvAdapter:
    """Return what reads a bundle of any size."""
    return OneRosterCsvAdapter(OneRosterCsv(path=bundle, limits=Limits(max_bytes=2**40)))


def mapping() -> MappingFile:
    """Return the mapping that comes with the gateway."""
    return load_mapping(mapping_text(MAPPING), code_texts(MAPPING))


if __name__ == "__main__":
    main()

"""The same backpacks in polars, written by hand: `python -m tests.bench.mapping.by_hand BUNDLE FOLDER`.

What somebody who knows polars and these files would write, and no more: nothing is checked, nothing is found to be
wrong, and a cell that cannot be read is null. With `--buckets` rows are first spilt by a hash of the student, so that
memory is that of a bucket.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from tests.bench.mapping.by_hand_compact import CompactSections, DenseSections
from tests.bench.mapping.by_hand_sections import Sections
from tests.bench.mapping.by_hand_shared import Frames
from tests.bench.mapping.codes import load_codes

_OF_STUDENTS: Final = {
    "users": "sourcedId",
    "roles": "userSourcedId",
    "demographics": "sourcedId",
    "relationships": "userSourcedId",
    "enrollments": "userSourcedId",
    "results": "studentSourcedId",
    "userFlags": "userSourcedId",
    "goals": "userSourcedId",
    "learnerProfile": "userSourcedId",
}
"""Files with rows of one student each, and the column that says whose; in some are rows of others too."""
_OTHERS: Final = (
    *("orgs", "academicSessions", "courses", "classes", "categories", "lineItems"),
    "lineItemLearningObjectiveIds",
)
_FORMS: Final = {"plain": Sections, "compact": CompactSections, "dense": DenseSections}
_DELETED: Final = ["tobedeleted", "inactive"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one or more files of JSON lines, a student each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--buckets", type=int, default=0)
    parser.add_argument("--keep", type=int, default=None, help="files to keep of those that are written")
    parser.add_argument(
        "--form", choices=_FORMS, default="plain", help="what of the documents is written once"
    )
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    kind = _FORMS[asked.form]
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="spilt-") as spilt:
        if asked.buckets:
            _in_buckets(kind, asked.bundle, asked.folder, Path(spilt), buckets=asked.buckets, keep=asked.keep)
        else:
            _at_once(kind, asked.bundle, asked.folder, Path(spilt))


def _at_once(kind: type[Sections], bundle: Path, folder: Path, spilt: Path) -> None:
    frames = _frames(bundle)
    if kind is not Sections:
        frames |= _shared(kind, frames, folder, spilt)
    _documents(kind, frames).sink_ndjson(folder / "all.jsonl", maintain_order=False)


def _in_buckets(
    kind: type[Sections], bundle: Path, folder: Path, spilt: Path, *, buckets: int, keep: int | None
) -> None:
    whole = _frames(bundle)
    for file in _OF_STUDENTS:
        key = {"bucket": pl.col("student").hash() % buckets}
        target = pl.PartitionBy(spilt / file, key=key, include_key=False)
        whole[file].sink_ipc(target, compression="lz4", mkdir=True)
    shared = _shared(kind, whole, folder, spilt) | {
        file: whole[file] for file in ("orgs", "academicSessions", "courses")
    }
    for bucket in range(buckets):
        path = folder / f"{bucket:03}.jsonl"
        frames = shared | {file: _spilt(spilt, file, bucket) for file in _OF_STUDENTS}
        _documents(kind, frames).sink_ndjson(path, maintain_order=False)
        if keep is not None and bucket >= keep:
            path.unlink()


def _shared(kind: type[Sections], frames: Frames, folder: Path, spilt: Path) -> dict[str, pl.LazyFrame]:
    """Work out once what entries of many students name, and write what documents name by number."""
    codes = load_codes()
    shared = kind(frames, codes).shared() | {"people": frames["people"]}
    for name, frame in shared.items():
        frame.sink_ipc(spilt / f"{name}.ipc", compression="lz4")
    scanned = {name: pl.scan_ipc(spilt / f"{name}.ipc") for name in shared}
    with (folder / "shared.jsonl").open("wb") as file:
        for kept in kind({**frames, **scanned}, codes).kept():
            kept.sink_ndjson(file)
    return scanned


def _spilt(folder: Path, file: str, bucket: int) -> pl.LazyFrame:
    return pl.scan_ipc(folder / file / f"bucket={bucket}" / "*.ipc", hive_partitioning=False)


def _frames(bundle: Path) -> dict[str, pl.LazyFrame]:
    frames = {file: _read(bundle, file) for file in _OTHERS}
    for file, column in _OF_STUDENTS.items():
        frames[file] = _read(bundle, file).with_columns(student=pl.col(column))
    frames["people"] = _read(bundle, "users")
    return frames


def _read(bundle: Path, file: str) -> pl.LazyFrame:
    """Return the rows that are not deleted, every cell as text."""
    rows = pl.scan_csv(bundle / f"{file}.csv", infer_schema=False, row_index_name="row", row_index_offset=2)
    if file == "goals" or "status" not in rows.collect_schema():
        return rows
    return rows.filter(pl.col("status").is_null() | ~pl.col("status").str.to_lowercase().is_in(_DELETED))


def _documents(kind: type[Sections], frames: Frames) -> pl.LazyFrame:
    """Return one row for each student: its id and a list of entries for each section."""
    students = frames["roles"].filter(pl.col("role") == "student").select("student").unique()
    found = students
    for name, entries in kind(frames, load_codes()).all(students):
        entry = pl.struct(pl.exclude("student", "row")).sort_by("row")
        nested = entries.group_by("student").agg(entry.alias(name))
        found = found.join(nested, on="student", how="left")
    return found


if __name__ == "__main__":
    main()

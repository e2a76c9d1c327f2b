"""One student on demand: `python -m tests.bench.mapping.one_student [--students N]`.

A made-up district lies in an SQL database of one table for each file, with an index on what is looked up. Students
are mapped from it alone, with nothing kept (the first of the day), with the rows kept that many share (every other),
and are read from the store of a node that mapped all of them.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl
from rich.console import Console
from rich.table import Table

from adapters.sql import Sql, SqlAdapter
from gateway.domain.backpack.compact import Dictionary
from gateway.domain.ids import LocalStudentId
from gateway.mapping.shelf import Shelf
from gateway.mapping.single import Single, open_single
from gateway.settings import Source
from gateway.storage.store import SqlStore
from gateway.usecases.map_students import map_students
from gateway.usecases.wholes import read_whole
from gateway.wiring.local_system import MappedSource
from tests.bench.mapping.district import write_district
from tests.bench.mapping.ours import MAPPING, NOW, adapter_of, mapping
from tests.harness.pair import MAPLE, Clock, Network, make_node

_ASKED: Final = 200
"""Students that are asked for, each once."""
_GOAL: Final = 10.0
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What students took, one after the other."""

    name: str
    milliseconds: Sequence[float]
    processor: float
    """Milliseconds of the processor a student."""

    @property
    def median(self) -> float:
        """Return what half of them took at most."""
        return statistics.median(self.milliseconds)

    @property
    def most(self) -> float:
        """Return what nineteen in twenty took at most."""
        return statistics.quantiles(self.milliseconds, n=20)[-1]


def into_database(bundle: Path, database: Path) -> None:
    """Put each file of a bundle into a table, with an index for each column that names something."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for file in sorted(bundle.glob("*.csv")):
            frame = pl.read_csv(file, infer_schema=False)
            columns = ", ".join(f'"{name}" VARCHAR(200)' for name in frame.columns)
            connection.execute(f'CREATE TABLE "{file.stem}" ({columns})')
            marks = ", ".join("?" * frame.width)
            connection.executemany(f'INSERT INTO "{file.stem}" VALUES ({marks})', frame.iter_rows())  # noqa: S608 - our own names
            for name in (name for name in frame.columns if name.lower().endswith("sourcedid")):
                connection.execute(f'CREATE INDEX "{file.stem}-{name}" ON "{file.stem}" ("{name}")')


async def measured(name: str, keys: Sequence[str], one: Callable[[str], Awaitable[object]]) -> Taken:
    """Ask for each student once; each must be there."""
    took = []
    began = time.process_time()
    for key in keys:
        start = time.perf_counter()
        if await one(key) is None:
            raise LookupError(key)
        took.append((time.perf_counter() - start) * 1_000)
    return Taken(name, took, (time.process_time() - began) * 1_000 / len(keys))


async def measure(folder: Path, students: int) -> list[Taken]:
    """Write a district, map it into a store, put it into a database, and ask for students."""
    bundle = folder / "bundle"
    write_district(bundle, students)
    into_database(bundle, folder / "sis.db")
    step = max(1, students // _ASKED)
    keys = [f"usr-s-{number:07d}" for number in range(0, students, step)]
    adapter = SqlAdapter(Sql(url=f"sqlite:///{folder / 'sis.db'}"))
    single = await open_single(adapter, mapping(), NOW.date(), Dictionary())
    shelved = Single(adapter, single.plan, shelf=Shelf(single.plan, 3_600, time.monotonic))
    try:
        for one in (single, shelved):
            await one.student(keys[1])
        return [
            await measured("SQL, nothing kept", keys, single.student),
            await measured("SQL, shared rows kept", keys, shelved.student),
            await _from_store(folder, bundle, keys),
        ]
    finally:
        await adapter.close()


async def _from_store(folder: Path, bundle: Path, keys: Sequence[str]) -> Taken:
    """Map all students into a node's store, and read some of them from it."""
    store = await SqlStore.open(folder / "node.db")
    about = Source(adapter="oneroster_csv", mapping=MAPPING)
    source = MappedSource(adapter_of(bundle), mapping(), MAPLE, about, folder / "mapping")
    node = make_node(MAPLE, store=store, network=Network(), clock=Clock())
    try:
        await map_students(replace(node, source=source))
        return await measured(
            "CSV, mapped in the night",
            keys,
            lambda key: store.read(lambda tx: read_whole(tx, LocalStudentId(key))),
        )
    finally:
        await store.close()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=10_000)
    students = parser.parse_args().students
    with tempfile.TemporaryDirectory(prefix="bench-one-") as folder:
        taken = asyncio.run(measure(Path(folder), students))
    table = Table("one student of", f"{students:,}: median ms", "19 in 20 ms", "processor ms", "goal")
    for one in taken:
        met = "met" if one.median < _GOAL else "NOT MET"
        times = (one.median, one.most, one.processor)
        table.add_row(one.name, *(f"{time:.1f}" for time in times), f"{_GOAL:.0f}: {met}")
    Console().print(table)


if __name__ == "__main__":
    main()

"""Every student of a source, on columns: executor one of a plan.

Rows are read once, dropped or kept as they come, and put into buckets by their student; then one bucket
after the other becomes documents. Memory is set by the bucket, not by the district.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, islice
from pathlib import Path
from typing import Final

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.changes import Changes
from gateway.mapping.conditions import Conditions
from gateway.mapping.findings import Finding
from gateway.mapping.frames import Frames
from gateway.mapping.gathering import Gathering
from gateway.mapping.held import STUDENT
from gateway.mapping.intake import Counts
from gateway.mapping.keyed import Keyed
from gateway.mapping.making import Making, MappedBucket
from gateway.mapping.manifest import check_manifest
from gateway.mapping.plan import Plan, make_plan
from gateway.mapping.problems import Problems
from gateway.mapping.rows import RowSource
from gateway.mapping.spec import MappingFile

__all__ = ["BUCKET", "BulkRun", "Counts", "MappedBucket", "open_bulk"]

BUCKET: Final = 2_000
"""Students in one bucket: some hundred megabytes at 80 rows each."""
_MOST_AT_ONCE: Final = 4


@dataclass
class BulkRun:
    """One run. `findings` and `counts` are whole when all buckets have been taken."""

    plan: Plan
    problems: Problems
    dictionary: Dictionary
    students: pl.DataFrame
    """`key`, `line`, `bucket` and a number, in the order of the source."""
    buckets: int
    _making: Making
    _gathered: Gathering
    _frames: Frames
    _changes: Changes | None
    _size: int
    counts: dict[str, Counts] = field(default_factory=dict)
    """By table."""
    findings: list[Finding] = field(default_factory=list)
    """What is wrong with tables, headers and rows that belong to no student."""

    async def made(self, stored: Iterable[str] | None = None) -> AsyncIterator[MappedBucket]:
        """Yield the buckets, one after the other.

        With the keys of the students whose documents are `stored`, only those that changed since, and those
        that are not stored. What is in a bucket that was yielded must be stored before the next is asked
        for: then an unended run goes on where it was.
        """
        prints, students = self._to_make(stored)
        if self._gathered.flat or students.height < self.students.height:
            self._gathered.narrow(students.get_column(STUDENT))
        groups = self._grouped(students)
        loop = asyncio.get_running_loop()
        workers = max(1, min(len(groups), os.cpu_count() or 1, _MOST_AT_ONCE))
        waiting = iter(groups)
        with ThreadPoolExecutor(workers) as pool:
            running = [
                loop.run_in_executor(pool, self._making.bucket, *one) for one in islice(waiting, workers)
            ]
            while running:
                bucket = await running.pop(0)
                numbers = bucket.numbers
                if self._changes is not None:
                    self._changes.offered(self._of(numbers, self.students), numbers[0])
                yield bucket
                del bucket
                if self._changes is not None:
                    self._changes.made(self._of(numbers, prints), numbers[0])
                following = islice(waiting, 1)
                running += [loop.run_in_executor(pool, self._making.bucket, *one) for one in following]
        if self._changes is not None:
            self._changes.end(prints)
        self.findings += dict.fromkeys(self._gathered.findings(self._frames.shared))
        self.findings += self._gathered.nobodies()
        self.counts |= dict(self._gathered.counts())

    def _grouped(self, students: pl.DataFrame) -> list[tuple[Sequence[int], pl.DataFrame]]:
        """Return buckets with their students to be made; those with few are made together."""
        counts = dict(students.group_by("bucket").len().iter_rows())
        groups: list[list[int]] = [[]]
        sizes = [0]
        for number in range(self.buckets):
            if groups[-1] and sizes[-1] + counts.get(number, 0) > self._size:
                groups.append([])
                sizes.append(0)
            groups[-1].append(number)
            sizes[-1] += counts.get(number, 0)
        starts = accumulate(sizes, initial=0)
        wanted = students.drop("bucket")
        return [(one, wanted.slice(at, size)) for one, at, size in zip(groups, starts, sizes, strict=False)]

    def _of(self, numbers: Sequence[int], frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the students of neighbouring buckets; the frame has one for each student."""
        return frame.slice(numbers[0] * self._size, len(numbers) * self._size)

    def reached(self, bucket: MappedBucket) -> int:
        """Return how many students the buckets of one yield have, whether they were made or not."""
        return self._of(bucket.numbers, self.students).height

    def finding(self, code: int, file: str, line: int | None, column: str | None, raw: str | None) -> Finding:
        """Return a finding of `MappedBucket.found`."""
        return self.problems.finding(code, file=file, line=line, column=column, raw_value=raw)

    def _to_make(self, stored: Iterable[str] | None) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return every student's hash, and the students to be made."""
        changes = self._changes
        if changes is None:
            return pl.DataFrame(), self.students
        prints = changes.prints(self.students)
        if stored is None:
            changes.begin()
            return prints, self.students
        same, made = changes.unchanged(prints)
        changes.begin()
        there = pl.Series("key", list(stored), dtype=pl.String)
        key = pl.col("key")
        same, made = (one.filter(one.is_in(there.implode())) for one in (same, made))
        students = self.students.filter(~key.is_in(made.implode()))
        if not len(same):
            return prints, students
        touched = changes.touched(self._gathered.views)
        needed = ~key.is_in(same.implode()) | pl.col(STUDENT).is_in(touched.implode())
        return prints, students.filter(needed)


async def open_bulk(
    adapter: RowSource,
    mapping: MappingFile,
    *,
    now: datetime,
    work: Path,
    dictionary: Dictionary | None = None,
    state: Path | None = None,
    bucket: int = BUCKET,
) -> BulkRun:
    """Read all rows and return a run that maps one bucket after the other.

    Args:
        adapter: Where the rows are.
        mapping: The checked file.
        now: The day decides which ages are plausible.
        work: A private folder of this run; what does not fit into memory is written there.
        dictionary: Of the kept objects that earlier documents name.
        state: A private folder in which is remembered what was there; without one, nothing is.
        bucket: Students in a bucket.

    Raises:
        Misconfigured: the mapping file names what is not there.
        GatewayError: whatever the adapter raises.
    """
    plan = make_plan(mapping, await adapter.tables(), now.date())
    gathered = Gathering(adapter, plan, work, dictionary or Dictionary())
    people = await gathered.people()
    students, count = _in_buckets(people, bucket)
    conditions = Conditions(Keyed(students.select("key"), "key"))
    frames = Frames(gathered.problems, gathered, conditions, gathered.dictionary)
    changes = Changes(state, plan) if state else None
    await gathered.read(students, frames, changes)
    if changes is not None:
        changes.compare(gathered.kept, students.get_column("key"))
    making = Making(plan, frames, gathered)
    run = BulkRun(
        plan,
        gathered.problems,
        gathered.dictionary,
        students,
        count,
        making,
        gathered,
        frames,
        changes,
        bucket,
    )
    run.findings += [
        *plan.findings,
        *adapter.unused(),
        *gathered.told(),
        *check_manifest(plan, gathered),
    ]
    for table in plan.unmapped:
        run.counts[table.file] = await gathered.count(table)
    return run


def _in_buckets(people: pl.DataFrame, size: int) -> tuple[pl.DataFrame, int]:
    """Return the students with their buckets and numbers, and how many buckets there are.

    Neighbours in the source share a bucket: they share classes, and what is shared is made once a bucket.
    """
    students = people.filter(pl.col("student")).drop("student")
    count = max(1, -(-students.height // size))
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    return students.with_columns((number // size).alias("bucket"), number.alias(STUDENT)), count

"""A made-up district of any size as a folder of OneRoster 1.2 CSV, about 78 rows and 8 KB for each student."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import polars as pl

from tests.bench.mapping import marks, people, schools
from tests.bench.mapping.dirt import spoiled
from tests.bench.mapping.draws import Draws
from tests.bench.mapping.schools import SCHOOL, YEARS

_AT_ONCE: Final = 20 * SCHOOL
"""Students in memory; whole schools."""


def write_district(folder: Path, students: int, *, seed: int = 1, dirty: float = 0.0) -> Counter[str]:
    """Write a district's files and return how many rows each has.

    The same arguments give the same bytes. Memory does not grow with the district.

    Args:
        folder: is made; files of the same names are overwritten.
        students: how many, in high schools of 500 with classes of 25.
        seed: where all choices come from.
        dirty: the share of cells, of columns that hold dates, numbers, codes and references, that are wrong.
    """
    draws = Draws(seed)
    with _Files(folder, draws, dirty) as files:
        for file, rows in _of_the_district(students):
            files.add(file, rows)
        for first in range(0, students, _AT_ONCE):
            made = people.students_of(first, min(first + _AT_ONCE, students))
            for file, rows in _of_students(made, draws):
                files.add(file, rows)
        files.add("manifest.csv", _manifest(files.written))
        return files.written


def change(folder: Path, share: float, *, seed: int = 1) -> int:
    """Rewrite a cell of `results.csv` for about this share of the students; return how many changed.

    A changed student's forty results of this year get another date, and nobody else's row differs by a byte.
    """
    path, rewritten = folder / "results.csv", folder / "results.csv.new"
    student = pl.col("studentSourcedId").str.strip_prefix("usr-s-").cast(pl.UInt64, strict=False)
    chosen = Draws(seed).chance(student, "changed", share) & pl.col("textScore").is_null()
    rows = pl.scan_csv(path, infer_schema=False, low_memory=True)
    changed = rows.with_columns(
        scoreDate=pl.when(chosen).then(pl.lit("2026-11-19")).otherwise(pl.col("scoreDate"))
    )
    changed.sink_csv(rewritten)
    rewritten.replace(path)
    users = pl.scan_csv(folder / "users.csv", infer_schema=False).select("sourcedId")
    numbers = users.select(pl.col("sourcedId").str.extract(r"^usr-s-(\d+)$").cast(pl.UInt64))
    return int(numbers.select(Draws(seed).chance(pl.all(), "changed", share).sum()).collect().item())


def bytes_of(folder: Path) -> int:
    """Return the size of the files."""
    return sum(path.stat().st_size for path in folder.iterdir())


def remove(folder: Path) -> None:
    """Delete a district."""
    shutil.rmtree(folder)


Part = tuple[str, pl.DataFrame]


def _of_the_district(students: int) -> Iterator[Part]:
    yield "orgs.csv", schools.orgs(-(-students // SCHOOL))
    yield "academicSessions.csv", schools.sessions()
    yield "courses.csv", schools.courses()
    yield "categories.csv", marks.categories()


def _of_students(made: pl.DataFrame, draws: Draws) -> Iterator[Part]:
    guardians = people.guardians_of(made)
    yield "users.csv", people.users(made, guardians, draws)
    yield "roles.csv", people.roles(made, guardians)
    yield "demographics.csv", people.demographics(made, draws)
    yield "relationships.csv", people.relationships(made, guardians, draws)
    yield "userFlags.csv", people.user_flags(made, draws)
    yield "learnerProfile.csv", people.learner_profile(made, draws)
    yield "goals.csv", people.goals(made, draws)
    there = made.select(pl.col("school").unique(maintain_order=True))
    yield "lineItems.csv", marks.line_items(there)
    yield "lineItemLearningObjectiveIds.csv", marks.objectives(there)
    yield from _of_years(made, there, draws)


def _of_years(made: pl.DataFrame, there: pl.DataFrame, draws: Draws) -> Iterator[Part]:
    for year in YEARS:
        taken = schools.seats(made, year)
        yield "classes.csv", schools.classes(there, year)
        yield "enrollments.csv", schools.teaching(there, year)
        yield "enrollments.csv", schools.enrollments(taken, year)
        yield "results.csv", (marks.results if year == max(YEARS) else marks.final_grades)(taken, draws)


def _manifest(written: Counter[str]) -> pl.DataFrame:
    said = {"manifest.version": "1.0", "oneroster.version": "1.2"}
    said |= {f"file.{file.removesuffix('.csv')}": "bulk" for file in written}
    return pl.DataFrame({"propertyName": list(said), "value": list(said.values())})


class _Files:
    """Open files of a district; rows are appended, and nothing is kept."""

    def __init__(self, folder: Path, draws: Draws, dirty: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._draws, self._dirty = folder, draws, dirty
        self._open: dict[str, IO[bytes]] = {}
        self.written = Counter[str]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            file.close()

    def add(self, file: str, rows: pl.DataFrame) -> None:
        """Append rows; the first have the header before them."""
        new = file not in self._open
        if new:
            self._open[file] = (self._folder / file).open("wb")
        rows = spoiled(rows, file, self._draws, self._dirty, self.written[file])
        rows.write_csv(self._open[file], include_header=new)
        self.written[file] += rows.height

"""One run over all students that keeps nothing but figures: coverage, quality, findings, rows."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from gateway.mapping.bulk import BulkRun
from gateway.mapping.coverage import Coverage, FieldShare, parsed
from gateway.mapping.intake import Counts
from gateway.mapping.making import MappedBucket
from gateway.mapping.sanity import Sane, Sanity

_KEYS = ("student", "line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures of a run. None of them is about a person; codes that nobody knows may be anything."""

    students: int
    shares: Sequence[FieldShare]
    sane: Sequence[Sane]
    files: Mapping[str, Counts]
    """What became of the rows of each table."""
    findings: Mapping[tuple[str | None, str], int] = field(default_factory=dict)
    """By school and rule; None: rows that belong to no student, files and headers."""

    @property
    def rules(self) -> Counter[str]:
        """Return how many findings there are of each rule."""
        total: Counter[str] = Counter()
        for (_, rule), number in self.findings.items():
            total[rule] += number
        return total


async def measure(
    run: BulkRun, today: date, progress: Callable[[int, int], None] = lambda _, __: None
) -> Measured:
    """Take all buckets of a run, one after the other.

    Args:
        run: Fresh.
        today: Decides which ages are plausible.
        progress: Called with the students done, and all.

    Raises:
        GatewayError: whatever the adapter raises.
    """
    coverage = Coverage(run.plan, run.dictionary)
    sanity = Sanity(today, coverage.object)
    findings: Counter[tuple[str | None, str]] = Counter()
    done = 0
    async for bucket in run.made():
        schools = _take(bucket, coverage, sanity, done)
        findings.update(_by_school(run, bucket, schools))
        done += bucket.students.height
        progress(done, run.students.height)
    findings.update((None, str(one.rule)) for one in run.findings)
    filled = {part.section for part in run.plan.parts()}
    return Measured(
        students=done,
        shares=coverage.shares(),
        sane=sanity.results(filled),
        files=dict(run.counts),
        findings=dict(findings),
    )


def _take(bucket: MappedBucket, coverage: Coverage, sanity: Sanity, number: int) -> dict[str, str | None]:
    """Take the students of a bucket in, and return their schools."""
    schools: dict[str, str | None] = {}
    names = [name for name in bucket.students.columns if name not in _KEYS and not name.startswith("@")]
    for at, row in enumerate(bucket.students.iter_rows(named=True), number):
        sections = parsed({name: row[name] for name in names})
        coverage.take(at, sections)
        sanity.take(sections)
        schools[row["student"]] = sanity.school(sections)
    return schools


def _by_school(
    run: BulkRun, bucket: MappedBucket, schools: Mapping[str, str | None]
) -> Counter[tuple[str | None, str]]:
    """Count the findings of a bucket."""
    counted: Counter[tuple[str | None, str]] = Counter()
    whose = pl.DataFrame(
        {"student": list(schools), "school": list(schools.values())},
        schema={"student": pl.String, "school": pl.String},
    )
    found = bucket.found.select("student", "code").join(whose, on="student", how="left")
    for school, code, number in found.group_by("school", "code").len().iter_rows():
        counted[school, str(run.problems.rule(code))] += number
    return counted

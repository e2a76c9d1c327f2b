"""What the mapping engines took, as a table and as JSON."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.bench.mapping.documents import Compared
from tests.bench.mapping.measure import Run

OURS: Final = "ours"
BESIDE: Final = "by hand, compact"
TOOL: Final = "earthmover"
_ATTOOL: Final = 10_000
_AT_MOST: Final = 1_000_000
_FROM: Final = 10_000
"""Students from which on the start of a process does not count much."""
CPU_GOAL: Final = 1.5
"""Times the processor time of hand-written polars, at most."""
TOOL_GOAL: Final = 1 / 30
"""Of the seconds that earthmover takes at 10,000 students, at most."""
MEMORY_GOAL_MB: Final = 1_600
AGAIN_GOAL: Final = 0.2
"""Of the processor time of a full run, at most, where one student in a hundred changed."""


NOTE: Final = (
    "On a busy machine seconds grow and CPU grows less: trust the ratios, which were taken in turns."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure and the most that it should be."""

    name: str
    value: float
    most: float

    @property
    def met(self) -> bool:
        """Return whether it is no more than that."""
        return self.value <= self.most


@dataclass
class Size:
    """What was measured on one district."""

    students: int
    rows: int
    megabytes: float
    runs: dict[str, list[Run]] = field(default_factory=dict)
    """By engine, a run for each round."""
    compared: dict[str, Compared] = field(default_factory=dict)
    changed: int = 0
    """Students that changed between the two runs of `again`."""
    again: tuple[Run, Run] | None = None

    def best(self, engine: str) -> Run | None:
        """Return the run that took least processor time, with least of the rest of any run."""
        runs = self.runs.get(engine)
        if not runs:
            return None
        return Run(
            seconds=min(run.seconds for run in runs),
            cpu_seconds=min(run.cpu_seconds for run in runs),
            peak_mb=max(run.peak_mb for run in runs),
        )


@dataclass(frozen=True, slots=True)
class MappingReport:
    """All sizes, and what was not measured and why."""

    sizes: Sequence[Size]
    notes: Mapping[str, str]

    def goals(self) -> tuple[Goal, ...]:
        """Return the goals that the sizes measured can tell about."""
        return tuple(self._goals())

    def to_json(self) -> dict[str, Any]:
        """Return everything, for a file."""
        goals = [asdict(goal) | {"met": goal.met} for goal in self.goals()]
        sizes = [asdict(size) for size in self.sizes]
        return {"machine": _machine(), "sizes": sizes, "notes": dict(self.notes), "goals": goals}

    def show(self, console: Console) -> None:
        """Print the table, what was compared, and the goals."""
        table = Table(title="From a district's files to a document for each student", caption=NOTE)
        table.add_column("students, engine")
        for column in ("s", "CPU s", "CPU, times by hand", "students a second", "peak MB"):
            table.add_column(column, justify="right")
        for size in self.sizes:
            table.add_section()
            table.add_row(f"[b]{size.students:,}[/b] ({size.rows:,} rows, {size.megabytes:,.0f} MB)")
            for row in _rows(size):
                table.add_row(*row)
        console.print(table)
        for line in self._lines():
            console.print(line, highlight=False)

    def _lines(self) -> Iterator[str]:
        for size in self.sizes:
            for pair, found in size.compared.items():
                verdict = escape(found.difference or "equal")
                yield f"{size.students:,}: {pair}: {found.documents} documents, {found.entries} entries: {verdict}"
        yield from (escape(f"{engine} {note}") for engine, note in self.notes.items())
        for goal in self.goals():
            verdict = "[green]met[/green]" if goal.met else "[red]not met[/red]"
            yield f"{goal.name}: {goal.value:.2f}, goal {goal.most:.2f}: {verdict}"
        yield ", ".join(f"{name} {value}" for name, value in _machine().items())

    def _goals(self) -> Iterator[Goal]:
        for size in self.sizes:
            ours, beside, tool = size.best(OURS), size.best(BESIDE), size.best(TOOL)
            at = f"at {size.students:,}"
            if ours and beside and size.students >= _FROM:
                ratio = ours.cpu_seconds / beside.cpu_seconds
                yield Goal(name=f"CPU {at}, times hand-written polars", value=ratio, most=CPU_GOAL)
            if ours and tool and size.students == _ATTOOL:
                share = ours.seconds / tool.seconds
                yield Goal(name=f"seconds {at}, of earthmover's", value=share, most=TOOL_GOAL)
            if ours and size.students >= _AT_MOST:
                yield Goal(name=f"peak memory {at}, MB", value=ours.peak_mb, most=MEMORY_GOAL_MB)
            if size.again and size.students >= _FROM:
                full, again = size.again
                name = f"CPU {at} of a second run, {size.changed:,} students changed, of the first's"
                yield Goal(name=name, value=again.cpu_seconds / full.cpu_seconds, most=AGAIN_GOAL)


def _rows(size: Size) -> Iterator[tuple[str, ...]]:
    beside = size.best(BESIDE)
    for engine in size.runs:
        if run := size.best(engine):
            ratio = f"{run.cpu_seconds / beside.cpu_seconds:.2f}" if beside else ""
            yield engine, *_figures(run, size.students, ratio)
    if size.again:
        yield f"{OURS}, again, {size.changed:,} changed", *_figures(size.again[1], size.students, "")


def _figures(run: Run, students: int, ratio: str) -> tuple[str, ...]:
    per_second = f"{students / run.seconds:,.0f}"
    return f"{run.seconds:.1f}", f"{run.cpu_seconds:.1f}", ratio, per_second, f"{run.peak_mb:,.0f}"


def _machine() -> dict[str, str | int]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "Python": platform.python_version(),
        "polars": pl.__version__,
    }

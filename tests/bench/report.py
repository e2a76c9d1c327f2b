"""What a whole run found: figures, goals, facts of the machine; as a table and as JSON."""

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.bench.jose import Pair
from tests.bench.measures import Measured
from tests.bench.students import RECORD_BYTES

CPU_GOAL: Final = 3.0
"""Times the straw-man's processor time of an exchange, at most."""
JOSE_GOAL: Final = 1.6
"""Times the processor time of `cryptography` called directly, at most."""

NOTE: Final = (
    "On a quiet machine CPU repeats within 10 %, wall clock does not. "
    "On a busy one CPU grows too: trust the ratios and the counters."
)

_NAMES: Final = {
    "cpu_ms": "CPU, both nodes, ms",
    "cpu_ms_holder": "  holder",
    "cpu_ms_requester": "  requester",
    "cpu_ms_asking": "  asking, in the bench's process",
    "per_second": "exchanges a second",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "commits": "commits of the stores",
    "statements": "SQL statements",
    "http_requests": "HTTP requests",
}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run: by number in flight, ours and the straw-man's; and the JOSE operations."""

    exchanges: Mapping[int, tuple[Measured, Measured]]
    sink_fsyncs: float
    """Of the import folder, an exchange: the straw-man imports nothing."""
    jose: Mapping[str, Pair]
    seconds: float

    def goals(self) -> tuple[Goal, ...]:
        """Return what should be reached: with most in flight, and for all JOSE operations together."""
        ours, other = self.exchanges[max(self.exchanges)]
        ratio = ours.per_exchange()["cpu_ms"] / other.per_exchange()["cpu_ms"]
        return (
            Goal(name="CPU of an exchange, times the straw-man's", value=ratio, most=CPU_GOAL),
            Goal(name="JOSE of a record, times raw", value=self.jose["all"].ratio, most=JOSE_GOAL),
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything, for a file."""
        return {
            "machine": machine(),
            "seconds": self.seconds,
            "sink_fsyncs": self.sink_fsyncs,
            "exchanges": [
                {
                    "in_flight": in_flight,
                    "count": ours.exchanges,
                    "ours": ours.per_exchange(),
                    "strawman": other.per_exchange(),
                }
                for in_flight, (ours, other) in self.exchanges.items()
            ],
            "jose": {
                name: {"ours_ms": pair.ours_ms, "raw_ms": pair.raw_ms, "ratio": pair.ratio}
                for name, pair in self.jose.items()
            },
            "goals": [
                {"name": goal.name, "value": goal.value, "most": goal.most, "met": goal.met}
                for goal in self.goals()
            ],
        }

    def show(self, console: Console) -> None:
        """Print one table."""
        table = Table(title=f"Exchange of a {RECORD_BYTES // 1000} KB record", caption=NOTE)
        table.add_column("an exchange")
        for column in ("ours", "straw-man", "ratio", "goal"):
            table.add_column(column, justify="right")
        for in_flight, (ours, other) in self.exchanges.items():
            table.add_section()
            table.add_row(f"[b]{in_flight} in flight[/b] ({ours.exchanges} exchanges)")
            for row in _rows(ours.per_exchange(), other.per_exchange()):
                table.add_row(*row)
        table.add_section()
        table.add_row("fsyncs of the import folder", _number(self.sink_fsyncs), "0")
        table.add_section()
        table.add_row("[b]JOSE[/b], CPU ms", "", "raw")
        for name, pair in self.jose.items():
            table.add_row(f"  {name}", *map(_number, (pair.ours_ms, pair.raw_ms, pair.ratio)))
        table.add_section()
        for goal in self.goals():
            verdict = "[green]met[/green]" if goal.met else "[red]not met[/red]"
            table.add_row(f"[b]{goal.name}[/b]", "", "", _number(goal.value), f"{goal.most:g}: {verdict}")
        console.print(table)
        console.print(", ".join(f"{name} {value}" for name, value in machine().items()), highlight=False)
        console.print(f"{self.seconds:.0f} seconds", highlight=False)


def machine() -> dict[str, str | int]:
    """Return what the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "system": platform.release(),
    }


def _rows(ours: Mapping[str, float], other: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    for key, name in _NAMES.items():
        if other.get(key):
            yield name, _number(ours[key]), _number(other[key]), _number(ours[key] / other[key])
        else:
            yield name, _number(ours[key]), "", ""


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"

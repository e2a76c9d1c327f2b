"""What a run measured, and how it is measured."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final, Self

RUNS_ON: Final = Path("/proc")
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_FIRST_AFTER_NAME: Final = 3
"""Number of the field in /proc/PID/stat that comes after the name, which may hold spaces."""
_USER, _SYSTEM = 14 - _FIRST_AFTER_NAME, 15 - _FIRST_AFTER_NAME
_SAMPLE: Final = re.compile(r"^([a-z_]+)(?:\{(.*)\})? ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a node, or several, counted since the start."""

    commits: float = 0
    statements: float = 0
    requests: float = 0

    def __add__(self, other: Self) -> "Counters":
        return Counters(
            commits=self.commits + other.commits,
            statements=self.statements + other.statements,
            requests=self.requests + other.requests,
        )

    def __sub__(self, other: Self) -> "Counters":
        return Counters(
            commits=self.commits - other.commits,
            statements=self.statements - other.statements,
            requests=self.requests - other.requests,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run of exchanges, or several added up."""

    seconds: float
    cpu_ms: Mapping[str, float]
    """By part: `holder`, `requester`, and `asking` where the request is made in a process of its own."""
    latencies_ms: Sequence[float]
    """Of each exchange, from the stored wish to the stored receipt."""
    counted: Counters

    def __add__(self, other: Self) -> "Measured":
        return Measured(
            seconds=self.seconds + other.seconds,
            cpu_ms={name: value + other.cpu_ms[name] for name, value in self.cpu_ms.items()},
            latencies_ms=[*self.latencies_ms, *other.latencies_ms],
            counted=self.counted + other.counted,
        )

    @property
    def exchanges(self) -> int:
        """Return how many there were."""
        return len(self.latencies_ms)

    def per_exchange(self) -> dict[str, float]:
        """Return all figures by name: a flat table for people and for JSON."""
        count = self.exchanges
        centiles = quantiles(self.latencies_ms, n=100, method="inclusive")
        parts = {f"cpu_ms_{name}": value / count for name, value in self.cpu_ms.items()}
        return {
            "cpu_ms": sum(self.cpu_ms.values()) / count,
            **parts,
            "per_second": count / self.seconds,
            "p50_ms": centiles[49],
            "p99_ms": centiles[98],
            "commits": self.counted.commits / count,
            "statements": self.counted.statements / count,
            "http_requests": self.counted.requests / count,
        }


def cpu_ms(pid: int) -> float:
    """Return the processor time that a process has used, all threads, in user and kernel."""
    fields = (RUNS_ON / str(pid) / "stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) * 1000 / _TICKS_PER_SECOND


def counters_in(text: str) -> Counters:
    """Return the counters in what `/metrics` answers; questions of operators do not count as requests."""
    samples = [(name, labels, float(value)) for name, labels, value in _SAMPLE.findall(text)]
    of_store = {name.removeprefix("backpack_store_"): value for name, _, value in samples}
    requests = [
        value
        for name, labels, value in samples
        if name == "backpack_http_request_seconds_count" and not _OPERATORS.search(labels)
    ]
    return Counters(commits=of_store["commits"], statements=of_store["statements"], requests=sum(requests))


_OPERATORS: Final = re.compile(r'route="/(metrics|readyz|healthz)"')

"""Problems by number, so that columns can hold them."""

import threading
from dataclasses import dataclass, field

import orjson
import polars as pl

from gateway.mapping.dates import Problem
from gateway.mapping.findings import Finding, Severity, finding, severity_of
from gateway.mapping.rules import Rule

CODE = pl.UInt32
"""The type of a column of problem numbers; null where there is no problem."""


@dataclass(slots=True)
class Problems:
    """Every different problem of a run. Safe for several threads."""

    _codes: dict[tuple[Problem, Severity | None], int] = field(default_factory=dict)
    _known: list[tuple[Problem, Severity | None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def code(self, problem: Problem, severity: Severity | None = None) -> int:
        """Return the problem's number."""
        key = (problem, severity)
        with self._lock:
            if key not in self._codes:
                self._codes[key] = len(self._known)
                self._known.append(key)
            return self._codes[key]

    def rule(self, code: int) -> Rule:
        """Return the rule of a problem."""
        return self._known[code][0].rule

    def finding(
        self, code: int, *, file: str, line: int | None, column: str | None, raw_value: str | None
    ) -> Finding:
        """Return the finding about a cell with that problem."""
        problem, severity = self._known[code]
        return finding(
            problem.rule,
            problem.message,
            file=file,
            line=line,
            column=column,
            raw_value=raw_value,
            suggestion=problem.suggestion,
            severity=severity,
        )

    def quality(self, code: int, column: str | None) -> str:
        """Return the JSON of what travels of a problem: never the raw value, which may be anything."""
        problem, severity = self._known[code]
        return quality(problem.rule, column, severity or severity_of(problem.rule))


def quality(rule: Rule, column: str | None, severity: Severity) -> str:
    """Return the JSON of a data quality mark."""
    marked = {"code": rule.value} | ({"field": column} if column else {}) | {"severity": severity}
    return orjson.dumps(marked).decode()


def of_finding(found: Finding) -> Problem:
    """Return the problem that a finding is about."""
    return Problem(found.rule, found.message, found.suggestion)

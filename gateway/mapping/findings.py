"""What is wrong with a value, a row or a file, with its place and what to do about it."""

from dataclasses import dataclass
from typing import Final

from gateway.mapping.denied import denied_column, holds_ssn
from gateway.mapping.rules import Rule, Severity, severity_of

__all__ = ["Finding", "Rule", "Severity", "finding", "severity_of"]

_RAW_SHOWN: Final = 200
_NOT_SHOWN: Final = "(not shown)"
_SECRET: Final = frozenset(
    {Rule.SSN_PRESENT, Rule.PASSWORD_PRESENT, Rule.RELIGION_PRESENT, Rule.CITIZENSHIP_PRESENT}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `raw_value` is personal data; the other fields are not.

    `line` is the physical line, from 1, as an editor counts; None where the whole file is meant.
    """

    file: str
    line: int | None
    column: str | None
    raw_value: str | None
    rule: Rule
    message: str
    suggestion: str | None = None
    severity: Severity = "warning"


def finding(
    rule: Rule,
    message: str,
    *,
    file: str,
    line: int | None = None,
    column: str | None = None,
    raw_value: str | None = None,
    suggestion: str | None = None,
    severity: Severity | None = None,
) -> Finding:
    """Make a finding with its rule's severity. Raw values are cut to 200 characters.

    What is never read is not shown here either: a value that holds a social security number, or one
    that was found in such a column.
    """
    return Finding(
        file,
        line,
        _NOT_SHOWN if column and holds_ssn(column) else column,
        _shown(rule, column, raw_value),
        rule,
        message,
        suggestion,
        severity or severity_of(rule),
    )


def _shown(rule: Rule, column: str | None, raw: str | None) -> str | None:
    if not raw:
        return raw
    if rule in _SECRET or holds_ssn(raw) or (column and denied_column(column) and raw != column):
        return _NOT_SHOWN
    return raw if len(raw) <= _RAW_SHOWN else raw[:_RAW_SHOWN] + "..."

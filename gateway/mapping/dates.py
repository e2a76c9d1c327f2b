"""Dates as exports write them. Each reading is exact or it is a finding."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, NamedTuple

from gateway.mapping.conventions import Conventions
from gateway.mapping.rules import Rule


class Problem(NamedTuple):
    """What is wrong with a text, without the text."""

    rule: Rule
    message: str
    suggestion: str | None = None


class Parsed(NamedTuple):
    """A value, None where the text has none, and what was wrong."""

    value: object
    problem: Problem | None = None


NOTHING: Final = Parsed(None)

Parse = Callable[[str], Parsed]
"""From text that is stripped and not empty."""


_TIME: Final = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME, re.ASCII)
_ISO_BASIC: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SLASHED: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})" + _TIME, re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})" + _TIME, re.ASCII)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_EXCEL_DAY_0: Final = date(1899, 12, 30)
_LAST_SERIAL: Final = 60_000
_PIVOT: Final = 50
_MONTHS: Final = 12
_INVALID: Final = Problem(Rule.DATE_INVALID, "this is no date", "write dates as YYYY-MM-DD")


def parse_date(text: str, conventions: Conventions) -> Parsed:
    """Read a date. One that only the declared order of day and month decides is read, with a warning."""
    found = _parse(text, conventions)
    if found.value in conventions.sentinel_dates or text.startswith("0000-00-00"):
        return Parsed(
            None, Problem(Rule.DATE_SENTINEL, "this date stands for no date", "leave the cell empty")
        )
    return found


def _parse(text: str, conventions: Conventions) -> Parsed:
    for pattern in (_ISO, _ISO_BASIC, _YEAR_FIRST):
        if found := pattern.fullmatch(text):
            return _made(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED.fullmatch(text):
        return _slashed(int(found[1]), int(found[2]), found[3], conventions)
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) <= _LAST_SERIAL:
        return Parsed(
            _EXCEL_DAY_0 + timedelta(days=int(found[1])),
            Problem(
                Rule.DATE_AMBIGUOUS,
                "a spreadsheet's day number was read as a date",
                "write dates as YYYY-MM-DD",
            ),
        )
    return Parsed(None, _INVALID)


def _slashed(first: int, second: int, year_text: str, conventions: Conventions) -> Parsed:
    order = conventions.date_order
    if order == "none":
        return Parsed(None, _INVALID)
    month, day = (first, second) if order == "mdy" else (second, first)
    if month > _MONTHS >= day:
        month, day = day, month
        doubt = "day and month stand in the other order here"
    elif day <= _MONTHS and day != month:
        doubt = (
            f"day and month cannot be told apart; read as {'month/day' if order == 'mdy' else 'day/month'}"
        )
    else:
        doubt = ""
    year = int(year_text)
    if len(year_text) == 2:  # noqa: PLR2004 - digits
        year += 1900 if year >= _PIVOT else 2000
        doubt = doubt or "the year has two digits"
    made = _made(year, month, day)
    if made.value is None or not doubt:
        return made
    return Parsed(made.value, Problem(Rule.DATE_AMBIGUOUS, doubt, "write dates as YYYY-MM-DD"))


def _made(year: int, month: int, day: int) -> Parsed:
    try:
        return Parsed(date(year, month, day))
    except ValueError:
        return Parsed(None, _INVALID)

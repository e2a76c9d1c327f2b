"""Days that count: calendar days, business days and school days of one district."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)
_FIVE_OF_SEVEN: Final = 7 / 5
MILESTONES: Final = (50, 80, 100)
"""Percent of a clock at which people are reminded."""


class Unit(StrEnum):
    """What a clock counts."""

    DAY = "day"
    """Every day of the calendar."""
    BUSINESS_DAY = "business_day"
    """Monday to Friday, public holidays left out."""
    SCHOOL_DAY = "school_day"
    """Days on which the district's schools teach."""


class Summer(StrEnum):
    """What counts as a school day outside the school year."""

    NONE = "none"
    WEEKDAYS = "weekdays"
    """Weekdays that are no public holidays, as California counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a district works and teaches. Without school years every business day may be a school day."""

    holidays: frozenset[date] = frozenset()
    """Public holidays: neither business nor school."""
    breaks: tuple[Span, ...] = ()
    """No school; offices work."""
    closures: frozenset[date] = frozenset()
    """Days on which everything was closed, such as for snow."""
    years: tuple[Span, ...] = ()
    """The school years, each from its first to its last day of instruction."""
    summer: Summer = Summer.NONE
    zone: tzinfo = UTC

    def day_of(self, at: datetime) -> date:
        """Return the day on which something happened, where the district is."""
        return at.astimezone(self.zone).date()

    def is_business_day(self, day: date) -> bool:
        """Whether offices work."""
        return day.weekday() < _SATURDAY and day not in self.holidays and day not in self.closures

    def is_school_day(self, day: date) -> bool:
        """Whether schools teach; after the last school year that is known, every business day may be one."""
        if not self.is_business_day(day) or any(day in span for span in self.breaks):
            return False
        known = not self.years or any(day in year for year in self.years)
        return known or self.summer is Summer.WEEKDAYS or day > max(year.last for year in self.years)

    def after(self, opened: date, count: int, unit: Unit) -> date:
        """Return the last day of a clock: the day after the opening counts as the first."""
        days = self._days(opened, unit)
        return next(day for number, day in enumerate(days) if number == count)

    def elapsed(self, opened: date, today: date, unit: Unit) -> int:
        """Return how many days of the unit have passed since the opening."""
        days = self._days(opened, unit)
        return sum(1 for _ in iter(lambda: next(days) <= today, False)) - 1

    def _days(self, opened: date, unit: Unit) -> Iterator[date]:
        """Yield the opening and then each day that counts."""
        counts = self._counts(unit)
        day = opened
        yield day
        while True:
            day += _DAY
            if counts(day):
                yield day

    def _counts(self, unit: Unit) -> Callable[[date], bool]:
        return {
            Unit.DAY: lambda _: True,
            Unit.BUSINESS_DAY: self.is_business_day,
            Unit.SCHOOL_DAY: self.is_school_day,
        }[unit]


def nominal_days(count: int, unit: Unit) -> int:
    """Return how long a clock is in days of the calendar when there are no holidays; to compare clocks."""
    return count if unit is Unit.DAY else math.ceil(count * _FIVE_OF_SEVEN)


def milestones(opened: date, count: int, unit: Unit, calendar: Calendar) -> tuple[tuple[int, date], ...]:
    """Return on which day each share of a clock is used up, in percent."""
    return tuple(
        (percent, calendar.after(opened, math.ceil(count * percent / 100), unit)) for percent in MILESTONES
    )


def reminder_due(reached: tuple[tuple[int, date], ...], reminded: int, today: date) -> int | None:
    """Return the highest share that was reached and that nobody was reminded of yet, if there is one."""
    passed = [percent for percent, day in reached if day <= today and percent > reminded]
    return max(passed, default=None)

"""Reads jurisdiction packs and the district's calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway import resources
from gateway.domain.calendars import Calendar
from gateway.domain.errors import Misconfigured
from gateway.domain.packs import OLD_AFTER, CalendarRule, Cited, Pack, calendar_of, loosened, tightened
from gateway.domain.policy.basis import AnnualNotice
from gateway.mapping.toml_places import line_of
from gateway.settings import Settings
from gateway.wiring.checked_toml import Lines, parse

_YEARS: Final = range(2020, 2041)
"""Of the packs' own tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    """A pack: as its own file says it, and as it holds with what it tightens."""

    file: str
    own: Pack
    whole: Pack
    lines: Lines

    def line(self, path: str) -> int:
        """Return the line of a rule, by its path; 1 where another file has it."""
        parts = tuple(int(part) if part.isdigit() else part for part in path.split("."))
        return line_of(self.lines, parts)


def read_pack(name: str) -> PackFile:
    """Return a pack by its name or path.

    Raises:
        Misconfigured: it is missing, wrong, or asks less than the pack that it tightens; says on which line.
    """
    text, file = resources.pack_text(name)
    own, lines = parse(text, file, Pack)
    if own.tightens is None:
        return PackFile(file=file, own=own, whole=own, lines=lines)
    base = read_pack(own.tightens).whole
    found = PackFile(file=file, own=own, whole=tightened(base, own), lines=lines)
    if faults := loosened(base, own):
        told = [f"{file}:{found.line(one.split(':')[0])}: {one}" for one in faults]
        raise Misconfigured("\n".join([*told, f"a pack may only tighten {own.tightens}"]))
    return found


@cache
def public_holidays(country: str, subdivision: str | None = None, years: range = _YEARS) -> frozenset[date]:
    """Return the public holidays of a country, those in lieu included.

    Raises:
        Misconfigured: nothing is known of such a country or part of it.
    """
    import holidays

    try:
        found: Any = holidays.country_holidays(country, subdiv=subdivision, years=years)
    except NotImplementedError as error:
        raise Misconfigured(f"calendar: {error}") from None
    return frozenset(found)


def holidays_of(rule: CalendarRule, years: range = _YEARS) -> frozenset[date]:
    """Return the public holidays by which a pack counts."""
    return public_holidays(rule.country, rule.subdivision, years)


def place_of(settings: Settings, path: str) -> str:
    """Return the file and line of a rule of the district's pack, or the pack that it has it from."""
    found = read_pack(_name(settings))
    if any(own == path for own, _ in found.own.cited()) or found.own.tightens is None:
        return f"{found.file}:{found.line(path)}"
    base = read_pack(found.own.tightens)
    return f"{base.file}:{base.line(path)}"


def remarks_on(found: PackFile, today: date) -> list[str]:
    """Return which rules of a pack somebody must look at: not verified, or not checked for a year."""
    return [
        f"{found.file}:{found.line(path)}: {path}: {told}: {rule.source}"
        for path, rule in found.own.cited()
        for told in _doubts(rule, today)
    ]


def _doubts(rule: Cited, today: date) -> Iterator[str]:
    if not rule.verified:
        yield "was not held against its source"
    if today - rule.checked_on > OLD_AFTER:
        yield f"was last checked on {rule.checked_on}"


def district_pack_file(settings: Settings) -> PackFile:
    """Return the district's pack with its file."""
    return read_pack(_name(settings))


def district_pack(settings: Settings) -> Pack:
    """Return the rules of the district's jurisdiction."""
    return read_pack(_name(settings)).whole


def district_calendar(settings: Settings, pack: Pack, today: date) -> Calendar:
    """Return when the district works and teaches, from the year before to the year after next."""
    told = settings.calendar
    return calendar_of(
        pack.calendar,
        holidays_of(pack.calendar, range(today.year - 1, today.year + 3)) | frozenset(told.holidays),
        years=[(span.first, span.last) for span in told.year],
        breaks=[(span.first, span.last) for span in told.break_],
        closures=frozenset(told.closures),
        zone=ZoneInfo(settings.pages.time_zone),
    )


def annual_notice(settings: Settings) -> AnnualNotice | None:
    """Return the annual notice that the settings hold, of whatever school year."""
    told = settings.notice
    if not told.year or not (told.url or told.text):
        return None
    return AnnualNotice(year=told.year, where=told.url or told.text, languages=told.languages)


def _name(settings: Settings) -> str:
    """Return the pack's name; a path is relative to the settings file, like every path in it."""
    beside = settings.path(Path(settings.policy.pack))
    return str(beside) if beside.suffix == ".toml" and beside.is_file() else settings.policy.pack

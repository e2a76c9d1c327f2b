"""Jurisdiction packs: what law and custom of a state ask of a transfer, as data with citations and tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.domain.backpack.document import SECTIONS
from gateway.domain.calendars import Calendar, Span, Summer, Unit, nominal_days
from gateway.domain.casework import ORDINARY, Lane
from gateway.domain.policy.people import StaffRole

PackId = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]{2})?$|^[a-z]{4,20}$")]
OLD_AFTER: Final = timedelta(days=365)
"""A rule that nobody checked for so long is to be checked again."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(_Table):
    """A rule, and where it stands."""

    source: Annotated[str, Field(min_length=3)]
    """Citation of the law, rule or policy."""
    checked_on: date
    """When somebody last held the rule against its source."""
    verified: bool
    """Whether the source itself was read; else the rule is from general knowledge and must be confirmed."""


class Bound(StrEnum):
    """What stands behind a clock."""

    STATUTE = "statute"
    POLICY = "policy"
    """The law says `promptly` or nothing; the number is custom, and a district may shorten it."""


class Clock(Cited):
    """How long something may take."""

    value: Annotated[int, Field(ge=0, le=366)]
    unit: Unit
    kind: Bound

    @property
    def nominal(self) -> int:
        """Days of the calendar without holidays, to compare clocks."""
        return nominal_days(self.value, self.unit)

    @property
    def words(self) -> str:
        """What is counted, as people say it."""
        return self.unit.replace("_", " ") + ("" if self.value == 1 else "s")


class LaneRule(Cited):
    """What is different for a student in a lane."""

    respond: Clock | None = None
    urgency: Annotated[int, Field(ge=0, le=2)] | None = None
    """0 is the most urgent."""
    ignores_holds: bool = False
    """Fees and debts hold nothing back, not even documents to the family."""
    contact: StaffRole | None = None
    """Who is told at once, at both ends."""


class Routing(Cited):
    """To whom a section goes at the other end."""

    role: StaffRole
    sealed: bool = True
    kinds: tuple[str, ...] = ()
    """Of a section with kinds, these only; empty: the whole section."""
    receipt_days: Annotated[int, Field(ge=1, le=30)] | None = None
    """School days within which the role confirms that it has it."""


class FlagPolicy(StrEnum):
    """What a flag does to a release, the strictest first."""

    SILENT_HOLD = "silent_hold"
    """Nothing leaves, and nobody outside may see that something is held."""
    HOLD_AND_REPORT = "hold_and_report"
    REPORT_THEN_RELEASE = "report_then_release"
    REPORT_ONLY = "report_only"


class FlagRule(Cited):
    """What happens when a flagged student's record is asked for."""

    policy: FlagPolicy
    report_to: str
    """Office that is told, never the requester."""


class FeeHold(Cited):
    """What unpaid fees may keep back. A closed list: a transfer between schools is not on it."""

    blocks: frozenset[Literal["official_transcript_to_family", "report_card_to_family"]] = frozenset()


class Purge(Cited):
    """Entries that must be gone before a record is packaged."""

    section: str
    has: tuple[str, ...]
    """Fields, as on the wire, that such an entry has."""
    lacks: tuple[str, ...] = ()
    """Fields that it does not have."""
    dated_by: str
    """The field with the day from which its age counts."""
    older_than_days: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _names_a_section(self) -> Self:
        if self.section not in SECTIONS:
            msg = f"there is no section {self.section}"
            raise ValueError(msg)
        return self


NoticeBasis = Literal["parent_initiated", "annual_notice", "individual_notice"]


class NoticeRule(Cited):
    """What tells the family of a release."""

    bases: Annotated[frozenset[NoticeBasis], Field(min_length=1)]
    discipline: bool = False
    """The sender must have told the family that formal discipline travels too."""
    consent: bool = False
    """Nothing leaves without written consent."""


class Retention(Cited):
    """How long things stay open or are kept."""

    late_additions_days: Annotated[int, Field(ge=0, le=366)]
    """After the release, additions go to the same case for so long."""


class CalendarRule(_Table):
    """How days are counted."""

    country: str
    """Whose public holidays count (ISO 3166-1), as `holidays` names them."""
    subdivision: str | None = None
    summer: Summer = Summer.NONE


class PackTest(_Table):
    """A day that the pack must give."""

    name: str
    clock: Literal["respond", "ask_within", "information"] = "respond"
    opened: date
    lanes: tuple[Lane, ...] = ()
    due: date
    school_years: tuple[tuple[date, date], ...] = ()
    breaks: tuple[tuple[date, date], ...] = ()
    closures: frozenset[date] = frozenset()


class Pack(_Table):
    """One jurisdiction."""

    id: PackId
    name: str
    tightens: PackId | None = None
    """The pack that this one goes beyond; it says only what is different."""
    calendar: CalendarRule
    respond: Clock | None = None
    """The holder answers."""
    ask_within: Clock | None = None
    """The new school asks, after the student enrolled."""
    information: Clock | None = None
    """The holder sends what is needed on the first day, ahead of the record."""
    lanes: Mapping[Lane, LaneRule] = {}
    sections: Mapping[str, Routing] = {}
    missing_child: FlagRule | None = None
    fee_hold: FeeHold | None = None
    purge_before_release: tuple[Purge, ...] = ()
    notice: NoticeRule | None = None
    retention: Retention | None = None
    test: tuple[PackTest, ...] = ()

    @model_validator(mode="after")
    def _routes_what_there_is(self) -> Self:
        if strange := sorted(set(self.sections) - set(SECTIONS)):
            msg = f"there is no section {strange[0]}"
            raise ValueError(msg)
        return self

    def cited(self) -> Iterator[tuple[str, Cited]]:
        """Yield every rule with its path."""
        yield from _cited(self, ())

    def respond_in(self, lanes: Collection[Lane]) -> Clock | None:
        """Return the clock of the holder's answer: the shortest of the lanes that the student is in."""
        own = [rule.respond for lane in lanes if (rule := self.lanes.get(lane)) and rule.respond]
        clocks = [*own, self.respond] if self.respond else own
        return min(clocks, key=lambda one: one.nominal, default=None)


def _cited(table: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[str, Cited]]:
    if isinstance(table, Cited):
        yield ".".join(path), table
    for name, value in table:
        for more, one in _within(value):
            yield from _cited(one, (*path, name, *more))


def _within(value: object) -> Iterator[tuple[tuple[str, ...], BaseModel]]:
    """Yield the tables in a field: itself, or by key or number."""
    if isinstance(value, BaseModel):
        yield (), value
        return
    pairs: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, Mapping) else ()
    if isinstance(value, tuple):
        pairs = enumerate(value)
    yield from (((str(key),), one) for key, one in pairs if isinstance(one, BaseModel))


def tightened(base: Pack, own: Pack) -> Pack:
    """Return the pack that holds at a district: the base, and over it what the own pack says."""
    purges = (*base.purge_before_release, *own.purge_before_release)
    joined = {name: own_value for name, own_value in own if name in own.model_fields_set}
    lanes = {lane: _lane(base.lanes.get(lane), own.lanes.get(lane)) for lane in Lane}
    return base.model_copy(
        update={
            **joined,
            "lanes": {lane: rule for lane, rule in lanes.items() if rule},
            "sections": {**base.sections, **own.sections},
            "purge_before_release": purges,
        }
    )


def _lane(base: LaneRule | None, own: LaneRule | None) -> LaneRule | None:
    if base is None or own is None:
        return own or base
    return base.model_copy(update={name: value for name, value in own if value is not None})


def loosened(base: Pack, own: Pack) -> list[str]:
    """Return where a pack asks less than the one that it tightens; empty if it may stand."""
    return [*_slower(base, own), *_less_kept(base, own)]


def _slower(base: Pack, own: Pack) -> Iterator[str]:
    for name in ("respond", "ask_within", "information"):
        yield from _longer(name, getattr(base, name), getattr(own, name))
    for lane, rule in own.lanes.items():
        before = base.lanes.get(lane)
        if before is None:
            continue
        yield from _longer(f"lanes.{lane}.respond", before.respond, rule.respond)
        if rule.urgency is not None and before.urgency is not None and rule.urgency > before.urgency:
            yield f"lanes.{lane}.urgency: {rule.urgency} is less urgent than {before.urgency}"
        if before.ignores_holds and not rule.ignores_holds:
            yield f"lanes.{lane}.ignores_holds: holds were lifted for this lane"


def _longer(name: str, base: Clock | None, own: Clock | None) -> Iterator[str]:
    if base and own and own.nominal > base.nominal:
        yield f"{name}: {own.value} {own.words} are longer than {base.value} {base.words}"


def _less_kept(base: Pack, own: Pack) -> Iterator[str]:
    for section, routing in own.sections.items():
        before = base.sections.get(section)
        if before and before.sealed and (not routing.sealed or (routing.kinds and not before.kinds)):
            yield f"sections.{section}: was sealed for the {before.role}"
    order = list(FlagPolicy)
    if (
        base.missing_child
        and own.missing_child
        and order.index(own.missing_child.policy) > order.index(base.missing_child.policy)
    ):
        yield f"missing_child.policy: {own.missing_child.policy} asks less than {base.missing_child.policy}"
    if base.fee_hold and own.fee_hold and own.fee_hold.blocks - base.fee_hold.blocks:
        yield f"fee_hold.blocks: {min(own.fee_hold.blocks - base.fee_hold.blocks)} may not be held"
    if base.notice and own.notice:
        if own.notice.bases - base.notice.bases:
            yield f"notice.bases: {min(own.notice.bases - base.notice.bases)} is not a basis"
        for name in ("discipline", "consent"):
            if getattr(base.notice, name) and not getattr(own.notice, name):
                yield f"notice.{name}: is asked for"


def due_on(pack: Pack, opened: date, lanes: Collection[Lane], calendar: Calendar) -> date:
    """Return the last day on which the holder's answer is in time.

    Both ends follow the same clock: the requester from the day it asked, the holder from the day it was
    asked. Where no clock is set, ten business days.
    """
    clock = pack.respond_in(lanes)
    if clock is None:
        return calendar.after(opened, _CUSTOM, Unit.BUSINESS_DAY)
    return calendar.after(opened, clock.value, clock.unit)


_CUSTOM: Final = 10


def urgency_in(pack: Pack, lanes: Collection[Lane]) -> int:
    """Return how urgent a transfer in these lanes is; 0 before all others."""
    said = [rule.urgency for lane in lanes if (rule := pack.lanes.get(lane)) and rule.urgency is not None]
    return min(said, default=ORDINARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """An entry that must not leave, by its position, and the rule that says so."""

    section: str
    position: int
    source: str


def to_purge(pack: Pack, section: str, entries: Sequence[Mapping[str, Any]], today: date) -> list[Purged]:
    """Return which entries of a section must be gone before the record is packaged.

    An entry without a readable day cannot be shown to be young enough: it is purged too.
    """
    return [
        Purged(section=section, position=position, source=rule.source)
        for rule in pack.purge_before_release
        if rule.section == section
        for position, entry in enumerate(entries)
        if _falls_under(rule, entry, today)
    ]


def _falls_under(rule: Purge, entry: Mapping[str, Any], today: date) -> bool:
    if not all(entry.get(name) for name in rule.has) or any(entry.get(name) for name in rule.lacks):
        return False
    try:
        day = date.fromisoformat(str(entry.get(rule.dated_by)))
    except ValueError:
        return True
    return today - day > timedelta(days=rule.older_than_days)


def calendar_of(
    rule: CalendarRule,
    holidays: frozenset[date],
    *,
    years: Sequence[tuple[date, date]] = (),
    breaks: Sequence[tuple[date, date]] = (),
    closures: frozenset[date] = frozenset(),
    zone: tzinfo = UTC,
) -> Calendar:
    """Return a district's calendar under the way its pack counts."""
    return Calendar(
        holidays=holidays,
        closures=closures,
        years=tuple(Span(first=first, last=last) for first, last in years),
        breaks=tuple(Span(first=first, last=last) for first, last in breaks),
        summer=rule.summer,
        zone=zone,
    )


def failures(pack: Pack, holidays: frozenset[date]) -> list[str]:
    """Return which of the pack's own tests fail, with the day that came out."""
    return [told for test in pack.test if (told := _failure(pack, test, holidays))]


def _failure(pack: Pack, test: PackTest, holidays: frozenset[date]) -> str:
    calendar = calendar_of(
        pack.calendar, holidays, years=test.school_years, breaks=test.breaks, closures=test.closures
    )
    clocks = {
        "respond": pack.respond_in(test.lanes),
        "ask_within": pack.ask_within,
        "information": pack.information,
    }
    clock = clocks[test.clock]
    if clock is None:
        return f"{test.name}: the pack has no clock {test.clock}"
    found = calendar.after(test.opened, clock.value, clock.unit)
    return "" if found == test.due else f"{test.name}: {found} came out, {test.due} was expected"

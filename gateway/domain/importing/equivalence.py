"""Courses, credit and marks of another district in our terms: proposed with a reason, never instead."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from gateway.domain.importing.journal import Beside
from gateway.domain.importing.places import Entry
from gateway.domain.matching import normalise

_CARNEGIE: Final = "carnegie unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One mark of a scale and the range of percent that it stands for, both ends included."""

    mark: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeScale:
    """A district's declared scale, the highest mark first."""

    name: str
    steps: tuple[Step, ...]

    def of(self, mark: str) -> Step | None:
        """Return the step of that mark, in any case."""
        return next((one for one in self.steps if one.mark.casefold() == mark.strip().casefold()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course of our catalogue."""

    code: str
    title: str
    sced: str | None = None
    """School Courses for the Exchange of Data, five digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalents:
    """What this district declares of itself: scale, unit of credit, catalogue; and what partners declared."""

    scale: GradeScale | None = None
    partner_scales: Mapping[str, GradeScale] = field(default_factory=dict)
    """By entity id of the partner."""
    credits_per_carnegie_unit: Decimal | None = None
    """How many of our credits a Carnegie unit is."""
    courses: tuple[Course, ...] = ()


def proposals(section: str, entry: Entry, ours: Equivalents, partner: str) -> tuple[Beside, ...]:
    """Return what of the entry may be said in our terms, with the reason for each."""
    if section == "transcript":
        courses: Sequence[Mapping[str, Any]] = entry.get("courses", ())
        return tuple(
            one
            for n, course in enumerate(courses)
            for one in _course(course, f"courses[{n}].", ours, partner)
        )
    if section == "grades":
        return tuple(_graded(entry, ours, partner))
    return ()


def _course(course: Mapping[str, Any], at: str, ours: Equivalents, partner: str) -> Iterator[Beside]:
    yield from _same_course(course.get("course", {}), f"{at}course", ours.courses)
    yield from _mark(course.get("finalGrade", {}), f"{at}finalGrade", ours, partner)
    for name in ("creditsAttempted", "creditsEarned"):
        if found := credit(course.get(name, {}), ours.credits_per_carnegie_unit):
            yield Beside(place=at + name, kind="credit", original=found[0], ours=found[1], reason=found[2])


def _graded(entry: Entry, ours: Equivalents, partner: str) -> Iterator[Beside]:
    yield from _same_course(entry.get("course", {}), "course", ours.courses)
    yield from _mark(entry.get("grade", {}), "grade", ours, partner)


def _same_course(theirs: Mapping[str, Any], place: str, courses: Sequence[Course]) -> Iterator[Beside]:
    found = same_course(theirs, courses)
    if found:
        said = " ".join(filter(None, (theirs.get("localCode"), theirs.get("title"))))
        yield Beside(
            place=place,
            kind="course",
            original=said,
            ours=f"{found[0].code} {found[0].title}",
            reason=found[1],
        )


def same_course(theirs: Mapping[str, Any], courses: Sequence[Course]) -> tuple[Course, str] | None:
    """Return our course with the same SCED code or, failing that, the same title, and why; one or none."""
    sced, title = theirs.get("scedCode"), normalise(theirs.get("title"))
    by_code = [one for one in courses if sced and one.sced == sced]
    by_title = [one for one in courses if title and normalise(one.title) == title]
    if len(by_code) == 1:
        return by_code[0], f"same SCED code {sced}"
    among = [one for one in by_title if not by_code or one in by_code]
    return (among[0], "same title") if len(among) == 1 else None


def credit(theirs: Mapping[str, Any], per_unit: Decimal | None) -> tuple[str, str, str] | None:
    """Return a credit as it was, in our unit, and the sum; None where the unit is ours or nobody knows it."""
    value, factor = _decimal(theirs.get("value")), _decimal(theirs.get("conversion"))
    unit = str(theirs.get("type", {}).get("code", _CARNEGIE))
    if factor is None and unit.casefold() == _CARNEGIE:
        factor = Decimal(1)
    if value is None or factor is None or per_unit is None or factor * per_unit == 1:
        return None
    ours = value * factor * per_unit
    return f"{value} {unit}", _short(ours), f"{value} x {_short(factor)} Carnegie units x {_short(per_unit)}"


def _mark(theirs: Mapping[str, Any], place: str, ours: Equivalents, partner: str) -> Iterator[Beside]:
    if ours.scale is None:
        return
    found = convert(theirs, ours.partner_scales.get(partner), ours.scale)
    if found:
        yield Beside(place=place, kind="mark", original=found[0], ours=found[1], reason=found[2])


def convert(
    theirs: Mapping[str, Any], from_: GradeScale | None, to: GradeScale
) -> tuple[str, str, str] | None:
    """Return the mark as it was, the mark of ours whose range holds most of it, and why.

    A percentage is a range of one; a letter is the range that the sender's declared scale gives it. None
    where no range is known, or where no step of ours holds any of it.
    """
    percent, letter = _decimal(theirs.get("percent")), theirs.get("letter")
    step = from_.of(letter) if from_ and letter else None
    if percent is not None:
        low = high = percent
        original = f"{_short(percent)} %"
    elif step is not None and letter:
        low, high, original = step.low, step.high, str(letter)
    else:
        return None
    held = sorted(((_overlap(one, low, high), -n) for n, one in enumerate(to.steps)), reverse=True)
    shared, place = held[0] if held else (Decimal(-1), 0)
    if shared < 0:
        return None
    chosen = to.steps[-place]
    sure = "all of it" if chosen.low <= low and high <= chosen.high else "most of it"
    said = f"{_short(low)} to {_short(high)}" if low != high else _short(low)
    return (
        original,
        chosen.mark,
        f"{said} %; {sure} is {chosen.mark} ({_short(chosen.low)} to {_short(chosen.high)} %)",
    )


def _overlap(step: Step, low: Decimal, high: Decimal) -> Decimal:
    """Return how much of the range the step holds; less than nothing where it holds none."""
    return min(step.high, high) - max(step.low, low)


def _decimal(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
    return found if found is None or found.is_finite() else None


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"

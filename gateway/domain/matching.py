"""Which local student a request names, if exactly one can be told. Pure; exact for now."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from gateway.domain.ids import LocalStudentId
from gateway.domain.transfer import Subject

CORROBORATORS: Final = ("guardian_name", "middle_name", "birth_city", "previous_school")
"""What may settle a match that rests on name and birth date."""

ASKABLE: Final = ("state_id", *CORROBORATORS)
"""What a requester is asked for when a match is not settled: always all of it, so that it tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A local student's matching keys. Names are sets: former, preferred and legal ones all count."""

    student: LocalStudentId
    state_id: str | None
    given_names: frozenset[str]
    family_names: frozenset[str]
    birth_date: date | None
    middle_names: frozenset[str] = frozenset()
    birth_cities: frozenset[str] = frozenset()
    guardian_names: frozenset[str] = frozenset()
    previous_schools: frozenset[str] = frozenset()


def is_enough(subject: Subject) -> bool:
    """Whether a request says enough for anybody to be matched; looks at the request alone, never at data."""
    return any(getattr(subject, name) for name in ASKABLE)


class Band(StrEnum):
    """How sure the matcher is."""

    CERTAIN = "certain"
    UNSETTLED = "unsettled"
    """Something fits, not enough of it: a person may look."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """The matcher's answer; `rule` names what decided."""

    band: Band
    student: LocalStudentId | None
    rule: str


COMPARED: Final = (
    *(("given_name", "given_names"), ("family_name", "family_names"), ("birth_date", "birth_date")),
    *(("state_id", "state_id"), ("middle_name", "middle_names"), ("birth_city", "birth_cities")),
    *(("guardian_name", "guardian_names"), ("previous_school", "previous_schools")),
)
"""Attributes of a request, each with what a candidate has of it, in the order in which people compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One attribute, as the request has it and as it is on file."""

    attribute: str
    asked: str | None
    held: tuple[str, ...]
    same: bool | None
    """None: one of the two says nothing."""

    @property
    def near(self) -> bool:
        """Whether both sides agree, or at least share a word, as two surnames and one of them do."""
        words = set(normalise(self.asked).split())
        return bool(self.same) or any(words & set(normalise(value).split()) for value in self.held)


def compare(subject: Subject, candidate: Candidate) -> tuple[Compared, ...]:
    """Return both sides attribute by attribute."""
    return tuple(_compared(subject, candidate, *names) for names in COMPARED)


def _compared(subject: Subject, candidate: Candidate, asked_name: str, held_name: str) -> Compared:
    said, kept = getattr(subject, asked_name), getattr(candidate, held_name)
    values = sorted(kept) if isinstance(kept, frozenset) else [kept]
    held = tuple(str(value) for value in values if value)
    asked = str(said) if said else None
    if asked is None or not held:
        return Compared(attribute=asked_name, asked=asked, held=held, same=None)
    plain = normalise_id if asked_name == "state_id" else normalise
    same = any(plain(asked) == plain(value) for value in held)
    return Compared(attribute=asked_name, asked=asked, held=held, same=same)


def normalise(value: str | None) -> str:
    """Fold case, marks, hyphens and apostrophes away: `O'Brien-Núñez` and `obrien nunez` are one."""
    if not value:
        return ""
    plain = unicodedata.normalize("NFKD", value[:200]).casefold()
    letters = (" " if mark == "-" else mark for mark in plain if not unicodedata.combining(mark))
    kept = "".join(mark for mark in letters if mark.isalnum() or mark.isspace())
    return " ".join(kept.split())


def normalise_id(value: str | None) -> str:
    """Fold case and separators of an identifier away. Leading zeros stay: they count."""
    return "".join(mark for mark in (value or "")[:64] if mark.isalnum()).upper()


def match(subject: Subject, candidates: Sequence[Candidate]) -> Match:
    """Decide on one student, or none.

    Certain is: the same state id, birth date and given name; or the same full name and birth date and
    one corroborator, with no state id that contradicts. The given name tells twins apart, whose ids are
    often neighbours. Two students who fit are never told apart by chance.
    """
    sure = [c.student for c in candidates if _by_state_id(subject, c) or _by_name(subject, c)]
    if len(set(sure)) == 1:
        by_id = any(_by_state_id(subject, c) for c in candidates)
        return Match(
            Band.CERTAIN,
            sure[0],
            "state id, birth date and given name" if by_id else "name, birth date and more",
        )
    if sure:
        return Match(Band.UNSETTLED, None, "several students fit")
    if any(_near(subject, c) for c in candidates):
        return Match(Band.UNSETTLED, None, "some attributes fit")
    return Match(Band.NONE, None, "nobody fits")


def _by_state_id(subject: Subject, candidate: Candidate) -> bool:
    return (
        _same_state_id(subject, candidate)
        and subject.birth_date == candidate.birth_date
        and _among(subject.given_name, candidate.given_names)
    )


def _by_name(subject: Subject, candidate: Candidate) -> bool:
    return (
        _same_name(subject, candidate)
        and subject.birth_date == candidate.birth_date
        and not _state_id_contradicts(subject, candidate)
        and _corroborated(subject, candidate)
    )


def _near(subject: Subject, candidate: Candidate) -> bool:
    same_birth_date = subject.birth_date == candidate.birth_date
    same_name = _same_name(subject, candidate)
    by_id = _same_state_id(subject, candidate)
    return (same_name and same_birth_date) or (by_id and (same_name or same_birth_date))


def _same_state_id(subject: Subject, candidate: Candidate) -> bool:
    asked = normalise_id(subject.state_id)
    return bool(asked) and asked == normalise_id(candidate.state_id)


def _state_id_contradicts(subject: Subject, candidate: Candidate) -> bool:
    asked, held = normalise_id(subject.state_id), normalise_id(candidate.state_id)
    return bool(asked and held) and asked != held


def _same_name(subject: Subject, candidate: Candidate) -> bool:
    return _among(subject.given_name, candidate.given_names) and _among(
        subject.family_name, candidate.family_names
    )


def _corroborated(subject: Subject, candidate: Candidate) -> bool:
    return (
        _among(subject.guardian_name, candidate.guardian_names)
        or _among(subject.middle_name, candidate.middle_names)
        or _among(subject.birth_city, candidate.birth_cities)
        or _among(subject.previous_school, candidate.previous_schools)
    )


def _among(asked: str | None, held: Collection[str]) -> bool:
    plain = normalise(asked)
    return bool(plain) and any(plain == normalise(value) for value in held)

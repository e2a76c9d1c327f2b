"""Entries that learners, families and those who teach add to a backpack at this district."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy.people import PersonId

FRESH_FOR: Final = timedelta(days=426)
"""Words about a learner count for fourteen months; then they are told as of the grade they were said in."""


class Audience(StrEnum):
    """Who sees an entry: each reaches farther than the one before."""

    FAMILY = "family"
    """The learner and the family."""
    TEACHERS = "teachers"
    """And those who teach and support the learner here."""
    TRAVELS = "travels"
    """And those at the next school: the entry goes along with the backpack."""


class Voice(StrEnum):
    """Whose words an entry is, whoever typed them."""

    LEARNER = "learner"
    FAMILY = "family"
    TEACHER = "teacher"
    SPECIALIST = "specialist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One entry that was added here. It is never changed, only retired."""

    id: str
    """The `recordId` of the entry, wherever it goes."""
    student: LocalStudentId
    section: str
    entry: Mapping[str, Any]
    """As on the wire."""
    voice: Voice
    author: PersonId
    """Who typed it."""
    audience: Audience
    said_on: date
    retired_at: datetime | None = None
    """Since when it is kept for the family only, and leaves no more."""

    def is_seen_by(self, audience: Audience) -> bool:
        """Whether an entry is for those people."""
        order = list(Audience)
        return self.retired_at is None and order.index(self.audience) >= order.index(audience)


def fades_on(said_on: date) -> date:
    """Return the first day on which words that were said then are old."""
    return said_on + FRESH_FOR


def is_faded(said_on: date, today: date) -> bool:
    """Whether words that were said then are old."""
    return today >= fades_on(said_on)

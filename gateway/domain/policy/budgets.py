"""How much is too much: budgets of people and of other districts, and the speed at which to stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """A district's limits."""

    students_per_person: int = 120
    """Different students whose records a person may open or move within a day."""
    requests_per_peer: int = 500
    """Requests of another district within a day."""
    miss_share: float = 0.5
    """More misses than this share, and a peer is guessing."""
    miss_floor: int = 20
    """Before so many requests no share is looked at."""
    automatic_per_hour: int = 30
    """Requests of a peer within an hour up to which the node may release without a person."""
    surge_factor: float = 4.0
    """So many times what is usual in an hour is an alarm."""
    surge_floor: int = 30
    """Below so many in an hour there is no alarm."""


class Verdict(StrEnum):
    """What is done about a peer's requests, the mildest first."""

    GO_ON = "go_on"
    BY_HAND = "by_hand"
    """Nothing is released without a person."""
    ALARM = "alarm"
    """By hand, and the privacy and safety officers are told."""
    REFUSE = "refuse"
    """No more today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerUse:
    """What a peer asked, as counts."""

    today: int
    """Within the last 24 hours, this request included."""
    misses_today: int
    """Of these, how many found nobody."""
    this_hour: int
    usual_per_hour: float
    """The mean of the busy hours of the last 28 days."""


def students_left(budgets: Budgets, opened: int, *, raised_by: int = 0) -> int:
    """Return how many more students a person may act on today, never below nothing."""
    return max(0, budgets.students_per_person + raised_by - opened)


def verdict_on(budgets: Budgets, use: PeerUse) -> Verdict:
    """Return what is done about a peer: the strictest of what its counts ask for."""
    if use.today > budgets.requests_per_peer:
        return Verdict.REFUSE
    if is_guessing(budgets, use) or is_surge(budgets, use):
        return Verdict.ALARM
    return Verdict.BY_HAND if use.this_hour > budgets.automatic_per_hour else Verdict.GO_ON


def is_guessing(budgets: Budgets, use: PeerUse) -> bool:
    """Whether too many of a peer's requests find nobody."""
    return use.today >= budgets.miss_floor and use.misses_today > budgets.miss_share * use.today


def is_surge(budgets: Budgets, use: PeerUse) -> bool:
    """Whether a peer asks far more often than it usually does."""
    return use.this_hour > budgets.surge_floor and use.this_hour > budgets.surge_factor * use.usual_per_hour


def use_of(
    asked: Sequence[tuple[datetime, bool]], now: datetime, *, memory: timedelta = timedelta(days=28)
) -> PeerUse:
    """Return the counts of a peer's requests: when each came, and whether somebody was found.

    What is usual is the mean over the hours in which it asked at all, the last hour left out.
    """
    past = [at for at, _ in asked if HOUR < now - at <= memory]
    hours = {int((now - at) / HOUR) for at in past}
    today = [found for at, found in asked if now - at <= DAY]
    return PeerUse(
        today=len(today),
        misses_today=today.count(False),
        this_hour=sum(now - at <= HOUR for at, _ in asked),
        usual_per_hour=len(past) / len(hours) if hours else 0.0,
    )

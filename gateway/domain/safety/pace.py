"""When records leave by themselves, and which requests go to a person instead. Pure.

A delay must tell nothing: where releases are automatic they go out at fixed times, together, and a share of
them, drawn by lot, waits for a person, as every held record does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

LEAST_SHARE: Final = 0.05
"""At least this share of what could leave by itself goes to a person."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def next_batch(now: datetime, every: timedelta) -> datetime:
    """Return the next of the fixed times, counted from 1970; never now."""
    return now + every - (now - _EPOCH) % every


def is_drawn(lot: str, share: float) -> bool:
    """Whether a lot, a keyed pseudonym that nobody else can compute, falls into the share."""
    return UUID(lot).int < share * (1 << 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is still ordinary. Beyond it nothing leaves by itself, and the privacy officer is told."""

    peer_per_hour: int = 120
    """Requests of one district."""
    actor_per_hour: int = 60
    """Requests of one person at another district."""
    misses: float = 0.5
    """Share of a district's requests of a day that named nobody here."""
    least_for_misses: int = 20
    """Requests of a day from which on the share counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much somebody asked for lately."""

    peer_last_hour: int
    actor_last_hour: int
    peer_last_day: int
    misses_last_day: int


def alarm_at(pace: Pace, limits: Limits) -> str | None:
    """Return what is out of the ordinary, a word of a closed list, or None."""
    if pace.peer_last_hour > limits.peer_per_hour:
        return "district_velocity"
    if pace.actor_last_hour > limits.actor_per_hour:
        return "person_velocity"
    asked = pace.peer_last_day
    if asked >= limits.least_for_misses and pace.misses_last_day > limits.misses * asked:
        return "misses"
    return None

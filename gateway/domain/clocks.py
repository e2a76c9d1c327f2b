"""How long things last, wait and are tried again."""

from datetime import datetime, timedelta
from typing import Final

REQUEST_LIFE: Final = timedelta(minutes=5)
"""A signed request may arrive this long after it was signed."""
TRANSFER_LIFE: Final = timedelta(days=30)
"""A transfer that nobody finished ends."""
RELEASE_LIFE: Final = timedelta(days=14)
"""A released record waits this long to be fetched."""
NEEDS_INFO_LIFE: Final = timedelta(days=10)
KEEP_AFTER_RECEIPT: Final = timedelta(days=90)
"""How long a receipted transfer stays open for a recall before it is closed."""
FRESH_FOR_RELEASE: Final = timedelta(minutes=15)
"""The agency's word about a peer must be this recent when a record is released to it."""
FOLLOW_UP_INTERVAL: Final = timedelta(days=1)
"""How often a requester asks whether a record that it has was recalled, beside being told."""
SESSION_LIFE: Final = timedelta(hours=8)
"""A member of staff who signed in must do so again after so long."""
WATCH_EVERY: Final = timedelta(minutes=1)
"""How often the node looks for what the safety officer must be told."""
LOOK_FOR_ERRANDS_EVERY: Final = timedelta(minutes=1)
"""How often the node looks whether it is time to ask its agency or partners about logs."""
TIDY_EVERY: Final = timedelta(hours=1)
"""How often what has expired is deleted."""
MAX_NEEDS_INFO_ROUNDS: Final = 2
MAX_FETCHES: Final = 5
MAX_PART_FETCHES: Final = 10
"""A sealed part is tried again where its record is not, so that it may be fetched more often."""
PART_TRIES: Final = 4
"""After so many tries a part that is not handed over is refused, and the record goes on without it."""
MAX_VERSIONS: Final = 3
"""A record that was rejected is packaged anew this often in all."""

_BACKOFF: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
_GIVE_UP_AFTER: Final = 4 + 28
"""Four growing pauses, then every six hours for seven days."""


def retry_at(tries: int, now: datetime, *, first: timedelta = _BACKOFF[0]) -> datetime | None:
    """Return when to try again after `tries` failures, or None when a human must look.

    `first` shortens all pauses in proportion: tests and demonstrations do not wait for minutes.
    """
    if tries > _GIVE_UP_AFTER:
        return None
    pause = _BACKOFF[min(tries, len(_BACKOFF)) - 1]
    return now + pause * (first / _BACKOFF[0])

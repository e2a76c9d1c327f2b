"""What a node asks of others now and then: kept, so that one replica does it and a restart goes on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

_PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
LONGEST_PAUSE: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One of them."""

    name: str
    due_at: datetime
    tries: int = 0
    """Failures since it last succeeded."""
    done_at: datetime | None = None
    fault: str = ""
    """Why it failed last; empty after a success."""

    def done(self, at: datetime, *, next_at: datetime) -> "Errand":
        """Return it as done."""
        return replace(self, due_at=next_at, tries=0, done_at=at, fault="")

    def failed(self, at: datetime, fault: str) -> "Errand":
        """Return it as failed: due again after a pause that grows."""
        pause = _PAUSES[self.tries] if self.tries < len(_PAUSES) else LONGEST_PAUSE
        return replace(self, due_at=at + pause, tries=self.tries + 1, fault=fault)

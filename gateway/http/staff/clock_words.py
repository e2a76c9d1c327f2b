"""How much time is left, as people say it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

SOON: Final = 2
"""Days left from which a request is marked."""


@dataclass(frozen=True, slots=True)
class Left:
    """The days until something is due; negative when it is late."""

    days: int

    @property
    def message(self) -> str:
        """The message that says it, with the number `n`."""
        if self.days == 0:
            return "left.today"
        return "left.days" if self.days > 0 else "left.late"

    @property
    def kind(self) -> str:
        """How it is marked: `urgent`, `soon` or nothing."""
        if self.days < 0:
            return "urgent"
        return "soon" if self.days <= SOON else ""


def left(due_on: date, today: date) -> Left:
    """Return the days from today to the last day in time."""
    return Left((due_on - today).days)

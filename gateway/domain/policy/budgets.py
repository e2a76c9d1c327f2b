"""How many students' records a person may act on within a day."""

from typing import Final

STUDENTS_A_DAY: Final = 120
"""Different students; more than a busy registrar has, fewer than somebody who collects."""


def students_left(acted_on: int, *, most: int = STUDENTS_A_DAY, raised_by: int = 0) -> int:
    """Return how many more students a person may act on today, never below none: `Context.budget_left`."""
    return max(0, most + raised_by - acted_on)

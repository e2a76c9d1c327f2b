"""Stays that are about the same thing at the same time."""

from collections.abc import Iterable
from typing import Final, NamedTuple

_EVER: Final = "9999-12-31"


class Stay(NamedTuple):
    """Days from `begin` to before `end`, as ISO dates; without one of them it is open there."""

    line: int | None
    begin: str | None
    end: str | None
    file: str | None = None


def overlaps(stays: Iterable[Stay]) -> list[Stay]:
    """Return each stay whose days overlap with an earlier one's, in the order given."""
    earlier: list[tuple[str, str]] = []
    found = []
    for stay in stays:
        begin, end = stay.begin or "", stay.end or _EVER
        if any(first < end and begin < last for first, last in earlier):
            found.append(stay)
        earlier.append((begin, end))
    return found

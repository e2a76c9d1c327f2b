"""Who sits in which class, and who teaches it: read off the classes of a student's backpack."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Seat:
    """A student's place in a class of one teacher."""

    class_id: str
    """The class's own id at the local system (CEDS 000978)."""
    title: str
    teacher: str
    """The teacher's id at the local system (CEDS 001572)."""
    begin: date | None = None
    """The student's first day in it; None: from the beginning."""
    end: date | None = None
    """The first day on which the student no longer belonged to it; None: not known yet."""

    def holds_on(self, day: date) -> bool:
        """Whether the student sits there on that day."""
        return (self.begin is None or self.begin <= day) and (self.end is None or day < self.end)


def seats_in(classes: Iterable[Mapping[str, Any]]) -> Iterator[Seat]:
    """Yield the seats of a student, one for each teacher of each class.

    A class without an id or without a teacher who has one gives none.
    """
    for one in classes:
        title = one.get("title") or one.get("classCode") or one.get("sectionId")
        begin, end = _day(one.get("begin")), _day(one.get("end"))
        for teacher in one.get("teachers", ()):
            if one.get("sectionId") and teacher.get("id"):
                yield Seat(one["sectionId"], str(title), teacher["id"], begin, end)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

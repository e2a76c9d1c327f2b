"""Who sits in which class, and which member of staff teaches it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy.people import PersonId
from gateway.domain.rosters import Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtClass:
    """A class of one teacher, and who sits in it."""

    class_id: str
    title: str
    students: Sequence[LocalStudentId]
    """By local id."""


class Rosters(Protocol):
    """Seats as the local system has them, and whom it calls a teacher's id."""

    def put(self, seats: Mapping[LocalStudentId, Sequence[Seat]]) -> None:
        """Replace the seats of these students."""

    def name(self, person: PersonId, local_ids: Collection[str]) -> None:
        """Say by which ids the local system knows a member of staff, in place of the former ones."""

    def local_ids(self, person: PersonId) -> Sequence[str]:
        """Return them."""

    def teachers(self) -> Sequence[str]:
        """Return the ids that the local system gives to teachers, those with the most students first."""

    def taught_by(self, person: PersonId, on: date) -> Sequence[TaughtClass]:
        """Return the classes that the person teaches on a day, by title."""

    def teachers_of(self, student: LocalStudentId, on: date) -> frozenset[PersonId]:
        """Return the members of staff who teach the student on a day."""

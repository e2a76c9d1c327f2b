"""`ports.Contributions` and `ports.Rosters` in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy.people import PersonId
from gateway.domain.profile import Contribution
from gateway.domain.rosters import Seat
from gateway.usecases.ports import TaughtClass


@dataclass
class MemoryContributions:
    rows: dict[str, Contribution] = field(default_factory=dict)

    def add(self, contribution: Contribution) -> None:
        self.rows.setdefault(contribution.id, contribution)

    def get(self, id_: str) -> Contribution:
        if id_ not in self.rows:
            raise Unknown("there is no such entry")
        return self.rows[id_]

    def of(self, student: LocalStudentId) -> Sequence[Contribution]:
        found = [one for one in self.rows.values() if one.student == student]
        return sorted(found, key=lambda one: (one.said_on, one.id))

    def retire(self, id_: str, at: datetime) -> None:
        if self.rows[id_].retired_at is None:
            self.rows[id_] = replace(self.rows[id_], retired_at=at)


@dataclass
class MemoryRosters:
    rows: dict[LocalStudentId | PersonId, Sequence[Seat] | frozenset[str]] = field(default_factory=dict)
    """Seats by student, local ids by person."""

    def put(self, of: Mapping[LocalStudentId, Sequence[Seat]]) -> None:
        self.rows.update(of.items())

    def name(self, person: PersonId, local_ids: Collection[str]) -> None:
        self.rows[person] = frozenset(local_ids)

    def local_ids(self, person: PersonId) -> Sequence[str]:
        return sorted(self._named().get(person, ()))

    def teachers(self) -> Sequence[str]:
        taught: dict[str, set[str]] = {}
        for key, held in self.rows.items():
            for seat in () if isinstance(held, frozenset) else held:
                taught.setdefault(seat.teacher, set()).add(key)
        return sorted(taught, key=lambda teacher: (-len(taught[teacher]), teacher))

    def taught_by(self, person: PersonId, on: date) -> Sequence[TaughtClass]:
        ids, held = self._named().get(person, frozenset()), dict[tuple[str, str], set[LocalStudentId]]()
        for student, seat in self._seats(on):
            if seat.teacher in ids:
                held.setdefault((seat.title, seat.class_id), set()).add(student)
        return [
            TaughtClass(class_id=id_, title=title, students=sorted(students))
            for (title, id_), students in sorted(held.items())
        ]

    def teachers_of(self, student: LocalStudentId, on: date) -> frozenset[PersonId]:
        ids = {seat.teacher for whose, seat in self._seats(on) if whose == student}
        return frozenset(person for person, named in self._named().items() if named & ids)

    def _named(self) -> dict[PersonId, frozenset[str]]:
        return {PersonId(key): held for key, held in self.rows.items() if isinstance(held, frozenset)}

    def _seats(self, on: date) -> Iterator[tuple[LocalStudentId, Seat]]:
        for key, held in self.rows.items():
            if not isinstance(held, frozenset):
                yield from ((LocalStudentId(key), seat) for seat in held if seat.holds_on(on))

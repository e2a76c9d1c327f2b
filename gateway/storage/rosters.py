"""`ports.Rosters` in SQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby

from sqlalchemy import bindparam, delete, func, or_, select

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy.people import PersonId
from gateway.domain.rosters import Seat
from gateway.storage.columns import Day
from gateway.storage.db import Db
from gateway.storage.tables_profile import seats, teaching
from gateway.usecases.ports.rosters import TaughtClass

_FORGET = delete(seats).where(seats.c.student == bindparam("b_student"))
_UNNAME = delete(teaching).where(teaching.c.person == bindparam("b_person"))
_IDS = select(teaching.c.teacher).where(teaching.c.person == bindparam("person")).order_by(teaching.c.teacher)
_BUSIEST = (
    select(seats.c.teacher)
    .group_by(seats.c.teacher)
    .order_by(func.count(seats.c.student.distinct()).desc(), seats.c.teacher)
)
_HOLDS = (
    or_(seats.c.begin.is_(None), seats.c.begin <= bindparam("on", type_=Day)),
    or_(seats.c.end.is_(None), seats.c.end > bindparam("on", type_=Day)),
)
_TAUGHT = (
    select(seats.c.class_id, seats.c.title, seats.c.student)
    .join(teaching, teaching.c.teacher == seats.c.teacher)
    .where(teaching.c.person == bindparam("person"), *_HOLDS)
    .distinct()
    .order_by(seats.c.title, seats.c.class_id, seats.c.student)
)
_TEACHERS = (
    select(teaching.c.person)
    .join(seats, seats.c.teacher == teaching.c.teacher)
    .where(seats.c.student == bindparam("student"), *_HOLDS)
    .distinct()
)


class SqlRosters:
    """Seats and teachers, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, of: Mapping[LocalStudentId, Sequence[Seat]]) -> None:
        """Replace the seats of these students."""
        self._db.run_each(_FORGET, [{"b_student": student} for student in of])
        rows = [{**asdict(seat), "student": student} for student, held in of.items() for seat in held]
        self._db.add_each(seats, rows)

    def name(self, person: PersonId, local_ids: Collection[str]) -> None:
        """Say by which ids the local system knows a member of staff, in place of the former ones."""
        self._db.run(_UNNAME, {"b_person": person})
        self._db.add_each(teaching, [{"person": person, "teacher": one} for one in local_ids])

    def local_ids(self, person: PersonId) -> Sequence[str]:
        """Return them."""
        return [row["teacher"] for row in self._db.all(_IDS, {"person": person})]

    def teachers(self) -> Sequence[str]:
        """Return the ids that the local system gives to teachers, those with the most students first."""
        return [row["teacher"] for row in self._db.all(_BUSIEST)]

    def taught_by(self, person: PersonId, on: date) -> Sequence[TaughtClass]:
        """Return the classes that the person teaches on a day, by title."""
        rows = self._db.all(_TAUGHT, {"person": person, "on": on})
        return [
            TaughtClass(class_id=id_, title=title, students=[row["student"] for row in held])
            for (title, id_), held in groupby(rows, key=lambda row: (row["title"], row["class_id"]))
        ]

    def teachers_of(self, student: LocalStudentId, on: date) -> frozenset[PersonId]:
        """Return the members of staff who teach the student on a day."""
        rows = self._db.all(_TEACHERS, {"student": student, "on": on})
        return frozenset(row["person"] for row in rows)

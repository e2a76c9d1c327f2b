"""A class as those who teach it read it: what its students need and bring together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Decision, Kind, Object, Person, decide
from gateway.domain.policy.decision import Context
from gateway.domain.profile.classes import ClassNeeds, Seated, class_needs
from gateway.domain.profile.page import accommodations_in
from gateway.usecases.disclosures import reading
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, StoredBackpack, TaughtClass, Tx
from gateway.usecases.read_profile import name_of, told_of
from gateway.usecases.teaching import about_learner
from gateway.usecases.wholes import read_whole, sections_of

_READ = ("learnerProfile", "goals", "programs", "demographics", "enrollments")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadClass:
    """One class, read."""

    taught: TaughtClass
    needs: ClassNeeds
    decision: Decision
    """Why the reader may see it."""


async def list_classes(node: Node, person: Person) -> Sequence[TaughtClass]:
    """Return the classes that the person teaches today, by title."""
    today = node.calendar.day_of(node.now())
    return await node.store.read(lambda tx: tx.rosters.taught_by(person.id, today))


async def read_class(node: Node, person: Person, class_id: str) -> ReadClass:
    """Return what a class needs; that each student's profile was read is written down.

    Raises:
        Unknown: the person teaches no such class.
        Forbidden: the person may not.
    """
    today = node.calendar.day_of(node.now())

    def find(tx: Tx) -> TaughtClass:
        for one in tx.rosters.taught_by(person.id, today):
            if one.class_id == class_id:
                return one
        raise Unknown("there is no such class among those you teach")

    taught = await node.store.read(find)
    object_ = Object(
        kind=Kind.GROUP,
        id=node.pseudonym("class", class_id),
        schools=person.schools,
        assigned=frozenset({person.id}),
    )
    decision = await permit(node, person, Action.CLASS_READ, object_)

    def look(tx: Tx) -> list[Seated]:
        students = [one for one in taught.students if _may_read(node, tx, person, one)]
        for student in students:
            tx.accesses.add(reading(node, person, Action.CLASS_READ, _READ, student=student))
        return [_seated(node, tx, student, today) for student in students]

    seated = _told_apart(await node.store.write(look))
    return ReadClass(taught=taught, needs=class_needs(seated, today), decision=decision)


def _may_read(node: Node, tx: Tx, person: Person, student: LocalStudentId) -> bool:
    object_ = about_learner(tx, node, student)
    return decide(person, Action.PROFILE_READ, object_, Context(now=node.now()), node.policy).allow


def _seated(node: Node, tx: Tx, student: LocalStudentId, today: date) -> Seated:
    stored = read_whole(tx, student)
    sections = sections_of(stored)
    return Seated(
        student=student,
        name=name_of(stored),
        accommodations=accommodations_in(sections.get("programs", ()), today),
        told=list(told_of(node, tx, stored)),
        languages=_languages(sections),
        came_on=_came_on(stored, sections),
    )


def _languages(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> Sequence[str]:
    spoken = (use["language"] for one in sections.get("demographics", ()) for use in one.get("languages", ()))
    return sorted({str(one.get("display") or one["code"]) for one in spoken})


def _came_on(stored: StoredBackpack, sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> date | None:
    stays = [one for one in sections.get("enrollments", ()) if not one.get("exitDate")]
    here = [one for one in stays if stored.school in {one["school"].get("name"), one["school"].get("id")}]
    return max((date.fromisoformat(one["entryDate"]) for one in here if one.get("entryDate")), default=None)


def _told_apart(students: Sequence[Seated]) -> Sequence[Seated]:
    """Give the local id to those who share a name."""
    shared = Counter(one.name for one in students)
    return [
        replace(one, name=f"{one.name} ({one.student})") if shared[one.name] > 1 else one for one in students
    ]

"""By what a student is recognised, and where he is: read off the entries of his backpack."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.domain.ids import LocalStudentId
from gateway.domain.matching import Candidate

_STATE_ID = "State"

Entries = Sequence[Mapping[str, Any]]
"""Entries of a section as on the wire; `meta` does not matter."""


@dataclass(frozen=True, slots=True)
class PresentStay:
    """Where a student is now."""

    school: str | None
    """Name of the school, or its id where it has no name."""
    grade: str | None
    """Normalised; None where the local code is not known."""


def present_stay(enrollments: Entries) -> PresentStay | None:
    """Return the stay at the primary school, else the one that began last, else the first."""
    if not enrollments:
        return None
    stay = max(enrollments, key=lambda one: (one.get("primary") or False, one.get("entryDate") or ""))
    school, grade = stay.get("school", {}), stay.get("gradeLevel")
    known = grade is not None and grade.get("mapping") != "none"
    return PresentStay(school.get("name") or school.get("id"), grade["code"] if grade and known else None)


def candidate_of(student: LocalStudentId, sections: Mapping[str, Entries]) -> Candidate:
    """Return the plain values by which the student is recognised; nothing is normalised."""
    learners = sections.get("identity", ())
    names = [name for learner in learners for name in learner.get("names", ())]
    learner: Mapping[str, Any] = learners[0] if learners else {}
    born = learner.get("birthDate")
    city = learner.get("birthPlace", {}).get("city")
    return Candidate(
        student=student,
        state_id=_state_id(learners),
        given_names=_set(name.get("given") for name in names),
        family_names=_set(part for name in names for part in (name.get("family"), name.get("family2"))),
        birth_date=date.fromisoformat(born) if born else None,
        middle_names=_set(name.get("middle") for name in names[:1]),
        birth_cities=_set([city]),
        guardian_names=_set(map(_full_name, sections.get("contacts", ()))),
        previous_schools=_set(_schools(sections.get("enrollments", ()))),
    )


def _state_id(learners: Entries) -> str | None:
    found = (one for learner in learners for one in learner.get("identifiers", ()))
    return next((one["value"] for one in found if one["system"]["code"] == _STATE_ID), None)


def _full_name(contact: Mapping[str, Any]) -> str:
    name = contact.get("name", {})
    return " ".join(filter(None, (name.get("given"), name.get("family"))))


def _schools(enrollments: Entries) -> Iterator[str | None]:
    for stay in enrollments:
        school = stay.get("school", {})
        yield school.get("name")
        yield school.get("id")
        yield from (one.get("value") for one in school.get("identifiers", ()))


def _set(values: Iterable[str | None]) -> frozenset[str]:
    return frozenset(value for value in values if value)

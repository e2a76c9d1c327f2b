"""What must be zero in a district's backpacks, counted: students and entries that something lacks."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

import polars as pl

from gateway.domain.backpack.compact import REF

_DAYS: Final = 365.25
_AGES: Final = (2, 26)
_SPREAD: Final = 4
"""Years that somebody may be older or younger than most of the grade level."""
_BEFORE_FIRST: Final = {"PK": -1, "KG": 0, "IT": -3, "PR": -2, "TK": 0}

Entries = Sequence[Mapping[str, Any]]


class Rule(NamedTuple):
    """A count that should be zero."""

    id: str
    section: str
    """Without this section in the mapping nothing can be said."""
    words: str


RULES: Final = (
    Rule("students.withoutEnrollment", "enrollments", "students without an enrolment"),
    Rule("students.withoutGradeLevel", "enrollments", "students without a grade level"),
    Rule("students.withoutBirthDate", "identity", "students without a birth date"),
    Rule("students.withoutStateId", "identity", "students without a state id"),
    Rule("students.withoutGuardian", "contacts", "students without a contact"),
    Rule("students.withoutClasses", "classes", "students without classes"),
    Rule("students.duplicateStateId", "identity", "students who share a state id with somebody"),
    Rule("students.implausibleAge", "identity", "students of an age at which nobody goes to school"),
    Rule("students.ageNotOfGrade", "enrollments", "students far older or younger than their grade level"),
    Rule("enrollments.withoutEntryDate", "enrollments", "enrolments without an entry date"),
    Rule("enrollments.overlappingPrimary", "enrollments", "primary enrolments at the same time as another"),
    Rule("classes.withoutTeacher", "classes", "classes of a student without a teacher"),
    Rule("grades.withoutClass", "grades", "grades that name no class and no course"),
)


@dataclass(frozen=True, slots=True)
class Sane:
    """A rule and its count; None where the mapping does not fill the section."""

    rule: Rule
    count: int | None


@dataclass
class Sanity:
    """Takes documents in, one student after the other. `kept` returns a kept object by its number."""

    today: date
    kept: Callable[[int], Any]
    counts: Counter[str] = field(default_factory=Counter)
    _state_ids: list[str] = field(default_factory=list)
    _batches: list[pl.Series] = field(default_factory=list)

    def take(self, sections: Mapping[str, Entries]) -> None:
        """Count what one student lacks."""
        self.counts.update(self._of_student(sections))
        self.counts.update(self._of_entries(sections))

    def results(self, filled: set[str]) -> list[Sane]:
        """Return every rule with its count, for a mapping that fills these sections."""
        self.counts["students.duplicateStateId"] = self._shared()
        return [Sane(rule, self.counts[rule.id] if rule.section in filled else None) for rule in RULES]

    def school(self, sections: Mapping[str, Entries]) -> str | None:
        """Return the name, else the id, of the school of the student's latest stay."""
        stays = sections.get("enrollments", ())
        if not stays:
            return None
        latest = max(stays, key=lambda stay: (not stay.get("exitDate"), stay.get("entryDate", "")))
        school = self._whole(latest.get("school"))
        return (school.get("name") or school.get("id")) if isinstance(school, dict) else None

    def _of_student(self, sections: Mapping[str, Entries]) -> Iterator[str]:
        stays = sections.get("enrollments", ())
        if not stays:
            yield "students.withoutEnrollment"
        elif not any("gradeLevel" in stay for stay in stays):
            yield "students.withoutGradeLevel"
        identity = next(iter(sections.get("identity", ())), {})
        if not self._state_id(identity):
            yield "students.withoutStateId"
        yield from self._of_age(identity.get("birthDate"), stays)
        for section, rule in (("contacts", "withoutGuardian"), ("classes", "withoutClasses")):
            if not sections.get(section):
                yield f"students.{rule}"

    def _of_age(self, born: str | None, stays: Entries) -> Iterator[str]:
        if born is None:
            yield "students.withoutBirthDate"
            return
        age = (self.today - date.fromisoformat(born)).days / _DAYS
        if not _AGES[0] <= age <= _AGES[1]:
            yield "students.implausibleAge"
            return
        grades = [stay for stay in stays if "gradeLevel" in stay and not stay.get("exitDate")]
        grade = _number(self._whole(grades[-1]["gradeLevel"])) if grades else None
        if grade is not None and abs(age - (grade + 5.5)) > _SPREAD:
            yield "students.ageNotOfGrade"

    def _of_entries(self, sections: Mapping[str, Entries]) -> Iterator[str]:
        stays = sections.get("enrollments", ())
        for stay in stays:
            if "entryDate" not in stay:
                yield "enrollments.withoutEntryDate"
        for _ in range(_overlapping([stay for stay in stays if stay.get("primary") is True])):
            yield "enrollments.overlappingPrimary"
        for one in sections.get("classes", ()):
            if not one.get("teachers"):
                yield "classes.withoutTeacher"
        for grade in sections.get("grades", ()):
            if "sectionId" not in grade and "course" not in grade:
                yield "grades.withoutClass"

    def _state_id(self, identity: Mapping[str, Any]) -> bool:
        found = set()
        for one in map(self._whole, identity.get("identifiers", ())):
            if self._whole(one.get("system", {})).get("code") == "State":
                found.add(str(one.get("value", "")))
        for state_id in found:
            self._note(state_id)
        return bool(found)

    def _note(self, state_id: str) -> None:
        self._state_ids.append(state_id)
        if len(self._state_ids) >= 100_000:  # noqa: PLR2004 - a batch
            self._batches.append(pl.Series(self._state_ids).hash())
            self._state_ids = []

    def _shared(self) -> int:
        """Return how many of the state ids somebody else has too."""
        hashes = pl.concat([*self._batches, pl.Series(self._state_ids, dtype=pl.String).hash()])
        return int(hashes.is_duplicated().sum())

    def _whole(self, value: Any) -> Any:
        if isinstance(value, dict) and REF in value:
            rest = {name: one for name, one in value.items() if name != REF}
            return self.kept(value[REF]) | rest if rest else self.kept(value[REF])
        return value if value is not None else {}


def _number(grade: Mapping[str, Any]) -> int | None:
    """Return a grade level as a number, kindergarten as 0; None where it is none."""
    code = str(grade.get("code", ""))
    return int(code) if code.isdecimal() else _BEFORE_FIRST.get(code)


def _overlapping(stays: Entries) -> int:
    """Return how many stays begin before an earlier one ends."""
    dated = sorted((stay["entryDate"], stay.get("exitDate") or "9") for stay in stays if "entryDate" in stay)
    number, latest = 0, ""
    for begin, end in dated:
        number += begin < latest
        latest = max(latest, end)
    return number

"""Where the learner went to school, and in which classes."""

from datetime import date
from typing import ClassVar, Literal

from gateway.domain.backpack.base import (
    CodedValue,
    CourseRef,
    Entry,
    Level,
    OrgRef,
    PersonRef,
    SchoolYear,
    Term,
)


class Enrollment(Entry):
    """One stay at a school. CEDS 000097, 000107, 000100. Ed-Fi: StudentSchoolAssociation."""

    base: ClassVar[Level] = "D"

    school: OrgRef
    district: OrgRef | None = None
    school_year: SchoolYear | None = None
    entry_date: date | None = None
    exit_date: date | None = None
    """The first day on which the learner no longer belonged to the school: the interval is half open."""
    raw_exit_date: date | None = None
    """As the local system has it, under `exit_date_convention`."""
    exit_date_convention: Literal["lastDayAttended", "firstDayNotEnrolled", "unknown"] | None = None
    grade_level: CodedValue | None = None
    """CEDS 000100."""
    primary: bool | None = None


class SectionEnrollment(Entry):
    """A class that the learner takes or took. CEDS 000978. Ed-Fi: StudentSectionAssociation."""

    section_id: str | None = None
    title: str | None = None
    class_code: str | None = None
    period: str | None = None
    room: str | None = None
    school: OrgRef | None = None
    course: CourseRef | None = None
    terms: tuple[Term, ...] = ()
    begin: date | None = None
    """CEDS 001300."""
    end: date | None = None
    """CEDS 001305."""
    teachers: tuple[PersonRef, ...] = ()
    """CEDS 000647."""

"""Where the learner went to school, and in which classes."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from gateway.domain.backpack.base import (
    CodedValue,
    CourseRef,
    Entry,
    Level,
    Number,
    OrgRef,
    PersonRef,
    SchoolYear,
    Term,
    about,
    held,
)


class Enrollment(Entry):
    """One stay at a school. CEDS 000097, 000107, 000100. Ed-Fi: StudentSchoolAssociation."""

    base: ClassVar[Level] = "D"

    school: Annotated[OrgRef, about("001069", "schoolReference")]
    """The school."""
    district: Annotated[OrgRef | None, about("001068", "localEducationAgencyReference")] = None
    """The school's district, if not that of `meta`."""
    school_year: Annotated[SchoolYear | None, about("000243", "schoolYear")] = None
    """The calendar year in which the school year ends."""
    entry_date: Annotated[date | None, about("000097", "entryDate")] = None
    """First day of the stay."""
    exit_date: Annotated[date | None, about("000107", "exitWithdrawDate")] = None
    """The first day on which the learner no longer belonged to the school: the interval is half open."""
    raw_exit_date: date | None = None
    """As the local system has it, under `exit_date_convention`."""
    exit_date_convention: Literal["lastDayAttended", "firstDayNotEnrolled", "unknown"] | None = None
    """What the local system means by its exit date."""
    grade_level: Annotated[CodedValue | None, about("000100", "entryGradeLevelDescriptor")] = None
    """At entry."""
    exit_grade_level: Annotated[CodedValue | None, about("001210", level="E")] = None
    """At exit."""
    entry_type: Annotated[CodedValue | None, about("000099", "entryTypeDescriptor", "E")] = None
    """How the learner came: transfer, new, re-entry."""
    exit_type: Annotated[CodedValue | None, about("000110", "exitWithdrawTypeDescriptor", "E")] = None
    """How the learner left: transferred, graduated, dropped out and others."""
    exit_reason_text: Annotated[str | None, about("000222", "", "E", "location")] = None
    """Why, in the words of the local system."""
    no_show: Annotated[bool | None, about(edfi="exitWithdrawTypeDescriptor", level="E")] = None
    """Expected and never came: the stay did not begin."""
    primary: Annotated[bool | None, about("000595", "primarySchool", "E")] = None
    """Whether this school answers for the learner, of several at a time."""
    membership: Annotated[CodedValue | None, about("000595", level="E")] = None
    """Home school, services only and others."""
    fte: Annotated[Number | None, about(edfi="fullTimeEquivalency", level="E")] = None
    """Full-time equivalent, from 0 to 1."""
    residency: Annotated[CodedValue | None, about("000268", "residencyStatusDescriptor", "E", "location")] = (
        None
    )
    """Where the learner lived, seen from the district."""
    repeat_grade: Annotated[bool | None, about("000237", "repeatGradeIndicator", "E")] = None
    """Whether the grade level was repeated."""
    term_completion: Annotated[bool | None, about("000530", "termCompletionIndicator", "E")] = None
    """Whether the learner completed the term."""
    school_choice_transfer: Annotated[bool | None, about(edfi="schoolChoiceTransfer", level="E")] = None
    """Whether the learner came by school choice."""
    class_of: Annotated[SchoolYear | None, about("000046", "classOfSchoolYear")] = None
    """Year in which the learner's class graduates."""
    cohort_year: Annotated[SchoolYear | None, about("000584", "cohortYears")] = None
    """School year in which the learner entered grade 9."""
    expected_graduation: Annotated[date | None, about("000226")] = None
    """Day on which the learner is expected to graduate."""
    homeroom: Annotated[str | None, about("000364", "homeroomIndicator", "E")] = None
    """Room or name of the home class."""
    counselor: Annotated[PersonRef | None, held("E")] = None
    """Who advises the learner."""
    calendar: Annotated[str | None, about(edfi="calendarReference", level="E")] = None
    """The school's calendar that the learner follows."""
    track: Annotated[str | None, held("E")] = None
    """The track of a year-round calendar."""
    previous_school: Annotated[OrgRef | None, held("E")] = None
    """Where the learner came from."""
    next_school: Annotated[OrgRef | None, about("", "nextYearSchoolReference", "E", "location")] = None
    """Where the learner goes."""


class SectionEnrollment(Entry):
    """A class that the learner takes or took. CEDS 000978. Ed-Fi: StudentSectionAssociation."""

    section_id: Annotated[str | None, about("000978", "sectionIdentifier")] = None
    """The class's own id at the sender."""
    title: str | None = None
    """As the class is known."""
    class_code: Annotated[str | None, about("000055", "localCourseCode")] = None
    """As timetables show it."""
    period: Annotated[str | None, about(edfi="classPeriodName")] = None
    """When in the day."""
    room: Annotated[str | None, about(edfi="locationReference")] = None
    """Where."""
    school: Annotated[OrgRef | None, about("001069", "schoolReference")] = None
    """The school that gives it."""
    course: Annotated[CourseRef | None, about("000055", "courseOfferingReference")] = None
    """The course of which it is a class."""
    terms: Annotated[tuple[Term, ...], about("000727", "sessionReference")] = ()
    """In which terms it is given."""
    begin: Annotated[date | None, about("001300", "beginDate")] = None
    """The learner's first day in it."""
    end: Annotated[date | None, about("001305", "endDate")] = None
    """The first day on which the learner no longer belonged to it."""
    teachers: Annotated[tuple[PersonRef, ...], about("000647", "StaffSectionAssociation")] = ()
    """Who teaches it."""
    attempt_status: Annotated[CodedValue | None, about(edfi="attemptStatusDescriptor")] = None
    """Whether it is a first or another attempt."""
    repeat: Annotated[CodedValue | None, about("000065", "repeatIdentifierDescriptor")] = None
    """How a repeated course counts."""
    dual_credit: Annotated[bool | None, about(edfi="dualCreditIndicator")] = None
    """Whether a college gives credit too."""
    dual_credit_type: Annotated[CodedValue | None, about(edfi="dualCreditTypeDescriptor")] = None
    """Which credit that is."""
    instruction_language: Annotated[CodedValue | None, about("001161", "instructionLanguageDescriptor")] = (
        None
    )
    """ISO 639-2 or 639-3."""
    delivery_mode: Annotated[CodedValue | None, about(edfi="deliveryMethodDescriptor")] = None
    """In the room, online, mixed."""

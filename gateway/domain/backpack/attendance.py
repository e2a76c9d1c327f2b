"""Days present and absent: events where the district has them, and totals."""

from typing import Annotated, Literal

from gateway.domain.backpack.base import (
    Clock,
    CodedValue,
    Day,
    Entry,
    Number,
    OrgRef,
    Term,
    about,
)


class AttendanceEvent(Entry):
    """What was recorded on a day. Ed-Fi: StudentSchoolAttendanceEvent, StudentSectionAttendanceEvent.

    Most local systems record exceptions only: a day without an event means present only where
    `attendanceSummary` says how many days there were.
    """

    date: Annotated[Day, about("001649", "eventDate")]
    """The school day."""
    scope: Annotated[Literal["daily", "section", "program"], about("000601")]
    """Whether it is about the day, a class or a programme."""
    category: Annotated[CodedValue, about("000076 000599", "attendanceEventCategoryDescriptor")]
    """Present, excused or unexcused absence, tardy, early departure, partial; the local code is kept."""
    reason: Annotated[CodedValue | None, about("", "attendanceEventReason", "S", "health")] = None
    """Why. Of special category, for it may be an illness."""
    school: Annotated[OrgRef | None, about("001069", "schoolReference")] = None
    """Where."""
    section_id: Annotated[str | None, about("000978", "sectionReference")] = None
    """The class, for the scope `section`."""
    period: Annotated[str | None, about(edfi="classPeriodReference")] = None
    """When in the day."""
    arrival_time: Annotated[Clock | None, about("002014", "arrivalTime")] = None
    """When the learner came."""
    departure_time: Annotated[Clock | None, about("002098", "departureTime")] = None
    """When the learner left."""
    minutes_absent: Annotated[int | None, about(edfi="schoolAttendanceDuration")] = None
    """Minutes of school missed."""
    portion_of_day: Annotated[Number | None, about(edfi="eventDuration")] = None
    """How much of the day the event is about, from 0 to 1."""


class AttendanceSummary(Entry):
    """Attendance over a time, as the district totals it. Ed-Fi: ReportCard. Days; half a day counts 0.5."""

    period: Annotated[Term, about("000243", "gradingPeriodReference")]
    """The term or range of days that is totalled."""
    school: Annotated[OrgRef | None, about("001069", "schoolReference")] = None
    """Where."""
    days_possible: Number | None = None
    """Days on which the learner was expected."""
    days_present: Annotated[Number | None, about("000202", "numberOfDaysInAttendance")] = None
    """Days present."""
    days_absent: Annotated[Number | None, about("000201", "numberOfDaysAbsent")] = None
    """Days absent for any reason."""
    days_tardy: Annotated[Number | None, about("001957", "numberOfDaysTardy")] = None
    """Days on which the learner came late."""
    days_excused: Number | None = None
    """Days absent with an excuse."""
    days_unexcused: Number | None = None
    """Days absent without one."""
    rate: Annotated[Number | None, about("000271")] = None
    """Days present of days possible, from 0 to 1."""
    truant: Annotated[bool | None, about("000569")] = None
    """Truant by the state's definition."""

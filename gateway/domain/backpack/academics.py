"""Marks: single assignments, and what a marking period came to."""

from datetime import date
from typing import Annotated

from gateway.domain.backpack.base import (
    CodedValue,
    CourseRef,
    Entry,
    GradeValue,
    Number,
    Part,
    StandardRef,
    Term,
    Text,
    about,
)


class GradebookResult(Part):
    """The learner's result on the item. CEDS 000245. Ed-Fi: StudentGradebookEntry."""

    score: Annotated[Number | None, about("000245", "pointsEarned")] = None
    """Points, from `minPoints` to `maxPoints` and beyond where extra work counts."""
    text_score: Annotated[str | None, about("000245", "letterGradeEarned")] = None
    """Letters or words."""
    status: Annotated[CodedValue | None, about(edfi="submissionStatusDescriptor")] = None
    """Exempt, fully graded, not submitted, partially graded, submitted."""
    late: Annotated[bool | None, about(edfi="assignmentLateStatusDescriptor")] = None
    """Handed in late."""
    missing: bool | None = None
    """Never handed in."""
    incomplete: bool | None = None
    """Handed in without some of it."""
    in_progress: bool | None = None
    """Being worked on."""
    score_date: Annotated[date | None, about(edfi="dateFulfilled")] = None
    """When it was marked."""
    comment: Annotated[str | None, about(edfi="diagnosticStatement")] = None
    """What the teacher wrote."""


class GradebookItem(Entry):
    """An assignment and the learner's result. CEDS 000939, 000946. Ed-Fi: GradebookEntry."""

    title: Annotated[Text, about("000939", "title")]
    """As the class knows it."""
    description: Annotated[str | None, about(edfi="description")] = None
    """What was to be done."""
    category: Annotated[CodedValue | None, about("000942", "gradebookEntryTypeDescriptor")] = None
    """Homework, quiz, unit test, project and others."""
    section_id: Annotated[str | None, about("000978", "sectionReference")] = None
    """The class's own id at the sender."""
    section_title: str | None = None
    """As the class is known."""
    assigned: Annotated[date | None, about(edfi="dateAssigned")] = None
    """When it was set."""
    due: Annotated[date | None, about("000946", "dueDate")] = None
    """When it was to be handed in."""
    min_points: Number | None = None
    """Least possible score."""
    max_points: Annotated[Number | None, about("000952", "maxPoints")] = None
    """Greatest possible score without extra work."""
    weight: Number | None = None
    """How much it counts in its category, against others there."""
    standards: Annotated[tuple[StandardRef, ...], about("000874", "learningStandards")] = ()
    """What it is about."""
    result: GradebookResult
    """What the learner reached."""


class BehaviorMark(Part):
    """A mark for conduct, effort or citizenship beside the academic one. Ed-Fi: GradeType Conduct."""

    kind: CodedValue
    """Conduct, effort, citizenship."""
    grade: GradeValue
    """The mark."""


class GradeRecord(Entry):
    """A mark for a marking period. CEDS 000124, 001142. Ed-Fi: Grade."""

    section_id: Annotated[str | None, about("000978", "studentSectionAssociationReference")] = None
    """The class's own id at the sender."""
    section_title: str | None = None
    """As the class is known."""
    course: Annotated[CourseRef | None, about("000055")] = None
    """The course of which it is a class."""
    grading_period: Annotated[Term | None, about("000727", "gradingPeriodReference")] = None
    """What the mark is for."""
    grade_type: Annotated[CodedValue, about("001142", "gradeTypeDescriptor")]
    """Grading period, semester, final, exam, progress report and others."""
    grade: Annotated[GradeValue, about("000124", "letterGradeEarned, numericGradeEarned")]
    """The mark."""
    behavior: Annotated[tuple[BehaviorMark, ...], about(edfi="gradeTypeDescriptor")] = ()
    """Marks for conduct, effort and citizenship given with it."""
    comment: Annotated[str | None, about("001573", "diagnosticStatement")] = None
    """What the teacher wrote."""
    absences: Annotated[Number | None, about("000201")] = None
    """Days or lessons missed in the marking period, as the local system counts."""
    as_of: Annotated[date | None, about(edfi="currentGradeAsOfDate")] = None
    """When it was so."""
    is_current: Annotated[bool | None, about(edfi="currentGradeIndicator")] = None
    """Whether it may still change."""

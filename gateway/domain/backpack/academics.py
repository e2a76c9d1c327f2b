"""Marks: single assignments, and what a marking period came to."""

from datetime import date

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
)


class GradebookResult(Part):
    """The learner's result on the item. CEDS 000245. Ed-Fi: StudentGradebookEntry."""

    score: Number | None = None
    text_score: str | None = None
    status: CodedValue | None = None
    late: bool | None = None
    missing: bool | None = None
    incomplete: bool | None = None
    in_progress: bool | None = None
    score_date: date | None = None
    comment: str | None = None


class GradebookItem(Entry):
    """An assignment and the learner's result. CEDS 000939, 000946. Ed-Fi: GradebookEntry."""

    title: Text
    description: str | None = None
    category: CodedValue | None = None
    """CEDS 000942. Ed-Fi: GradebookEntryTypeDescriptor."""
    section_id: str | None = None
    section_title: str | None = None
    assigned: date | None = None
    due: date | None = None
    min_points: Number | None = None
    max_points: Number | None = None
    standards: tuple[StandardRef, ...] = ()
    result: GradebookResult


class GradeRecord(Entry):
    """A mark for a marking period. CEDS 000124, 001142. Ed-Fi: Grade."""

    section_id: str | None = None
    section_title: str | None = None
    course: CourseRef | None = None
    grading_period: Term | None = None
    grade_type: CodedValue
    """Ed-Fi: GradeTypeDescriptor."""
    grade: GradeValue
    comment: str | None = None
    as_of: date | None = None

"""Mastery of standards: the judgement, and apart from it the evidence."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.backpack.base import (
    CodedValue,
    CourseRef,
    Entry,
    EntryRef,
    GradeValue,
    Part,
    PersonRef,
    Scale,
    StandardRef,
    Term,
    about,
)


class EvidenceRef(Part):
    """What a judgement rests on: an entry of this backpack, or words."""

    record: EntryRef | None = None
    """A gradebook item, an assessment, an achievement or a document."""
    description: str | None = None
    """In words."""
    uri: str | None = None
    """Where it is to be seen."""


class CompetencyResult(Entry):
    """How well the learner masters a standard. Ed-Fi: StudentCompetencyObjective, learningStandardGrades."""

    standard: Annotated[StandardRef, about("000874", "objectiveCompetencyObjectiveReference")]
    """The standard, by the URI of its CASE item where it has one."""
    level: Annotated[CodedValue | None, about("000717 000718", "competencyLevelDescriptor")] = None
    """Advanced, proficient, basic and others; the local scale's step is kept as the local code."""
    grade: Annotated[GradeValue | None, about(edfi="letterGradeEarned, numericGradeEarned")] = None
    """The judgement as a mark."""
    scale: Annotated[Scale | None, about("000417", "PerformanceLevelDescriptor")] = None
    """What it is measured on."""
    status: Annotated[
        Literal["notStarted", "introduced", "developing", "mastered", "retained", "regressed"] | None,
        about(edfi="AchievementCategoryDescriptor"),
    ] = None
    """Where the learner stands."""
    as_of: date | None = None
    """When it was so."""
    grading_period: Annotated[Term | None, about("000727", "gradingPeriodReference")] = None
    """For which marking period."""
    course: Annotated[CourseRef | None, about("000055")] = None
    """In which course."""
    section_id: Annotated[str | None, about("000978")] = None
    """In which class: its own id at the sender."""
    evidence: tuple[EvidenceRef, ...] = ()
    """What the judgement rests on."""
    assessor: PersonRef | None = None
    """Whose judgement it is."""
    method: Literal["teacher", "computer", "self", "peer"] | None = None
    """Who or what judged."""
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None
    """Of a computer's estimate, from 0 to 1."""
    comment: Annotated[str | None, about("001219", "diagnosticStatement")] = None
    """What the assessor wrote."""

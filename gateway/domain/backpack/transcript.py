"""The transcript: courses with their credit, averages, rank and diplomas (PESC High School Transcript)."""

from datetime import date
from typing import Annotated, Literal

from gateway.domain.backpack.base import (
    CodedValue,
    CourseRef,
    Credit,
    Entry,
    GradeValue,
    Number,
    OrgRef,
    Part,
    Term,
    about,
)


class TranscriptCourse(Part):
    """A course as the transcript has it. Ed-Fi: CourseTranscript."""

    course: Annotated[CourseRef, about("000055 000056 000067", "courseReference")]
    """The course."""
    result: Annotated[CodedValue | None, about("001299", "courseAttemptResultDescriptor")] = None
    """Pass, fail, incomplete, withdrawn."""
    final_grade: Annotated[
        GradeValue | None, about("000053", "finalLetterGradeEarned, finalNumericGradeEarned")
    ] = None
    """The mark that stands."""
    weighted_points: Annotated[Number | None, about("000064")] = None
    """Grade points with extra weight for harder courses."""
    unweighted_points: Annotated[Number | None, about("000064")] = None
    """Grade points without it."""
    counts_in_gpa: Annotated[bool | None, about("000060", "courseGPAApplicabilityDescriptor")] = None
    """Whether averages include it."""
    credits_attempted: Annotated[Credit | None, about("000199", "attemptedCredits")] = None
    """Credit that could be earned."""
    credits_earned: Annotated[Credit | None, about("000200", "earnedCredits")] = None
    """Credit that was earned."""
    credit_categories: Annotated[tuple[CodedValue, ...], about(edfi="creditCategories")] = ()
    """Requirements to which it counts."""
    subject_area: Annotated[CodedValue | None, about(edfi="academicSubjects")] = None
    """Subject as the transcript has it."""
    grade_level_when_taken: Annotated[CodedValue | None, about("000125", "whenTakenGradeLevelDescriptor")] = (
        None
    )
    """The learner's grade level then."""
    method: Annotated[CodedValue | None, about("001303", "methodCreditEarnedDescriptor")] = None
    """Classroom, online, transfer, examination, credit recovery and others."""
    repeat_code: Annotated[CodedValue | None, about("000065", "courseRepeatCodeDescriptor")] = None
    """How a repeated course counts."""
    levels: Annotated[tuple[CodedValue, ...], about("000061 001312", "courseLevelCharacteristics")] = ()
    """Honors, AP, IB, dual credit and others."""
    transfer_from: Annotated[OrgRef | None, about(edfi="externalEducationOrganizationReference")] = None
    """The school where it was taken, if elsewhere."""
    exclude_from_transcript: bool | None = None
    """Whether the district leaves it out of printed transcripts."""


class GradePointAverage(Part):
    """An average of marks. CEDS 000127, 000128. Ed-Fi: gradePointAverages."""

    type: Annotated[CodedValue | None, about("000127", "gradePointAverageTypeDescriptor")] = None
    """Weighted or unweighted, as the shared list has it."""
    scope: Annotated[Literal["session", "cumulative"] | None, about(edfi="isCumulative")] = None
    """Of this record's term, or of all until its end."""
    value: Annotated[Number, about("000128 000129", "gradePointAverageValue")]
    """The average, on the scale from 0 to `maximum`."""
    maximum: Annotated[Number | None, about("000123", "maxGradePointAverageValue")] = None
    """The greatest possible, 4 or 100 for instance; unknown where it is not said."""
    weighting: Literal["weighted", "unweighted"] | None = None
    """Whether harder courses count more."""
    method: str | None = None
    """How the district computes it."""
    computed_by: str | None = None
    """The system that did."""
    as_of: date | None = None
    """When it was so."""


class ClassRank(Part):
    """The learner's place among the class. CEDS 000041, 000042. Ed-Fi: classRanking."""

    rank: Annotated[int | None, about("000041", "classRank")] = None
    """From 1, the best."""
    size: Annotated[int | None, about("000042", "totalNumberInClass")] = None
    """Learners who are ranked."""
    percentile: Annotated[Number | None, about("000759", "percentageRanking")] = None
    """From 0 to 100."""
    as_of: Annotated[date | None, about(edfi="classRankingDate")] = None
    """When it was so."""


class Diploma(Part):
    """A diploma or certificate. CEDS 000138, 000713. Ed-Fi: diplomas."""

    type: Annotated[CodedValue | None, about("000138", "diplomaTypeDescriptor")] = None
    """Regular diploma, equivalency, certificate and others."""
    level: Annotated[CodedValue | None, about("000713", "diplomaLevelDescriptor")] = None
    """Distinguished, recommended, minimum."""
    awarded: Annotated[date | None, about("000081", "diplomaAwardDate")] = None
    """When it was given."""
    title: Annotated[str | None, about(edfi="achievementTitle")] = None
    """As it reads."""
    cte_completer: Annotated[bool | None, about(edfi="cteCompleter")] = None
    """Whether a career and technical programme was completed."""


class AcademicHonor(Part):
    """An academic honour or recognition. CEDS 000004, 000229. Ed-Fi: academicHonors, recognitions."""

    category: Annotated[CodedValue | None, about("000004", "academicHonorCategoryDescriptor")] = None
    """What kind of honour."""
    title: Annotated[str | None, about("000229", "honorDescription")] = None
    """As it is called."""
    awarded: Annotated[date | None, about(edfi="honorAwardDate")] = None
    """When it was given."""


class AcademicRecord(Entry):
    """Courses, credit, averages and rank at one school in one term. Ed-Fi: StudentAcademicRecord.

    Without a term it is what the transcript says as a whole. Where the local system has nothing but rows of
    courses, each row may be a record of one course.
    """

    school: Annotated[OrgRef | None, about("001069", "educationOrganizationReference")] = None
    """The school, which may be in another district."""
    term: Annotated[Term | None, about("000243", "schoolYear, termDescriptor")] = None
    """The term."""
    grade_level: Annotated[CodedValue | None, about("000125")] = None
    """The learner's grade level then."""
    session_credits_attempted: Annotated[Credit | None, about("000199", "sessionAttemptedCredits")] = None
    """Credit that could be earned in the term."""
    session_credits_earned: Annotated[Credit | None, about("000200", "sessionEarnedCredits")] = None
    """Credit earned in the term."""
    cumulative_credits_attempted: Annotated[Credit | None, about("000073", "cumulativeAttemptedCredits")] = (
        None
    )
    """Credit that could be earned until its end."""
    cumulative_credits_earned: Annotated[Credit | None, about("000074", "cumulativeEarnedCredits")] = None
    """Credit earned until its end."""
    gpas: Annotated[tuple[GradePointAverage, ...], about("000127 000128", "gradePointAverages")] = ()
    """Averages; several, for districts compute several."""
    class_rank: Annotated[ClassRank | None, about("000041 000042", "classRanking")] = None
    """Place among the class."""
    courses: Annotated[tuple[TranscriptCourse, ...], about(edfi="CourseTranscript")] = ()
    """What was taken."""
    diplomas: Annotated[tuple[Diploma, ...], about("000138 000713", "diplomas")] = ()
    """What was awarded."""
    honors: Annotated[tuple[AcademicHonor, ...], about("000004", "academicHonors")] = ()
    """Honours; those with evidence stand in `achievements`."""


class GraduationPlan(Part):
    """What a learner has to do to graduate. CEDS 001574. Ed-Fi: GraduationPlan."""

    name: str | None = None
    """As the district calls it."""
    type: Annotated[CodedValue | None, about("001574", "graduationPlanTypeDescriptor")] = None
    """Standard, minimum, distinguished and others."""
    total_credits: Annotated[Credit | None, about(edfi="totalRequiredCredits")] = None
    """Credit required in all."""


class Requirement(Part):
    """One requirement of the plan. CEDS 000137. Ed-Fi: creditsBySubjects."""

    subject: Annotated[CodedValue | None, about(edfi="academicSubjectDescriptor")] = None
    """The subject that it is about."""
    description: str | None = None
    """The requirement in words, where it is no subject."""
    credits_required: Annotated[Credit | None, about("000137", "credits")] = None
    """Credit required."""
    credits_earned: Credit | None = None
    """Credit earned so far."""
    met: bool | None = None
    """Whether it is met."""
    waived: bool | None = None
    """Whether it was waived."""


class GraduationProgress(Entry):
    """How far the learner is on the way to a diploma. Ed-Fi: StudentGraduationPlanAssociation."""

    plan: Annotated[GraduationPlan, about("001574", "graduationPlanReference")]
    """The plan that counts."""
    requirements: Annotated[tuple[Requirement, ...], about("000137", "creditsBySubjects")] = ()
    """What it asks for, and what is done."""
    as_of: date | None = None
    """When it was so."""

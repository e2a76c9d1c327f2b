"""Special education under an IEP, and Section 504."""

from datetime import date
from typing import Annotated

from gateway.domain.backpack.base import CodedValue, EntryRef, Number, Part, about
from gateway.domain.backpack.programs import ProgramParticipation, kind_field


class Disability(Part):
    """A disability in the sense of IDEA. CEDS 000218. Ed-Fi: disabilities."""

    code: Annotated[CodedValue, about("000218", "disabilityDescriptor", "R", "disability")]
    """Which of the categories."""
    order: Annotated[int | None, about("001733", "orderOfDisability")] = None
    """From the first, 1."""
    source: Annotated[CodedValue | None, about(edfi="disabilityDeterminationSourceTypeDescriptor")] = None
    """Who determined it."""
    designation: Annotated[CodedValue | None, about("001321", "designations")] = None
    """IDEA, Section 504."""


class PresentLevels(Part):
    """What the learner can do at present. CEDS 001705, 001706, 001709, 001710, 001711."""

    academic: Annotated[str | None, about("001705")] = None
    """In academic work."""
    functional: Annotated[str | None, about("001706")] = None
    """In daily life."""
    strengths: Annotated[str | None, about("001709")] = None
    """What goes well."""
    parent_concern: Annotated[str | None, about("001710")] = None
    """What the family worries about."""
    student_concern: Annotated[str | None, about("001711")] = None
    """What the learner worries about."""


class IepParticipation(ProgramParticipation):
    """Special education under an IEP (IDEA). Ed-Fi: StudentSpecialEducationProgramAssociation, StudentIEP.

    Its goals stand in `goals`, with `programRecord` naming this entry.
    """

    kind: Annotated[CodedValue, kind_field("IEP")]
    """Says that this is an IEP."""
    status: Annotated[CodedValue | None, about("001501", "iepStatusDescriptor")] = None
    """Draft, active, ended."""
    finalized: Annotated[date | None, about("001683", "iepFinalizedDate")] = None
    """When it was agreed."""
    iep_begin: Annotated[date | None, about("001236", "iepBeginDate")] = None
    """First day of the plan in force."""
    iep_end: Annotated[date | None, about(edfi="iepEndDate")] = None
    """Last day of it, inclusive."""
    amended: Annotated[date | None, about(edfi="iepAmendedDate")] = None
    """When it was last changed."""
    last_evaluation: Annotated[date | None, about(edfi="lastEvaluationDate")] = None
    """When the learner was last evaluated."""
    evaluation_due: Annotated[date | None, about(edfi="evaluationDueDate")] = None
    """By when the learner must be evaluated again."""
    last_review: Annotated[date | None, about(edfi="iepReviewDate")] = None
    """When the plan was last reviewed."""
    review_due: Annotated[date | None, about(edfi="iepReviewDueDate")] = None
    """By when it must be reviewed again."""
    disabilities: Annotated[tuple[Disability, ...], about("000218", "disabilities", "R", "disability")] = ()
    """The one that counts most first."""
    setting: Annotated[CodedValue | None, about("000535", "specialEducationSettingDescriptor")] = None
    """How much of the day is spent in regular classes (least restrictive environment)."""
    hours_special_education: Annotated[Number | None, about("000559", "specialEducationHoursPerWeek")] = None
    """Hours a week."""
    hours_school: Annotated[Number | None, about(edfi="schoolHoursPerWeek")] = None
    """Hours a week."""
    present_levels: Annotated[PresentLevels | None, about("001705 001706 001709 001710 001711")] = None
    """What the learner can do at present."""
    exit_date: Annotated[date | None, about("000260", "specialEducationExitDate")] = None
    """When special education ended."""
    special_education_exit: Annotated[
        CodedValue | None, about("000263", "specialEducationExitReasonDescriptor")
    ] = None
    """Why it ended."""


class Section504Participation(ProgramParticipation):
    """A plan under Section 504. Ed-Fi: StudentSection504ProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("504")]
    """Says that this is Section 504."""
    eligible: Annotated[bool | None, about("000249", "section504Eligibility")] = None
    """Whether the learner is eligible."""
    decision_date: Annotated[date | None, about(edfi="section504EligibilityDecisionDate")] = None
    """When that was decided."""
    meeting_date: Annotated[date | None, about(edfi="section504MeetingDate")] = None
    """When the team met."""
    disability: Annotated[
        CodedValue | None, about("", "section504DisabilityDescriptor", "R", "disability")
    ] = None
    """What limits the learner."""
    plan: EntryRef | None = None
    """The entry in `documents` with the plan."""

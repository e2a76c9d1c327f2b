"""Results of state tests and other assessments."""

from datetime import date
from typing import Annotated

from gateway.domain.backpack.base import (
    CodedValue,
    Entry,
    Number,
    OrgRef,
    Part,
    SchoolYear,
    Score,
    StandardRef,
    Text,
    about,
)


class Assessment(Part):
    """The test. CEDS 000028, 000932. Ed-Fi: Assessment."""

    title: Annotated[Text, about("000028", "assessmentTitle")]
    """As it is known."""
    family: Annotated[str | None, about("000932", "assessmentFamily")] = None
    """The family of tests that it is of."""
    identifier: Annotated[str | None, about("001067", "assessmentIdentifier")] = None
    """Its id in `namespace`."""
    namespace: Annotated[str | None, about(edfi="namespace")] = None
    """URI of who gives ids."""
    version: Annotated[str | None, about(edfi="assessmentVersion")] = None
    """Edition or form."""
    category: Annotated[CodedValue | None, about("000029", "assessmentCategoryDescriptor")] = None
    """State summative, benchmark, interim, college entrance and others."""
    provider: Annotated[str | None, about("001006")] = None
    """Who publishes it."""


class Administration(Part):
    """The sitting. CEDS 000962. Ed-Fi: StudentAssessment."""

    start: Annotated[date | None, about("000962", "administrationDate")] = None
    """First day."""
    end: Annotated[date | None, about(edfi="administrationEndDate")] = None
    """Last day, inclusive."""
    period: Annotated[CodedValue | None, about("000977", "assessmentPeriodDescriptor")] = None
    """Fall, winter, spring."""
    environment: Annotated[CodedValue | None, about(edfi="administrationEnvironmentDescriptor")] = None
    """Classroom, testing centre."""
    language: Annotated[CodedValue | None, about("001089", "administrationLanguageDescriptor")] = None
    """ISO 639-2 or 639-3."""
    platform: Annotated[CodedValue | None, about(edfi="platformTypeDescriptor")] = None
    """Computer, paper."""


class PerformanceLevel(Part):
    """A level that the scores came to. CEDS 000717, 000718. Ed-Fi: performanceLevels."""

    level: Annotated[CodedValue, about("000717", "performanceLevelDescriptor")]
    """Advanced, proficient, basic and others."""
    metric: Annotated[CodedValue | None, about("000369", "assessmentReportingMethodDescriptor")] = None
    """The score by which it goes."""
    cut_low: Annotated[Number | None, about("000418", "minimumScore")] = None
    """Least score of the level."""
    cut_high: Annotated[Number | None, about("000419", "maximumScore")] = None
    """Greatest score of the level."""
    label: Annotated[str | None, about("000718", "performanceLevelIndicatorName")] = None
    """As the report words it."""
    met: Annotated[bool | None, about(edfi="performanceLevelMet")] = None
    """Whether it counts as passed."""


class Subtest(Part):
    """A part of the test with scores of its own. CEDS 000367. Ed-Fi: studentObjectiveAssessments."""

    id: Annotated[str | None, about("000367", "identificationCode")] = None
    """Its id in the test."""
    title: Annotated[str | None, about("000275", "description")] = None
    """As the report words it."""
    standards: Annotated[tuple[StandardRef, ...], about("000874", "learningStandards")] = ()
    """What it is about."""
    scores: Annotated[tuple[Score, ...], about("000245", "scoreResults")] = ()
    """Its scores."""
    performance_levels: Annotated[tuple[PerformanceLevel, ...], about("000717", "performanceLevels")] = ()
    """What they came to."""


class ItemResult(Part):
    """One question. Not exchanged unless a mapping says so. CEDS 000630, 000724. Ed-Fi: items."""

    item_id: Annotated[Text, about("000630", "assessmentItemReference")]
    """Its id in the test."""
    response: Annotated[str | None, about("000724", "assessmentResponse")] = None
    """What the learner answered."""
    result: Annotated[CodedValue | None, about(edfi="assessmentItemResultDescriptor")] = None
    """Correct, incorrect, not answered."""
    raw_score: Annotated[Number | None, about(edfi="rawScoreResult")] = None
    """Points."""


class Participation(Part):
    """Whether the learner took the test. CEDS 000228, 001016."""

    status: CodedValue | None = None
    """Took part, exempt, absent."""
    reason_not_tested: Annotated[CodedValue | None, about("000228", "reasonNotTestedDescriptor")] = None
    """Why not."""
    retest: Annotated[CodedValue | None, about("001016", "retestIndicatorDescriptor")] = None
    """Primary administration, first or second retest."""


class Growth(Part):
    """Change from one sitting to another."""

    since: str | None = None
    """The earlier sitting."""
    until: str | None = None
    """The later one."""
    metric: Annotated[CodedValue | None, about("000369", "assessmentReportingMethodDescriptor")] = None
    """Growth percentile, conditional growth index and others."""
    value: Text
    """As reported."""
    percentile: Number | None = None
    """From 0 to 100."""


class AssessmentResult(Entry):
    """What the learner reached in a test. Ed-Fi: StudentAssessment."""

    assessment: Annotated[Assessment, about("000028 001067", "assessmentReference")]
    """The test."""
    administration: Annotated[Administration | None, about("000962", "administrationDate")] = None
    """The sitting."""
    school_year: Annotated[SchoolYear | None, about("000243", "schoolYear")] = None
    """The calendar year in which the school year ends."""
    school: Annotated[OrgRef | None, about("001057", "reportedSchoolReference")] = None
    """Where it was taken."""
    grade_level: Annotated[CodedValue | None, about("000126", "whenAssessedGradeLevelDescriptor")] = None
    """The learner's grade level then."""
    subjects: Annotated[tuple[CodedValue, ...], about("000021", "academicSubjects")] = ()
    """What was tested."""
    scores: Annotated[tuple[Score, ...], about("000245 000369", "scoreResults")] = ()
    """The scores of the whole."""
    performance_levels: Annotated[
        tuple[PerformanceLevel, ...], about("000717 000718", "performanceLevels")
    ] = ()
    """What they came to."""
    subtests: Annotated[tuple[Subtest, ...], about("000367 000275", "studentObjectiveAssessments")] = ()
    """Parts with scores of their own."""
    items: Annotated[tuple[ItemResult, ...], about("000630 000724", "items")] = ()
    """Single questions."""
    accommodations: Annotated[
        tuple[CodedValue, ...], about("000385", "accommodations", "S", "disability")
    ] = ()
    """What was allowed to the learner."""
    participation: Annotated[Participation | None, about("000228 001016", "reasonNotTestedDescriptor")] = None
    """Whether the learner took it, and why not."""
    growth: Annotated[tuple[Growth, ...], about(edfi="scoreResults")] = ()
    """Change since earlier sittings."""

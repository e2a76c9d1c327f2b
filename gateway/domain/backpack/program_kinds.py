"""The kinds of programmes that have fields of their own, and what chooses between them."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import Discriminator, Tag

from gateway.domain.backpack.base import CodedValue, Number, Part, Score, about, held
from gateway.domain.backpack.programs import ProgramParticipation, kind_field
from gateway.domain.backpack.special_education import IepParticipation, Section504Participation

OTHER: Final = "other"


class LanguageProficiency(Part):
    """Proficiency in English, by a test. Ed-Fi: englishLanguageProficiencyAssessments."""

    school_year: Annotated[int | None, about("000243", "schoolYear")] = None
    """The calendar year in which the school year ends."""
    area: str | None = None
    """Overall, listening, reading, speaking, writing."""
    level: Annotated[CodedValue | None, about(edfi="proficiencyDescriptor")] = None
    """Proficient or not, or the test's level."""
    score: Score | None = None
    """The score."""
    progress: Annotated[CodedValue | None, about(edfi="progressDescriptor")] = None
    """Against the year before."""


class EnglishLearnerParticipation(ProgramParticipation):
    """Instruction for English learners. Ed-Fi: StudentLanguageInstructionProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("EL")]
    """Says that this is instruction for English learners."""
    proficiency: Annotated[
        tuple[LanguageProficiency, ...],
        about("000565", "englishLanguageProficiencyAssessments", "S", "language"),
    ] = ()
    """Results of tests, the last first."""
    participation: Annotated[
        CodedValue | None, about("000180", "participationDescriptor", "S", "language")
    ] = None
    """Whether the family accepted it."""
    dosage: Annotated[Number | None, about("", "dosage", "S", "language")] = None
    """Hours a week."""
    monitored: Annotated[CodedValue | None, about("", "monitoredDescriptor", "S", "language")] = None
    """Year after leaving, 1 to 4."""
    home_language_survey: Annotated[date | None, about("000447", "", "S", "language")] = None
    """When the family was asked which languages are spoken at home."""


class GiftedParticipation(ProgramParticipation):
    """Gifted and talented. CEDS 000122."""

    kind: Annotated[CodedValue, kind_field("GiftedTalented")]
    """Says that this is a programme for the gifted."""
    identified: Annotated[bool | None, about("000122", "", "E")] = None
    """Whether the learner is identified as gifted."""
    identified_on: Annotated[date | None, held("E")] = None
    """When."""
    areas: Annotated[tuple[CodedValue, ...], held("E")] = ()
    """In what, by the local list."""


class MigrantParticipation(ProgramParticipation):
    """Migrant education (MSIX). Ed-Fi: StudentMigrantEducationProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("Migrant")]
    """Says that this is migrant education."""
    qualifying_arrival: Annotated[date | None, about("000432", "qualifyingArrivalDate", "R", "migration")] = (
        None
    )
    """QAD: when the family came for the work that qualifies."""
    last_qualifying_move: Annotated[date | None, about("000433", "lastQualifyingMove")] = None
    """When it last moved for such work."""
    moved_from: Annotated[str | None, about("000435", "", None, "location")] = None
    """Town, state and country."""
    moved_to: Annotated[str | None, about("000434", "", None, "location")] = None
    """Town, state and country."""
    eligibility_expires: Annotated[date | None, about("000430", "eligibilityExpirationDate")] = None
    """Until when the learner is eligible."""
    priority_for_services: Annotated[bool | None, about("000562", "priorityForServices")] = None
    """Whether the learner comes first."""
    continuation_reason: Annotated[
        CodedValue | None, about(edfi="continuationOfServicesReasonDescriptor")
    ] = None
    """Why services go on after eligibility."""
    residency_date: Annotated[date | None, about("000189", "stateResidencyDate")] = None
    """When the learner came to live in the state."""
    us_initial_entry: Annotated[date | None, about(edfi="usInitialEntry")] = None
    """When the learner first came to the United States."""


class FoodServiceParticipation(ProgramParticipation):
    """Meals (42 USC 1758(b)(6)). Ed-Fi: StudentSchoolFoodServiceProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("FoodService")]
    """Says that this is about meals."""
    eligibility: Annotated[
        CodedValue | None, about("000092", "schoolFoodServiceProgramServiceDescriptor", "R", "economic")
    ] = None
    """Free, reduced, full price."""
    direct_certification: Annotated[bool | None, about("001654", "directCertification", "R", "economic")] = (
        None
    )
    """Whether the state certified it without an application."""
    application_year: Annotated[int | None, about("001767")] = None
    """The calendar year in which the school year of the application ends."""


class HomelessParticipation(ProgramParticipation):
    """Homeless (McKinney-Vento). Ed-Fi: StudentHomelessProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("Homeless")]
    """Says that the learner is or was homeless."""
    nighttime_residence: Annotated[
        CodedValue | None,
        about("000146", "homelessPrimaryNighttimeResidenceDescriptor", "R", "housing", "location"),
    ] = None
    """Doubled up, hotel, shelter, unsheltered."""
    unaccompanied: Annotated[
        bool | None, about("000148 000149", "homelessUnaccompaniedYouth", "R", "housing")
    ] = None
    """Whether the learner is without parent or guardian."""


class TitleIParticipation(ProgramParticipation):
    """Title I, Part A. Ed-Fi: StudentTitleIPartAProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("TitleI")]
    """Says that this is Title I."""
    participant: Annotated[CodedValue | None, about("000551", "titleIPartAParticipantDescriptor")] = None
    """Targeted, schoolwide, private school, local neglected programme."""


class CteParticipation(ProgramParticipation):
    """Career and technical education. Ed-Fi: StudentCTEProgramAssociation."""

    kind: Annotated[CodedValue, kind_field("CTE")]
    """Says that this is career and technical education."""
    pathway: Annotated[CodedValue | None, about("000592", "careerPathwayDescriptor", "E")] = None
    """Career cluster or pathway."""
    cip_code: Annotated[str | None, about("", "cipCode", "E")] = None
    """Classification of Instructional Programs."""
    completed: Annotated[bool | None, about("000037", "programCompletionIndicator", "E")] = None
    """Whether the programme was completed."""


class NeglectedDelinquentParticipation(ProgramParticipation):
    """Neglected or delinquent (Title I, Part D). CEDS 000193."""

    kind: Annotated[CodedValue, kind_field("NeglectedDelinquent")]
    """Says that this is Title I, Part D."""
    facility: Annotated[
        CodedValue | None, about("000193", "neglectedOrDelinquentProgramDescriptor", "R", "lawEnforcement")
    ] = None
    """Kind of facility."""


class InterventionParticipation(ProgramParticipation):
    """Response to intervention, MTSS. Ed-Fi: StudentInterventionAssociation."""

    kind: Annotated[CodedValue, kind_field("RTI")]
    """Says that this is an intervention."""
    tier: Annotated[str | None, held("E")] = None
    """1, 2 or 3."""
    focus: Annotated[str | None, about("", "diagnosisDescriptor", "E")] = None
    """What it is for."""
    effectiveness: Annotated[
        CodedValue | None, about("", "interventionEffectivenessRatingDescriptor", "E")
    ] = None
    """How well it works."""


KINDS: Final[Mapping[str, type[ProgramParticipation]]] = MappingProxyType(
    {
        "IEP": IepParticipation,
        "504": Section504Participation,
        "EL": EnglishLearnerParticipation,
        "GiftedTalented": GiftedParticipation,
        "Migrant": MigrantParticipation,
        "FoodService": FoodServiceParticipation,
        "Homeless": HomelessParticipation,
        "TitleI": TitleIParticipation,
        "CTE": CteParticipation,
        "NeglectedDelinquent": NeglectedDelinquentParticipation,
        "RTI": InterventionParticipation,
    }
)
"""By the code of `kind`. A kind that is not here is a plain `ProgramParticipation`."""


def _model_for(value: Any) -> str:
    """Return the tag of an entry: its kind's code where that has fields of its own."""
    kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
    code = kind.get("code") if isinstance(kind, Mapping) else getattr(kind, "code", None)
    return code if isinstance(code, str) and code in KINDS else OTHER


AnyProgram = Annotated[
    Annotated[ProgramParticipation, Tag(OTHER)]
    | Annotated[IepParticipation, Tag("IEP")]
    | Annotated[Section504Participation, Tag("504")]
    | Annotated[EnglishLearnerParticipation, Tag("EL")]
    | Annotated[GiftedParticipation, Tag("GiftedTalented")]
    | Annotated[MigrantParticipation, Tag("Migrant")]
    | Annotated[FoodServiceParticipation, Tag("FoodService")]
    | Annotated[HomelessParticipation, Tag("Homeless")]
    | Annotated[TitleIParticipation, Tag("TitleI")]
    | Annotated[CteParticipation, Tag("CTE")]
    | Annotated[NeglectedDelinquentParticipation, Tag("NeglectedDelinquent")]
    | Annotated[InterventionParticipation, Tag("RTI")],
    Discriminator(_model_for),
]

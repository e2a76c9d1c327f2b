"""Health: what staff must do travels apart from the diagnosis, and the diagnosis not by default."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gateway.domain.backpack.base import (
    CodedValue,
    Day,
    Entry,
    EntryRef,
    Level,
    Part,
    Period,
    PersonRef,
    Text,
    about,
    held,
)


class Exemption(Part):
    """Why a vaccine was not given. CEDS 000438. Ed-Fi: medicalExemption, nonMedicalImmunizationExemption."""

    kind: Literal["medical", "religious", "philosophical", "other"]
    """On which ground. Which religion is never said."""
    date: Annotated[Day | None, about("000438", "medicalExemptionDate")] = None
    """When it was granted."""
    document: EntryRef | None = None
    """The entry in `documents` that grants it."""


class Immunization(Entry):
    """A vaccine and its doses. CEDS 001248. Ed-Fi: requiredImmunizations."""

    base: ClassVar[Level] = "S"

    vaccine: Annotated[CodedValue, about("001248", "immunizationTypeDescriptor", "S", "health")]
    """CVX number, or the name of the vaccine."""
    doses: Annotated[tuple[Day, ...], about("000306", "immunizationDate")] = ()
    """When each was given."""
    exemption: Annotated[Exemption | None, about("000438", "medicalExemption")] = None
    """Why it was not given."""
    status: Annotated[Literal["upToDate", "inProgress", "exempt", "missing"] | None, about("000438")] = None
    """Whether the school's requirement is met."""


class HealthEntry(Entry):
    """What every entry of health has. `kind` says which it is."""

    base: ClassVar[Level] = "S"

    kind: Annotated[str, held("S", "health")]
    """Alert, allergy, condition, screening, care provider."""
    period: Period | None = None
    """When it holds."""


class HealthAlert(HealthEntry):
    """What staff must know and do. CEDS 000439."""

    kind: Annotated[Literal["alert"], held("S", "health")]
    """Says that this is an alert."""
    text: Annotated[Text, about("000439")]
    """What to do, in words."""
    severity: CodedValue | None = None
    """Information, caution, emergency."""
    action_plan: EntryRef | None = None
    """The entry in `documents` with the plan."""


class Allergy(HealthEntry):
    """An allergy. CEDS 001283, 001281, 001282."""

    kind: Annotated[Literal["allergy"], held("S", "health")]
    """Says that this is an allergy."""
    type: Annotated[CodedValue, about("001283")]
    """Against what."""
    reaction: Annotated[str | None, about("001281")] = None
    """What happens."""
    severity: Annotated[CodedValue | None, about("001282")] = None
    """How bad it is."""


class HealthCondition(HealthEntry):
    """A diagnosis. Ed-Fi: disabilityDiagnosis."""

    base: ClassVar[Level] = "R"

    kind: Annotated[Literal["condition"], held("R", "health")]
    """Says that this is a condition."""
    name: Annotated[Text, about(edfi="disabilityDiagnosis")]
    """In words."""
    code: CodedValue | None = None
    """SNOMED CT or ICD-10."""
    medication: str | None = None
    """What the learner takes, how much and when."""
    plan: EntryRef | None = None
    """The entry in `documents` with the plan."""


class Screening(HealthEntry):
    """Vision, hearing, teeth. CEDS 000308, 000309, 000310."""

    kind: Annotated[Literal["screening"], held("S", "health")]
    """Says that this is a screening."""
    type: Annotated[CodedValue, about("000308 000703 000309 000705 000310 000706")]
    """Vision, hearing, dental and others."""
    date: Day | None = None
    """When."""
    result: CodedValue | None = None
    """Passed, referred and others."""
    comment: str | None = None
    """In words."""


class CareProvider(HealthEntry):
    """The family's doctor, hospital and insurance."""

    base: ClassVar[Level] = "R"

    kind: Annotated[Literal["careProvider"], held("R", "health", "thirdParty")]
    """Says that this is about providers of care."""
    physician: Annotated[PersonRef | None, about("", "", None, "location")] = None
    """The doctor."""
    hospital: Annotated[str | None, about("", "", None, "location")] = None
    """The preferred hospital."""
    insurance: Annotated[str | None, about("", "", None, "location")] = None
    """Who insures the learner."""


AnyHealthEntry = Annotated[
    HealthAlert | Allergy | HealthCondition | Screening | CareProvider, Field(discriminator="kind")
]

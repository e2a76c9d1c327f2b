"""The document and its sections: the schema, and entries to and from JSON."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, cast, get_args

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from gateway.domain.backpack.academics import GradebookItem, GradeRecord
from gateway.domain.backpack.achievements import Achievement, Activity, Comment
from gateway.domain.backpack.assessments import AssessmentResult
from gateway.domain.backpack.attendance import AttendanceEvent, AttendanceSummary
from gateway.domain.backpack.base import Entry, Extensions, OrgRef, Part, RecordId, about
from gateway.domain.backpack.behavior import BehaviorIncident, PositiveBehavior
from gateway.domain.backpack.competencies import CompetencyResult
from gateway.domain.backpack.consent import Consent, Disclosure
from gateway.domain.backpack.contacts import Contact
from gateway.domain.backpack.demographics import Demographics
from gateway.domain.backpack.documents import Document
from gateway.domain.backpack.enrollment import Enrollment, SectionEnrollment
from gateway.domain.backpack.goals import Goal, LearningPlan
from gateway.domain.backpack.health import AnyHealthEntry, HealthEntry, Immunization
from gateway.domain.backpack.identity import Learner
from gateway.domain.backpack.profile import AnyProfileEntry, ProfileEntry
from gateway.domain.backpack.program_kinds import KINDS, AnyProgram
from gateway.domain.backpack.programs import ProgramParticipation
from gateway.domain.backpack.sensitivity import parts_in
from gateway.domain.backpack.transcript import AcademicRecord, GraduationProgress
from gateway.domain.errors import Malformed
from gateway.domain.ids import Digest

SCHEMA_VERSION: Final = "2.0.0"
SCHEMA_ID: Final = "urn:backpack:schema:2.0"


class Sections(Part):
    """The named parts of a backpack. An empty section is left out on the wire."""

    identity: tuple[Learner, ...] = ()
    """Who the learner is."""
    demographics: tuple[Demographics, ...] = ()
    """What the district reports beside identity."""
    contacts: tuple[Contact, ...] = ()
    """Guardians and others."""
    enrollments: tuple[Enrollment, ...] = ()
    """Stays at schools."""
    attendance: tuple[AttendanceEvent, ...] = ()
    """What was recorded on single days."""
    attendance_summary: tuple[AttendanceSummary, ...] = ()
    """Totals of days."""
    classes: tuple[SectionEnrollment, ...] = ()
    """Classes taken."""
    gradebook: tuple[GradebookItem, ...] = ()
    """Assignments and results."""
    grades: tuple[GradeRecord, ...] = ()
    """Marks for marking periods."""
    transcript: tuple[AcademicRecord, ...] = ()
    """Courses with their credit, averages, rank, diplomas."""
    graduation_progress: tuple[GraduationProgress, ...] = ()
    """How far to a diploma."""
    competencies: tuple[CompetencyResult, ...] = ()
    """Mastery of standards."""
    assessments: tuple[AssessmentResult, ...] = ()
    """Results of tests."""
    incidents: tuple[BehaviorIncident, ...] = ()
    """Incidents and what followed."""
    positive_behavior: tuple[PositiveBehavior, ...] = ()
    """What was done well."""
    immunizations: tuple[Immunization, ...] = ()
    """Vaccines."""
    health: tuple[AnyHealthEntry, ...] = ()
    """Alerts, allergies, conditions, screenings, providers of care."""
    programs: tuple[AnyProgram, ...] = ()
    """Special programmes."""
    learner_profile: tuple[AnyProfileEntry, ...] = ()
    """What is said of the learner."""
    goals: tuple[Goal, ...] = ()
    """What the learner works towards."""
    plans: tuple[LearningPlan, ...] = ()
    """Personalised learning plans."""
    achievements: tuple[Achievement, ...] = ()
    """Badges, awards, portfolio pieces."""
    comments: tuple[Comment, ...] = ()
    """Comments of those who teach."""
    documents: tuple[Document, ...] = ()
    """Files."""
    consents: tuple[Consent, ...] = ()
    """Who allowed what."""
    disclosures: tuple[Disclosure, ...] = ()
    """To whom the record went."""
    activities: tuple[Activity, ...] = ()
    """Clubs, athletics, service, work."""


SECTIONS: Mapping[str, type[Entry]] = MappingProxyType(
    {
        "identity": Learner,
        "demographics": Demographics,
        "contacts": Contact,
        "enrollments": Enrollment,
        "attendance": AttendanceEvent,
        "attendanceSummary": AttendanceSummary,
        "classes": SectionEnrollment,
        "gradebook": GradebookItem,
        "grades": GradeRecord,
        "transcript": AcademicRecord,
        "graduationProgress": GraduationProgress,
        "competencies": CompetencyResult,
        "assessments": AssessmentResult,
        "incidents": BehaviorIncident,
        "positiveBehavior": PositiveBehavior,
        "immunizations": Immunization,
        "health": HealthEntry,
        "programs": ProgramParticipation,
        "learnerProfile": ProfileEntry,
        "goals": Goal,
        "plans": LearningPlan,
        "achievements": Achievement,
        "comments": Comment,
        "documents": Document,
        "consents": Consent,
        "disclosures": Disclosure,
        "activities": Activity,
    }
)
"""By wire name. Where entries are of several kinds, the model that all have in common; see `model_of`."""


def _named(kinds: Any) -> Mapping[str, type[Entry]]:
    """Return models by the one value that their `kind` may have."""
    models = get_args(get_args(kinds)[0])
    return MappingProxyType({get_args(one.model_fields["kind"].annotation)[0]: one for one in models})


VARIANTS: Mapping[str, Mapping[str, type[Entry]]] = MappingProxyType(
    {"health": _named(AnyHealthEntry), "learnerProfile": _named(AnyProfileEntry), "programs": KINDS}
)
"""Of the sections with several kinds of entries, the models by kind; of programs, by the code of the kind."""


class Transmission(Part):
    """Why and how a backpack was sent. PESC: TransmissionType. SIF: sreJob."""

    type: Literal["Original", "Resubmission", "Duplicate", "Amendment", "Retraction"] | None = None
    """How it relates to what was sent before."""
    purpose: str | None = None
    """What for."""
    destination: Annotated[OrgRef | None, about("", "", None, "location")] = None
    """To whom."""
    official: bool | None = None
    """Whether it is an official record (PESC DocumentOfficialCode)."""
    complete: Literal["Complete", "Partial"] | None = None
    """Whether all that is held is in it (PESC DocumentCompleteCode)."""


class Previous(Part):
    """The backpack that this one replaces."""

    backpack_id: RecordId
    """Its id."""
    digest: Digest
    """Of its bytes."""


class Backpack(Part):
    """The portable record of one learner as one district asserts it."""

    schema_version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    """Semantic version of the schema: a new first number may break readers, the others never do."""
    backpack_id: RecordId
    """Of this document."""
    learner_id: Annotated[str, Field(min_length=1)]
    """Pseudonymous, the same in the whole network."""
    created: AwareDatetime
    """When it was made."""
    custodian: Annotated[OrgRef, about("001068", "StudentEducationOrganizationResponsibilityAssociation")]
    """The district that asserts it."""
    transmission: Transmission | None = None
    """Why and how it was sent."""
    profile_uri: tuple[str, ...] = ()
    """Profiles of districts and states that the document keeps to."""
    section_digests: Mapping[str, Digest]
    """Of each section."""
    previous: Previous | None = None
    """The backpack that this one replaces."""
    extensions: Extensions | None = None
    """What the schema has no field for, by URI."""
    sections: Sections
    """The entries."""


def model_of(section: str, kind: str | None = None) -> type[Entry]:
    """Return the model of an entry of the section, or of that kind of entry.

    Raises:
        Malformed: the schema has no such section, or needs to know which of its kinds the entry is.
    """
    if section not in SECTIONS:
        raise Malformed("the schema has no section of that name")
    found = VARIANTS.get(section, {}).get(kind or "")
    if found is None and section in VARIANTS and section != "programs":
        raise Malformed(
            f"an entry of {section} must be of one of these kinds: {', '.join(VARIANTS[section])}"
        )
    return found or SECTIONS[section]


@cache
def models() -> tuple[type[Part], ...]:
    """Return every model of the schema, each once: the document, then the others as they are met."""
    found: dict[type[Part], None] = {}
    waiting: list[type[Part]] = [Backpack]
    while waiting:
        model = waiting.pop(0)
        if model not in found:
            found[model] = None
            waiting += [part for field in model.model_fields.values() for part in parts_in(field.annotation)]
    return tuple(found)


@cache
def entry_adapter(section: str) -> TypeAdapter[Any]:
    """Return what reads one entry of the section.

    Raises:
        Malformed: the schema has no such section.
    """
    if section not in SECTIONS:
        raise Malformed("the schema has no section of that name")
    several: Mapping[str, Any] = {
        "health": AnyHealthEntry,
        "learnerProfile": AnyProfileEntry,
        "programs": AnyProgram,
    }
    return TypeAdapter(several.get(section, SECTIONS[section]))


def entry_from(section: str, value: Mapping[str, Any]) -> Entry:
    """Read an entry off the wire.

    Raises:
        Malformed: it does not fit the schema; says where, and nothing of what stood there.
    """
    try:
        return cast("Entry", entry_adapter(section).validate_python(dict(value)))
    except ValidationError as error:
        raise Malformed(f"an entry of {section} does not fit the schema: {_places(error)}") from None


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Return the entry as on the wire: what was said and no more, so that what came in goes out the same."""
    return entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)


def sections_to_json(sections: Mapping[str, Sequence[Entry]]) -> dict[str, list[dict[str, Any]]]:
    """Return sections as on the wire; those without entries are left out."""
    return {
        name: [entry_to_json(entry) for entry in entries] for name, entries in sections.items() if entries
    }


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document.

    `x-sensitivity` and `x-labels` give the class of a field, and of an object that of its other fields;
    `x-ceds` and `x-edfi` what a field corresponds to.
    """
    schema = Backpack.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID} | schema


def _places(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(sorted({f"{_place(one['loc'])} ({one['type']})" for one in found})[:5])


def _place(loc: tuple[int | str, ...]) -> str:
    """Name the place; a name that the schema does not know is not repeated, it may be anything."""
    return ".".join(str(part) for part in loc if isinstance(part, int) or part in _names())


@cache
def _names() -> frozenset[str]:
    """Return the wire names of all fields of the schema."""
    return frozenset(info.alias or name for one in models() for name, info in one.model_fields.items())

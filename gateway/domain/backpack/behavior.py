"""Incidents and what followed, and what the learner did well. Others who took part are never named."""

from typing import Annotated, ClassVar

from pydantic import Field

from gateway.domain.backpack.base import (
    Clock,
    CodedValue,
    Day,
    Entry,
    Level,
    Number,
    OrgRef,
    Part,
    PersonRef,
    about,
    held,
)


class DisciplineAction(Part):
    """What the school did. CEDS 000488. Ed-Fi: DisciplineAction."""

    type: Annotated[CodedValue | None, about("000488", "disciplines")] = None
    """In-school or out-of-school suspension, expulsion, community service and others."""
    begin: Annotated[Day | None, about("000082 000083", "disciplineDate")] = None
    """First day."""
    end: Day | None = None
    """Last day, inclusive."""
    length: Annotated[Number | None, about("000511", "disciplineActionLength")] = None
    """Days decided."""
    actual_length: Annotated[Number | None, about("000512", "actualDisciplineActionLength")] = None
    """Days that it lasted."""
    length_difference: Annotated[
        CodedValue | None, about(edfi="disciplineActionLengthDifferenceReasonDescriptor")
    ] = None
    """Why the two differ."""
    services: Annotated[bool | None, about(edfi="receivedEducationServicesDuringExpulsion")] = None
    """Whether the learner was taught meanwhile."""
    zero_tolerance: Annotated[bool | None, about(edfi="relatedToZeroTolerancePolicy")] = None
    """Whether a policy left no choice."""
    manifestation_review: Annotated[
        bool | None, about("001322", "iepPlacementMeetingIndicator", "R", "disability")
    ] = None
    """Whether it was reviewed if the behaviour came of a disability (IDEA)."""


class Restraint(Part):
    """The learner was held or secluded. Ed-Fi: RestraintEvent."""

    date: Annotated[Day | None, about(edfi="eventDate")] = None
    """When."""
    reasons: Annotated[tuple[CodedValue, ...], about(edfi="restraintEventReasons")] = ()
    """Why."""
    minutes: Annotated[int | None, Field(ge=0)] = None
    """How long."""


class BehaviorIncident(Entry):
    """An incident and the learner's part in it. CEDS 000501. Ed-Fi: DisciplineIncident.

    How long it is kept is the state's law; a district's profile says it.
    """

    base: ClassVar[Level] = "S"

    incident_id: Annotated[str | None, about("000501", "incidentIdentifier")] = None
    """Its number at the sender."""
    date: Annotated[Day, about("000502", "incidentDate")]
    """When."""
    time: Annotated[Clock | None, about("000503", "incidentTime")] = None
    """At what time."""
    location: Annotated[CodedValue | None, about("000617", "incidentLocationDescriptor")] = None
    """Where."""
    school: Annotated[OrgRef | None, about("001069", "schoolReference")] = None
    """At which school."""
    behaviors: Annotated[tuple[CodedValue, ...], about("000509", "behaviors", "S", "discipline")] = ()
    """What happened; the local code is kept."""
    role: Annotated[CodedValue | None, about("001373", "disciplineIncidentParticipationCodes")] = None
    """The learner's part: perpetrator, victim, witness, reporter."""
    others: Annotated[int | None, Field(ge=0)] = None
    """How many others took part."""
    weapons: Annotated[tuple[CodedValue, ...], about("001211", "weapons", "R", "lawEnforcement")] = ()
    """Weapons in it."""
    drugs: Annotated[tuple[CodedValue, ...], held("R", "lawEnforcement", "health")] = ()
    """Substances in it."""
    injury: Annotated[CodedValue | None, about("000510", "", "R", "health")] = None
    """How badly somebody was hurt."""
    description: Annotated[str | None, about("000508", "incidentDescription", "R", "thirdParty")] = None
    """What happened, in words; names of others are to be taken out."""
    reported_to_law_enforcement: Annotated[
        bool | None, about("001376", "reportedToLawEnforcement", "R", "lawEnforcement")
    ] = None
    """Whether the police was told."""
    case_number: Annotated[str | None, about("", "caseNumber", "R", "lawEnforcement")] = None
    """The police's number."""
    actions: Annotated[
        tuple[DisciplineAction, ...], about("000488", "DisciplineAction", "S", "discipline")
    ] = ()
    """What the school did."""
    restraints: Annotated[tuple[Restraint, ...], about("", "RestraintEvent", "R", "safety")] = ()
    """Whether the learner was held or secluded."""


class PositiveBehavior(Entry):
    """Something done well: points, praise, house points. Ed-Fi: recognitions."""

    date: Annotated[Day | None, about(edfi="recognitionAwardDate")] = None
    """When."""
    type: Annotated[CodedValue, about("000229", "recognitionTypeDescriptor")]
    """For what, in the local list."""
    points: Number | None = None
    """How many, where points are given."""
    comment: str | None = None
    """In words."""
    given_by: PersonRef | None = None
    """Who saw it."""

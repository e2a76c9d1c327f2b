"""Special programmes: restricted, each by a law of its own. `kind` says which fields an entry has.

Whatever the kind, the entry is restricted: that the learner takes part is what the laws protect. A field's
own class is told all the same.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from gateway.domain.backpack.base import (
    AttachmentRef,
    CodedValue,
    Entry,
    Level,
    Number,
    OrgRef,
    Part,
    about,
)

WITH_FIELDS: Final = (
    "IEP",
    "504",
    "EL",
    "GiftedTalented",
    "Migrant",
    "FoodService",
    "Homeless",
    "TitleI",
    "CTE",
    "NeglectedDelinquent",
    "RTI",
)
"""Codes of kinds that have fields of their own, in `program_kinds`."""


def kind_field(code: str | None = None) -> Any:
    """Return the field `kind` of that kind of programme, or of all kinds without fields of their own."""
    may_be: Any = {"const": code} if code else {"not": {"enum": list(WITH_FIELDS)}}
    extra: dict[str, Any] = {
        "properties": {"code": may_be},
        "x-ceds": ["000225"],
        "x-edfi": "programTypeDescriptor",
        "x-sensitivity": "R",
        "x-labels": [],
    }
    return Field(json_schema_extra=extra)


class ProgramService(Part):
    """A service of the programme. CEDS 001383. Ed-Fi: ProgramServices; 6: servicePrescriptions."""

    service: Annotated[CodedValue, about("001383 000273", "serviceDescriptor")]
    """What is done."""
    begin: Annotated[date | None, about("001519", "serviceBeginDate")] = None
    """First day."""
    end: Annotated[date | None, about("001520", "serviceEndDate")] = None
    """Last day, inclusive."""
    frequency: str | None = None
    """How often."""
    duration: Number | None = None
    """How long each time, in `unit`."""
    unit: Literal["minutes", "hours", "days"] | None = None
    """Of `duration`."""
    setting: Annotated[CodedValue | None, about(edfi="specialEducationSettingDescriptor")] = None
    """Where."""
    provider: Annotated[str | None, about(edfi="serviceProviders")] = None
    """Who does it."""


class Accommodation(Part):
    """What is changed for the learner in lessons or tests. CEDS 000385. Ed-Fi 6: StudentIEP."""

    code: Annotated[CodedValue, about("000385 001685 001686", "accommodationDescriptor", "S", "disability")]
    """What is changed (Ed-Fi, 1EdTech AfA 3.0)."""
    area: Literal["instruction", "assessment", "both"] | None = None
    """Where it holds."""
    notes: str | None = None
    """In words."""


class ProgramParticipation(Entry):
    """Takes part, or took part, in a programme. CEDS 000225. Ed-Fi: StudentProgramAssociation.

    A kind without fields of its own has these: Foster, Bilingual, EarlyChildhood, Alternative, any local one.
    """

    base: ClassVar[Level] = "R"

    kind: Annotated[CodedValue, kind_field()]
    """IEP, 504, EL, FoodService, Homeless, Foster, Migrant, GiftedTalented and others."""
    program: Annotated[str | None, about("000225", "programReference")] = None
    """As the district calls it."""
    provider: Annotated[OrgRef | None, about(edfi="educationOrganizationReference")] = None
    """Who runs it."""
    begin: Annotated[date | None, about("000590", "beginDate")] = None
    """First day."""
    end: Annotated[date | None, about("000591", "endDate")] = None
    """Last day, inclusive."""
    exit_reason: Annotated[CodedValue | None, about(edfi="reasonExitedDescriptor")] = None
    """Why it ended."""
    services: Annotated[tuple[ProgramService, ...], about("001383 000273", "ProgramServices")] = ()
    """What is done for the learner."""
    accommodations: Annotated[
        tuple[Accommodation, ...], about("000385", "accommodations", "S", "disability")
    ] = ()
    """What is changed for the learner."""
    documents: tuple[AttachmentRef, ...] = ()
    """Plans, evaluations, notices."""

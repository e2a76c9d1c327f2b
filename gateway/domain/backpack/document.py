"""The document and its sections: the schema, and entries to and from JSON."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from gateway.domain.backpack.academics import GradebookItem, GradeRecord
from gateway.domain.backpack.base import Entry, Extensions, OrgRef, Part, RecordId
from gateway.domain.backpack.contacts import Contact
from gateway.domain.backpack.enrollment import Enrollment, SectionEnrollment
from gateway.domain.backpack.identity import Demographics, Learner
from gateway.domain.backpack.profile import AnyProfileEntry, Goal, ProfileEntry
from gateway.domain.backpack.programs import ProgramParticipation
from gateway.domain.errors import Malformed
from gateway.domain.ids import Digest

SCHEMA_VERSION = "1.0.0"
SCHEMA_ID = "urn:backpack:schema:1.0"


class Sections(Part):
    """The named parts of a backpack. An empty section is left out on the wire."""

    identity: tuple[Learner, ...] = ()
    demographics: tuple[Demographics, ...] = ()
    contacts: tuple[Contact, ...] = ()
    enrollments: tuple[Enrollment, ...] = ()
    classes: tuple[SectionEnrollment, ...] = ()
    gradebook: tuple[GradebookItem, ...] = ()
    grades: tuple[GradeRecord, ...] = ()
    programs: tuple[ProgramParticipation, ...] = ()
    learner_profile: tuple[AnyProfileEntry, ...] = ()
    goals: tuple[Goal, ...] = ()


SECTIONS: Mapping[str, type[Entry]] = MappingProxyType(
    {
        "identity": Learner,
        "demographics": Demographics,
        "contacts": Contact,
        "enrollments": Enrollment,
        "classes": SectionEnrollment,
        "gradebook": GradebookItem,
        "grades": GradeRecord,
        "programs": ProgramParticipation,
        "learnerProfile": ProfileEntry,
        "goals": Goal,
    }
)
"""By wire name. Entries of `learnerProfile` are of the subclass of `ProfileEntry` that `kind` names."""


class Backpack(Part):
    """The portable record of one learner as one district asserts it."""

    schema_version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    backpack_id: RecordId
    learner_id: str = Field(min_length=1)
    """Pseudonymous, the same in the whole network."""
    created: AwareDatetime
    custodian: OrgRef
    section_digests: Mapping[str, Digest]
    extensions: Extensions | None = None
    sections: Sections


@cache
def entry_adapter(section: str) -> TypeAdapter[Any]:
    """Return what reads one entry of the section.

    Raises:
        Malformed: the schema has no such section.
    """
    if section not in SECTIONS:
        raise Malformed("the schema has no section of that name")
    return TypeAdapter(AnyProfileEntry if section == "learnerProfile" else SECTIONS[section])


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
    """Return the JSON Schema (2020-12) of the document."""
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
    definitions = json_schema()["$defs"].values()
    return frozenset(name for one in definitions for name in one.get("properties", ()))

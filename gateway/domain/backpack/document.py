"""The document: an envelope and its sections, to and from JSON."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
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
from gateway.domain.ids import Digest, digest

SCHEMA_VERSION = "1.0.0"
SCHEMA_ID = "urn:backpack:schema:1.0"

_BACKPACKS = uuid.UUID("5f0c6a0e-3c43-5a0b-9d36-0d3c3a5e8f11")


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

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield every entry with the wire name of its section."""
        for name, field in Sections.model_fields.items():
            for entry in cast("tuple[Entry, ...]", getattr(self.sections, name)):
                yield field.alias or name, entry


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


def section_digests(sections: Mapping[str, Sequence[Entry]]) -> dict[str, Digest]:
    """Return the digest of each section that has entries, so that one can be proven without the others."""
    return {name: _digest(entries) for name, entries in sections_to_json(sections).items()}


def build(
    sections: Mapping[str, Sequence[Entry]], *, learner_id: str, custodian: OrgRef, as_of: datetime
) -> Backpack:
    """Return the document of these entries. The same input gives the same document, id and digests."""
    digests = section_digests(sections)
    content = "\n".join((learner_id, custodian.id, as_of.isoformat(), *digests.values()))
    by_field = {
        name: tuple(sections[field.alias or name])
        for name, field in Sections.model_fields.items()
        if sections.get(field.alias or name)
    }
    return Backpack(
        schema_version=SCHEMA_VERSION,
        backpack_id=str(uuid.uuid5(_BACKPACKS, content)),
        learner_id=learner_id,
        created=as_of,
        custodian=custodian,
        section_digests=digests,
        sections=Sections.model_validate(by_field),
    )


def to_json(backpack: Backpack) -> dict[str, Any]:
    """Return the document as on the wire, without what is absent."""
    content = backpack.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"sections"})
    sections: dict[str, list[Entry]] = {}
    for name, entry in backpack.entries():
        sections.setdefault(name, []).append(entry)
    return content | {"sections": sections_to_json(sections)}


def from_json(content: Mapping[str, Any]) -> Backpack:
    """Read a document off the wire and check its section digests.

    Raises:
        Malformed: it does not fit the schema, or a digest does not fit its section.
    """
    try:
        backpack = Backpack.model_validate(dict(content))
    except ValidationError as error:
        raise Malformed(f"the document does not fit the schema: {_places(error)}") from None
    written = {name: _digest(value) for name, value in to_json(backpack)["sections"].items()}
    if written != dict(backpack.section_digests):
        raise Malformed("a section does not have the digest that the document names")
    return backpack


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document."""
    schema = Backpack.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID} | schema


def _digest(entries: Sequence[Mapping[str, Any]]) -> Digest:
    text = json.dumps(entries, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return digest(text.encode())


def _places(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(sorted({f"{_place(one['type'], one['loc'])} ({one['type']})" for one in found})[:5])


def _place(kind: str, loc: tuple[int | str, ...]) -> str:
    """Name the place; a field that the schema does not know is not repeated, it may be anything."""
    return ".".join(map(str, loc[:-1] if kind == "extra_forbidden" else loc))

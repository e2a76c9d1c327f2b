"""What every entry has, provenance and sensitivity, and by re-export what entries are made of."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from gateway.domain.backpack.extensions import Extensions
from gateway.domain.backpack.field import (
    LEVELS,
    Clock,
    Day,
    EntryRef,
    Label,
    Level,
    Number,
    Part,
    RecordId,
    SchoolYear,
    Sha256,
    Text,
    about,
    assembler,
    held,
    strictest,
)
from gateway.domain.backpack.sensitivity import Sensitivity, marks, sensitivity_in, sensitivity_of
from gateway.domain.backpack.shared import (
    Address,
    AttachmentRef,
    CodedValue,
    CourseRef,
    Credit,
    Framework,
    GradeValue,
    OrgIdentifier,
    OrgRef,
    Period,
    PersonIdentifier,
    PersonRef,
    Scale,
    ScaleLevel,
    Score,
    StandardRef,
    Term,
)

__all__ = [
    "LEVELS",
    "Address",
    "AssertedBy",
    "AttachmentRef",
    "Clock",
    "CodedValue",
    "CourseRef",
    "Credit",
    "DataQuality",
    "Day",
    "Disagreement",
    "Entry",
    "EntryRef",
    "Extensions",
    "Framework",
    "GradeValue",
    "Label",
    "Level",
    "Meta",
    "Number",
    "OrgIdentifier",
    "OrgRef",
    "Part",
    "Period",
    "PersonIdentifier",
    "PersonRef",
    "Provenance",
    "RecordId",
    "Scale",
    "ScaleLevel",
    "SchoolYear",
    "Score",
    "Sensitivity",
    "Sha256",
    "StandardRef",
    "Term",
    "Text",
    "about",
    "assembler",
    "held",
    "marks",
    "sensitivity_of",
    "strictest",
]


class AssertedBy(Part):
    """Who says so."""

    actor: Literal["school", "teacher", "counsellor", "learner", "family", "system", "thirdParty"]
    """What they are to the learner."""
    agent: str | None = None
    """Id of the person or organisation at the sender."""


class Provenance(Part):
    """Where an entry comes from: the row of the local system, and what turned it into an entry."""

    system: Annotated[Text, about(edfi="sourceSystemDescriptor")]
    """The local system: product, and version where it is known."""
    table: str | None = None
    """Table or file of the local system."""
    key: str | None = None
    """The row's key in it."""
    file: str | None = None
    """The file that was read."""
    row: int | None = Field(default=None, ge=1)
    """The physical line in the file, as an editor counts."""
    org: Annotated[OrgRef, about("001069", "educationOrganizationReference")]
    """The organisation whose record it is."""
    extracted_at: AwareDatetime
    """When it was read from the local system."""
    mapping: str
    """Name and version of the mapping file."""
    asserted_by: AssertedBy
    """Whose word it is."""


class DataQuality(Part):
    """One thing that was wrong with a value of this entry; the value as it was stays in the district."""

    code: Text
    """What was wrong, as the findings name it."""
    field: str | None = None
    """The column in which it stood."""
    severity: Literal["info", "warning", "error"]
    """How bad it is."""


class Disagreement(Part):
    """A family's statement of disagreement with the entry that it stands in (34 CFR 99.21(b)(2))."""

    text: Text
    """What the parent, or the student of age, states."""
    by: Text
    """Who states it."""
    date: Day
    """When it was made."""


class Meta(Part):
    """What is known of every entry: id, provenance, status, sensitivity, quality."""

    record_id: Annotated[RecordId, about(edfi="id")]
    """The same at every export of the same row."""
    source: Provenance
    """Where the entry comes from."""
    status: Literal["active", "tobedeleted", "superseded", "enteredInError"] = "active"
    """Whether it still holds."""
    verification: Annotated[
        Literal["selfAsserted", "teacherObserved", "recordOfficial", "thirdPartyVerified", "documented"]
        | None,
        about(edfi="personalInformationVerificationDescriptor"),
    ] = None
    """How sure it is."""
    sensitivity: Annotated[Sensitivity, about("001945")]
    """What the sender declares; the fields may say more."""
    dq: tuple[DataQuality, ...] = ()
    """What was wrong with values of the entry."""
    statements: tuple[Disagreement, ...] = ()
    """What a family states against the entry; disclosed whenever the entry is (34 CFR 99.21(c)(2))."""
    extensions: Extensions | None = None
    """What the schema has no field for, by URI."""


class Entry(Part):
    """One record in a section: the unit of provenance, sensitivity and disclosure."""

    base: ClassVar[Level] = "E"
    """The class of a field without a mark."""

    meta: Meta
    """Id, provenance, status, sensitivity and quality of the entry."""

    def sensitivity(self) -> Sensitivity:
        """Return what policy goes by: the stricter of what the sender declared and what the fields say.

        Parts count with their fields. An extension that nobody here knows counts as restricted.
        """
        declared, found = self.meta.sensitivity, sensitivity_in(self)
        if not declared.basis and (declared.level, declared.labels) == (found.level, found.labels):
            return found
        level = strictest((declared.level, found.level))
        labels = tuple(sorted({*declared.labels, *found.labels}))
        return Sensitivity(level=level, labels=labels, basis=declared.basis)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the class of the fields without a mark."""
        schema = super().__get_pydantic_json_schema__(core, handler)
        handler.resolve_ref_schema(schema)["x-sensitivity"] = cls.base
        return schema

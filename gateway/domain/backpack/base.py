"""What every entry is made of: coded values, references, provenance and sensitivity.

Names are camelCase on the wire and snake_case in Python. Decimals are strings on the wire, dates ISO 8601.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema
from pydantic.alias_generators import to_camel

Level = Literal["D", "E", "S", "R"]
"""Directory, education record, special category, restricted: each stricter than the one before."""

LEVELS: tuple[Level, ...] = ("D", "E", "S", "R")

Text = Annotated[str, Field(min_length=1, max_length=20_000)]
"""Text that says something."""

RecordId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
"""UUID version 5 of organisation, source system, table and key: the same row gives the same id."""

Number = Annotated[
    Decimal, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?([Ee][+-]?[0-9]+)?$"})
]
"""A decimal, a string on the wire, so that no reader rounds it."""

SchoolYear = Annotated[int, Field(ge=1900, le=2200)]
"""The calendar year in which the school year ends."""

Extensions = Mapping[Annotated[str, Field(pattern=r"^(https://|urn:)\S+$")], JsonValue]
"""By URI. An extension whose class nobody stated counts as restricted."""


def held(level: Level, *labels: str) -> Any:
    """Mark a field with its sensitivity class and labels; a field without a mark has its model's own."""
    return Field(json_schema_extra={"x-sensitivity": level, "x-labels": list(labels)})


class Part(BaseModel):
    """Any piece of a backpack: closed, frozen, camelCase on the wire."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


P = TypeVar("P", bound=Part)

_MEMBERS = vars(BaseModel)
_set_values, _set_fields, _set_extra, _set_private = (
    _MEMBERS[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


@cache
def assembler(model: type[P]) -> Callable[[dict[str, Any]], P]:
    """Return what makes an instance of values that were each validated for their field, by Python name.

    Nothing is checked again, which takes a tenth of the time. The result equals what validation returns; a
    required field that is not there is the caller's fault.
    """
    defaults = {
        name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()
    }

    def assemble(values: dict[str, Any]) -> P:
        made = model.__new__(model)
        _set_values(made, defaults | values)
        _set_fields(made, set(values))
        _set_extra(made, None)
        _set_private(made, None)
        return made

    return assemble


class CodedValue(Part):
    """A normalised code beside the code as the local system had it. Ed-Fi: descriptor.

    With `mapping` "none" nobody knows the local code: then `code` repeats it under the local system.
    """

    code: Text
    system: Text
    """URI of the list, such as `https://ceds.ed.gov/element/000100`."""
    display: str | None = None
    local_code: str | None = None
    local_system: str | None = None
    local_display: str | None = None
    mapping: Literal["exact", "broader", "narrower", "none"] | None = None


class OrgIdentifier(Part):
    """An organisation's number in a list: NCES, state, CEEB."""

    system: Text
    value: Text


class OrgRef(Part):
    """A school, district or other organisation. CEDS 001069, 001068. Ed-Fi: EducationOrganization."""

    id: Text
    name: str | None = None
    type: CodedValue | None = None
    identifiers: tuple[OrgIdentifier, ...] = ()
    parent: str | None = None
    """The `id` of the organisation above."""


class PersonRef(Part):
    """Somebody named by an entry, a teacher for instance. CEDS 001572. Ed-Fi: Staff or Contact reference."""

    id: str | None = None
    name: str | None = None
    role: CodedValue | None = None


class CourseRef(Part):
    """A course of the catalogue. CEDS 000055, 000056. Ed-Fi: Course."""

    local_code: str | None = None
    title: str | None = None
    state_code: str | None = None
    sced_code: str | None = None
    subjects: tuple[str, ...] = ()
    levels: tuple[CodedValue, ...] = ()


class StandardRef(Part):
    """A learning standard. CEDS 000874. Ed-Fi: LearningStandard; CASE: CFItem. Never invented here."""

    id: Text
    source: str | None = None
    statement: str | None = None


class Term(Part):
    """A school year or a part of one. CEDS 000243, 000727. Ed-Fi: Session, GradingPeriod."""

    id: str | None = None
    name: str | None = None
    type: CodedValue | None = None
    school_year: SchoolYear | None = None
    start: date | None = None
    end: date | None = None


class GradeValue(Part):
    """A mark as it was given; none of these is computed from another. CEDS 000124. Ed-Fi: Grade."""

    letter: str | None = None
    numeric: Number | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    status: CodedValue | None = None


class Sensitivity(Part):
    """How carefully something is kept; the stricter of two counts. CEDS 001945."""

    level: Annotated[Level, Field(alias="class")]
    labels: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


class AssertedBy(Part):
    """Who says so."""

    actor: Literal["school", "teacher", "counsellor", "learner", "family", "system", "thirdParty"]
    agent: str | None = None


class Provenance(Part):
    """Where an entry comes from: the row of the local system, and what turned it into an entry."""

    system: Text
    table: str | None = None
    key: str | None = None
    file: str | None = None
    row: int | None = Field(default=None, ge=1)
    """The physical line in the file, as an editor counts."""
    org: OrgRef
    extracted_at: AwareDatetime
    mapping: str
    """Name and version of the mapping file."""
    asserted_by: AssertedBy


class DataQuality(Part):
    """One thing that was wrong with a value of this entry; the value as it was stays in the district."""

    code: Text
    field: str | None = None
    severity: Literal["info", "warning", "error"]


class Meta(Part):
    """What is known of every entry: id, provenance, status, sensitivity, quality."""

    record_id: RecordId
    source: Provenance
    status: Literal["active", "tobedeleted", "superseded", "enteredInError"] = "active"
    verification: (
        Literal["selfAsserted", "teacherObserved", "recordOfficial", "thirdPartyVerified", "documented"]
        | None
    ) = None
    sensitivity: Sensitivity
    dq: tuple[DataQuality, ...] = ()
    extensions: Extensions | None = None


class Entry(Part):
    """One record in a section: the unit of provenance, sensitivity and disclosure."""

    base: ClassVar[Level] = "E"
    """The class of a field without a mark."""

    meta: Meta

    def sensitivity(self) -> Sensitivity:
        """Return what policy goes by: the stricter of what the sender declared and what the fields say.

        An extension without a known class counts as restricted.
        """
        declared, found = self.meta.sensitivity, sensitivity_of(type(self), self.model_fields_set)
        if not self.meta.extensions and not declared.basis and _same(declared, found):
            return found
        level = strictest((declared.level, found.level, "R" if self.meta.extensions else "D"))
        labels = tuple(sorted({*declared.labels, *found.labels}))
        return Sensitivity(level=level, labels=labels, basis=declared.basis)


def strictest(levels: Iterable[Level]) -> Level:
    """Return the class that rules where several meet."""
    return max(levels, key=LEVELS.index)


@cache
def marks(model: type[Entry]) -> Mapping[str, Sensitivity]:
    """Return the marked fields of a model, by both names of the field."""
    found: dict[str, Sensitivity] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "x-sensitivity" in extra:
            mark = Sensitivity.model_validate({"class": extra["x-sensitivity"], "labels": extra["x-labels"]})
            found[name] = found[field.alias or name] = mark
    return found


def sensitivity_of(model: type[Entry], present: Iterable[str]) -> Sensitivity:
    """Return the class of an entry that has these fields: the strictest, never below the model's own."""
    marked = marks(model)
    return _joined(model, frozenset(marked.keys() & present))


def _same(one: Sensitivity, other: Sensitivity) -> bool:
    return one.level == other.level and one.labels == other.labels


@cache
def _joined(model: type[Entry], fields: frozenset[str]) -> Sensitivity:
    found = [marks(model)[field] for field in fields]
    level = strictest((model.base, *(mark.level for mark in found)))
    labels = tuple(sorted({label for mark in found for label in mark.labels}))
    return Sensitivity(level=level, labels=labels) if labels else Sensitivity(level=level)

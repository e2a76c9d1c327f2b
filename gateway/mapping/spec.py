"""What a mapping file may say. The words are those of the people who write it: column, lookup, where.

Errors name the file and the key.
"""

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from gateway.domain.errors import Misconfigured
from gateway.mapping.conventions import Conventions
from gateway.mapping.crosswalk import Crosswalk, Spec
from gateway.mapping.spec_fields import Columns, Fields, Leaf, Link, Where, first_fault, parse_node

S = TypeVar("S", bound=BaseModel)


class About(Spec):
    """What the file is."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: str
    schema_version: str = Field(alias="schema", pattern=r"^\d+\.\d+$")
    source_system: str


class Source(Spec):
    """A table: its file, its key, and every column that the standard gives it."""

    file: str
    key: Columns = ()
    """The column or columns that are unique; other sources may link to them."""
    required: bool = False
    columns: tuple[str, ...] = ()
    """Every column of the standard; none: whatever columns the table has."""
    others: Literal["report", "ignore"] = "report"
    """Whether a column that is not read is told."""
    also: Mapping[str, str] = {}
    """Other spellings of a column: `birthCity = "cityOfBirth"`."""
    status: str = "status"
    """The column that says whether the row is deleted."""
    expect: Mapping[str, tuple[str, ...]] = {}
    """Columns whose other values make a row useless."""


class ObjectSpec(Spec):
    """Something that many entries share: a school, a course, a term, a teacher."""

    model: Literal["OrgRef", "CourseRef", "Term", "PersonRef", "StandardRef"]
    source: str
    orphan: str
    """The field that takes the key where no row has it."""
    links: Mapping[str, Link] = {}
    fields: Fields


class Part(Spec):
    """Where entries come from: one for each row."""

    source: str
    student: str
    """The column that holds the student's key; `link.column` where another table knows it."""
    split: str | None = None
    """What separates several students in that column."""
    each: str | None = None
    """A column with several values, by commas: one entry for each of them."""
    columns: Mapping[str, str] = {}
    """Names that the fields use: `contact = "agentSourcedIds"`."""
    where: Where = Field(default_factory=dict)


class Overlap(Spec):
    """Entries with the same `by` whose days, from `begin` to before `end`, must not overlap."""

    by: str
    begin: str
    end: str


class EntrySpec(Spec):
    """Entries of one section."""

    section: str
    parts: tuple[Part, ...] = Field(alias="from", min_length=1)
    combine: Literal["all", "first"] = "all"
    """`first`: of several parts only the first that has rows for the student."""
    key: tuple[str, ...] = Field(min_length=1)
    """Columns that name the row; the first of them alone, where it is not blank and the key is `alone`."""
    alone: bool = True
    links: Mapping[str, Link] = {}
    include: tuple[str, ...] = ()
    """Groups of fields; a field of the same name in `fields` wins."""
    fields: Fields
    asserted_by: Annotated[Any, BeforeValidator(parse_node)] = Leaf(static="school")
    verification: str | None = None
    repeats: Literal["finding", "merge", "last"] = "finding"
    """What a second row with the same key is: wrong, the same said twice, or what counts."""
    overlap: Overlap | None = None
    """Entries that must not be about the same thing at the same time."""
    in_order: tuple[tuple[str, str], ...] = ()
    """Pairs of date fields of which the first is not after the second."""


class Decider(Spec):
    """Rows that say who is a student: those where `role` is one of `students`; without a role, all."""

    source: str
    column: str
    role: str = ""
    students: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Roles of other people. A role that is in neither list decides nothing and is a finding."""


class StudentSpec(Spec):
    """Who is a student. The first decider that knows a person decides."""

    source: str
    key: str
    state_id: str
    """The column in which a state id is expected."""
    decided_by: tuple[Decider, ...] = Field(min_length=1)


class ManifestSpec(Spec):
    """A table of properties that says which files the bundle has, such as `file.users` is `bulk`."""

    source: str
    property: str
    value: str
    prefix: str
    absent: str
    """The value that means that the file is not there."""


class Expectation(Spec):
    """What a student's backpack must hold: the mapping's own test."""

    student: str
    expect: Mapping[str, str | int | bool]
    """By path, such as `enrollments.0.gradeLevel.code`; a number in a path counts from 0."""


class MappingFile(Spec):
    """A whole mapping file with the crosswalks that it may use."""

    mapping: About
    conventions: Conventions
    sources: Mapping[str, Source]
    student: StudentSpec
    objects: Mapping[str, ObjectSpec] = {}
    groups: Mapping[str, Fields] = {}
    """Fields that several entries include."""
    entries: tuple[EntrySpec, ...] = ()
    manifest: ManifestSpec | None = None
    tests: tuple["Expectation", ...] = ()
    codes: Mapping[str, Crosswalk] = {}


def load_mapping(text: str, codes: Mapping[str, str], *, name: str = "mapping file") -> MappingFile:
    """Read a mapping file and its crosswalks, which are given as texts by name.

    Raises:
        Misconfigured: a text is no TOML, or says what it may not; names the file and the key.
    """
    mapping = _read(MappingFile, text, name)
    conventions = mapping.conventions
    year = None if conventions.code_year == "none" else conventions.code_year
    walks = {
        key: _read(Crosswalk, code, f"codes/{key}").of(conventions.code_state, year)
        for key, code in codes.items()
    }
    return mapping.model_copy(update={"codes": walks})


def _read(model: type[S], text: str, name: str) -> S:
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{name}: {error}") from None
    except ValidationError as error:
        raise Misconfigured(f"{name}: {first_fault(error)}") from None

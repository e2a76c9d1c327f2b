"""What a mapping file may say. The words are those of the people who write it: column, lookup, where.

Errors name the file and the key.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from gateway.domain.errors import Misconfigured
from gateway.mapping.crosswalk import Crosswalk, Spec

S = TypeVar("S", bound=BaseModel)

Reading = Literal[
    "text",
    "name",
    "identifier",
    "letter",
    "date",
    "birthDate",
    "exitDate",
    "time",
    "integer",
    "decimal",
    "boolean",
    "schoolYear",
    "typedIds",
    "base64",
]
"""How the text of a cell is read. All are strict: what does not fit becomes a finding, not a guess."""


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
"""One column or several; of several the first that is not blank counts. `link.column` follows a link."""


class Condition(Spec):
    """A condition on one column; all that are set must hold."""

    one_of: tuple[str, ...] | None = None
    """Values, in any case."""
    not_of: tuple[str, ...] | None = None
    """Any other value than these, or none, in any case."""
    lookup: str | None = None
    """A crosswalk that knows the value, or does not, as `known` says."""
    known: bool = True
    blank: bool | None = None
    student: bool | None = None
    """Whether the value is the key of a student."""


def _condition(value: Any) -> Any:
    return {"one_of": value} if isinstance(value, list) else value


Where = Mapping[str, Annotated[Condition, BeforeValidator(_condition)]]
"""By column. A list is short for `one_of`."""


class Link(Spec):
    """To the one row of `source` whose key is in the column `on`."""

    source: str
    on: Columns
    key: Columns = ()
    """Columns other than the source's key; then the first row that has them."""
    where: Where = Field(default_factory=dict)
    """On columns of the target: rows that do not hold are not there."""
    required: bool = False
    """Without the row there is no entry."""
    optional: bool = False
    """Not every key has a row there, and none is missed."""


class Many(Spec):
    """Rows of another source whose `column` equals `equals`, a column here."""

    source: str
    column: Columns
    equals: Columns
    where: Where = Field(default_factory=dict)
    """On columns of those rows."""
    links: Mapping[str, Link] = Field(default_factory=dict)
    """Links that start at those rows."""

    @model_validator(mode="after")
    def _as_many(self) -> "Many":
        if len(self.column) != len(self.equals):
            raise ValueError("column and equals name a different number of columns")
        return self


class Leaf(Spec):
    """One value: where it stands and how it is read."""

    column: Columns = ()
    static: str | bool | int | None = None
    convention: str | None = None
    """The value of that convention."""
    reading: Reading = Field(default="text", alias="as")
    true: tuple[str, ...] = ()
    """More words for yes."""
    false: tuple[str, ...] = ()
    """More words for no."""
    wrap: str | None = None
    """The value becomes an object with this one field."""
    gives: str | None = None
    """For `as = "boolean"`: the code that a yes stands for; a no stands for nothing."""
    lookup: str | None = None
    """A crosswalk; the value becomes a coded value."""
    plain: bool = False
    """With `lookup`: the bare code, for closed lists of the schema."""
    split: str | None = None
    """What separates several values in one cell."""
    object: str | None = None
    """The shared object whose key this is."""
    many: Many | None = None
    """Read from each of these rows."""
    unless: str | None = None
    """Left out where this other field has a value."""
    extract: str | None = None
    """Regular expression with one group: what is read of the cell. A cell that does not fit is a finding."""
    join: str | None = None
    """With several columns: all that are not blank, with this between them, instead of the first."""
    format: str | None = None
    """With a date: how it is written, in the signs of strptime, such as `%d%m%Y`."""
    plus: int | None = None
    """With an integer or a school year: what is added, as 1991 to PowerSchool's year ids."""
    when: Where = Field(default_factory=dict)
    """Left out where these do not hold."""


@dataclass(frozen=True, slots=True)
class Tree:
    """An object: its fields by wire name. `when`: left out where these do not hold.

    With `many`, in a list, one object for each of those rows; its fields are read from them.
    """

    fields: Mapping[str, "Node"]
    when: Where = dataclass_field(default_factory=dict)
    many: Many | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list: what is absent is left out, lists in it are joined."""

    nodes: tuple["Node", ...]


Node = Leaf | Tree | Items

_OF_A_LEAF = frozenset({"column", "static", "convention"})


def parse_node(value: Any, place: str = "") -> Node:
    """Return what a field is.

    Text names a column, and a list of texts columns of which the first that is not blank counts. A list of
    tables makes a list. A table is a value, or an object.
    """
    if isinstance(value, str):
        return Leaf(column=(value,))
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return Leaf(column=tuple(value))
    if isinstance(value, list):
        return Items(tuple(parse_node(item, f"{place}[{at}]") for at, item in enumerate(value)))
    if not isinstance(value, dict):
        raise ValueError(f"{place}: must be a column, a table or a list")  # noqa: TRY004 - pydantic reads it
    if not _OF_A_LEAF & value.keys():
        names = [name for name in value if name not in {"when", "many"}]
        fields = {name: parse_node(value[name], f"{place}.{name}") for name in names}
        return Tree(fields, _where(value.get("when", {}), place), _many(value.get("many"), place))
    try:
        return Leaf.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"{place}: {_first(error)}") from None


def _where(value: Any, place: str) -> Where:
    try:
        return _WHERE.validate_python(value)
    except ValidationError as error:
        raise ValueError(f"{place}.when: {_first(error)}") from None


def _many(value: Any, place: str) -> Many | None:
    try:
        return None if value is None else Many.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"{place}.many: {_first(error)}") from None


_WHERE: TypeAdapter[Where] = TypeAdapter(Where)

Fields = Mapping[str, Annotated[Any, BeforeValidator(parse_node)]]
"""Nodes by wire name."""


class About(Spec):
    """What the file is."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: str
    schema_version: str = Field(alias="schema", pattern=r"^\d+\.\d+$")
    source_system: str


class Conventions(Spec):
    """What the data do not say of themselves. All are required: a wrong guess here is wrong everywhere."""

    school_year: Literal["endYear", "startYear"]
    """Which calendar year a year like `2026` names."""
    exit_date: Literal["lastDayAttended", "firstDayNotEnrolled", "unknown"]
    date_order: Literal["mdy", "dmy", "none"]
    """How `03/04/2015` is read; `none` reads no such date."""
    identifier: str
    """What the plain identifier column holds, as the crosswalk of identifier systems spells it."""
    identifier_pattern: str
    """Regular expression that a state identifier fits as a whole."""
    null_tokens: tuple[str, ...]
    """Words that mean an empty cell."""
    sentinel_dates: tuple[date, ...]
    """Dates that mean no date."""
    deleted: tuple[str, ...]
    """Values of the `status` column that mean that the row is gone."""
    time_zone: str
    """Of dates with a time, as the IANA names it."""
    attendance: Literal["exceptionsOnly", "all"]
    """Whether a day without an event is a day of presence."""
    attendance_unit: Literal["day", "halfDay", "period"]
    gpa_scale: str
    """The best grade point average there is, such as `4.0`; `unknown`."""
    credit_unit: Literal["carnegie", "semesterHour", "quarterHour", "unknown"]
    primary_enrollment: Literal["column", "latest", "longest", "only"]
    """Which of several stays at a time is the one at the school that is responsible."""
    no_show: Literal["exclude", "column", "none"]
    """Whether stays that never began are left out by a condition, marked by a column, or not known."""
    name_order: Literal["separate", "lastFirst"]
    code_state: str = Field(pattern=r"^([A-Z]{2}|none)$")
    """Whose state codes these are; crosswalk lines of another state do not count."""
    code_year: int | Literal["none"]
    """The school year of the code lists; crosswalk lines of other years do not count."""


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
        raise Misconfigured(f"{name}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    one = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, one['loc']))}: {one['msg']}"

"""What a mapping file may say of a field: a column, a constant, an object, a list; and how rows are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from gateway.mapping.crosswalk import Spec

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
        raise ValueError(f"{place}: {first_fault(error)}") from None


def _where(value: Any, place: str) -> Where:
    try:
        return _WHERE.validate_python(value)
    except ValidationError as error:
        raise ValueError(f"{place}.when: {first_fault(error)}") from None


def _many(value: Any, place: str) -> Many | None:
    try:
        return None if value is None else Many.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"{place}.many: {first_fault(error)}") from None


_WHERE: TypeAdapter[Where] = TypeAdapter(Where)
Fields = Mapping[str, Annotated[Any, BeforeValidator(parse_node)]]
"""Nodes by wire name."""


def first_fault(error: ValidationError) -> str:
    """Return the first thing that is wrong, with the keys that lead to it."""
    one = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, one['loc']))}: {one['msg']}"

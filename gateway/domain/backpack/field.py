"""How a field of the schema is written down: plain types, what it corresponds to, how carefully it is kept.

Names are camelCase on the wire and snake_case in Python. Decimals are strings on the wire, dates ISO 8601.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue

Level = Literal["D", "E", "S", "R"]
"""Directory, education record, special category, restricted: each stricter than the one before."""

LEVELS: tuple[Level, ...] = ("D", "E", "S", "R")

Label = Literal[
    "pii.direct",
    "pii.indirect",
    "minor",
    "thirdParty",
    "health",
    "disability",
    "ethnicity",
    "language",
    "economic",
    "housing",
    "migration",
    "discipline",
    "lawEnforcement",
    "safety",
    "biometric",
    "academic",
    "learnerVoice",
    "location",
    "directoryOptOut",
]
"""What a sensitive field is about. A record may have several.

`location` is what tells where a learner is, by what to reach or to recognise the learner there: it never
leaves of a learner whose whereabouts are protected (`domain.confidentiality`).
"""

Text = Annotated[str, Field(min_length=1, max_length=20_000)]
"""Text that says something."""

RecordId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
"""UUID version 5 of organisation, source system, table and key: the same row gives the same id."""

EntryRef = Annotated[str, Field(min_length=1, max_length=200)]
"""Another entry of the backpack: its `recordId`, or its row's key at the sender (`meta.source.key`)."""

Number = Annotated[
    Decimal, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?([Ee][+-]?[0-9]+)?$"})
]
"""A decimal, a string on the wire, so that no reader rounds it."""

SchoolYear = Annotated[int, Field(ge=1900, le=2200)]
"""The calendar year in which the school year ends."""

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
"""Local time of day, `08:15` or `08:15:00`."""

Day = date
"""A day of the calendar, in the school's own time zone."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""Digest of the bytes, in hexadecimal."""


def about(
    ceds: str = "",
    edfi: str = "",
    level: Level | None = None,
    *labels: Label,
    unless: Mapping[str, Level] | None = None,
) -> Any:
    """Say what a field corresponds to and how carefully it is kept, for people and for JSON Schema.

    `ceds` are Global IDs of CEDS v12, separated by spaces; `edfi` is the name in Ed-Fi's data standard 5 or
    6. A field without a level has that of what it is part of, whatever its labels. With `unless`, a coded
    field has its level unless its code is one of these, each with a level of its own: what nobody knows is
    kept strictly.
    """
    extra: dict[str, Any] = {}
    if ceds:
        extra["x-ceds"] = ceds.split()
    if edfi:
        extra["x-edfi"] = edfi
    if level:
        extra["x-sensitivity"] = level
    if level or labels:
        extra["x-labels"] = list(labels)
    if unless:
        extra["x-sensitivity-unless"] = dict(unless)
    return Field(json_schema_extra=extra)


def held(level: Level, *labels: Label) -> Any:
    """Mark a field that corresponds to nothing with its class and labels."""
    return about("", "", level, *labels)


@cache
def _docs(module: str) -> Mapping[str, Mapping[str, str]]:
    """Return the docstrings of fields, by class and field, as they stand in the module's source."""
    found: dict[str, dict[str, str]] = {}
    for made in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(made, ast.ClassDef):
            found[made.name] = {
                field.target.id: inspect.cleandoc(doc.value.value)
                for field, doc in pairwise(made.body)
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(doc, ast.Expr)
                and isinstance(doc.value, ast.Constant)
                and isinstance(doc.value.value, str)
            }
    return found


class Part(BaseModel):
    """Any piece of a backpack: closed, frozen, camelCase on the wire."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,
    )

    @classmethod
    def field_docs(cls) -> Mapping[str, str]:
        """Return what the docstrings under its fields say, by Python name, those of its bases included."""
        docs: dict[str, str] = {}
        for model in reversed(cls.__mro__):
            if issubclass(model, Part):
                docs |= _docs(model.__module__).get(model.__name__, {})
        return docs

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the fields with their docstrings: read here, not at every start of the program."""
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, doc in cls.field_docs().items():
            if name in cls.model_fields:
                properties[cls.model_fields[name].alias or name]["description"] = doc
        return schema


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


def strictest(levels: Iterable[Level]) -> Level:
    """Return the class that rules where several meet."""
    return max(levels, key=LEVELS.index)

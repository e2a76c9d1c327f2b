"""The JSON Schema of a mapping file, for editors: made of what `gateway.mapping.spec` reads."""

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from gateway.domain.backpack.document import SECTIONS, VARIANTS
from gateway.domain.backpack.field import Part as SchemaPart
from gateway.mapping import conventions, spec, spec_fields

MAPPING_SCHEMA_ID: Final = "urn:backpack:schema:mapping-file:2"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_MODULES: Final = (spec, spec_fields, conventions)
_FIELD: Final = {"$ref": "#/$defs/Field"}
_MARK: Final = "x-field"
"""Stands for `_FIELD` while the schema is made: a reference there would have to lead somewhere."""
_TEXTS: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_SHORT: Final[dict[str, Any]] = {
    "parse_node": lambda _: {_MARK: True},
    "_one_or_many": lambda long: {"anyOf": [{"type": "string"}, long]},
    "_condition": lambda long: {"anyOf": [_TEXTS, long]},
}
"""Short forms that a file may use, by the function that makes the long one of them."""


@cache
def mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a mapping file."""
    models = [(model, "validation") for model in (spec.MappingFile, spec_fields.Leaf, spec_fields.Many)]
    _, made = models_json_schema(models, by_alias=True, schema_generator=_Generator)  # type: ignore[arg-type]  # the list is of a narrower type
    defs = _for_toml(made["$defs"])
    for apart in ("Crosswalk", "CodeValue"):
        del defs[apart]
    del defs["MappingFile"]["properties"]["codes"]
    for name, schema in defs.items():
        _describe(name, schema)
    whole = defs.pop("MappingFile")
    _complete(defs)
    head = {"$schema": DIALECT, "$id": MAPPING_SCHEMA_ID, "title": "Mapping file"}
    return head | {key: value for key, value in whole.items() if key != "title"} | {"$defs": defs}


@cache
def docs_of(name: str) -> tuple[str, Mapping[str, str]]:
    """Return what the docstrings say of a table of the file, and of each of its keys by attribute."""
    made = _classes()[name]
    told = {
        field.target.id: inspect.cleandoc(doc.value.value)
        for field, doc in pairwise(made.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(doc, ast.Expr)
        and isinstance(doc.value, ast.Constant)
        and isinstance(doc.value.value, str)
    }
    return ast.get_docstring(made) or "", told


def known_keys(path: spec_fields.Columns | tuple[str | int, ...]) -> list[str]:
    """Return the keys that the table at a path of the file may have; none where it may have any."""
    at: Any = mapping_schema()
    for part in path:
        at = _resolved(at)
        inner = at.get("items") if isinstance(part, int) else at.get("properties", {}).get(part)
        at = inner if inner is not None else at.get("additionalProperties", {})
        if not isinstance(at, dict):
            return []
    return list(_resolved(at).get("properties", {}))


class _Generator(GenerateJsonSchema):
    """Knows the short forms."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        name = getattr(schema["function"]["function"], "__name__", "")
        long = super().function_before_schema(schema)
        made: JsonSchemaValue = _SHORT[name](long) if name in _SHORT else long
        return made


def _for_toml(schema: Any) -> Any:
    """Put references where marks are, and leave out null, which TOML does not have."""
    if isinstance(schema, list):
        return [_for_toml(one) for one in schema if one != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _for_toml(one) for key, one in schema.items() if key != _MARK}
    if inner.get("default", "") in (None, [], {}):
        del inner["default"]
    if len(inner.get("anyOf", ())) == 1:
        inner |= inner.pop("anyOf")[0]
    return inner | _FIELD if _MARK in schema else inner


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference; of several forms the one with keys."""
    while True:
        if "$ref" in schema:
            schema = mapping_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            tables = [one for one in schema["anyOf"] if "$ref" in one or "properties" in one]
            if not tables:
                return schema
            schema = tables[0]
        else:
            return schema


@cache
def _classes() -> Mapping[str, ast.ClassDef]:
    trees = [ast.parse(inspect.getsource(module)) for module in _MODULES]
    return {made.name: made for tree in trees for made in tree.body if isinstance(made, ast.ClassDef)}


def _describe(name: str, schema: dict[str, Any]) -> None:
    about, told = docs_of(name)
    schema["description"] = about
    model = next(getattr(module, name) for module in _MODULES if hasattr(module, name))
    wires = {(info.alias or field): field for field, info in model.model_fields.items()}
    for wire, one in schema.get("properties", {}).items():
        one.pop("title", None)
        if doc := told.get(wires[wire]):
            one["description"] = doc


def _complete(defs: dict[str, Any]) -> None:
    """Add what only the whole schema of a backpack knows: fields, sections, conventions."""
    defs["Field"] = _field()
    leaf = defs["Leaf"]
    defs["Object"] = _object(leaf["properties"]["when"])
    leaf["anyOf"] = [{"required": [key]} for key in ("column", "static", "convention")]
    leaf["properties"]["convention"] = {
        "enum": list(conventions.Conventions.model_fields),
        "description": docs_of("Leaf")[1]["convention"],
    }
    entry = defs["EntrySpec"]
    entry["properties"]["section"] = {
        "enum": list(SECTIONS),
        "description": "The section of the backpack that the entries go into.",
    }
    entry["allOf"] = [_fields_of(section) for section in SECTIONS]


def _field() -> dict[str, Any]:
    forms = [
        {"type": "string", "description": "A column, or `link.column`."},
        {"type": "array", "items": _FIELD, "description": "Columns, or the items of a list."},
        {"$ref": "#/$defs/Leaf"},
        {"$ref": "#/$defs/Object"},
    ]
    about = inspect.getdoc(spec_fields.parse_node) or ""
    return {"description": about.partition("\n\n")[2], "anyOf": forms}


def _object(conditions: Mapping[str, Any]) -> dict[str, Any]:
    leaf = [{"required": [key]} for key in ("column", "static", "convention")]
    return {
        "type": "object",
        "description": docs_of("Tree")[0],
        "not": {"anyOf": leaf},
        "properties": {"when": conditions, "many": {"$ref": "#/$defs/Many"}},
        "additionalProperties": _FIELD,
    }


def _fields_of(section: str) -> dict[str, Any]:
    fields = {
        name: _FIELD | ({"description": doc} if doc else {}) for name, doc in wire_fields(section).items()
    }
    here = {"properties": {"section": {"const": section}}, "required": ["section"]}
    return {
        "if": here,
        "then": {"properties": {"fields": {"properties": fields, "additionalProperties": False}}},
    }


def wire_fields(section: str) -> dict[str, str]:
    """Return what the schema says of each field of a section's entries, by wire name."""
    found: dict[str, str] = {}
    for model in (SECTIONS[section], *VARIANTS.get(section, {}).values()):
        docs = model.field_docs() if issubclass(model, SchemaPart) else {}
        for name, info in model.model_fields.items():
            if name != "meta":
                found.setdefault(info.alias or name, docs.get(name, ""))
    return found

"""Anything that a JSON Schema of ours allows, made by hypothesis."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

Json = Mapping[str, Any]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_PATTERNS = {
    "record": st.uuids().map(str),
    "decimal": st.decimals(-999, 999, places=2, allow_nan=False, allow_infinity=False).map(str),
}


def validator(name: str, definitions: Json) -> Any:
    """Return what checks a value against one of the definitions, by a library that is not ours."""
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions})


def values(schema: Json, definitions: Json) -> st.SearchStrategy[Any]:
    """Return what the schema allows, with few optional fields and short lists; never null."""
    if "$ref" in schema:
        return _referred(schema, definitions)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            kinds = [one for one in schema[several] if one.get("type") != "null"]
            return st.one_of([values(one, definitions) for one in kinds])
    return _typed(schema, definitions)


def _referred(schema: Json, definitions: Json) -> st.SearchStrategy[Any]:
    """Return what is referred to, its code as the reference narrows it."""
    found = values(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    code = schema.get("properties", {}).get("code", {})
    if "const" in code:
        return found.map(lambda value: {**value, "code": code["const"]})
    if "not" in code:
        return found.filter(lambda value: value["code"] not in code["not"]["enum"])
    return found


def _typed(schema: Json, definitions: Json) -> st.SearchStrategy[Any]:
    if schema.get("type") == "object":
        return _object(schema, definitions)
    if schema.get("type") == "array":
        return st.lists(values(schema.get("items", {}), definitions), max_size=2)
    if schema.get("type") == "string":
        return _string(schema)
    plain = {
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum", -5), schema.get("maximum", 5000)),
        "number": st.floats(0, 1),
    }
    return plain.get(schema.get("type", ""), st.one_of(st.none(), st.booleans(), _TEXT))


def _object(schema: Json, definitions: Json) -> st.SearchStrategy[Any]:
    fields, required = schema.get("properties", {}), schema.get("required", ())
    if not fields:
        return _named(schema, definitions)
    optional = [name for name in fields if name not in required]
    chosen = st.lists(st.sampled_from(optional), max_size=5, unique=True) if optional else st.just([])
    return chosen.flatmap(
        lambda more: st.fixed_dictionaries(
            {name: values(fields[name], definitions) for name in (*required, *more)}
        )
    )


def _named(schema: Json, definitions: Json) -> st.SearchStrategy[Any]:
    """Return what has names of its own: extensions by URI, digests by section."""
    inner = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties", {}))
    name = st.sampled_from(["https://example.org/a/1", "urn:backpack:extension:clock-hours:1"])
    return st.dictionaries(name, values(inner if isinstance(inner, dict) else {}, definitions), max_size=1)


def _string(schema: Json) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern", "")
    if schema.get("format") == "date":
        return st.dates().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(None)).map(
            lambda at: f"{at.replace(microsecond=0).isoformat()}Z"
        )
    if pattern.startswith("^-?[0-9]+"):
        return _PATTERNS["decimal"]
    if pattern.startswith("^[0-9a-f]{8}-"):
        return _PATTERNS["record"]
    if pattern:
        return st.from_regex(f"{pattern.removesuffix('$')}\\Z".replace("\\d", "[0-9]")).filter(
            lambda text: schema.get("minLength", 0) <= len(text) <= 40
        )
    return _TEXT.filter(lambda text: len(text) >= schema.get("minLength", 0))

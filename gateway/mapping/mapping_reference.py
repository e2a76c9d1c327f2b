"""The reference of mapping files, in Markdown, made of their schema."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.domain.backpack.document import SECTIONS
from gateway.mapping.mapping_schema import mapping_schema, wire_fields

_TITLES: Final = (
    ("About", "[mapping]"),
    ("Conventions", "[conventions]"),
    ("Source", "[sources.NAME]"),
    ("StudentSpec", "[student]"),
    ("Decider", "[[student.decided_by]]"),
    ("ManifestSpec", "[manifest]"),
    ("ObjectSpec", "[objects.NAME]"),
    ("EntrySpec", "[[entries]]"),
    ("Part", "from = [{ ... }]"),
    ("Link", "links.NAME = { ... }"),
    ("Condition", "where.COLUMN = { ... }, when.COLUMN = { ... }"),
    ("Overlap", "overlap = { ... }"),
    ("Leaf", "A value"),
    ("Object", "An object"),
    ("Many", "many = { ... }"),
    ("Expectation", "[[tests]]"),
)
"""Of every table of a file, in the order in which a file is written."""


def reference_page() -> str:
    """Return the page, which ends with a line feed."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    schema = mapping_schema()
    defs: Mapping[str, Any] = schema["$defs"]
    yield "# Mapping files"
    yield ""
    yield "Made by `backpack map reference` from what the program reads. A mapping file is TOML;"
    yield "`backpack map check` says what is wrong with one, with its line. For editors there is"
    yield "[mapping-file.schema.json](mapping-file.schema.json);"
    yield "[How to write a mapping](../howto/write-a-mapping.md) says how to use it."
    yield ""
    yield "## The file"
    yield ""
    yield from _table(schema, defs)
    for name, title in _TITLES:
        yield ""
        yield f"## `{title}`" if not title.startswith("A") else f"## {title}"
        yield ""
        yield from _text(defs[name].get("description", ""))
        yield ""
        yield from _table(defs[name], defs)
    yield ""
    yield "## A field"
    yield ""
    yield from _text(defs["Field"]["description"])
    yield ""
    yield "The fields of each section are those of the [schema of a backpack](schema.md):"
    yield ""
    yield "| section | fields |"
    yield "|---|---|"
    for section in SECTIONS:
        yield f"| `{section}` | {', '.join(f'`{name}`' for name in wire_fields(section))} |"


def _table(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield "| key | may be | means |"
    yield "|---|---|---|"
    for name, one in schema["properties"].items():
        must = ", required" if name in required else ""
        means = " ".join(_means(one, defs).split()).replace("|", "\\|")
        default = _default(one)
        yield f"| `{name}` | {_kind(one, defs)}{must}{default} | {means} |"


def _default(one: Mapping[str, Any]) -> str:
    if one.get("default", "") == "":
        return ""
    value = one["default"]
    return f"; `{str(value).lower() if isinstance(value, bool) else value}` if not said"


def _means(one: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    """Return what is said of a key, else the first sentence about what it holds."""
    if "description" in one or "$ref" not in one:
        return str(one.get("description", ""))
    about = str(defs[one["$ref"].rpartition("/")[2]].get("description", ""))
    return about.partition(". ")[0].removesuffix(".") + "."


def _kind(one: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    """Return what a value may be, in words."""
    if "$ref" in one:
        return _named(one["$ref"].rpartition("/")[2])
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(_kind(form, defs) for form in one["anyOf"]))
    words = one.get("enum", [one["const"]] if "const" in one else ())
    if words:
        return ", ".join(f"`{word}`" for word in words)
    return _plain(one, defs)


def _plain(one: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    if one.get("type") == "array":
        return "pair of texts" if "prefixItems" in one else f"list of {_kind(one.get('items', {}), defs)}"
    if one.get("type") == "object":
        more = one.get("additionalProperties")
        return f"table of {_kind(more, defs)}" if isinstance(more, dict) else "table"
    kinds = {"string": "text", "boolean": "yes or no", "integer": "whole number"}
    return "date" if one.get("format") == "date" else kinds.get(str(one.get("type")), "anything")


def _named(name: str) -> str:
    titles = dict(_TITLES)
    if name == "Field":
        return "[a field](#a-field)"
    return f"`{titles[name]}`" if name in titles else name


def _text(text: str) -> Iterator[str]:
    yield from text.splitlines()

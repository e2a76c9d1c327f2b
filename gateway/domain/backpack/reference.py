"""The schema as a page for people: one table for each model, made from the models themselves."""

import re
from collections.abc import Iterator
from typing import Any, Final

from gateway.domain.backpack.base import Entry, Part
from gateway.domain.backpack.document import (
    SCHEMA_VERSION,
    SECTIONS,
    VARIANTS,
    Backpack,
    Sections,
    json_schema,
    models,
)
from gateway.domain.backpack.extensions import KNOWN
from gateway.domain.backpack.program_kinds import KINDS
from gateway.domain.backpack.programs import ProgramParticipation

_LEVELS: Final = (
    "| class | means |",
    "|---|---|",
    "| D | directory information, if the district says so and the family did not object (34 CFR 99.37) |",
    "| E | education record (FERPA) |",
    "| S | special category: ethnicity, health, behaviour, accommodations |",
    "| R | restricted by a law of its own, or for safety; never leaves by default |",
)
_ABOUT: Final = f"""
Schema version {SCHEMA_VERSION}. Made by `backpack schema reference`; `backpack schema export` prints the same
as JSON Schema.

A backpack is one JSON document about one learner. Its sections are lists of entries. Every entry has
`meta`: where it comes from, how sure it is, how sensitive it is. A field in **bold** must be there; any
other is left out where nothing is known. Names are as on the wire.

Shapes: *decimal* is a number written as text, so that nobody rounds it; *date* is `2026-09-01`; *date-time*
has an offset; `[Name]` is a list; a name is that of a table on this page. `CodedValue` keeps the local code
beside the shared one. CEDS numbers are Global IDs of version 12; Ed-Fi names are of the data standard 5 or 6.

An entry has the strictest class of the fields that it has, parts included. A field without a class has that
of its table, and in a shared part that of the field which holds it. Religion, citizenship and social
security numbers have no field.
"""
_HEAD: Final = ("| field | shape | what it is | CEDS | Ed-Fi | class |", "|---|---|---|---|---|---|")


def reference_page() -> str:
    """Return the page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    definitions: dict[str, Any] = json_schema()["$defs"]
    yield from ("# The schema of a backpack", *_ABOUT.splitlines(), "", *_LEVELS)
    yield from ("", "## Sections", "", "| section | entries | class at least |", "|---|---|---|")
    for name, model in SECTIONS.items():
        yield f"| `{name}` | {_entries(name)} | {model.base} |"
    for name, model in SECTIONS.items():
        yield from ("", f"## `{name}`")
        if name in VARIANTS:
            yield from ("", _doc(model))
        for one in _kinds(name):
            yield from _table(one, definitions)
    yield from ("", "## The document", "", "What stands around the sections.")
    yield from _table(Backpack, {**definitions, "Backpack": json_schema()})
    yield from ("", "## Shared parts", "", "What entries are made of, by name.")
    for part in sorted(models(), key=lambda one: one.__name__):
        if not issubclass(part, Entry) and part not in {Backpack, Sections}:
            yield from _table(part, definitions)
    yield from _extensions()


def _extensions() -> Iterator[str]:
    yield from ("", "## Known extensions", "")
    yield "An extension that is not in this table is kept as it came, and counts as restricted (R)."
    yield from ("", "| URI | what it is | class |", "|---|---|---|")
    for uri, known in KNOWN.items():
        yield f"| `{uri}` | {_doc(known.model)} | {known.level} |"


def _kinds(section: str) -> list[type[Entry]]:
    """Return the models of which the section's entries are."""
    kinds = list(VARIANTS.get(section, {}).values())
    return [SECTIONS[section], *kinds] if section == "programs" else kinds or [SECTIONS[section]]


def _entries(section: str) -> str:
    return ", ".join(_link(model.__name__) for model in _kinds(section))


def _table(model: type[Part], definitions: dict[str, Any]) -> Iterator[str]:
    yield from ("", f"### {model.__name__}", "", _doc(model))
    shared: set[str] = set()
    if model in KINDS.values():
        shared = {*definitions[ProgramParticipation.__name__]["properties"]} - {"kind"}
        yield from ("", f"It has the fields of {_link(ProgramParticipation.__name__)}, and:")
    yield from ("", *_HEAD)
    schema = definitions[model.__name__]
    base = str(schema.get("x-sensitivity", ""))
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        if name not in shared and not (issubclass(model, Entry) and name == "meta"):
            yield _row(name, field, base, must=name in required)


def _row(name: str, field: dict[str, Any], base: str, *, must: bool) -> str:
    level = field.get("x-sensitivity", base)
    if "x-sensitivity-unless" in field:
        level += " (by kind)"
    labels = ", ".join(field.get("x-labels", ()))
    cells = (
        f"**`{name}`**" if must else f"`{name}`",
        _shape(field),
        field.get("description", "").replace("\n", " "),
        " ".join(field.get("x-ceds", ())),
        field.get("x-edfi", ""),
        f"{level}: {labels}" if labels else level,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _shape(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return _link(field["$ref"].rpartition("/")[2])
    for several in ("anyOf", "oneOf"):
        if several in field:
            return " or ".join(_shape(one) for one in field[several] if one.get("type") != "null")
    if "enum" in field or "const" in field:
        return ", ".join(f"`{one}`" for one in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"[{_shape(field.get('items', {}))}]"
    if field.get("type") == "object":
        return f"by name: {_shape(field.get('additionalProperties', {}))}"
    return _plain(field)


def _plain(field: dict[str, Any]) -> str:
    if str(field.get("pattern", "")).startswith("^-?[0-9]+"):
        return "decimal"
    words = {"boolean": "true or false", "integer": "whole number", "string": "text"}
    type_ = str(field.get("type", ""))
    return str(field.get("format") or words.get(type_, type_ or "any JSON"))


def _link(name: str) -> str:
    return "any JSON" if name == "JsonValue" else f"[{name}](#{name.lower()})"


def _doc(model: type[Any]) -> str:
    return re.sub(r"\s+", " ", model.__doc__ or "").strip()

"""From the text of a cell to its value, stage by stage, in words.

The value itself is made by `gateway.mapping.cells`; what is said here beside it is asked of the same parts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from gateway.mapping.conventions import Conventions
from gateway.mapping.explaining import EntryTrace, Step
from gateway.mapping.leaves import fields_of
from gateway.mapping.spec import MappingFile
from gateway.mapping.spec_fields import Items, Leaf, Node, Tree
from gateway.mapping.toml_places import line_of, places_of
from gateway.mapping.transforms import is_null

_BY_CONVENTION: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("date_order", "sentinel_dates"),
    "birthDate": ("date_order", "sentinel_dates"),
    "exitDate": ("exit_date", "date_order", "sentinel_dates"),
    "schoolYear": ("school_year",),
    "identifier": ("identifier_pattern",),
}
"""The conventions that decide how a text is read."""


class Stage(NamedTuple):
    """One thing that happened to the text of a cell."""

    what: str
    value: str = ""
    """Personal data."""


def stages(mapping: MappingFile, codes: Mapping[str, str], entry: EntryTrace, step: Step) -> list[Stage]:
    """Return what became of the cell; `codes` are the texts of the crosswalks, for their lines."""
    if step.column is None:
        return [Stage("the same for every row", step.made or "")]
    leaf = leaf_of(mapping, entry, step)
    return list(_of_leaf(mapping, codes, leaf, step)) if leaf else []


def leaf_of(mapping: MappingFile, entry: EntryTrace, step: Step) -> Leaf | None:
    """Return what the mapping file says of the cell."""
    nodes: Mapping[str, Node] = fields_of(mapping, entry.part.spec)
    path = list(step.spec)
    for at, part in enumerate(step.spec):
        if isinstance(part, str) and part.startswith("@"):
            nodes, path = mapping.objects[part[1:]].fields, list(step.spec[at + 1 :])
    if not path:
        return None
    found = list(_leaves(nodes[str(path[0])], path[1:])) if path[0] in nodes else []
    renamed = {own: name for name, own in entry.part.part.columns.items()}
    wanted = {step.reference, renamed.get(step.reference, step.reference), step.reference.rpartition(".")[2]}
    matching = [leaf for leaf in found if wanted & set(leaf.column)]
    return next(iter(matching or found), None)


def _leaves(node: Node, path: list[Any]) -> Iterator[Leaf]:
    """Yield the leaves under a path; every item of a list, for some may not have been there to count."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Items):
        rest = path[1:] if path and isinstance(path[0], int) else path
        for one in node.nodes:
            yield from _leaves(one, rest)
    elif isinstance(node, Tree) and path and path[0] in node.fields:
        yield from _leaves(node.fields[path[0]], path[1:])


def _of_leaf(mapping: MappingFile, codes: Mapping[str, str], leaf: Leaf, step: Step) -> Iterator[Stage]:
    conventions = mapping.conventions
    text = step.raw or ""
    if not text.strip():
        yield Stage("the cell is blank: no value")
        return
    if text != text.strip():
        yield Stage("stripped of spaces", text.strip())
    text = text.strip()
    if is_null(conventions)(text):
        yield Stage("a word for nothing (convention null_tokens): no value")
        return
    if leaf.extract and (found := re.search(leaf.extract, text)):
        text = (found[1] or "").strip() if found.re.groups else found[0]
        yield Stage(f"extracted by {leaf.extract}", text)
    yield from _reading(leaf, conventions)
    if leaf.object:
        yield Stage(f"key of the object {leaf.object} (source {mapping.objects[leaf.object].source})", text)
    if leaf.lookup and step.made:
        yield from _lookup(mapping, codes, leaf, step.made)
    if step.problem:
        yield Stage(f"problem: {step.problem}")
    elif step.made is None:
        yield Stage("no value comes of it")
    else:
        yield Stage("the schema takes it")


def _reading(leaf: Leaf, conventions: Conventions) -> Iterator[Stage]:
    if leaf.gives is not None:
        yield Stage(f"read as yes or no; a yes stands for {leaf.gives}")
    if leaf.object or leaf.lookup or leaf.gives is not None:
        return
    written = f", written {leaf.format}" if leaf.format else ""
    plus = f", plus {leaf.plus}" if leaf.plus else ""
    yield Stage(f"read as {leaf.reading}{written}{plus}")
    for name in _BY_CONVENTION.get(leaf.reading, ()):
        if name != "sentinel_dates":
            yield Stage(f"convention {name} = {getattr(conventions, name)}")


def _lookup(mapping: MappingFile, codes: Mapping[str, str], leaf: Leaf, made: str) -> Iterator[Stage]:
    name = leaf.lookup or ""
    value = orjson.loads(made)
    code = value.get("code", "") if isinstance(value, dict) else str(value)
    if isinstance(value, dict) and value.get("mapping") == "none":
        yield Stage(f"codes/{name}.toml does not know it; kept as it is", code)
        return
    known = next((one for one in mapping.codes[name].values if one.code == code), None)
    text = codes.get(name, "")
    if known is None or not text:
        return
    at = next((n for n, one in enumerate(_values(text)) if one == (known.code, known.state, known.since)), 0)
    yield Stage(f"codes/{name}.toml:{line_of(places_of(text), ('values', at))}", code)


def _values(text: str) -> Iterator[tuple[Any, Any, Any]]:
    import tomllib

    for one in tomllib.loads(text)["values"]:
        yield one.get("code"), one.get("state"), one.get("since")

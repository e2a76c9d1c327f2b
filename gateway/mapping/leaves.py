"""Every value that a mapping file describes, beside the type that the schema has for it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from gateway.domain.backpack import base
from gateway.domain.backpack.document import SECTIONS, VARIANTS
from gateway.mapping.compile import is_model, without_none
from gateway.mapping.faults import Path
from gateway.mapping.spec import EntrySpec, MappingFile
from gateway.mapping.spec_fields import Items, Leaf, Node, Tree


class TypedLeaf(NamedTuple):
    """A value: where it stands in the file, and what fits there."""

    path: Path
    leaf: Leaf
    annotation: Any


def leaves(mapping: MappingFile) -> Iterator[TypedLeaf]:
    """Yield every leaf whose field the schema has; the others are faults of the plan."""
    for name, shared in mapping.objects.items():
        yield from _fields(shared.fields, getattr(base, shared.model), ("objects", name, "fields"))
    for at, entry in enumerate(mapping.entries):
        model = model_of_entry(mapping, entry)
        if model is None:
            continue
        yield from _fields(entry.fields, model, ("entries", at, "fields"))
        for group in entry.include:
            yield from _fields(mapping.groups.get(group, {}), model, ("groups", group))


def fields_of(mapping: MappingFile, entry: EntrySpec) -> dict[str, Node]:
    """Return the fields of an entry, those of its groups included."""
    nodes: dict[str, Node] = {}
    for group in entry.include:
        nodes.update(mapping.groups.get(group, {}))
    return nodes | dict(entry.fields)


def model_of_entry(mapping: MappingFile, entry: EntrySpec) -> type[BaseModel] | None:
    """Return what an entry must look like; None where the file does not say which of several."""
    kinds = VARIANTS.get(entry.section, {})
    kind = fields_of(mapping, entry).get("kind")
    if isinstance(kind, Leaf) and kind.static in kinds:
        return kinds[str(kind.static)]
    return SECTIONS.get(entry.section)


def place_in_file(mapping: MappingFile, path: Path) -> Path:
    """Return where a field of an entry is written: in its own table, or in a group that it includes."""
    if len(path) < 4 or path[0] != "entries" or path[2] != "fields":  # noqa: PLR2004 - entries, n, fields, name
        return path
    entry = mapping.entries[int(path[1])]
    if path[3] in entry.fields:
        return path
    groups = [group for group in entry.include if path[3] in mapping.groups.get(group, {})]
    return ("groups", groups[-1], *path[3:]) if groups else path


def field_type(model: type[BaseModel], wire: str) -> Any:
    """Return the type of a field by its wire name, with its constraints; None if there is none."""
    for name, info in model.model_fields.items():
        if wire == (info.alias or name):
            return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return None


def _fields(fields: Mapping[str, Node], model: type[BaseModel], path: Path) -> Iterator[TypedLeaf]:
    for wire, node in fields.items():
        annotation = field_type(model, wire)
        if annotation is not None:
            yield from _walk(node, annotation, (*path, wire))


def _walk(node: Node, annotation: Any, path: Path) -> Iterator[TypedLeaf]:
    inner = without_none(annotation)
    if isinstance(node, Leaf):
        yield TypedLeaf(path, node, annotation)
    elif isinstance(node, Tree):
        if is_model(inner):
            yield from _fields(node.fields, inner, path)
    elif isinstance(node, Items) and get_origin(inner) is tuple:
        for at, one in enumerate(node.nodes):
            yield from _walk(one, get_args(inner)[0], (*path, at))

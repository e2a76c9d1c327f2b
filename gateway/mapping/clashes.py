"""Readings that cannot fit their field, found by reading a text that is surely right."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin

from gateway.mapping.cells import cell_of
from gateway.mapping.compile import is_model, without_none
from gateway.mapping.faults import Fault, Path
from gateway.mapping.leaves import TypedLeaf, field_type, leaves
from gateway.mapping.rules import Rule
from gateway.mapping.spec import MappingFile
from gateway.mapping.spec_fields import Leaf
from gateway.mapping.transforms import parser

_PROBES: Final[Mapping[str, Sequence[str]]] = {
    "date": ["2015-03-14"],
    "birthDate": ["2015-03-14"],
    "exitDate": ["2015-03-14"],
    "time": ["08:15"],
    "integer": ["1", "2020"],
    "decimal": ["1", "87.5"],
    "boolean": ["yes"],
    "schoolYear": ["2020"],
}
_TEXTS: Final = frozenset({"text", "name", "letter", "identifier"})
_ADVICE: Final[Mapping[type, str]] = {
    date: 'as = "date"',
    int: 'as = "integer"',
    bool: 'as = "boolean"',
    Decimal: 'as = "decimal"',
}
_SHOWN: Final = 5


def clashes(mapping: MappingFile, today: date) -> Iterator[Fault]:
    """Yield what can be known to fail before a row is read."""
    for found in leaves(mapping):
        leaf, annotation = _unwrapped(found)
        if annotation is None or not leaf.column:
            continue
        if leaf.object:
            yield from _object(mapping, found.path, leaf, annotation)
        elif leaf.lookup and leaf.lookup not in mapping.codes:
            continue
        elif leaf.lookup or leaf.gives:
            yield from _codes(mapping, found.path, leaf, annotation, today)
        elif leaf.reading in _TEXTS:
            yield from _text(found.path, annotation)
        else:
            yield from _reading(mapping, found.path, leaf, annotation, today)


def _unwrapped(found: TypedLeaf) -> tuple[Leaf, Any]:
    """Return the leaf with the type of the one value that it reads."""
    leaf, annotation = found.leaf, found.annotation
    if leaf.wrap:
        model = without_none(annotation)
        annotation = field_type(model, leaf.wrap) if is_model(model) else None
    return leaf.model_copy(update={"wrap": None, "extract": None, "format": None}), annotation


def _object(mapping: MappingFile, path: Path, leaf: Leaf, annotation: Any) -> Iterator[Fault]:
    shared = mapping.objects.get(leaf.object or "")
    inner = without_none(annotation)
    if shared and not (is_model(inner) and inner.__name__ == shared.model):
        message = f"the object {leaf.object!r} is {shared.model}; the schema has {_called(inner)} there"
        yield Fault(path, message)


def _codes(mapping: MappingFile, path: Path, leaf: Leaf, annotation: Any, today: date) -> Iterator[Fault]:
    """Try every code of the crosswalk, or the words for yes."""
    codes = [one.code for one in mapping.codes[leaf.lookup].values if not one.drop] if leaf.lookup else []
    probes = ["yes"] if leaf.gives is not None else codes
    refused = _refused(mapping, leaf, annotation, today, probes)
    if not refused:
        return
    inner = without_none(annotation)
    if len(refused) == len(probes):
        bare = get_origin(inner) is Literal or inner is str
        advice = "write plain = true for the bare code" if bare and not leaf.plain else None
        yield Fault(path, f"a coded value does not fit: the schema has {_called(inner)} there", advice)
        return
    told = ", ".join(refused[:_SHOWN])
    yield Fault(path, f"the schema refuses codes of the crosswalk {leaf.lookup}: {told}", severity="warning")


def _text(path: Path, annotation: Any) -> Iterator[Fault]:
    inner = without_none(annotation)
    if is_model(inner):
        coded = inner.__name__ == "CodedValue"
        advice = 'write lookup = "..."' if coded else "write an object: { field = column }, or wrap"
        yield Fault(path, f"a text does not fit: the schema has {_called(inner)} there", advice)
    elif inner in _ADVICE:
        message = f"a text is read where the schema has {_called(inner)}"
        yield Fault(path, message, f"write {_ADVICE[inner]}", severity="warning")


def _reading(mapping: MappingFile, path: Path, leaf: Leaf, annotation: Any, today: date) -> Iterator[Fault]:
    probes = _PROBES.get(leaf.reading, ())
    if probes and len(_refused(mapping, leaf, annotation, today, probes)) == len(probes):
        inner = without_none(annotation)
        advice = f"write {_ADVICE[inner]}" if inner in _ADVICE else None
        message = f'as = "{leaf.reading}" does not fit: the schema has {_called(inner)} there'
        yield Fault(path, message, advice)


def _refused(
    mapping: MappingFile, leaf: Leaf, annotation: Any, today: date, probes: Sequence[str]
) -> list[str]:
    cell = cell_of(parser(leaf, mapping.conventions, mapping.codes, today), annotation)
    found = [(probe, cell(probe)) for probe in probes]
    return [
        probe for probe, read in found if read.problem is not None and read.problem.rule is Rule.ENTRY_INVALID
    ]


def _called(inner: Any) -> str:
    """Return how people call a type."""
    if get_origin(inner) is tuple:
        return "a list"
    if get_origin(inner) is Literal:
        return f"one of {', '.join(map(str, get_args(inner)))}"
    name = getattr(inner, "__name__", str(inner))
    return {"str": "a text", "int": "a whole number", "bool": "yes or no", "date": "a date"}.get(
        name, "a number" if name == "Decimal" else name
    )

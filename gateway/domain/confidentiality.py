"""What tells where a student is, taken out of the record of one whose whereabouts are protected. Pure.

Which fields those are stands in the schema: the label `location`. A required field of that label takes what
it is part of with it, so that an entry about a guardian goes as a whole. What was taken out is then searched
for in what remains: a telephone number in a comment goes too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic.fields import FieldInfo

from gateway.domain.backpack.base import Meta
from gateway.domain.backpack.document import model_of
from gateway.domain.backpack.extensions import known_extension
from gateway.domain.backpack.field import Part
from gateway.domain.backpack.sensitivity import EXTENSIONS, parts_in
from gateway.domain.errors import Malformed

LABEL: Final = "location"
ELSEWHERE: Final = "another school district"
"""What families and notices read in place of the district to which a protected student moved."""

Json = Mapping[str, Any]
Sections = Mapping[str, Sequence[Json]]
_Gone = Callable[[FieldInfo, Any], bool]

_STATEMENTS: Final = Meta.model_fields["statements"]
_LEAST_DIGITS: Final = 7
_LEAST_LETTERS: Final = 6


def confidential(sections: Sections, *, substitute: Json | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of a student without what tells where the student is.

    Works on entries of the present schema, as on the wire or compact and expanded; `meta` stays but for its
    extensions. An entry of a kind that the schema does not know goes as a whole, and so does
    one with a statement that tells the place: the two are never parted. What is confidential
    already stays as it is.

    Args:
        sections: Entries by section.
        substitute: The address that an address confidentiality programme gave the student, as an
            `Address`; it stands in place of the student's own.
    """
    labelled = {name: _without(name, entries, _is_labelled) for name, entries in sections.items()}
    traces = traces_of(sections, labelled)
    kept = {
        name: _without(name, entries, lambda _, value: _holds(value, traces)) if traces else entries
        for name, entries in labelled.items()
    }
    if substitute:
        kept["identity"] = [{**entry, "addresses": [dict(substitute)]} for entry in kept.get("identity", ())]
    return {name: entries for name, entries in kept.items() if entries}


def tells_place(section: str, entry: Json) -> bool:
    """Whether an entry of the present schema says anything of where its student is.

    What another district signed cannot be changed: such an entry travels whole or not at all.
    """
    return _without(section, [entry], _is_labelled) != [dict(entry)]


def destination(name: str, *, protected: bool) -> str:
    """Return the name of the district to which a student moved, for families and notices."""
    return ELSEWHERE if protected else name


def _without(section: str, entries: Sequence[Json], gone: _Gone) -> list[dict[str, Any]]:
    left = (_entry_without(section, entry, gone) for entry in entries)
    return [entry for entry in left if entry is not None]


def _entry_without(section: str, entry: Json, gone: _Gone) -> dict[str, Any] | None:
    kind = entry.get("kind")
    try:
        model = model_of(section, kind.get("code") if isinstance(kind, Mapping) else kind)
    except Malformed:
        return None
    left = _part_without(model, {name: value for name, value in entry.items() if name != "meta"}, gone)
    if left is None or "meta" not in entry:
        return left
    meta = entry["meta"]
    if any(gone(_STATEMENTS, one["text"]) for one in meta.get("statements", ())):
        return None
    extensions = _extensions(meta[EXTENSIONS]) if EXTENSIONS in meta else {}
    bare = {name: value for name, value in meta.items() if name != EXTENSIONS}
    return {"meta": bare | ({EXTENSIONS: extensions} if extensions else {}), **left}


def _part_without(model: type[Part], part: Json, gone: _Gone) -> dict[str, Any] | None:
    """Return what is left of a part; None where a field that it must have is gone."""
    fields, left = _fields(model), dict[str, Any]()
    for name, value in part.items():
        field = fields.get(name)
        kept: Any
        if name == EXTENSIONS:
            kept = _extensions(value)
        elif field is None:
            return None
        else:
            kept = None if gone(field, value) else _value_without(field, value, gone)
        if kept not in (None, [], {}) or value == kept:
            left[name] = kept
        elif field is not None and field.is_required():
            return None
    return left


def _value_without(field: FieldInfo, value: Any, gone: _Gone) -> Any:
    models = parts_in(field.annotation)
    if isinstance(value, Mapping) and models:
        return _part_without(models[0], value, gone)
    if isinstance(value, list | tuple):
        left = (_value_without(field, one, gone) for one in value if not gone(field, one))
        return [one for one in left if one is not None]
    return value


def _extensions(value: Any) -> dict[str, Any]:
    """Return the known ones: what nobody here knows may say anything."""
    return {uri: one for uri, one in (value or {}).items() if known_extension(uri, one)}


@cache
def _fields(model: type[Part]) -> Mapping[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _is_labelled(field: FieldInfo, _value: Any) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and LABEL in (extra.get("x-labels") or ())  # type: ignore[operator]


def traces_of(before: Sections, after: Sections) -> list[str]:
    """Return, folded, the streets, numbers, mail addresses and names of contacts that were taken out."""
    still = {text for entries in after.values() for entry in entries for text in _leads(entry)}
    taken = {text for entries in before.values() for entry in entries for text in _leads(entry)}
    return sorted(taken - still)


def _leads(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _leads(one)
    if not isinstance(value, Mapping):
        return
    names = [value.get("given"), value.get("family")]
    for text in (value.get("line1"), value.get("value"), " ".join(names) if all(names) else None):  # type: ignore[arg-type]
        if isinstance(text, str) and _is_telling(text):
            yield _folded(text)
    for one in value.values():
        yield from _leads(one)


def _is_telling(text: str) -> bool:
    """Whether a text is long and peculiar enough to be searched for."""
    digits = sum(mark.isdigit() for mark in text)
    return "@" in text or digits >= _LEAST_DIGITS or (" " in text and len(text) >= _LEAST_LETTERS)


def _holds(value: Any, traces: Sequence[str]) -> bool:
    return isinstance(value, str) and any(trace in _folded(value) for trace in traces)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())

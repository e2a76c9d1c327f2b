"""An entry as its values by place: what two entries differ in, and how one is made from another."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Entry = Mapping[str, Any]
"""An entry as on the wire."""

META: Final = "meta"
"""Where an entry comes from; says nothing of the student, and is never compared."""


def places(entry: Entry) -> dict[str, Any]:
    """Return what the entry says, by dotted place. A coded value and a list are one value each."""
    return dict(_walk(entry, ""))


def _walk(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        if not prefix and name == META:
            continue
        if isinstance(one, Mapping) and one and not is_coded(one):
            yield from _walk(one, f"{prefix}{name}.")
        else:
            yield prefix + name, one


def is_coded(value: Any) -> bool:
    """Whether this is a coded value (`domain.backpack.shared.CodedValue`)."""
    return isinstance(value, Mapping) and "code" in value and "system" in value


def same(ours: Any, theirs: Any) -> bool:
    """Whether two values mean the same: of coded ones only code and list count, not the sender's spelling."""
    if is_coded(ours) and is_coded(theirs):
        return (ours["code"], ours["system"]) == (theirs["code"], theirs["system"])
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)
    return bool(ours == theirs)


def with_place(entry: Entry, place: str, value: Any) -> dict[str, Any]:
    """Return the entry with another value there; None takes the place away, and what it leaves empty."""
    name, _, rest = place.partition(".")
    if rest:
        inner = entry.get(name)
        value = with_place(inner if isinstance(inner, Mapping) else {}, rest, value) or None
    if value is None:
        return {one: kept for one, kept in entry.items() if one != name}
    return {**entry, name: value}


def each_coded(entry: Entry, change: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entry with every coded value as `change` has it, given its place without positions."""
    return {name: one if name == META else _coded(one, name, change) for name, one in entry.items()}


def _coded(value: Any, place: str, change: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]) -> Any:
    if is_coded(value):
        return change(place, value)
    if isinstance(value, Mapping):
        return {name: _coded(one, f"{place}.{name}", change) for name, one in value.items()}
    if isinstance(value, list):
        return [_coded(one, place, change) for one in value]
    return value


def record_id(entry: Entry) -> str:
    """Return the entry's `recordId`."""
    return str(entry[META]["recordId"])


def equal(one: Entry, other: Entry) -> bool:
    """Whether two entries say the same, wherever they come from."""
    first, second = places(one), places(other)
    return first.keys() == second.keys() and all(same(first[place], second[place]) for place in first)

"""Documents of different engines, brought to one form and held against each other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.domain.backpack.compact import expand

SECTIONS: Final = (
    *("identity", "demographics", "contacts", "enrollments", "classes", "gradebook", "grades", "programs"),
    *("goals", "learnerProfile"),
)
_SHARED: Final = "shared.jsonl"
_ID: Final = re.compile(rb'"usr-s-(\d+)"')
_NUMBERS: Final = frozenset(
    {"score", "numeric", "minimum", "maximum", "minPoints", "maxPoints", "schoolYear", "intensity"}
)
_UNSORTED: Final = frozenset({"identifiers", "names", "phones", "steps", "subjects"})
"""Lists whose order means something."""

_NOT_EVERYWHERE: Final = frozenset({"row"})
"""Fields that count only where both engines have them."""

Document = Mapping[str, Any]
"""Entries by section, each without what is empty, coded values as their code, numbers as such."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many documents two engines have in the sample, and where the first that differs does."""

    documents: int
    entries: int
    difference: str | None


def sample(folder: Path, every: int) -> dict[int, Document]:
    """Return the documents of each so-manieth student from all `.jsonl` files of a folder, by student."""
    shared = _shared(folder)
    return {
        number: plain(expand(orjson.loads(line), shared))
        for number, line in _lines(folder)
        if number % every == 0
    }


def compare(one: Mapping[int, Document], other: Mapping[int, Document]) -> Compared:
    """Hold the documents of the students that both have against each other."""
    both = sorted(one.keys() & other.keys())
    differences = (_difference(one[number], other[number], f"student {number}") for number in both)
    return Compared(
        documents=len(both),
        entries=sum(len(entries) for number in both for entries in one[number].values()),
        difference=next((found for found in differences if found), None),
    )


def plain(document: Mapping[str, Any]) -> Document:
    """Return the sections in the form that is compared: the order of entries does not count."""
    return {name: _sorted([_plain(entry) for entry in document.get(name) or ()]) for name in SECTIONS}


def _shared(folder: Path) -> Mapping[int, str]:
    """Return what documents name by number, where an engine writes them compactly."""
    path = folder / _SHARED
    if not path.exists():
        return {}
    with path.open("rb") as file:
        kept = map(orjson.loads, file)
        return {one["number"]: orjson.dumps(one["json"]).decode() for one in kept}


def _lines(folder: Path) -> Iterator[tuple[int, bytes]]:
    for path in sorted({*folder.glob("*.jsonl")} - {folder / _SHARED}):
        with path.open("rb") as file:
            for line in file:
                if found := _ID.search(line):
                    yield int(found[1]), line


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        if "code" in value and "system" in value:
            return value["code"]
        if name == "meta":
            return {key: value[key] for key in ("key", "row") if value.get(key) is not None}
        inner = {key: _plain(one, key) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one not in (None, "", [], {})}
    if isinstance(value, list):
        items = [_plain(one) for one in value]
        return items if name in _UNSORTED else _sorted(items)
    return float(value) if name in _NUMBERS and value not in (None, "") else value


def _sorted(items: list[Any]) -> list[Any]:
    return sorted(items, key=_order)


def _order(item: Any) -> tuple[str, bytes]:
    """Order by key, which every engine knows; the line, which one does not, comes late."""
    key = item.get("meta", {}).get("key", "") if isinstance(item, dict) else ""
    return key, orjson.dumps(item, option=orjson.OPT_SORT_KEYS)


def _difference(one: Any, other: Any, where: str) -> str | None:
    """Return where two values differ first, in words."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted((one.keys() | other.keys()) - (_NOT_EVERYWHERE - (one.keys() & other.keys())))
        inner = (_difference(one.get(name), other.get(name), f"{where}, {name}") for name in names)
        return next((found for found in inner if found), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _of_lists(one, other, where)
    return None if one == other else f"{where}: {_short(one)} against {_short(other)}"


def _of_lists(one: Sequence[Any], other: Sequence[Any], where: str) -> str | None:
    pairs = enumerate(zip(one, other, strict=True))
    found = (_difference(first, second, f"{where} {number}") for number, (first, second) in pairs)
    return next((difference for difference in found if difference), None)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} entries"
    return repr(value)[:120]

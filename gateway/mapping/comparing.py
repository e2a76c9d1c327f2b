"""What two mappings of the same source make of the same students, field by field."""

from collections import Counter
from collections.abc import AsyncIterable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.document import SECTIONS
from gateway.mapping.bulk import BulkRun

_SLICES: Final = 32
_AT_ONCE: Final = 2_000
"""Stored students in memory."""
_SCHEMA: Final = dict.fromkeys(("student", *SECTIONS), pl.String)
_NOT_SECTIONS: Final = frozenset({"student", "line"})
_MISSING: Final = object()


class Difference(NamedTuple):
    """One value that is not the same. The values are personal data."""

    student: str
    field: str
    """Section, place of the entry and field: `enrollments.0.gradeLevel.code`."""
    before: Any
    """None where nothing stood."""
    after: Any


@dataclass
class Compared:
    """How many students differ, by field without places: `enrollments.gradeLevel.code`."""

    students: int = 0
    """In both."""
    same: int = 0
    only_before: int = 0
    only_after: int = 0
    changed: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    details: list[Difference] = field(default_factory=list)
    """Of the student who was asked for."""


async def keep(run: BulkRun, folder: Path, *, without: Collection[str] = ()) -> None:
    """Write the documents of a run into a folder, but those of some students, one bucket after the other."""
    left_out = pl.col("student").is_in(list(without))
    async for bucket in run.made():
        columns = [name for name in bucket.students.columns if not name.startswith("@")]
        _keep(bucket.students.select(columns).filter(~left_out), folder, bucket.numbers[0])


async def keep_stored(documents: AsyncIterable[tuple[str, bytes]], folder: Path) -> None:
    """Write documents that an earlier run made into a folder as `keep` does.

    Args:
        documents: Of each student, by local id: JSON object of compact entries by section.
        folder: An empty one.
    """
    waiting: list[dict[str, str]] = []
    number = 0
    async for student, document in documents:
        sections = {name: orjson.dumps(found).decode() for name, found in orjson.loads(document).items()}
        waiting.append({"student": student, **sections})
        if len(waiting) == _AT_ONCE:
            _keep(pl.DataFrame(waiting, _SCHEMA), folder, number)
            waiting, number = [], number + 1
    _keep(pl.DataFrame(waiting, _SCHEMA), folder, number)


def _keep(students: pl.DataFrame, folder: Path, name: int) -> None:
    whose = pl.col("student").hash(seed=2) % _SLICES
    for number in range(_SLICES):
        part = students.filter(whose == number)
        if part.height:
            part.write_ipc(folder / f"{number}-{name}.arrow")


def compare(before: Path, after: Path, dictionary: Dictionary, student: str | None = None) -> Compared:
    """Compare what two runs made, which used the same dictionary.

    Args:
        before: Folder of the one, as `keep` or `keep_stored` wrote it.
        after: Of the other.
        dictionary: Of both.
        student: Whose differences are wanted one by one.
    """
    compared = Compared()
    for number in range(_SLICES):
        old, new = _slice(before, number), _slice(after, number)
        compared.only_before += len(old.keys() - new.keys())
        compared.only_after += len(new.keys() - old.keys())
        for key in old.keys() & new.keys():
            compared.students += 1
            if old[key] == new[key]:
                compared.same += 1
            else:
                _count(compared, key, _differences(old[key], new[key], dictionary), student)
    return compared


def _slice(folder: Path, number: int) -> dict[str, dict[str, str]]:
    """Return the sections of each student of a slice."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(folder.glob(f"{number}-*.arrow")):
        for row in pl.read_ipc(file).iter_rows(named=True):
            found[row["student"]] = {
                name: text for name, text in row.items() if name not in _NOT_SECTIONS and text is not None
            }
    return found


def _count(
    compared: Compared, key: str, differences: Iterable[tuple[str, Any, Any]], student: str | None
) -> None:
    seen: set[tuple[int, str]] = set()
    counters = (compared.added, compared.removed, compared.changed)
    for path, before, after in differences:
        plain = ".".join(part for part in path.split(".") if not part.isdecimal())
        which = 0 if before is _MISSING else 1 if after is _MISSING else 2
        if (which, plain) not in seen:
            seen.add((which, plain))
            counters[which][plain] += 1
        if key == student:
            compared.details.append(Difference(key, path, _shown(before), _shown(after)))
    compared.same += not seen


def _shown(value: Any) -> Any:
    return None if value is _MISSING else value


def _differences(
    old: Mapping[str, str], new: Mapping[str, str], dictionary: Dictionary
) -> Iterator[tuple[str, Any, Any]]:
    for section in sorted(old.keys() | new.keys()):
        if old.get(section) != new.get(section):
            before = _entries(old.get(section), dictionary)
            after = _entries(new.get(section), dictionary)
            yield from _of_list(section, before, after)


def _entries(text: str | None, dictionary: Dictionary) -> list[Any]:
    """Return entries without what says where they come from."""
    entries = orjson.loads(text) if text else []
    for entry in entries:
        entry.pop("meta", None)
    return [dictionary.expand(entry) for entry in entries]


def _of_list(path: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    for at in range(max(len(old), len(new))):
        before = old[at] if at < len(old) else _MISSING
        after = new[at] if at < len(new) else _MISSING
        yield from _of_value(f"{path}.{at}", before, after)


def _of_value(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            yield from _of_value(f"{path}.{name}", old.get(name, _MISSING), new.get(name, _MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_list(path, old, new)
    elif old != new:
        yield path, old, new

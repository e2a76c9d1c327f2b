"""Which entry of ours an entry of theirs is about, told from what both say: never from ids of a system."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.domain.importing.places import Entry, is_coded
from gateway.domain.matching import normalise

_Paths = tuple[str, ...]

ONE_OF_A_KIND = frozenset({"identity", "demographics"})
"""Sections of which a student has one entry."""

TELLING: Mapping[str, tuple[_Paths, ...]] = MappingProxyType(
    {
        "contacts": (("name.given", "name.family"),),
        "enrollments": (("school.name", "entryDate"), ("school.id", "entryDate")),
        "attendance": (("date", "scope", "section", "period"),),
        "attendanceSummary": (("period.schoolYear", "period.name"),),
        "classes": (("course.localCode", "begin"), ("title", "begin")),
        "gradebook": (("title", "assigned"),),
        "grades": (
            ("course.localCode", "gradingPeriod.schoolYear", "gradingPeriod.name", "gradeType"),
            ("course.title", "gradingPeriod.schoolYear", "gradingPeriod.name", "gradeType"),
        ),
        "transcript": (("school.name", "term.schoolYear", "term.name"), ("school.id", "term.schoolYear")),
        "assessments": (("assessment.title", "date"),),
        "incidents": (("date", "time"),),
        "immunizations": (("vaccine",),),
        "health": (("kind", "name"), ("kind", "type"), ("kind", "text")),
        "programs": (("kind", "begin"), ("kind",)),
        "goals": (("statement",),),
        "achievements": (("title",),),
        "activities": (("title",),),
    }
)
"""By section, sets of places that tell an entry, the surest first. What is not here is told by nothing."""


def counterpart(section: str, theirs: Entry, ours: Sequence[Entry]) -> Entry | None:
    """Return the entry of ours that is about the same; None where there is none or more than one."""
    if section in ONE_OF_A_KIND:
        return ours[0] if len(ours) == 1 else None
    for paths in TELLING.get(section, ()):
        sought = _key(theirs, paths)
        found = [one for one in ours if sought and _key(one, paths) == sought]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _key(entry: Entry, paths: _Paths) -> tuple[str, ...] | None:
    """Return what stands at the places; None where the first of them is silent: that tells nothing."""
    said = tuple(_said(_at(entry, path.split("."))) for path in paths)
    return said if said[0] else None


def _at(value: Any, path: Iterable[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _said(value: Any) -> str:
    return normalise(str(value["code"] if is_coded(value) else value)) if value is not None else ""

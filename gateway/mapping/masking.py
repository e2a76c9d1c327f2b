"""Values shown without showing whose they are: names to initials, dates to years, ids to their end."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

from gateway.domain.backpack.document import models

Place = Sequence[str | int]
"""Where a value stands in an entry: wire names, and places in lists."""

_NAMES: Final = frozenset({"given", "middle", "family", "family2", "prefix", "suffix", "phonetic"})
_IDS: Final = frozenset({"id", "key", "value", "contact", "recordId", "agent", "sectionId", "parent"})
_CODES: Final = frozenset({"code", "localCode", "display"})
_THINGS: Final = frozenset(
    {"school", "district", "term", "terms", "course", "gradingPeriod", "subjects", "subject", "org"}
)
"""Objects that are no persons: how they are called is shown."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?")
_FRACTION: Final = re.compile(r"-?\d{1,5}(\.\d+)?")
_URI: Final = re.compile(r"(https?|urn|uri):[^\s]+")
_CODE: Final = re.compile(r"[A-Za-z0-9 ./_+-]{1,40}")
_FEW: Final = 5
_SHORT: Final = 3
_LONGEST: Final = 12


def masked(value: Any, place: Place = ()) -> Any:
    """Return the value as JSON with every text masked that may be personal; numbers and truth values stay."""
    if isinstance(value, dict) and value.get("mapping") == "none":
        return {name: shown_code(str(one), 1) if name in _CODES else one for name, one in value.items()}
    if isinstance(value, dict):
        return {name: masked(one, (*place, name)) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one, (*place, at)) for at, one in enumerate(value)]
    if isinstance(value, str):
        return masked_text(value, place)
    return value


def masked_text(text: str, place: Place = ()) -> str:
    """Return what may be shown of a text that stands there."""
    names = [part for part in place if isinstance(part, str)]
    name = names[-1] if names else ""
    if name in _NAMES:
        return initials(text)
    if _DATE.fullmatch(text):
        return text[:4]
    if _is_open(text, name, _THINGS.intersection(names[:-1])):
        return text
    return end_of(text) if name in _IDS or name.endswith("Id") else f"({len(text)} characters)"


def _is_open(text: str, name: str, thing: frozenset[str]) -> bool:
    """Tell whether a text says nothing of a person: codes, closed words, small numbers, names of things."""
    if text in _closed_words() or _URI.fullmatch(text):
        return True
    if name in _CODES:
        return _CODE.fullmatch(text) is not None
    if thing and name in {"name", "title", "id", "localCode"}:
        return True
    return _FRACTION.fullmatch(text) is not None and name not in _IDS


def initials(text: str) -> str:
    """Return the first letter of each word: `A. M.`."""
    return " ".join(f"{word[0]}." for word in text.replace("-", " ").split())


def end_of(text: str) -> str:
    """Return the last two characters of an id; nothing of one that is hardly longer."""
    return f"…{text[-2:]}" if len(text) > _SHORT else "…"


def shown_code(code: str, students: int) -> str:
    """Return a local code that nobody knows, where it cannot be somebody's name or number, else its length.

    That is one of up to three characters, or one with a digit that at least five students share.
    """
    short = len(code) <= _SHORT
    shared = len(code) <= _LONGEST and students >= _FEW and any(mark.isdigit() for mark in code)
    return code if _CODE.fullmatch(code) and (short or shared) else f"({len(code)} characters)"


@cache
def _closed_words() -> frozenset[str]:
    """Return every word of the schema's closed lists."""
    words: set[str] = set()
    for model in models():
        for info in model.model_fields.values():
            words |= _literals(info.annotation)
    return frozenset(words)


def _literals(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return {str(word) for word in get_args(annotation)}
    return set().union(*map(_literals, get_args(annotation)))

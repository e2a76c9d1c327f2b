"""Backpacks as they are kept: what thousands of students have in common is written once.

In a compact document an object with the field `$` has, before its own fields, those of the kept object of
that number. Only what a district keeps for itself is compact; nothing compact leaves it.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

REF: Final = "$"
_WORTH: Final = 40
"""Bytes from which on an object is worth a number."""


class Dictionary:
    """Kept objects by number. A number stays what it is: documents of earlier runs name it.

    Safe for several threads.
    """

    def __init__(self, known: Mapping[int, str] | None = None) -> None:
        self._texts = dict(known or {})
        self._numbers = {text: number for number, text in self._texts.items()}
        self._next = max(self._texts, default=0) + 1
        self._lock = threading.Lock()
        self._new: dict[int, str] = {}

    @property
    def texts(self) -> Mapping[int, str]:
        """Return the JSON of every kept object."""
        return self._texts

    def ref(self, json: str) -> str:
        """Return JSON that stands for an object; what is short or no object stands for itself."""
        if len(json) < _WORTH or json[0] != "{":
            return json
        return f'{{"{REF}":{self.number(json)}}}'

    def number(self, json: str) -> int:
        """Return the number of an object's JSON."""
        with self._lock:
            number = self._numbers.setdefault(json, self._next)
            if number == self._next:
                self._next += 1
                self._texts[number] = self._new[number] = json
            return number

    def having(self, text: str) -> list[int]:
        """Return the numbers of the objects in whose JSON the text stands."""
        with self._lock:
            return [number for number, json in self._texts.items() if text in json]

    def taken(self) -> dict[int, str]:
        """Return what is new since the last call, to be kept before documents that name it."""
        with self._lock:
            new, self._new = self._new, {}
            return new

    def expand(self, value: Any) -> Any:
        """Return the value with every kept object in its place.

        Raises:
            KeyError: a number is not known.
        """
        return expand(value, self._texts)


def expand(value: Any, texts: Mapping[int, str]) -> Any:
    """Return the value with every kept object in its place, given their JSON by number."""
    if isinstance(value, dict):
        fields = {name: expand(one, texts) for name, one in value.items() if name != REF}
        if REF not in value:
            return fields
        return expand(orjson.loads(texts[value[REF]]), texts) | fields
    if isinstance(value, list):
        return [expand(one, texts) for one in value]
    return value


def numbers_in(value: Any) -> set[int]:
    """Return the numbers that a compact value names itself."""
    if isinstance(value, dict):
        found = {value[REF]} if REF in value else set()
        return found.union(*map(numbers_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(numbers_in, value))
    return set()


def sections_of(documents: Sequence[tuple[str, str]]) -> str:
    """Return a document of sections that are JSON arrays already."""
    return "{" + ",".join(f'"{name}":{json}' for name, json in documents) + "}"

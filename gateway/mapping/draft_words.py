"""What columns are called in the exports of student information systems: `draft_words.toml`, read."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

Path = tuple[str | int, ...]
"""In an entry: wire names, and places in lists."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONG_ENOUGH: Final = 5
_WHOSE: Final = frozenset({"student", "user", "person", "pupil", "learner", "legal", "contact", "guardian"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A field that a column may fill. `kind` is a reading, `code`, or the kind of a shared object."""

    path: Path
    kind: str
    names: Sequence[str]
    """The likeliest first."""
    lookup: str | None = None
    gives: str | None = None
    """The code that a yes stands for."""


@dataclass(frozen=True, slots=True)
class Section:
    """What is known of the tables that a section of a backpack is made of."""

    name: str
    slots: Sequence[Slot]
    fixed: Mapping[Path, str]
    """TOML of values that are the same for every row, written where something beside them is."""
    tables: frozenset[str]
    """Words of tables' names that speak for the section."""
    through: frozenset[str]
    """Words of other tables' names, whose columns are looked through for what the table itself lacks."""
    needs: frozenset[str]
    """First wire names of fields without which there is nothing."""


@dataclass(frozen=True, slots=True)
class ObjectWords:
    """What is known of the tables of a kind of shared object."""

    model: str
    key: str
    """The field that takes the key."""
    tables: frozenset[str]
    slots: Sequence[Slot]


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a column's or table's name, in lower case, short ones spelt out."""
    short: Mapping[str, str] = _vocabulary()["short"]
    return tuple(short.get(word, word) for word in (found.lower() for found in _WORD.findall(name)))


@lru_cache(maxsize=8192)
def spellings(name: str) -> tuple[str, ...]:
    """Return the name as one word, then without the words that say whose it is."""
    words = words_of(name)
    found = ["".join(words)]
    while len(words) > 1 and words[0] in _WHOSE:
        words = words[1:]
        found.append("".join(words))
    return tuple(found)


def singular(name: str) -> str:
    """Return the last word of a table's name, for one row of it: `classes` gives `class`."""
    last = (words_of(name) or (name,))[-1]
    for ending, instead in (("sses", "ss"), ("ies", "y"), ("s", "")):
        if last.endswith(ending) and not last.endswith("ss"):
            return last.removesuffix(ending) + instead
    return last


def speaks_for(name: str, words: frozenset[str]) -> bool:
    """Tell whether a table's name has one of the words, long ones also within a word."""
    joined = "".join(words_of(name))
    return bool(words & table_words(name)) or any(
        word in joined for word in words if len(word) >= _LONG_ENOUGH
    )


def table_words(name: str) -> frozenset[str]:
    """Return the words of a table's name, each also for one of its rows."""
    words = words_of(name)
    return frozenset({*words, *map(singular, words), "".join(words)})


@cache
def sections() -> Mapping[str, Section]:
    """Return the vocabulary of sections, in the order in which tables are looked through."""
    return {
        name: Section(
            name,
            _slots(said["fields"]),
            {_path(path): text for path, text in said.get("fixed", {}).items()},
            frozenset(said.get("tables", "").split()),
            frozenset(said.get("through", "").split()),
            frozenset(said.get("needs", ())),
        )
        for name, said in _vocabulary()["sections"].items()
    }


@cache
def objects() -> Mapping[str, ObjectWords]:
    """Return the vocabulary of shared objects."""
    return {
        name: ObjectWords(
            said["model"], said["key"], frozenset(said["tables"].split()), _slots(said["fields"])
        )
        for name, said in _vocabulary()["objects"].items()
    }


@cache
def _vocabulary() -> Mapping[str, Any]:
    return tomllib.loads(files("gateway.mapping").joinpath("draft_words.toml").read_text("utf-8"))


def _slots(said: Mapping[str, Mapping[str, str]]) -> tuple[Slot, ...]:
    return tuple(
        Slot(_path(path), one["as"], tuple(one["names"].split()), one.get("lookup"), one.get("gives"))
        for path, one in said.items()
    )


def _path(text: str) -> Path:
    return tuple(int(part) if part.isdecimal() else part for part in text.split("."))

"""Which columns are keys and which name rows of other tables: by values that recur, and by names."""

import json
from collections.abc import Sequence
from typing import Final

from gateway.mapping.denied import denied_column
from gateway.mapping.draft_words import (
    Section,
    sections,
    singular,
    speaks_for,
    spellings,
    table_words,
    words_of,
)
from gateway.mapping.profiling import Column, Profile

PEOPLE: Final = ("student", "pupil", "learner", "user", "person", "people")
"""Words of the names of tables of people, the surest first."""
OF_PEOPLE: Final = frozenset({"identity", "demographics"})
"""Sections that the table of people itself fills."""
ENOUGH: Final = 0.5
"""Share of a column's values that must be keys of the table that it is taken to name."""
_NAMES: Final = (("names", 0, "given"), ("names", 0, "family"))


def spoken_for(name: str) -> list[Section]:
    """Return the sections that a table's name speaks for; a whole word outweighs a part of one."""
    known = [section for section in sections().values() if section.name not in OF_PEOPLE]
    whole = [section for section in known if section.tables & table_words(name)]
    return whole or [section for section in known if speaks_for(name, section.tables)]


def people_among(found: Sequence[Profile]) -> Profile | None:
    """Return the table that is most like one of students."""

    def score(profile: Profile) -> tuple[int, int]:
        identity = sections()["identity"].slots
        names = {name for column in profile.columns for name in spellings(column)}
        matched = [slot for slot in identity if names.intersection(slot.names)]
        both = all(any(slot.path == path for slot in matched) for path in _NAMES)
        words = [at for at, word in enumerate(PEOPLE) if word in table_words(profile.name)]
        bonus = 2 * (len(PEOPLE) - words[0]) if words else 0
        return (len(matched) + bonus if both and profile.rows else 0), profile.rows

    best = max(found, key=score, default=None)
    return best if best is not None and score(best)[0] else None


def key_named(column: Column, other: Profile) -> str | None:
    """Return the unique column of the other table whose values a column holds, where its name says so."""
    words = set(words_of(column.name))
    about = bool(words & table_words(other.name)) or singular(other.name) in "".join(words_of(column.name))
    for key in other.columns.values():
        if key.unique and share_of(column, key) >= ENOUGH:
            person = bool(table_words(other.name) & frozenset(PEOPLE)) and names_student(column)
            if about or person:
                return key.name
    return None


def names_student(column: Column) -> bool:
    """Tell whether a column's name says that it names people."""
    return bool(frozenset(PEOPLE) & {*words_of(column.name), singular(column.name)}) or any(
        "".join(words_of(column.name)).startswith(word) for word in PEOPLE
    )


def ends_as_key(name: str) -> bool:
    """Tell whether a column is called like a key: `id`, `sourcedId`, `student_number`."""
    words = words_of(name)
    return bool(words) and (
        words[-1] in {"id", "key", "number", "guid", "gu", "uid"} or words[-1].endswith("id")
    )


def is_key(column: Column) -> bool:
    """Tell whether a column may be a key: unique dates and texts are chance."""
    return column.dates < ENOUGH and not denied_column(column.name)


def share_of(column: Column, key: Column) -> float:
    """Return the share of a column's values that are in another."""
    return len(column.values & key.values) / len(column.values) if column.values else 0.0


def quoted(text: str) -> str:
    """Return a text as TOML spells it."""
    return json.dumps(text, ensure_ascii=False)

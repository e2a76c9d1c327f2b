"""What a reverse mapping makes: rows for the import, and what they do not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.mapping.inverse_drafts import Where
from gateway.mapping.inverse_tables import ImportTables

Entry = Mapping[str, Any]
"""An entry as on the wire."""


class Loss(NamedTuple):
    """Values that found no column: at one path of one section, for one reason."""

    section: str
    path: str
    """Wire names; `[]` for every item of a list."""
    reason: str
    values: int
    """How many."""


class Blocked(NamedTuple):
    """An entry of which no row was written, because a row without the rest of it would be dangerous."""

    section: str
    number: int
    """Of the entry in its section, from 1."""
    message: str


@dataclass(frozen=True, slots=True)
class ImportRows:
    """Rows for the local system, and what they do not say."""

    tables: ImportTables
    losses: tuple[Loss, ...]
    blocked: tuple[Blocked, ...]
    entries: int
    """How many there were."""
    student: str
    """The learner's key in the rows."""
    made: frozenset[str]
    """Keys that were made here, because no field says them or because they were the sender's."""


def path_text(place: Where) -> str:
    """Return a place as people write it, without the numbers of items: `names[].given`."""
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")

"""A family's statement of disagreement with an entry: kept and disclosed with it (34 CFR 99.21(b)(2))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from gateway.domain.corrections import STATEMENTS
from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId
from gateway.domain.importing.places import META, record_id

MAX_STATEMENT: Final = 5000
"""Characters of a statement."""

MAX_WHO: Final = 200
"""Characters that name who disagrees."""

Sections = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a parent, or a student of age, stated about one entry. It goes wherever the entry goes."""

    id: str
    student: LocalStudentId
    section: str
    record: str
    """`recordId` of the entry."""
    text: str
    by: str
    """Who disagrees, such as `Rosa Ortiz, mother`."""
    made_on: date
    attached_by: str
    """Name of the records officer who attached it."""
    at: datetime


def statement_text(text: str) -> str:
    """Return the text without spaces around it, or raise `Malformed` if it is empty or too long."""
    said = text.strip()
    if not said:
        raise Malformed("a statement says something")
    if len(said) > MAX_STATEMENT:
        raise Malformed(f"a statement has at most {MAX_STATEMENT} characters")
    return said


def statement_words(who: str) -> str:
    """Return who disagrees on one line, or raise `Malformed` if that is empty or too long."""
    said = " ".join(who.split())
    if not said or len(said) > MAX_WHO:
        raise Malformed(f"who disagrees is told in up to {MAX_WHO} characters")
    return said


def with_statements(sections: Sections, statements: Sequence[Statement]) -> Sections:
    """Return the sections, each entry with what was stated about it inside: the two cannot be parted.

    The unit of disclosure is the entry, so no release can show one without the other.
    """
    by_entry: dict[tuple[str, str], list[dict[str, str]]] = {}
    for one in statements:
        by_entry.setdefault((one.section, one.record), []).append(
            {"text": one.text, "by": one.by, "date": one.made_on.isoformat()}
        )
    return {
        name: [_with(entry, by_entry.get((name, record_id(entry)))) for entry in entries]
        for name, entries in sections.items()
    }


def _with(entry: Mapping[str, Any], said: list[dict[str, str]] | None) -> Mapping[str, Any]:
    return {**entry, META: {**entry[META], STATEMENTS: said}} if said else entry

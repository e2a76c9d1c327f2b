"""Made-up students whose record has about 50 KB of JSON."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

import orjson

from gateway.domain.backpack.document import SECTIONS
from gateway.domain.ids import LocalStudentId, digest
from gateway.domain.matching import Candidate
from gateway.domain.transfer import Subject
from gateway.usecases.ports import StoredBackpack

RECORD_BYTES: Final = 50_000
SECTION_NAMES: Final = tuple(SECTIONS)
"""What is asked for: all of it."""

Sections = Mapping[str, list[dict[str, Any]]]

_FIRST_BIRTHDAY: Final = date(2008, 1, 1)
_BIRTHDAYS: Final = 12 * 365
_SHRINKS: Final = "gradebook"


def shrunk(sections: Sections) -> Sections:
    """Return a rich record with so many gradebook entries left out that it comes near 50 KB."""
    kept = {name: list(entries) for name, entries in sections.items()}
    while len(orjson.dumps(kept)) > RECORD_BYTES and kept[_SHRINKS]:
        kept[_SHRINKS].pop()
    return kept


def student_id(number: int) -> LocalStudentId:
    """Return the holder's id of the student of this number."""
    return LocalStudentId(f"S{number:06d}")


def subject_of(number: int) -> Subject:
    """Return what the requester knows of the student of this number."""
    return Subject(
        given_name=f"Given{_letters(number)}",
        family_name=f"Family{_letters(number)}",
        birth_date=_FIRST_BIRTHDAY + timedelta(days=number * 7919 % _BIRTHDAYS),
        state_id=f"99{number:08d}",
    )


def backpacks(template: StoredBackpack, count: int) -> Iterator[StoredBackpack]:
    """Yield students with the template's record under names and numbers of their own."""
    sections = shrunk(orjson.loads(template.sections))
    for number in range(count):
        yield _backpack(template, sections, number)


def _backpack(template: StoredBackpack, sections: Sections, number: int) -> StoredBackpack:
    subject, student = subject_of(number), student_id(number)
    content = orjson.dumps({**sections, "identity": [_identity(sections["identity"][0], subject)]})
    return StoredBackpack(
        student=student,
        learner=f"00000000-0000-8000-8000-{number:012d}",
        candidate=Candidate(
            student=student,
            state_id=subject.state_id,
            given_names=frozenset({subject.given_name}),
            family_names=frozenset({subject.family_name}),
            birth_date=subject.birth_date,
        ),
        school=template.school,
        grade=template.grade,
        fingerprint=digest(content),
        sections=content,
        mapped_at=template.mapped_at,
    )


def _identity(entry: dict[str, Any], subject: Subject) -> dict[str, Any]:
    state, *_ = (one for one in entry["identifiers"] if one["system"]["code"] == "State")
    return {
        **entry,
        "identifiers": [{**state, "value": subject.state_id}],
        "names": [{"use": "legal", "given": subject.given_name, "family": subject.family_name}],
        "birthDate": subject.birth_date.isoformat(),
    }


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))

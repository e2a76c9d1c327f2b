"""A student whose whereabouts are protected: what is kept of the record, inside other acts' transactions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from gateway.domain.backpack.compact import expand, numbers_in
from gateway.domain.confidentiality import confidential, traces_of
from gateway.domain.ids import Digest, LocalStudentId, digest
from gateway.domain.matching import Candidate
from gateway.domain.safety.flags import HIDES_PLACE, Flag, substitute_of
from gateway.mapping.findings import Finding
from gateway.usecases.ports import Tx

Sections = Mapping[str, Sequence[Mapping[str, Any]]]

STALE: Final[Digest] = digest(b"to be mapped again")
"""Fingerprint of a backpack that the next mapping run makes anew, whether its rows changed or not."""


def protecting(tx: Tx, student: LocalStudentId) -> Sequence[Flag]:
    """Return the flags because of which nothing may tell where the student is."""
    return [flag for flag in tx.flags.of(student) if flag.kind in HIDES_PLACE and not flag.cleared_at]


def protected_students(tx: Tx) -> Mapping[LocalStudentId, Mapping[str, Any] | None]:
    """Return every protected student with the address that a programme gave, if one did."""
    found: dict[LocalStudentId, list[Flag]] = {}
    for flag in tx.flags.standing():
        if flag.kind in HIDES_PLACE:
            found.setdefault(flag.student, []).append(flag)
    return {student: substitute_of(flags) for student, flags in found.items()}


def concealed(tx: Tx, student: LocalStudentId, sections: Sections) -> Sections:
    """Return the entries as they may be read: without the student's whereabouts if these are protected."""
    flags = protecting(tx, student)
    return confidential(sections, substitute=substitute_of(flags)) if flags else sections


def without_contacts(candidate: Candidate) -> Candidate:
    """Return matching keys that do not name the family."""
    return replace(candidate, guardian_names=frozenset())


def without_value(finding: Finding) -> Finding:
    """Return a finding that does not repeat the value that was wrong."""
    return replace(finding, raw_value=None)


def conceal_stored(tx: Tx, student: LocalStudentId) -> None:
    """Rewrite what is kept of a student who has just been flagged: nothing of it tells the place any more.

    Own signed segments go, for they hold it; the next release signs anew. What earlier districts signed
    stays as it is and is looked at entry by entry when it would leave.

    Raises:
        Unknown: there is no such student.
    """
    stored = tx.backpacks.get(student)
    document = orjson.loads(stored.sections)
    kept = tx.backpacks.kept(numbers_in(document))
    before = expand(document, kept)
    after = concealed(tx, student, before)
    sections = orjson.dumps(after)
    tx.backpacks.put(
        [
            replace(
                stored,
                sections=sections,
                fingerprint=digest(sections),
                candidate=without_contacts(stored.candidate),
            )
        ]
    )
    for number in _telling(kept, traces_of(before, after)):
        tx.backpacks.forget_unnamed(number)
    tx.segments.forget_own(student)
    found = [(whose, without_value(one)) for whose, one in tx.findings.list(student=student)]
    tx.findings.replace(found, of=[student])


def reveal_stored(tx: Tx, student: LocalStudentId) -> None:
    """Have the next mapping run make the student's backpack anew, from the rows as they are."""
    stored = tx.backpacks.get(student)
    tx.backpacks.put([replace(stored, fingerprint=STALE)])
    tx.segments.forget_own(student)


def _telling(kept: Mapping[int, str], traces: Sequence[str]) -> Iterator[int]:
    """Yield the kept objects in which a trace stands, those that hold others first."""
    texts = {number: orjson.dumps(expand(orjson.loads(json), kept)).decode() for number, json in kept.items()}
    telling = [
        n for n, text in texts.items() if any(trace in " ".join(text.casefold().split()) for trace in traces)
    ]
    yield from sorted(telling, key=lambda number: -len(texts[number]))

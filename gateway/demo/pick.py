"""Which student moves, and what the new district's registrar knows of the student."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from gateway.domain.errors import Refused
from gateway.domain.ids import LocalStudentId
from gateway.domain.matching import Band, Candidate, match
from gateway.domain.transfer import Subject
from gateway.storage.store import SqlStore
from gateway.usecases.ports import StoredBackpack

TRIED: Final = 100
"""So many of the richest records are held against the others before the search ends."""

_NEEDED: Final[Mapping[str, Callable[[Candidate], bool]]] = {
    "full name": lambda one: bool(one.given_names and one.family_names),
    "birth date": lambda one: one.birth_date is not None,
    "state id": lambda one: bool(one.state_id),
    "guardian, middle name or birth city": lambda one: any(_more(one).values()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """The student who moves."""

    student: LocalStudentId
    school: str
    subject: Subject
    """What the registrar of the new district knows."""
    rule: str
    """What the match will rest on."""

    @property
    def can_be_located(self) -> bool:
        """Whether the locator can be asked: it knows state id and birth date only."""
        return bool(self.subject.state_id)


async def pick_student(store: SqlStore, wanted: LocalStudentId | None = None) -> Mover:
    """Return the wanted student, or the one with the richest record who can be matched for certain.

    Raises:
        Refused: nobody can be; the message counts what is missing, and names nobody.
    """
    lacks: Counter[str] = Counter()
    total = 0
    able: list[tuple[bool, int, str, Subject]] = []
    async for one in store.students():
        total += 1
        lacks.update(_lacks(one.candidate))
        if wanted in {None, one.student} and (subject := subject_of(one.candidate)):
            able = nlargest(TRIED, [*able, _ranked(one, subject)], key=lambda entry: entry[:3])
    for _, _, student, subject in able:
        if mover := await _certain(store, LocalStudentId(student), subject):
            return mover
    raise Refused(_why_nobody(total, lacks))


def subject_of(candidate: Candidate) -> Subject | None:
    """Return what of a student's keys settles a match, and no more; None if they do not suffice."""
    if not candidate.given_names or not candidate.family_names or candidate.birth_date is None:
        return None
    more = {"state_id": candidate.state_id} if candidate.state_id else _more(candidate)
    if not any(more.values()):
        return None
    return Subject(
        given_name=min(candidate.given_names),
        family_name=min(candidate.family_names),
        birth_date=candidate.birth_date,
        **more,
    )


def initials(subject: Subject) -> str:
    """Return a name as initials, for screens on which a real student's name must not stand."""
    return f"{subject.given_name[:1]}. {subject.family_name[:1]}."


def _more(candidate: Candidate) -> dict[str, str | None]:
    return {
        "guardian_name": min(candidate.guardian_names, default=None),
        "middle_name": min(candidate.middle_names, default=None),
        "birth_city": min(candidate.birth_cities, default=None),
    }


def _ranked(one: StoredBackpack, subject: Subject) -> tuple[bool, int, str, Subject]:
    return bool(subject.state_id), len(one.sections), one.student, subject


async def _certain(store: SqlStore, student: LocalStudentId, subject: Subject) -> Mover | None:
    """Match as the holder will."""
    candidates = await store.read(lambda tx: tx.backpacks.candidates(subject))
    found = match(subject, candidates)
    if found.band is not Band.CERTAIN or found.student != student:
        return None
    backpack = await store.read(lambda tx: tx.backpacks.get(student))
    return Mover(student=student, school=backpack.school or "", subject=subject, rule=found.rule)


def _lacks(candidate: Candidate) -> Iterator[str]:
    return (name for name, has in _NEEDED.items() if not has(candidate))


def _why_nobody(total: int, lacks: Counter[str]) -> str:
    counted = ", ".join(f"{count} have no {name}" for name, count in lacks.most_common())
    return (
        f"nobody among the {total} students can be matched for certain ({counted or 'all are too alike'}); "
        "that takes a state id and a birth date, "
        "or a full name, a birth date and one of guardian, middle name and birth city"
    )

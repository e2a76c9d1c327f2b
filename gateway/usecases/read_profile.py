"""A student's profile as those who teach and support the student read it."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.domain.backpack.base import LEVELS
from gateway.domain.backpack.versions import readable
from gateway.domain.errors import Malformed
from gateway.domain.ids import EntityId, LocalStudentId, b64url_decode
from gateway.domain.policy import Action, Context, Decision, Person, decide
from gateway.domain.profile import Audience
from gateway.domain.profile.page import SECTIONS, Heading, Told, accommodations_in, arranged
from gateway.usecases.disclosures import reading
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, Segment, StoredBackpack, Tx
from gateway.usecases.teaching import about_learner
from gateway.usecases.wholes import read_whole, sections_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One student's page."""

    student: LocalStudentId
    name: str
    school: str | None
    grade: str | None
    parts: Mapping[Heading, Sequence[Told]]
    """Without what is older, unless that was opened."""
    accommodations: Sequence[str]
    older: int
    """How many entries are older."""
    decision: Decision
    """Why the reader may see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStudent:
    """One student of a search."""

    student: LocalStudentId
    name: str
    school: str | None
    grade: str | None


async def find_students(node: Node, person: Person, text: str) -> Sequence[FoundStudent]:
    """Return the students, by number or the beginning of a name, whose profile the person may read."""

    def look(tx: Tx) -> list[FoundStudent]:
        found = tx.backpacks.find(text)
        return [_found(one) for one in found if _may_read(node, tx, person, one.student)]

    return await node.store.read(look)


def _may_read(node: Node, tx: Tx, person: Person, student: LocalStudentId) -> bool:
    object_, context = about_learner(tx, node, student), Context(now=node.now(), reason="search")
    return decide(person, Action.PROFILE_READ, object_, context, node.policy).allow


def _found(stored: StoredBackpack) -> FoundStudent:
    names = stored.candidate
    name = " ".join([*sorted(names.given_names)[:1], *sorted(names.family_names)])
    return FoundStudent(student=stored.student, name=name, school=stored.school, grade=stored.grade)


async def read_profile(
    node: Node, person: Person, student: LocalStudentId, *, why_older: str = ""
) -> Profile:
    """Return the student's profile; with a reason, what is older too. That it was read is written down.

    Raises:
        Unknown: there is no such student.
        Forbidden: the person may not.
    """
    await node.store.read(lambda tx: tx.backpacks.get(student))
    object_ = await node.store.read(lambda tx: about_learner(tx, node, student))
    decision = await permit(node, person, Action.PROFILE_READ, object_)
    if why_older:
        context = Context(now=node.now(), reason=why_older)
        await permit(node, person, Action.HISTORY_READ, object_, context)
    action = Action.HISTORY_READ if why_older else Action.PROFILE_READ

    def look(tx: Tx) -> tuple[StoredBackpack, Sequence[Told]]:
        tx.accesses.add(reading(node, person, action, SECTIONS, student=student))
        stored = read_whole(tx, student)
        return stored, list(told_of(node, tx, stored))

    stored, told = await node.store.write(look)
    today = node.calendar.day_of(node.now())
    parts = arranged(told, today)
    older = parts[Heading.OLDER]
    shown = {heading: found for heading, found in parts.items() if heading is not Heading.OLDER or why_older}
    return Profile(
        student=student,
        name=name_of(stored),
        school=stored.school,
        grade=stored.grade,
        parts=shown,
        accommodations=accommodations_in(sections_of(stored).get("programs", ()), today),
        older=len(older),
        decision=decision,
    )


def told_of(node: Node, tx: Tx, stored: StoredBackpack) -> Iterable[Told]:
    """Yield what earlier districts signed, what the local system holds, and what was added here."""
    keys = stored.candidate
    for segment in tx.segments.received(state_id=keys.state_id, birth_date=keys.birth_date):
        yield from _received(segment)
    for section, entries in sections_of(stored).items():
        yield from _readable(section, entries, node.id)
    for one in tx.contributions.of(stored.student):
        if one.is_seen_by(Audience.TEACHERS):
            yield Told(section=one.section, entry=one.entry, issuer=node.id, contribution=one.id)


def _received(segment: Segment) -> Iterable[Told]:
    for section, disclosures in segment.disclosures.items():
        yield from _readable(
            section, [orjson.loads(b64url_decode(text))[1] for text in disclosures], segment.issuer
        )


def _readable(section: str, entries: Iterable[Mapping[str, Any]], issuer: EntityId) -> Iterable[Told]:
    """Yield the entries for this page, in the present version of the schema.

    What is restricted is not for those who teach; what does not fit the schema was set aside at import.
    """
    for entry in entries if section in SECTIONS else ():
        with contextlib.suppress(Malformed):
            read, present = readable(section, entry)
            if read.sensitivity().level != LEVELS[-1]:
                yield Told(section=section, entry=present, issuer=issuer)


def name_of(stored: StoredBackpack) -> str:
    """Return the name in a backpack that was read whole; the local id where it has none."""
    learners = sections_of(stored).get("identity", ())
    names = [name for learner in learners for name in learner.get("names", ())]
    first = names[0] if names else {}
    return " ".join(filter(None, (first.get("given"), first.get("family")))) or stored.student

"""Requests that are written step by step, and those that a new enrolment opens by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from gateway.domain.errors import Forbidden
from gateway.domain.ids import LocalStudentId
from gateway.domain.matching import Candidate
from gateway.domain.policy import Action, Kind, Object, Person
from gateway.domain.transfer import Role
from gateway.usecases.permission import permit
from gateway.usecases.ports import Draft, Node, Tx

MOST_OPENED: Final = 500
"""Drafts that one mapping run opens; more new students at once are a rollover, not moves."""

_REQUESTING: Final = Object(kind=Kind.NODE, side=Role.REQUESTER)


async def begin_draft(node: Node, person: Person) -> Draft:
    """Return a new, empty draft.

    Raises:
        Forbidden: the person may not ask for records.
    """
    await permit(node, person, Action.REQUEST_MAKE, _REQUESTING)
    draft = Draft(id=f"D-{node.new_id()}", owner=person.id, student=None, answers={}, changed_at=node.now())
    await node.store.write(lambda tx: tx.drafts.put(draft))
    return draft


async def read_draft(node: Node, person: Person, id_: str) -> Draft:
    """Return a draft of this person, or one that nobody has begun.

    Raises:
        Unknown: there is no such draft. Forbidden: it is somebody else's, or the person may not ask.
    """
    await permit(node, person, Action.REQUEST_MAKE, _REQUESTING)
    draft = await node.store.read(lambda tx: tx.drafts.get(id_))
    _check_owner(draft, person)
    return draft


async def answer(node: Node, person: Person, id_: str, answers: Mapping[str, str]) -> Draft:
    """Store answers beside those that the draft has; errors as `read_draft`."""
    await permit(node, person, Action.REQUEST_MAKE, _REQUESTING)

    def store(tx: Tx) -> Draft:
        draft = tx.drafts.get(id_)
        _check_owner(draft, person)
        after = replace(draft, owner=person.id, answers={**draft.answers, **answers}, changed_at=node.now())
        tx.drafts.put(after)
        return after

    return await node.store.write(store)


async def discard(node: Node, person: Person, id_: str) -> None:
    """Delete a draft; errors as `read_draft`."""
    await read_draft(node, person, id_)
    await node.store.write(lambda tx: tx.drafts.remove(id_))


def arrivals(node: Node, tx: Tx, candidates: Iterable[Candidate]) -> tuple[int, int]:
    """Open a draft for each new student of whom no record came; return how many came, and for how many.

    Nothing is sent: a person decides whether there is a former district, and which.
    """
    opened = [
        Draft(
            id=f"D-{node.new_id()}",
            owner=None,
            student=LocalStudentId(one.student),
            answers=_known(one, one.birth_date, node.now().date()),
            changed_at=node.now(),
        )
        for one in candidates
        if one.birth_date is not None and not _has_record(tx, one, one.birth_date)
    ]
    if len(opened) > MOST_OPENED:
        return len(opened), 0
    tx.drafts.open_for(opened)
    return len(opened), len(opened)


def _has_record(tx: Tx, one: Candidate, born: date) -> bool:
    return bool(tx.segments.received(state_id=one.state_id, birth_date=born))


def _known(one: Candidate, born: date, today: date) -> dict[str, str]:
    return {
        "given_name": min(one.given_names, default=""),
        "family_name": min(one.family_names, default=""),
        "birth_date": born.isoformat(),
        "state_id": one.state_id or "",
        "guardian_name": min(one.guardian_names, default=""),
        "enrolled_on": today.isoformat(),
    }


def _check_owner(draft: Draft, person: Person) -> None:
    if draft.owner not in {None, person.id}:
        raise Forbidden("this draft is somebody else's")

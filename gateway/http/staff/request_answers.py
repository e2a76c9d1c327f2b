"""What a registrar writes about a student, read into a wish: the same for one request and for many."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from pydantic import ValidationError

from gateway.domain.backpack.document import SECTIONS
from gateway.domain.casework import Lane, lanes_of
from gateway.domain.exchange import SubjectMatch
from gateway.domain.ids import EntityId
from gateway.domain.policy.people import Person
from gateway.domain.transfer import Subject
from gateway.http.pages.forms import Faults
from gateway.usecases.request_backpack import Wish

NAMES: Final = ("given_name", "family_name", "state_id", "middle_name", "guardian_name", "previous_school")
"""Fields of the first question, beside the birth date."""
EARLIEST: Final = date(1990, 1, 1)


def subject_of(answers: Mapping[str, str], faults: Faults, today: date) -> Subject | None:
    """Return who is meant; None with what is wrong noted under the fields' names."""
    for name in ("given_name", "family_name"):
        if not answers.get(name):
            faults.add(name, f"request.missing.{name}")
    born = day_of(answers, "birth_date", faults)
    if born is None:
        faults.add("birth_date", "request.missing.birth_date")
    elif not EARLIEST <= born <= today:
        faults.add("birth_date", "request.odd_birth_date")
    if faults or born is None:
        return None
    told = {name: answers.get(name) or None for name in NAMES}
    try:
        SubjectMatch.model_validate({**told, "birth_date": born})
    except ValidationError as error:
        for fault in error.errors():
            faults.add(str(fault["loc"][0]), "request.odd_text")
        return None
    return Subject(
        given_name=answers["given_name"],
        family_name=answers["family_name"],
        birth_date=born,
        **{name: told[name] for name in NAMES[2:]},
    )


def day_of(answers: Mapping[str, str], name: str, faults: Faults) -> date | None:
    """Return a day that was written as `2014-05-02`; None if it is empty, or no day, which is noted."""
    written = answers.get(name, "")
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        faults.add(name, "form.not_a_date")
        return None


def wish_of(subject: Subject, answers: Mapping[str, str], person: Person) -> Wish:
    """Return what is asked for: all sections, in the lanes that were ticked."""
    enrolled = answers.get("enrolled_on")
    return Wish(
        holder=EntityId(answers["holder"]),
        subject=subject,
        sections=tuple(SECTIONS),
        person=person,
        enrolled_on=date.fromisoformat(enrolled) if enrolled else None,
        lanes=lanes_chosen(answers),
    )


def lanes_chosen(answers: Mapping[str, str]) -> tuple[Lane, ...]:
    """Return the lanes that were ticked."""
    return lanes_of(answers.get("lanes", "").split())

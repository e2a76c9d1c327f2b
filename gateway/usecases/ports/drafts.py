"""Requests that somebody is writing, and those that an enrolment has opened."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy.people import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request that was not sent yet."""

    id: str
    owner: PersonId | None
    """Who writes it; None for one that an enrolment opened, until somebody does."""
    student: LocalStudentId | None
    """The student here whose enrolment opened it."""
    answers: Mapping[str, str]
    """What was filled in, by the name of the field, as it was written. Personal data."""
    changed_at: datetime


class Drafts(Protocol):
    """The drafts."""

    def put(self, draft: Draft) -> None:
        """Insert or replace."""

    def get(self, id_: str) -> Draft:
        """Return it, or raise `Unknown`."""

    def remove(self, id_: str) -> None:
        """Delete it."""

    def list(self, owner: PersonId, limit: int = 200) -> Sequence[Draft]:
        """Return a person's own and those that nobody has begun, newest first."""

    def open_for(self, drafts: Collection[Draft]) -> None:
        """Insert drafts for students who have none yet."""

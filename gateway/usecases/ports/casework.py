"""What the desk keeps: a case for each transfer, comments, and what waits for a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.domain.casework import Case, Comment, Group, Lane
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.proposals import Proposal
from gateway.domain.transfer import Role, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which transfers are asked for; what is None does not matter."""

    groups: frozenset[Group] = frozenset({Group.TO_DO, Group.WAITING})
    direction: Role | None = None
    lane: Lane | None = None
    owner: str | None = None
    unowned: bool = False
    """Only those that nobody has taken."""
    schools: frozenset[str] | None = None
    """Only those of these schools, and those of which no school is known yet."""
    unconfirmed: bool = False
    """Only those whose record was taken in here and whose enrollment was not confirmed to the other side."""
    overdue_on: date | None = None
    """Only those that were due before this day."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A line of the queue."""

    case: Case
    transfer: Transfer


class Cases(Protocol):
    """A row for each transfer, made with it."""

    def open(self, case: Case) -> None:
        """Insert it."""

    def get(self, transfer: TransferId) -> Case:
        """Return it, or raise `Unknown`."""

    def save(self, case: Case) -> None:
        """Overwrite a case that is there."""

    def place(self, transfer: TransferId, student: LocalStudentId) -> None:
        """Note the school of the student who was found."""

    def queue(
        self, which: QueueFilter, *, after: TransferId | None = None, limit: int = 50
    ) -> Sequence[Queued]:
        """Return the most urgent first, then what is due first; those after a transfer of the last page.

        Where what is done is asked for too, the newest come first instead.

        Raises:
            Unknown: there is no such transfer to go on after.
        """

    def comment(self, transfer: TransferId, comment: Comment) -> None:
        """Add a comment."""

    def comments(self, transfer: TransferId) -> Sequence[Comment]:
        """Return the comments, oldest first."""


class Proposals(Protocol):
    """Acts that wait for a second person."""

    def add(self, proposal: Proposal) -> None:
        """Insert it."""

    def get(self, id_: str) -> Proposal:
        """Return it, or raise `Unknown`."""

    def save(self, proposal: Proposal) -> None:
        """Overwrite one that is there."""

    def of(self, object_: str) -> Sequence[Proposal]:
        """Return what was proposed for an object, newest first."""

    def open(self, now: datetime, limit: int = 200) -> Sequence[Proposal]:
        """Return what waits for a second person, oldest first."""

"""What a district keeps of its imports: what was decided, what was written, which codes stand for which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from gateway.domain.ids import EntityId, TransferId
from gateway.domain.importing.codes import TheirCode
from gateway.domain.importing.journal import Change
from gateway.domain.importing.plan import Choices


class ReviewState(StrEnum):
    """Where the import of one record stands."""

    DRAFT = "draft"
    APPLIED = "applied"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decided about the import of one version of a record, and whether it was done."""

    transfer: TransferId
    version: int
    state: ReviewState = ReviewState.DRAFT
    revision: int = 0
    """Counts every change; the compare-and-set key."""
    choices: Choices
    actor: str
    """Who decided last, as a pseudonym."""
    at: datetime


class Reviews(Protocol):
    """Imports under review, done and undone."""

    def get(self, transfer: TransferId, version: int) -> Review | None:
        """Return it, if anybody began one."""

    def put(self, review: Review) -> None:
        """Store it in place of the revision before, or raise `Moved` if that is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """One line of the journal: a change, and with which import it was written for whom."""

    transfer: TransferId
    version: int
    student: str
    """Local id, or the pseudonym of one who is new here."""
    change: Change
    at: datetime
    kept: Mapping[str, Any] | None = None
    """Set when it was undone: what was edited here since and stayed."""


class Journal(Protocol):
    """What imports wrote, with before and after. Lines are added and marked as undone, never deleted."""

    def add(self, lines: Sequence[Entered]) -> None:
        """Append, in order."""

    def of(self, transfer: TransferId, version: int) -> Sequence[Entered]:
        """Return an import's lines that nobody undid, in the order in which they were written."""

    def of_student(self, student: str) -> Sequence[Entered]:
        """Return a student's lines that nobody undid, in the order in which they were written."""

    def undo(self, transfer: TransferId, version: int, kept: Sequence[Mapping[str, Any]]) -> None:
        """Mark an import's lines as undone, with what stayed of each, in the order of `of`."""


class CodeChoices(Protocol):
    """Which code of ours stands for a partner's, as people chose."""

    def of(self, peer: EntityId) -> Mapping[TheirCode, str]:
        """Return what was chosen for the partner's codes."""

    def put(self, peer: EntityId, chosen: Mapping[TheirCode, str], *, actor: str, at: datetime) -> None:
        """Remember; a later choice replaces an earlier one."""

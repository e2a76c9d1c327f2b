"""What is kept of records that are sent again, and of what families stated about entries."""

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.corrections import Correction
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.statements import Statement


class Corrections(Protocol):
    """Why a further version of a record is sent: at most one for each version that was there before."""

    def put(self, correction: Correction) -> None:
        """Store it; approved again after it was taken back, it replaces itself."""

    def of(self, transfer: TransferId) -> Sequence[Correction]:
        """Return all of a transfer, oldest first."""

    def outdated(self, *, after: TransferId | None = None, limit: int = 50) -> Sequence[TransferId]:
        """Return records that were taken in and may no longer say what is here, by id.

        Those whose student's backpack is another one since, of whom a family stated something, or of which
        an earlier district corrected its part. What changed, and whether it was in the record, is to be
        looked at.
        """


class Statements(Protocol):
    """Statements of disagreement. Append only: they are kept as long as the entry is (34 CFR 99.21(c)(1))."""

    def add(self, statement: Statement) -> None:
        """Store it."""

    def of(self, student: LocalStudentId) -> Sequence[Statement]:
        """Return what was stated about entries of the student, oldest first."""

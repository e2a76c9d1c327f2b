"""Who asked for, received or read a student's record. Append only."""

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.disclosures import Access, Disclosure
from gateway.domain.ids import LocalStudentId, TransferId


class Disclosures(Protocol):
    """The records of disclosures (34 CFR 99.32), of all students."""

    def add(self, disclosure: Disclosure) -> None:
        """Append, in the transaction of the act."""

    def of(self, student: LocalStudentId) -> Sequence[Disclosure]:
        """Return the student's, oldest first."""

    def of_transfer(self, transfer: TransferId) -> Sequence[Disclosure]:
        """Return those that a transfer made, oldest first."""


class Accesses(Protocol):
    """Which people read a student's record."""

    def add(self, access: Access) -> None:
        """Append, in the transaction of the reading."""

    def of(self, student: LocalStudentId) -> Sequence[Access]:
        """Return the readings of the student's own record here, oldest first."""

    def of_transfer(self, transfer: TransferId) -> Sequence[Access]:
        """Return the readings of what came or went with a transfer, oldest first."""

    def newest(self, limit: int) -> Sequence[Access]:
        """Return the newest lines, newest first."""

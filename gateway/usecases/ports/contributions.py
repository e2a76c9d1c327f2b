"""What people here added to backpacks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.ids import LocalStudentId
from gateway.domain.profile import Contribution


class Contributions(Protocol):
    """Entries that learners, families and those who teach wrote here."""

    def add(self, contribution: Contribution) -> None:
        """Store a new one."""

    def get(self, id_: str) -> Contribution:
        """Return it, or raise `Unknown`."""

    def of(self, student: LocalStudentId) -> Sequence[Contribution]:
        """Return the student's, retired ones too, oldest first."""

    def retire(self, id_: str, at: datetime) -> None:
        """Retire it, if it is not retired yet."""

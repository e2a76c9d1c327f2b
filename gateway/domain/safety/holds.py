"""Holds on a student's record: why it does not leave, until when, and who may end that."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, PersonId, StaffRole


class HoldKind(StrEnum):
    """Why a record is held: a closed list."""

    FEE = "fee"
    """Money or a device is owed. Never stops what goes from school to school."""
    RECORDS_INCOMPLETE = "records_incomplete"
    LEGAL = "legal"
    """Litigation, or an inspection that was asked for."""
    COURT_ORDER = "court_order"
    MISSING_CHILD = "missing_child"
    CUSTODY = "custody"
    OTHER = "other"


MAY_LIFT: Final = (StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER)
"""Roles that a hold may name as the one that lifts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold on a student. Kept after it is lifted."""

    id: str
    student: LocalStudentId
    kind: HoldKind
    reason: str
    """In words. Personal data."""
    placed_by: PersonId
    placed_by_name: str
    placed_at: datetime
    planned_end: date | None = None
    """The day on which it is expected to end; it does not end by itself."""
    may_lift: StaffRole = StaffRole.RECORDS_OFFICER
    """Who may lift it, with a second person."""
    silent: bool = False
    """Nobody but the safety officer may know of it, and nothing may tell of it."""
    lifted_by: PersonId | None = None
    lifted_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it holds."""
        return self.lifted_at is None

    @property
    def stops_transfers(self) -> bool:
        """Whether the record stays here: what is owed stops the family's transcript, never a transfer."""
        return self.active and self.kind is not HoldKind.FEE

    @property
    def lifting(self) -> Action:
        """Return what lifting it is called."""
        return Action.SILENT_HOLD_LIFT if self.silent else Action.HOLD_LIFT

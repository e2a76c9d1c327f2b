"""What the safety officer and the privacy officer have to do, each with its time."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from gateway.domain.errors import Conflict
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.policy import PersonId, StaffRole


class TaskKind(StrEnum):
    """What is to be done: a closed list."""

    REPORT = "report"
    """Tell the agency's contact that somebody asked for the record of a missing child."""
    INCOMING_FLAG = "incoming_flag"
    """A record that came says that its student is missing or protected."""
    IDENTITY_PROOF = "identity_proof"
    """Thirty days after enrolment nobody has shown a proof of identity."""
    EMERGENCY = "emergency"
    """Somebody opened a record in an emergency."""
    ALARM = "alarm"
    """A district, or a person, asks for far more than others do."""
    RECALLED = "recalled"
    """The sender took a record back; it waits for an answer."""
    CONFIRM_FLAG = "confirm_flag"
    """A flag that one person set waits for a second one."""


FOR: Final = {
    TaskKind.REPORT: StaffRole.SAFETY_OFFICER,
    TaskKind.INCOMING_FLAG: StaffRole.SAFETY_OFFICER,
    TaskKind.IDENTITY_PROOF: StaffRole.SAFETY_OFFICER,
    TaskKind.CONFIRM_FLAG: StaffRole.SAFETY_OFFICER,
    TaskKind.EMERGENCY: StaffRole.PRIVACY_OFFICER,
    TaskKind.ALARM: StaffRole.PRIVACY_OFFICER,
    TaskKind.RECALLED: StaffRole.RECORDS_OFFICER,
}
"""Whose task it is; nobody else sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTask:
    """One thing to do. Kept when done."""

    id: str
    """The same cause gives the same id: what is found twice is one task."""
    kind: TaskKind
    created_at: datetime
    due_at: datetime
    student: LocalStudentId | None = None
    transfer: TransferId | None = None
    peer: EntityId | None = None
    about: str = ""
    """What it is about, in a word of a closed list or in the words of a person. May be personal data."""
    done_by: PersonId | None = None
    done_at: datetime | None = None
    tracking: str | None = None
    """The number under which an agency keeps a report."""

    @property
    def role(self) -> StaffRole:
        """Return whose it is."""
        return FOR[self.kind]

    def done(self, person: PersonId, *, at: datetime, tracking: str | None = None) -> Self:
        """Return it done. `Conflict` if it is done already."""
        if self.done_at is not None:
            raise Conflict("this was done already")
        return replace(self, done_by=person, done_at=at, tracking=tracking)

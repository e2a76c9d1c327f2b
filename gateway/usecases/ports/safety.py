"""What protects students, as it is kept: holds, flags, tasks, emergencies. All of it is personal data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import PersonId
from gateway.domain.safety.emergencies import Emergency
from gateway.domain.safety.flags import Flag
from gateway.domain.safety.holds import Hold
from gateway.domain.safety.tasks import SafetyTask, TaskKind


class Holds(Protocol):
    """Holds on students."""

    def put(self, hold: Hold) -> None:
        """Insert or replace."""

    def get(self, id_: str) -> Hold:
        """Return it, or raise `Unknown`."""

    def of(self, student: LocalStudentId) -> Sequence[Hold]:
        """Return all of a student, lifted ones too, oldest first."""

    def active(self) -> Sequence[Hold]:
        """Return those that hold, oldest first."""


class Flags(Protocol):
    """Flags on students."""

    def put(self, flag: Flag) -> None:
        """Insert or replace."""

    def get(self, id_: str) -> Flag:
        """Return it, or raise `Unknown`."""

    def of(self, student: LocalStudentId) -> Sequence[Flag]:
        """Return all of a student, cleared ones too, oldest first."""

    def standing(self) -> Sequence[Flag]:
        """Return those that were not cleared, whatever their dates, oldest first."""


class SafetyTasks(Protocol):
    """What the officers have to do."""

    def add(self, task: SafetyTask) -> bool:
        """Insert it; False if it is there already, done or not."""

    def get(self, id_: str) -> SafetyTask:
        """Return it, or raise `Unknown`."""

    def save(self, task: SafetyTask) -> None:
        """Overwrite one that is there."""

    def open(self, kind: TaskKind | None = None) -> Sequence[SafetyTask]:
        """Return what is not done, by the day on which it is due."""


class Emergencies(Protocol):
    """Records that were opened in an emergency. Never changed."""

    def add(self, emergency: Emergency) -> None:
        """Insert it."""

    def of(self, person: PersonId, since: datetime) -> Sequence[Emergency]:
        """Return the person's emergencies since then, newest first."""

    def since(self, moment: datetime) -> Sequence[Emergency]:
        """Return all since then, newest first."""

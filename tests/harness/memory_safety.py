"""What protects students, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import PersonId
from gateway.domain.safety.emergencies import Emergency
from gateway.domain.safety.flags import Flag
from gateway.domain.safety.holds import Hold
from gateway.domain.safety.tasks import SafetyTask, TaskKind


@dataclass
class MemoryHolds:
    rows: dict[str, Hold] = field(default_factory=dict)

    def put(self, hold: Hold) -> None:
        self.rows[hold.id] = hold

    def get(self, id_: str) -> Hold:
        if id_ not in self.rows:
            raise Unknown("there is no such hold")
        return self.rows[id_]

    def of(self, student: LocalStudentId) -> Sequence[Hold]:
        return self._ordered(row for row in self.rows.values() if row.student == student)

    def active(self) -> Sequence[Hold]:
        return self._ordered(row for row in self.rows.values() if row.active)

    def _ordered(self, rows: Iterable[Hold]) -> list[Hold]:
        return sorted(rows, key=lambda row: (row.placed_at, row.id))


@dataclass
class MemoryFlags:
    rows: dict[str, Flag] = field(default_factory=dict)

    def put(self, flag: Flag) -> None:
        self.rows[flag.id] = flag

    def get(self, id_: str) -> Flag:
        if id_ not in self.rows:
            raise Unknown("there is no such flag")
        return self.rows[id_]

    def of(self, student: LocalStudentId) -> Sequence[Flag]:
        return self._ordered(row for row in self.rows.values() if row.student == student)

    def standing(self) -> Sequence[Flag]:
        return self._ordered(row for row in self.rows.values() if row.cleared_at is None)

    def _ordered(self, rows: Iterable[Flag]) -> list[Flag]:
        return sorted(rows, key=lambda row: (row.set_at, row.id))


@dataclass
class MemorySafetyTasks:
    rows: dict[str, SafetyTask] = field(default_factory=dict)

    def add(self, task: SafetyTask) -> bool:
        new = task.id not in self.rows
        self.rows.setdefault(task.id, task)
        return new

    def get(self, id_: str) -> SafetyTask:
        if id_ not in self.rows:
            raise Unknown("there is no such task")
        return self.rows[id_]

    def save(self, task: SafetyTask) -> None:
        self.get(task.id)
        self.rows[task.id] = task

    def open(self, kind: TaskKind | None = None) -> Sequence[SafetyTask]:
        rows = [row for row in self.rows.values() if row.done_at is None and kind in {None, row.kind}]
        return sorted(rows, key=lambda row: (row.due_at, row.id))


@dataclass
class MemoryEmergencies:
    rows: list[Emergency] = field(default_factory=list)

    def add(self, emergency: Emergency) -> None:
        self.rows.append(emergency)

    def of(self, person: PersonId, since: datetime) -> Sequence[Emergency]:
        return self._newest(row for row in self.since(since) if row.person == person)

    def since(self, moment: datetime) -> Sequence[Emergency]:
        return self._newest(row for row in self.rows if row.opened_at >= moment)

    def _newest(self, rows: Iterable[Emergency]) -> list[Emergency]:
        return sorted(sorted(rows, key=lambda row: row.id), key=lambda row: row.opened_at, reverse=True)

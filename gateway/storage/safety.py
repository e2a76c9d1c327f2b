"""`ports.Holds`, `Flags`, `SafetyTasks` and `Emergencies` in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import PersonId
from gateway.domain.safety.emergencies import Emergency
from gateway.domain.safety.flags import Flag
from gateway.domain.safety.holds import Hold
from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.storage.db import Db
from gateway.storage.tables_safety import emergencies, flags, holds, safety_tasks

_HOLDS = select(holds).order_by(holds.c.placed_at, holds.c.id)
_HOLD = _HOLDS.where(holds.c.id == bindparam("id"))
_HOLDS_OF = _HOLDS.where(holds.c.student == bindparam("student"))
_HOLDING = _HOLDS.where(holds.c.lifted_at.is_(None))


class SqlHolds:
    """Holds on students, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, hold: Hold) -> None:
        """Insert or replace."""
        self._db.put_each(holds, [_values(hold)])

    def get(self, id_: str) -> Hold:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_HOLD, {"id": id_})
        if row is None:
            raise Unknown("there is no such hold")
        return Hold(**row)

    def of(self, student: LocalStudentId) -> Sequence[Hold]:
        """Return all of a student, lifted ones too, oldest first."""
        return [Hold(**row) for row in self._db.all(_HOLDS_OF, {"student": student})]

    def active(self) -> Sequence[Hold]:
        """Return those that hold, oldest first."""
        return [Hold(**row) for row in self._db.all(_HOLDING)]


_FLAGS = select(flags).order_by(flags.c.set_at, flags.c.id)
_FLAG = _FLAGS.where(flags.c.id == bindparam("id"))
_FLAGS_OF = _FLAGS.where(flags.c.student == bindparam("student"))
_STANDING = _FLAGS.where(flags.c.cleared_at.is_(None))


class SqlFlags:
    """Flags on students, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, flag: Flag) -> None:
        """Insert or replace."""
        self._db.put_each(flags, [_values(flag)])

    def get(self, id_: str) -> Flag:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_FLAG, {"id": id_})
        if row is None:
            raise Unknown("there is no such flag")
        return Flag(**row)

    def of(self, student: LocalStudentId) -> Sequence[Flag]:
        """Return all of a student, cleared ones too, oldest first."""
        return [Flag(**row) for row in self._db.all(_FLAGS_OF, {"student": student})]

    def standing(self) -> Sequence[Flag]:
        """Return those that were not cleared, whatever their dates, oldest first."""
        return [Flag(**row) for row in self._db.all(_STANDING)]


_TASK_NAMES: Final = tuple(field.name for field in fields(SafetyTask))
_TASKS = select(safety_tasks).order_by(safety_tasks.c.due_at, safety_tasks.c.id)
_TASK = _TASKS.where(safety_tasks.c.id == bindparam("id"))
_OPEN = _TASKS.where(safety_tasks.c.done_at.is_(None))
_OPEN_OF_KIND = _OPEN.where(safety_tasks.c.kind == bindparam("kind"))
_SAVE = (
    update(safety_tasks)
    .where(safety_tasks.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _TASK_NAMES if name != "id"})
)


class SqlSafetyTasks:
    """What the officers have to do, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, task: SafetyTask) -> bool:
        """Insert it; False if it is there already, done or not."""
        return self._db.add(safety_tasks, _values(task))

    def get(self, id_: str) -> SafetyTask:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_TASK, {"id": id_})
        if row is None:
            raise Unknown("there is no such task")
        return SafetyTask(**row)

    def save(self, task: SafetyTask) -> None:
        """Overwrite one that is there, or raise `Unknown`."""
        if self._db.run(_SAVE, _values(task) | {"b_id": task.id}) != 1:
            raise Unknown("there is no such task")

    def open(self, kind: TaskKind | None = None) -> Sequence[SafetyTask]:
        """Return what is not done, by the day on which it is due."""
        rows = self._db.all(_OPEN_OF_KIND, {"kind": kind}) if kind else self._db.all(_OPEN)
        return [SafetyTask(**row) for row in rows]


_EMERGENCIES = select(emergencies).order_by(emergencies.c.opened_at.desc(), emergencies.c.id)
_BY_PERSON = _EMERGENCIES.where(
    emergencies.c.person == bindparam("person"), emergencies.c.opened_at >= bindparam("moment")
)
_SINCE = _EMERGENCIES.where(emergencies.c.opened_at >= bindparam("moment"))


class SqlEmergencies:
    """Records that were opened in an emergency, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, emergency: Emergency) -> None:
        """Insert it."""
        self._db.add(emergencies, _values(emergency))

    def of(self, person: PersonId, since: datetime) -> Sequence[Emergency]:
        """Return the person's emergencies since then, newest first."""
        rows = self._db.all(_BY_PERSON, {"person": person, "moment": since})
        return [Emergency(**row) for row in rows]

    def since(self, moment: datetime) -> Sequence[Emergency]:
        """Return all since then, newest first."""
        return [Emergency(**row) for row in self._db.all(_SINCE, {"moment": moment})]


def _values(item: Hold | Flag | SafetyTask | Emergency) -> dict[str, Any]:
    return {field.name: getattr(item, field.name) for field in fields(item)}

"""The tables of what protects students."""

from sqlalchemy import Boolean, Column, Index, Table, Text

from gateway.domain.policy import StaffRole
from gateway.domain.safety.emergencies import Threat
from gateway.domain.safety.flags import FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.safety.tasks import TaskKind
from gateway.storage.columns import Choice, Day, Json, Utc
from gateway.storage.metadata import metadata

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("student", Text, nullable=False),
    Column("kind", Choice(HoldKind), nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("may_lift", Choice(StaffRole), nullable=False),
    Column("planned_end", Day),
    Column("placed_by", Text, nullable=False),
    Column("placed_by_name", Text, nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", Utc),
    Column("reason", Text, nullable=False),
)
Index("holds_by_student", holds.c.student)

flags = Table(
    "flags",
    metadata,
    Column("id", Text, primary_key=True),
    Column("student", Text, nullable=False),
    Column("kind", Choice(FlagKind), nullable=False),
    Column("since", Day, nullable=False),
    Column("until", Day),
    Column("set_by", Text, nullable=False),
    Column("set_by_name", Text, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_at", Utc),
    Column("cleared_by", Text),
    Column("cleared_at", Utc),
    Column("document", Text),
    Column("substitute", Json),
)
Index("flags_by_student", flags.c.student)

safety_tasks = Table(
    "safety_tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Choice(TaskKind), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("student", Text),
    Column("transfer", Text),
    Column("peer", Text),
    Column("done_by", Text),
    Column("done_at", Utc),
    Column("tracking", Text),
    Column("about", Text, nullable=False),
)
_open = safety_tasks.c.done_at.is_(None)
Index("safety_tasks_open", safety_tasks.c.due_at, sqlite_where=_open, postgresql_where=_open)

emergencies = Table(
    "emergencies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("student", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("threat", Choice(Threat), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("basis", Text, nullable=False),
)
Index("emergencies_by_person", emergencies.c.person, emergencies.c.student)
Index("emergencies_by_time", emergencies.c.opened_at)

"""The table of what people here added to backpacks."""

from sqlalchemy import Column, Index, Table, Text

from gateway.domain.profile import Audience, Voice
from gateway.storage.columns import Choice, Day, Json, Utc
from gateway.storage.metadata import metadata

contributions = Table(
    "contributions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("student", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("entry", Json, nullable=False),
    Column("voice", Choice(Voice), nullable=False),
    Column("author", Text, nullable=False),
    Column("audience", Choice(Audience), nullable=False),
    Column("said_on", Day, nullable=False),
    Column("retired_at", Utc),
)
Index("contributions_by_student", contributions.c.student, contributions.c.said_on)

seats = Table(
    "seats",
    metadata,
    Column("teacher", Text, primary_key=True),
    Column("class_id", Text, primary_key=True),
    Column("student", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("begin", Day),
    Column("end", Day),
    sqlite_with_rowid=False,
)
Index("seats_by_student", seats.c.student)

teaching = Table(
    "teaching",
    metadata,
    Column("person", Text, primary_key=True),
    Column("teacher", Text, primary_key=True),
    sqlite_with_rowid=False,
)
Index("teaching_by_teacher", teaching.c.teacher)

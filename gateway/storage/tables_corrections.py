"""Tables of records that are sent again, and of statements of disagreement."""

from sqlalchemy import Column, Index, Integer, Table, Text

from gateway.domain.corrections import ChangeReason
from gateway.storage.columns import COUNTER, Choice, Day, Texts, Utc
from gateway.storage.metadata import metadata

corrections = Table(
    "corrections",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("after_version", Integer, primary_key=True),
    Column("replaces", Text, nullable=False),
    Column("reason", Choice(ChangeReason), nullable=False),
    Column("pointers", Texts, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    sqlite_with_rowid=False,
)

statements = Table(
    "statements",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("student", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("made_on", Day, nullable=False),
    Column("attached_by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    sqlite_autoincrement=True,
)
Index("statements_by_student", statements.c.student)

"""Tables of what a district receives: imports under review, what they wrote, codes of partners."""

from sqlalchemy import Column, Index, Integer, Table, Text

from gateway.storage.columns import COUNTER, Choice, Json, Utc
from gateway.storage.metadata import metadata
from gateway.usecases.ports.receiving import ReviewState

reviews = Table(
    "reviews",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", Choice(ReviewState), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("choices", Json, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("transfer", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("student", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("theirs", Text, nullable=False),
    Column("apart", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("before", Json),
    Column("after", Json, nullable=False),
    Column("beside", Json, nullable=False),
    Column("kept", Json),
    sqlite_autoincrement=True,
)
Index("journal_by_transfer", journal.c.transfer, journal.c.version)
Index("journal_by_student", journal.c.student)

code_choices = Table(
    "code_choices",
    metadata,
    Column("peer", Text, primary_key=True),
    Column("list", Text, primary_key=True),
    Column("theirs", Text, primary_key=True),
    Column("ours", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
    sqlite_with_rowid=False,
)

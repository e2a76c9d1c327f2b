"""Tables of sealed parts, and of who let them go. What is in a part comes last, locked."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from gateway.domain.sealed import PartFault, PartState
from gateway.storage.columns import Choice, Day, Texts, Utc
from gateway.storage.metadata import metadata

sealed_parts = Table(
    "sealed_parts",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("role", Text, nullable=False),
    Column("sections", Texts, nullable=False),
    Column("digest", Text, nullable=False),
    Column("jwe_digest", Text, nullable=False),
    Column("state", Choice(PartState), nullable=False),
    Column("at", Utc, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("fetches", Integer, nullable=False),
    Column("opened_at", Utc),
    Column("fault", Choice(PartFault)),
    Column("receipt", Text),
    Column("reminded", Boolean, nullable=False),
)
Index("sealed_parts_by_state", sealed_parts.c.state, sealed_parts.c.due_on)

sealed_contents = Table(
    "sealed_contents",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

sealed_approvals = Table(
    "sealed_approvals",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("section", Text, primary_key=True),
    Column("student", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("second", Text, nullable=False),
    Column("at", Utc, nullable=False),
    sqlite_with_rowid=False,
)

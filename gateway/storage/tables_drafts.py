"""The table of requests that were not sent yet."""

from sqlalchemy import Column, Index, Table, Text

from gateway.storage.columns import Json, Utc
from gateway.storage.metadata import metadata

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text),
    Column("student", Text, unique=True),
    Column("changed_at", Utc, nullable=False),
    Column("answers", Json, nullable=False),
)
Index("drafts_by_owner", drafts.c.owner, drafts.c.changed_at)

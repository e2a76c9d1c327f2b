"""Letters to schools outside the network, and the files that come back."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from gateway.domain.uploads import FileKind
from gateway.storage.columns import Choice, Utc
from gateway.storage.metadata import metadata
from gateway.usecases.ports.letters import UploadState

letters = Table(
    "letters",
    metadata,
    Column("transfer", Text, ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("code_digest", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("school", Text, nullable=False),
    Column("address", Text, nullable=False),
)
Index("letters_by_code", letters.c.code_digest)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("transfer", Text, ForeignKey("transfers.id", ondelete="CASCADE"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("state", Choice(UploadState), nullable=False),
    Column("kind", Choice(FileKind), nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sender", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Utc),
    Column("reason", Text, nullable=False),
    Column("student", Text),
    Column("content", LargeBinary),
)
Index("uploads_by_transfer", uploads.c.transfer, uploads.c.at)

"""The tables of staff and their sessions."""

from sqlalchemy import Boolean, Column, Index, Table, Text, UniqueConstraint

from gateway.storage.columns import Texts, Utc
from gateway.storage.metadata import metadata

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", Texts, nullable=False),
    Column("schools", Texts, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("added_at", Utc, nullable=False),
    UniqueConstraint("issuer", "subject"),
)
Index("staff_by_pseudonym", staff.c.pseudonym)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("signed_in_at", Utc, nullable=False),
    Column("strong", Boolean, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("provider_session", Text),
    sqlite_with_rowid=False,
)
Index("sessions_by_person", sessions.c.person)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("again", Boolean, nullable=False),
    Column("expires_at", Utc, nullable=False),
    sqlite_with_rowid=False,
)

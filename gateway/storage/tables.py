"""The tables. Wide columns come last, so that what is read often is on the row's first page.

`migrations/` makes them; a test holds the two together.
"""

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.domain.messages import Direction, MessageType
from gateway.domain.transfer import Reason, Role, State
from gateway.mapping.findings import Rule
from gateway.storage import (
    tables_casework,
    tables_corrections,
    tables_drafts,
    tables_evidence,
    tables_people,
    tables_profile,
    tables_receiving,
    tables_safety,
    tables_sealed,
)
from gateway.storage.columns import COUNTER, ORDINAL, Choice, Day, Json, Texts, Utc
from gateway.storage.metadata import metadata

__all__ = [
    "metadata",
    "tables_casework",
    "tables_corrections",
    "tables_drafts",
    "tables_evidence",
    "tables_people",
    "tables_profile",
    "tables_receiving",
    "tables_safety",
    "tables_sealed",
]

_ByteOrder: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorts by code point everywhere, so that a prefix is a range."""

transfers = Table(
    "transfers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Choice(Role), nullable=False),
    Column("peer", Text, nullable=False),
    Column("state", Choice(State), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("next_try_at", Utc),
    Column("tries", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("student", Text),
    Column("remote_id", Text),
    Column("request_jti", Text),
    Column("request_digest", Text),
    Column("version", Integer, nullable=False),
    Column("record_digest", Text),
    Column("parcel_digest", Text),
    Column("reason", Choice(Reason)),
    Column("needs", Texts, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("fetches", Integer, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Utc),
    Column("sections", Texts, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("enrolled_on", Day),
    Column("subject", Json, nullable=False),
    Column("response_key", Text),
    Column("accepted_version", Integer, nullable=False, server_default="0"),
)
_holder = transfers.c.role == Role.HOLDER
_requester = transfers.c.role == Role.REQUESTER
_due = transfers.c.next_try_at.is_not(None)
Index("transfers_due", transfers.c.next_try_at, sqlite_where=_due, postgresql_where=_due)
Index("transfers_by_state", transfers.c.role, transfers.c.state, transfers.c.created_at, transfers.c.id)
_found = transfers.c.student.is_not(None)
Index("transfers_by_student", transfers.c.student, sqlite_where=_found, postgresql_where=_found)
Index("transfers_by_time", transfers.c.created_at)
Index("transfers_by_peer", transfers.c.peer, transfers.c.created_at)
Index(
    "transfers_by_request",
    *(transfers.c.peer, transfers.c.request_jti),
    unique=True,
    sqlite_where=_holder,
    postgresql_where=_holder,
)
Index(
    "transfers_by_remote_id",
    *(transfers.c.peer, transfers.c.remote_id),
    sqlite_where=_requester,
    postgresql_where=_requester,
)

messages = Table(
    "messages",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("jti", Text, nullable=False),
    Column("direction", Choice(Direction), nullable=False),
    Column("peer", Text, nullable=False),
    Column("type", Choice(MessageType), nullable=False),
    Column("transfer", Text),
    Column("at", Utc, nullable=False),
    Column("next_try_at", Utc),
    Column("tries", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("jti", "direction", "peer"),
)
_pending = messages.c.next_try_at.is_not(None)
Index("messages_due", messages.c.next_try_at, sqlite_where=_pending, postgresql_where=_pending)
Index("messages_by_transfer", messages.c.transfer, messages.c.at)

parcels = Table(
    "parcels",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("jwe", LargeBinary, nullable=False),
)

segments = Table(
    "segments",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("learner", Text, nullable=False),
    Column("fingerprint", Text),
    Column("student", Text),
    Column("state_id", Text),
    Column("state_key", Text),
    Column("birth_date", Day),
    Column("received_with", Text),
    Column("at", Utc, nullable=False),
    Column("jws", Text, nullable=False),
    Column("disclosures", Json, nullable=False),
    Column("replaced_by", Text),
)
Index("segments_by_student", segments.c.student, segments.c.fingerprint)
Index("segments_by_state_id", segments.c.state_key, segments.c.birth_date)

segment_transfers = Table(
    "segment_transfers",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("segment", Text, ForeignKey("segments.digest", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("segment_transfers_by_segment", segment_transfers.c.segment)

archive = Table(
    "archive",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("learner", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("jws", Text, nullable=False),
)

backpacks = Table(
    "backpacks",
    metadata,
    Column("student", Text, primary_key=True),
    Column("learner", Text, nullable=False),
    Column("state_id", Text),
    Column("state_key", Text),
    Column("birth_date", Day),
    Column("school", Text),
    Column("grade", Text),
    Column("fingerprint", Text, nullable=False),
    Column("mapped_at", Utc, nullable=False),
    Column("candidate", Json, nullable=False),
    Column("sections", LargeBinary, nullable=False),
    Column("stamp", Json),
)
Index("backpacks_by_state_id", backpacks.c.state_key)
Index("backpacks_by_birth_date", backpacks.c.birth_date)

kept_objects = Table(
    "kept_objects",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("json", Text, nullable=False),
)

backpack_names = Table(
    "backpack_names",
    metadata,
    Column("name", _ByteOrder, primary_key=True),
    Column("student", Text, ForeignKey("backpacks.student", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("backpack_names_by_student", backpack_names.c.student)

findings = Table(
    "findings",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("student", Text),
    Column("rule", Choice(Rule), nullable=False),
    Column("severity", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer),
    Column("column", Text),
    Column("raw_value", Text),
    Column("message", Text, nullable=False),
    Column("suggestion", Text),
)
Index("findings_by_student", findings.c.student)
Index("findings_by_rule", findings.c.rule)

audit = Table(
    "audit",
    metadata,
    Column("seq", ORDINAL, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("peer", Text),
    Column("digests", Texts, nullable=False),
    sqlite_autoincrement=True,
)
Index("audit_by_object", audit.c.object)

seen = Table(
    "seen",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires_at", Utc, nullable=False),
    sqlite_with_rowid=False,
)
Index("seen_by_end", seen.c.expires_at)

grants = Table(
    "grants",
    metadata,
    Column("handle_digest", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("transfer", Text),
    Column("key_thumbprint", Text, nullable=False),
    Column("expires_at", Utc, nullable=False),
    sqlite_with_rowid=False,
)
Index("grants_by_end", grants.c.expires_at)

chains = Table(
    "chains",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stated_at", Utc, nullable=False),
    Column("chain", Texts),
)

members = Table(
    "members",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("admitted_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("marks", Json, nullable=False),
    Column("lea_ids", Json, nullable=False),
    Column("jwks", Json, nullable=False),
)

locator = Table(
    "locator",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("node", Text, primary_key=True),
    sqlite_with_rowid=False,
)
Index("locator_by_node", locator.c.node)

"""The first tables.

Revision ID: 0001
Revises:
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.storage import sqlite

revision = "0001"
down_revision = None

_counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_byte_order = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _exchange()
    _evidence()
    _students()
    _access()
    _agency()


def _exchange() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("student", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("request_jti", sa.Text),
        sa.Column("request_digest", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record_digest", sa.Text),
        sa.Column("parcel_digest", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("needs", sa.Text, nullable=False),
        sa.Column("rounds", sa.Integer, nullable=False),
        sa.Column("fetches", sa.Integer, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", sa.BigInteger),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("enrolled_on", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("response_key", sa.Text),
    )
    op.create_index("transfers_by_peer", "transfers", ["peer", "created_at"])
    op.create_index(
        "transfers_by_remote_id", "transfers", ["peer", "remote_id"], **_only("role = 'requester'")
    )
    op.create_index(
        "transfers_by_request", "transfers", ["peer", "request_jti"], unique=True, **_only("role = 'holder'")
    )
    op.create_index("transfers_by_state", "transfers", ["role", "state", "created_at"])
    op.create_index("transfers_by_time", "transfers", ["created_at"])
    op.create_index("transfers_due", "transfers", ["next_try_at"], **_only("next_try_at IS NOT NULL"))
    op.create_table(
        "messages",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("transfer", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("next_try_at", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("jti", "direction", "peer"),
    )
    op.create_index("messages_by_transfer", "messages", ["transfer", "at"])
    op.create_index("messages_due", "messages", ["next_try_at"], **_only("next_try_at IS NOT NULL"))


def _evidence() -> None:
    op.create_table(
        "parcels",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("jwe", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "segments",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("learner", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text),
        sa.Column("student", sa.Text),
        sa.Column("state_id", sa.Text),
        sa.Column("state_key", sa.Text),
        sa.Column("birth_date", sa.Text),
        sa.Column("received_with", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        sa.Column("disclosures", sa.Text, nullable=False),
    )
    op.create_index("segments_by_state_id", "segments", ["state_key", "birth_date"])
    op.create_index("segments_by_student", "segments", ["student", "fingerprint"])
    op.create_table(
        "segment_transfers",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("segment", sa.Text, sa.ForeignKey("segments.digest", ondelete="CASCADE"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("segment_transfers_by_segment", "segment_transfers", ["segment"])
    op.create_table(
        "archive",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("learner", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
    )


def _students() -> None:
    op.create_table(
        "backpacks",
        sa.Column("student", sa.Text, primary_key=True),
        sa.Column("learner", sa.Text, nullable=False),
        sa.Column("state_id", sa.Text),
        sa.Column("state_key", sa.Text),
        sa.Column("birth_date", sa.Text),
        sa.Column("school", sa.Text),
        sa.Column("grade", sa.Text),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("mapped_at", sa.BigInteger, nullable=False),
        sa.Column("candidate", sa.Text, nullable=False),
        sa.Column("sections", sa.LargeBinary, nullable=False),
    )
    op.create_index("backpacks_by_birth_date", "backpacks", ["birth_date"])
    op.create_index("backpacks_by_state_id", "backpacks", ["state_key"])
    op.create_table(
        "backpack_names",
        sa.Column("name", _byte_order, primary_key=True),
        sa.Column(
            "student", sa.Text, sa.ForeignKey("backpacks.student", ondelete="CASCADE"), primary_key=True
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("backpack_names_by_student", "backpack_names", ["student"])
    op.create_table(
        "findings",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("student", sa.Text),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("line", sa.Integer),
        sa.Column("column", sa.Text),
        sa.Column("raw_value", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("suggestion", sa.Text),
    )
    op.create_index("findings_by_rule", "findings", ["rule"])
    op.create_index("findings_by_student", "findings", ["student"])


def _access() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("peer", sa.Text),
        sa.Column("digests", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_object", "audit", ["object"])
    op.create_table(
        "seen",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("jti", sa.Text, primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("seen_by_end", "seen", ["expires_at"])
    op.create_table(
        "grants",
        sa.Column("handle_digest", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("transfer", sa.Text),
        sa.Column("key_thumbprint", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("grants_by_end", "grants", ["expires_at"])
    op.create_table(
        "chains",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("stated_at", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.Text),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in sqlite.append_only("audit"):
            op.execute(statement)


def _agency() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("organization_name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("admitted_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("marks", sa.Text, nullable=False),
        sa.Column("lea_ids", sa.Text, nullable=False),
        sa.Column("jwks", sa.Text, nullable=False),
    )
    op.create_table(
        "locator",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("locator_by_node", "locator", ["node"])


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}

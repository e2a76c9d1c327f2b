"""A case for each transfer, comments, and proposals that wait for a second person.

Revision ID: 0004
Revises: 0003
"""

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_DAYS_UNTIL_DUE: Final = 14
_MICROSECONDS: Final = 1_000_000


def upgrade() -> None:
    _cases()
    _comments()
    _proposals()
    _cases_of_what_is_there()
    op.drop_index("transfers_by_state", "transfers")
    op.create_index("transfers_by_state", "transfers", ["role", "state", "created_at", "id"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("transfer", sa.Text, sa.ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("due_on", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("lanes", sa.Text, nullable=False),
        sa.Column("school", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("owner_name", sa.Text),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("snapshot_sent_at", sa.BigInteger),
        sa.Column("notice_basis", sa.Text),
        sa.Column("reminded", sa.Integer, nullable=False),
        sa.Column("kept_back", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("cases_by_opening", "cases", ["opened_at", "transfer"])


def _comments() -> None:
    counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "case_comments",
        sa.Column("seq", counter, primary_key=True),
        sa.Column("transfer", sa.Text, sa.ForeignKey("cases.transfer", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("case_comments_by_transfer", "case_comments", ["transfer"])


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_by_name", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_by_name", sa.Text),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("payload_digest", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("proposals_by_object", "proposals", ["object"])
    op.create_index(
        "proposals_open", "proposals", ["proposed_at"], sqlite_where=is_open, postgresql_where=is_open
    )


def _cases_of_what_is_there() -> None:
    """Open a case in no lane for each transfer, due two weeks after it was made."""
    transfers = sa.table("transfers", sa.column("id"), sa.column("role"), sa.column("created_at"))
    cases = sa.table(
        "cases",
        *map(sa.column, ("transfer", "direction", "urgency", "due_on", "opened_at", "lanes", "reminded")),
    )
    found = op.get_bind().execute(sa.select(transfers)).all()
    rows = [
        {
            "transfer": row.id,
            "direction": row.role,
            "urgency": 2,
            "due_on": _due_on(row.created_at),
            "opened_at": row.created_at,
            "lanes": "[]",
            "reminded": 0,
        }
        for row in found
    ]
    if rows:
        op.bulk_insert(cases, rows)


def _due_on(created_at: int) -> str:
    opened = datetime.fromtimestamp(created_at // _MICROSECONDS, UTC).date()
    return opened.fromordinal(opened.toordinal() + _DAYS_UNTIL_DUE).isoformat()

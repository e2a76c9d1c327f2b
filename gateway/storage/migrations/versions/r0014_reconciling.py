"""Witnessed checkpoints, what logs disagree about, and errands to other nodes.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "cosigned_checkpoints",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "witnessed_logs",
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("fault", sa.Text),
        sa.Column("refused_note", sa.Text, nullable=False),
        sa.Column("refused_at", sa.BigInteger),
    )
    op.create_table(
        "log_findings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("transfer", sa.Text),
        sa.Column("named", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("lacking", sa.Text, nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
    )
    op.create_index("log_findings_by_peer", "log_findings", ["peer", "settled_at"])
    op.create_table(
        "errands",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("fault", sa.Text, nullable=False),
    )

"""Requests that were not sent yet.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text),
        sa.Column("student", sa.Text, unique=True),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
    )
    op.create_index("drafts_by_owner", "drafts", ["owner", "changed_at"])

"""Who lets the day-1 snapshot of a case go ahead, and when it leaves.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("cases", sa.Column("snapshot_by", sa.Text))
    op.add_column("cases", sa.Column("snapshot_due_at", sa.BigInteger))

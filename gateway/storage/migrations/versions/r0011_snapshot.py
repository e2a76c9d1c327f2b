"""Who lets the day-1 snapshot of a case go ahead, and when it leaves.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("cases", sa.Column("snapshot_by", sa.Text))
    op.add_column("cases", sa.Column("snapshot_due_at", sa.BigInteger))

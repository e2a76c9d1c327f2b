"""Who lets the day-1 snapshot of a case go ahead, and when it leaves.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("cases", sa.Column("snapshot_by", sa.Text))
    op.add_column("cases", sa.Column("snapshot_due_at", sa.BigInteger))

"""What other nodes proved of their logs.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "log_positions",
        sa.Column("message", sa.Text, primary_key=True),
        sa.Column("transfer", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("position", sa.Text),
    )
    op.create_index("log_positions_by_transfer", "log_positions", ["transfer"])
    op.create_index("log_positions_by_peer", "log_positions", ["peer", "size"])

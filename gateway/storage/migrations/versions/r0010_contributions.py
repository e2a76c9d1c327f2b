"""What learners, families and those who teach add to backpacks.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "contributions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("voice", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("said_on", sa.Text, nullable=False),
        sa.Column("retired_at", sa.BigInteger),
    )
    op.create_index("contributions_by_student", "contributions", ["student", "said_on"])

"""Backpacks are kept compact: objects that many of them name are kept once.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "kept_objects",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("json", sa.Text, nullable=False),
    )
    op.add_column("backpacks", sa.Column("stamp", sa.Text))

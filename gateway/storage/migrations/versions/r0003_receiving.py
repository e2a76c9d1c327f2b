"""Imports under review, the journal of what they wrote, codes remembered by partner.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("transfer", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("theirs", sa.Text, nullable=False),
        sa.Column("apart", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("beside", sa.Text, nullable=False),
        sa.Column("kept", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("journal_by_transfer", "journal", ["transfer", "version"])
    op.create_index("journal_by_student", "journal", ["student"])
    op.create_table(
        "code_choices",
        sa.Column("peer", sa.Text, primary_key=True),
        sa.Column("list", sa.Text, primary_key=True),
        sa.Column("theirs", sa.Text, primary_key=True),
        sa.Column("ours", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )

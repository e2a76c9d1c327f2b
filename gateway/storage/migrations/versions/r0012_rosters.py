"""Seats in classes, and by which ids the local system knows those who teach them.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "seats",
        sa.Column("teacher", sa.Text, primary_key=True),
        sa.Column("class_id", sa.Text, primary_key=True),
        sa.Column("student", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("begin", sa.Text),
        sa.Column("end", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("seats_by_student", "seats", ["student"])
    op.create_table(
        "teaching",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("teacher", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("teaching_by_teacher", "teaching", ["teacher"])

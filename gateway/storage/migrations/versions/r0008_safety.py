"""Holds, flags, tasks of the officers, and emergencies.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _holds()
    _flags()
    _tasks()
    _emergencies()
    found = sa.text("student IS NOT NULL")
    op.create_index(
        "transfers_by_student", "transfers", ["student"], sqlite_where=found, postgresql_where=found
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("silent", sa.Boolean, nullable=False),
        sa.Column("may_lift", sa.Text, nullable=False),
        sa.Column("planned_end", sa.Text),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("placed_by_name", sa.Text, nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_at", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("holds_by_student", "holds", ["student"])


def _flags() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_by_name", sa.Text, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.Column("cleared_by", sa.Text),
        sa.Column("cleared_at", sa.BigInteger),
        sa.Column("document", sa.Text),
        sa.Column("substitute", sa.Text),
    )
    op.create_index("flags_by_student", "flags", ["student"])


def _tasks() -> None:
    op.create_table(
        "safety_tasks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("student", sa.Text),
        sa.Column("transfer", sa.Text),
        sa.Column("peer", sa.Text),
        sa.Column("done_by", sa.Text),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("tracking", sa.Text),
        sa.Column("about", sa.Text, nullable=False),
    )
    undone = sa.text("done_at IS NULL")
    op.create_index(
        "safety_tasks_open", "safety_tasks", ["due_at"], sqlite_where=undone, postgresql_where=undone
    )


def _emergencies() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("person_name", sa.Text, nullable=False),
        sa.Column("threat", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
    )
    op.create_index("emergencies_by_person", "emergencies", ["person", "student"])
    op.create_index("emergencies_by_time", "emergencies", ["opened_at"])

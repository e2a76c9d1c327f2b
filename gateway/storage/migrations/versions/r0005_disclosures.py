"""What was sent to whom; who asked for, received or read a student's record.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage import sqlite

revision = "0005"
down_revision = "0004"

_counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_segments",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("segment", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("kept_back", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sent_segments_by_segment", "sent_segments", ["segment"])
    op.create_table(
        "disclosures",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("interest", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("transfer", sa.Text),
        sa.Column("ferpa_exempt", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("disclosures_by_student", "disclosures", ["student"])
    op.create_index("disclosures_by_transfer", "disclosures", ["transfer"])
    op.create_table(
        "accesses",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("student", sa.Text),
        sa.Column("transfer", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("accesses_by_student", "accesses", ["student"])
    op.create_index("accesses_by_transfer", "accesses", ["transfer"])
    if op.get_bind().dialect.name == "sqlite":
        for table in ("disclosures", "accesses"):
            for statement in sqlite.append_only(table):
                op.execute(statement)

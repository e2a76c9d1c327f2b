"""Sealed parts: what is on its way, what arrived, and who let them go.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    _parts_in_parcels()
    op.create_table(
        "sealed_parts",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("jwe_digest", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("due_on", sa.Text, nullable=False),
        sa.Column("fetches", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger),
        sa.Column("fault", sa.Text),
        sa.Column("receipt", sa.Text),
        sa.Column("reminded", sa.Boolean, nullable=False),
    )
    op.create_index("sealed_parts_by_state", "sealed_parts", ["state", "due_on"])
    op.create_table(
        "sealed_contents",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sealed_approvals",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("section", sa.Text, primary_key=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("second", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _parts_in_parcels() -> None:
    """Count parts in the key; a key cannot be changed in SQLite, so the rows move."""
    op.rename_table("parcels", "parcels_before")
    op.create_table(
        "parcels",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("jwe", sa.LargeBinary, nullable=False),
    )
    op.execute(
        "INSERT INTO parcels (transfer, version, part, digest, jwe)"
        " SELECT transfer, version, 0, digest, jwe FROM parcels_before"
    )
    op.drop_table("parcels_before")

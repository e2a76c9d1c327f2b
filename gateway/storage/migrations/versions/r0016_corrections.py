"""Records that are sent again, statements of disagreement, and which version of a record was taken in.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TAKEN_IN = (
    "UPDATE transfers SET accepted_version = version"
    " WHERE (role = 'holder' AND state IN ('acked', 'closed', 'recalled'))"
    " OR (role = 'requester' AND state IN ('imported', 'receipted', 'closed', 'recalled'))"
)


def upgrade() -> None:
    op.add_column("transfers", sa.Column("accepted_version", sa.Integer, nullable=False, server_default="0"))
    op.execute(sa.text(_TAKEN_IN))
    op.add_column("segments", sa.Column("replaced_by", sa.Text))
    op.create_table(
        "corrections",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("after_version", sa.Integer, primary_key=True),
        sa.Column("replaces", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("pointers", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statements",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("made_on", sa.Text, nullable=False),
        sa.Column("attached_by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("statements_by_student", "statements", ["student"])

"""Since when a student is enrolled at the new district, as it confirmed.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("cases", sa.Column("confirmed_on", sa.Text))
    op.add_column("cases", sa.Column("confirmed_at", sa.BigInteger))

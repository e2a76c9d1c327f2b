"""The tree over the audit log, and its checkpoints. Leaves that are there become its first ones.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from gateway.domain.audit import Leaf, line_of
from gateway.domain.merkle import completed, leaf_hash
from gateway.storage import sqlite
from gateway.storage.columns import Texts, Utc

revision = "0009"
down_revision = "0008"

_counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_audit = sa.table(
    "audit",
    sa.column("seq", sa.Integer),
    sa.column("at", Utc),
    *(sa.column(name, sa.Text) for name in ("actor", "action", "object", "rule", "outcome", "peer")),
    sa.column("digests", Texts),
)


def upgrade() -> None:
    hashes = op.create_table(
        "log_hashes",
        sa.Column("level", sa.Integer, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        sa.Column("seq", _counter, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    _hash_leaves(hashes)
    if op.get_bind().dialect.name == "sqlite":
        for table in ("log_hashes", "checkpoints"):
            for statement in sqlite.append_only(table):
                op.execute(statement)


def _hash_leaves(hashes: sa.Table) -> None:
    known: dict[tuple[int, int], bytes] = {}
    for row in op.get_bind().execute(sa.select(_audit).order_by(_audit.c.seq)).mappings():
        values = dict(row)
        seq = values.pop("seq")
        made = completed(
            seq - 1, leaf_hash(line_of(seq, Leaf(**values))), lambda level, index: known[level, index]
        )
        known.update({(level, index): hash_ for level, index, hash_ in made})
    rows = [{"level": level, "index": index, "hash": hash_} for (level, index), hash_ in known.items()]
    if rows:
        op.bulk_insert(hashes, rows)

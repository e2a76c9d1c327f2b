"""Whether the tables are those of this release, and what is done if not."""

from typing import Final

from sqlalchemy import Connection, Engine, Text, column, inspect, select, table

from gateway.storage import sqlite

HEAD: Final = "0018"
"""The newest revision in `migrations/versions`."""

_STORED = select(column("version_num", Text)).select_from(table("alembic_version"))


def bring_up_to_date(engine: Engine) -> None:
    """Make or upgrade the tables in one transaction; another process that does the same is waited for.

    Tables that are up to date cost one query and no import of the migrations.

    Raises:
        Misconfigured: the tables are those of a newer release.
    """
    with sqlite.reader(engine) as connection:
        if stored_revision(connection) == HEAD:
            return
    with engine.connect() as connection:
        sqlite.use_wal(connection)
        with connection.begin():
            sqlite.begin(connection, writes=True)
            if stored_revision(connection) != HEAD:
                _upgrade(connection)


def stored_revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(_STORED)


def _upgrade(connection: Connection) -> None:
    from gateway.storage.migrations import upgrade

    upgrade(connection)

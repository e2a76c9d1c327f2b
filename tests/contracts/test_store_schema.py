"""The tables of a file, from release to release."""

import asyncio
import re
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.domain.errors import Misconfigured
from gateway.storage import schema, tables
from gateway.storage.db import insert_new, upsert
from gateway.storage.migrations import configuration
from gateway.storage.store import SqlStore


def made_by(path: Path) -> dict[str, str]:
    """Return the statements that make what is in the file."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    ours = (
        (name, sql)
        for name, sql in rows
        if name != "alembic_version" and not sql.startswith("CREATE TRIGGER")
    )
    return {name: re.sub(r"\s+", " ", sql) for name, sql in ours}


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    await (await SqlStore.open(tmp_path / "migrated.db")).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    tables.metadata.create_all(engine)
    engine.dispose()

    migrated, declared = made_by(tmp_path / "migrated.db"), made_by(tmp_path / "declared.db")

    assert "transfers" in migrated
    assert migrated == declared


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    with create_engine("sqlite://").connect() as connection:
        scripts = ScriptDirectory.from_config(configuration(connection))

    assert scripts.get_heads() == [schema.HEAD]


async def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    opened = await asyncio.gather(*(SqlStore.open(tmp_path / "node.db") for _ in range(6)))

    counts = [await store.read(lambda tx: tx.backpacks.count()) for store in opened]

    for store in opened:
        await store.close()
    assert counts == [0] * 6


async def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    await (await SqlStore.open(path)).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(Misconfigured, match="newer release"):
        await SqlStore.open(path)


async def test_a_store_that_is_up_to_date_is_opened_without_the_migrations(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    await (await SqlStore.open(path)).close()
    script = (
        "import asyncio, sys\n"
        "from gateway.storage.store import SqlStore\n"
        "async def main():\n"
        "    await (await SqlStore.open(sys.argv[1])).close()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules)\n"
    )

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(path), stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()

    assert printed.strip() == b"False"


def test_the_tables_and_upserts_can_be_said_to_postgresql() -> None:
    dialect = make_url("postgresql://").get_dialect()()

    made = [str(CreateTable(table).compile(dialect=dialect)) for table in tables.metadata.sorted_tables]
    indices = [index for table in tables.metadata.sorted_tables for index in table.indexes]
    due = next(index for index in indices if index.name == "messages_due")
    added = str(insert_new("postgresql", tables.seen).compile(dialect=dialect))
    put = str(upsert("postgresql", tables.chains, "stated_at").compile(dialect=dialect))

    assert not any("ROWID" in statement for statement in made)
    assert "WHERE next_try_at IS NOT NULL" in str(CreateIndex(due).compile(dialect=dialect))
    assert added.endswith("ON CONFLICT DO NOTHING")
    assert put.endswith("WHERE chains.stated_at <= excluded.stated_at")

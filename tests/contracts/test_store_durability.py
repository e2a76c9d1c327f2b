"""What only a real file can show: crashes, other processes, a full disk, rights."""

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from gateway.domain.errors import Misconfigured, TryLater
from gateway.domain.ids import TransferId, digest
from gateway.domain.transfer import State
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Parcel, Tx
from tests.harness.store_rows import NOON, backpack, leaf, transfer

_WRITER = """
import asyncio, sys
from pathlib import Path
from gateway.storage.store import SqlStore
from tests.harness.store_rows import leaf, transfer

async def main(path, name, units):
    store = await SqlStore.open(Path(path), checkpointer=False)

    def work(tx, id_):
        tx.transfers.add(transfer(id_))
        tx.audit.add(leaf(id_))

    async def line(worker):
        for unit in range(units):
            id_ = f"T-{name}-{worker}-{unit}"
            await store.write(lambda tx: work(tx, id_))
            print(id_, flush=True)

    await asyncio.gather(*(line(worker) for worker in range(4)))
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def start_writer(path: Path, name: str, units: int) -> asyncio.subprocess.Process:
    """Start a process that stores `4 * units` transfers and prints each id once it is durable."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _WRITER, str(path), name, str(units)),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(path, patience=timedelta(milliseconds=50))
    yield opened
    await opened.close()


async def test_what_was_acknowledged_is_there_after_the_process_was_killed(path: Path) -> None:
    process = await start_writer(path, "w", 100_000)
    assert process.stdout
    acknowledged = [(await process.stdout.readline()).decode().strip() for _ in range(200)]
    process.kill()
    acknowledged += (await process.stdout.read()).decode().split("\n")[:-1]
    await process.wait()

    store = await SqlStore.open(path)
    stored = {row.id for row in await store.read(lambda tx: tx.transfers.list(limit=100_000))}
    logged = {line.object for _, line in await store.read(lambda tx: tx.audit.list(limit=100_000))}
    await store.close()

    assert set(acknowledged) <= stored
    assert stored == logged


async def test_two_processes_write_at_once_and_nothing_is_lost(path: Path) -> None:
    processes = [await start_writer(path, name, 25) for name in ("one", "two")]
    outputs = await asyncio.gather(*(process.communicate() for process in processes))

    store = await SqlStore.open(path)
    stored = {row.id for row in await store.read(lambda tx: tx.transfers.list())}
    await store.close()

    printed = {line for output, _ in outputs for line in output.decode().split()}
    assert len(printed) == 200
    assert stored == printed


async def test_units_that_wait_together_share_a_commit(store: SqlStore) -> None:
    await asyncio.gather(*(store.write(lambda tx: tx.audit.add(leaf())) for _ in range(100)))

    assert store.stats.units == 100
    assert store.stats.commits < 20
    assert store.stats.statements < 400, "two of a leaf, and one for each subtree to its left"


async def test_a_unit_waits_for_a_process_that_holds_the_file_and_fails_if_that_takes_too_long(
    store: SqlStore, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(TryLater):
        await store.write(lambda tx: tx.transfers.add(transfer()))
    waiting = asyncio.create_task(store.write(lambda tx: tx.transfers.add(transfer())))
    other.execute("ROLLBACK")
    other.close()

    await asyncio.gather(waiting, return_exceptions=True)
    if waiting.exception():
        await store.write(lambda tx: tx.transfers.add(transfer()))
    assert await store.read(lambda tx: tx.transfers.get(transfer().id)) == transfer()


async def test_reads_do_not_wait_for_a_writer(store: SqlStore, path: Path) -> None:
    await store.write(lambda tx: tx.transfers.add(transfer()))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM transfers")

    found = await store.read(lambda tx: tx.transfers.get(transfer().id))

    other.execute("ROLLBACK")
    other.close()
    assert found == transfer()


async def test_on_a_full_disk_units_fail_and_what_was_acknowledged_stays(store: SqlStore) -> None:
    await store.write(lambda tx: tx.transfers.add(transfer()))
    connection = store._writer.db.connection
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    connection.rollback()

    jwe = bytes(10_000)

    def put(number: int, tx: Tx) -> None:
        tx.parcels.put(Parcel(transfer=TransferId("T-1"), version=number, jwe=jwe, digest=digest(jwe)))

    def versions(tx: Tx, numbers: Sequence[int]) -> list[int]:
        return [tx.parcels.get(TransferId("T-1"), number).version for number in numbers]

    units = [store.write(partial(put, number)) for number in range(50)]
    results = await asyncio.gather(*units, return_exceptions=True)

    acknowledged = [number for number, result in enumerate(results) if result is None]
    assert any(isinstance(result, TryLater) for result in results)
    assert await store.read(lambda tx: versions(tx, acknowledged)) == acknowledged
    connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    connection.rollback()
    await store.write(lambda tx: tx.audit.add(leaf()))
    assert await store.read(lambda tx: tx.transfers.get(transfer().id)) == transfer()


async def test_a_transaction_that_the_database_gave_up_fails_all_of_its_units(store: SqlStore) -> None:
    def give_up(_: object) -> None:
        store._writer.db.connection.connection.cursor().execute("ROLLBACK")
        raise ZeroDivisionError

    results = await asyncio.gather(
        store.write(lambda tx: tx.transfers.add(transfer("T-1"))),
        store.write(give_up),
        store.write(lambda tx: tx.transfers.add(transfer("T-2"))),
        return_exceptions=True,
    )
    await store.write(lambda tx: tx.transfers.add(transfer("T-3")))

    stored = {row.id for row in await store.read(lambda tx: tx.transfers.list())}
    acknowledged = {f"T-{n}" for n, result in ((1, results[0]), (2, results[2])) if result is None}
    assert stored == acknowledged | {"T-3"}
    assert isinstance(results[1], ZeroDivisionError)


async def test_what_is_deleted_is_gone_from_the_file(path: Path) -> None:
    store = await SqlStore.open(path)
    secret = transfer(response_key="a-one-time-private-key")
    await store.write(lambda tx: tx.transfers.add(secret))
    await store.write(lambda tx: tx.backpacks.put([backpack(content=b"seeded-content" * 1000)]))

    await store.write(
        lambda tx: tx.transfers.move(secret, secret.to(State.DENIED, at=NOON, response_key=None))
    )
    await store.write(lambda tx: tx.backpacks.remove([backpack().student]))
    await store.close()

    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"T-1" in left
    assert b"one-time-private" not in left
    assert b"seeded-content" not in left
    assert b"obrien nunez" not in left


async def test_nobody_else_may_read_the_files(store: SqlStore, path: Path) -> None:
    await store.write(lambda tx: tx.audit.add(leaf()))

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {"node.db": 0o600, "node.db-wal": 0o600, "node.db-shm": 0o600}


async def test_the_database_refuses_to_change_the_audit_log(store: SqlStore, path: Path) -> None:
    await store.write(lambda tx: tx.audit.add(leaf()))
    other = sqlite3.connect(path)

    for change in ("DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            other.execute(change)

    other.close()


async def test_only_the_process_that_serves_copies_the_log_into_the_file(path: Path) -> None:
    settings: list[int] = []
    for checkpointer in (True, False):
        store = await SqlStore.open(path, checkpointer=checkpointer)
        cursor = store._writer.db.connection.connection.cursor()
        for name in ("wal_autocheckpoint", "synchronous"):
            cursor.execute(f"PRAGMA {name}")
            settings += cursor.fetchone() or ()
        await store.close()

    assert settings == [1000, 2, 0, 2]


@pytest.mark.parametrize("place", ["postgresql://node@db/backpack", "sqlite://", "://"])
async def test_an_address_that_is_no_sqlite_file_is_refused(place: str) -> None:
    with pytest.raises(Misconfigured):
        await SqlStore.open(place)


async def test_a_store_is_opened_by_path_or_url(path: Path) -> None:
    one = await SqlStore.open(str(path))
    other = await SqlStore.open(f"sqlite:///{path}")
    await one.write(lambda tx: tx.transfers.add(transfer()))

    assert await other.read(lambda tx: tx.transfers.get(transfer().id)) == transfer()

    await other.close()
    await one.close()


@pytest.fixture
def roster(path: Path) -> Path:
    path.write_text("sourcedId,status\n" * 100)
    return path


async def test_a_file_that_is_no_database_is_refused(roster: Path) -> None:
    with pytest.raises(Misconfigured, match=r"node\.db"):
        await SqlStore.open(roster)


async def test_a_folder_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(Misconfigured, match=os.strerror(2)):
        await SqlStore.open(path / "missing" / "node.db")

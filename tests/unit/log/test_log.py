"""The log of a node: signed as it grows, proven to auditors, and no change to it goes unseen."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from sqlalchemy import create_engine

from gateway.crypto.log_proofs import verify_proof
from gateway.domain.audit import Leaf
from gateway.domain.errors import Forbidden, GatewayError, Unknown
from gateway.domain.policy import StaffRole
from gateway.storage.migrations import configuration
from gateway.storage.store import SqlStore
from gateway.storage.tables import audit
from gateway.usecases import loop
from gateway.usecases.log import checkpoint_if_due, export_leaves, faults_in_log, prove
from gateway.usecases.ports import Node
from tests.harness.pair import MAPLE, START, Clock, Network, make_node
from tests.harness.staff import person
from tests.harness.store_rows import for_each, leaf

AUDITOR = person("ada", StaffRole.AUDITOR, at=START)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    store = await SqlStore.open(tmp_path / "node.db")
    yield make_node(MAPLE, store=store, network=Network(), clock=clock)
    await store.close()


async def grow(node: Node, count: int, object_: str = "T-1") -> None:
    await node.store.write(for_each([leaf(object_) for _ in range(count)], lambda tx: tx.audit.add))


async def test_a_checkpoint_is_signed_after_a_hundred_leaves_or_a_minute(node: Node, clock: Clock) -> None:
    assert await checkpoint_if_due(node) is None
    await grow(node, 1)
    first = await checkpoint_if_due(node)
    await grow(node, 99)
    assert await checkpoint_if_due(node) is None
    await grow(node, 1)
    second = await checkpoint_if_due(node)
    await grow(node, 1)
    clock.forward(seconds=60)
    third = await checkpoint_if_due(node)
    clock.forward(hours=1)

    assert [one.size for one in (first, second, third) if one] == [1, 101, 102]
    assert await checkpoint_if_due(node) is None


async def test_the_loop_signs_by_itself(node: Node) -> None:
    await grow(node, 3)
    turned = asyncio.Event()

    running = asyncio.create_task(loop.run(node, asyncio.Event(), turned.set))
    while await node.store.read(lambda tx: tx.checkpoints.latest()) is None:
        await asyncio.wait_for(turned.wait(), 5)
        await asyncio.sleep(0)
    running.cancel()

    signed = await node.store.read(lambda tx: tx.checkpoints.latest())
    assert signed is not None
    assert node.log.read(signed.note)[0] == 3


async def test_what_the_log_says_of_a_transfer_is_proven_offline(node: Node) -> None:
    await grow(node, 5, "T-other")
    await grow(node, 2, "T-1")
    await grow(node, 4, "T-other")

    proof = orjson.dumps(await prove(node, "T-1", person=AUDITOR))

    proven = verify_proof(proof, node.log.verifier)
    assert [orjson.loads(line)["seq"] for line in proven.leaves] == [6, 7]
    assert (proven.origin, proven.size) == ("maple.test/audit", 11)


async def test_leaves_are_exported_from_one_to_another(node: Node) -> None:
    await grow(node, 9)

    some = verify_proof(orjson.dumps(await export_leaves(node, 3, 5, person=AUDITOR)))
    all_ = verify_proof(orjson.dumps(await export_leaves(node, 1, None, person=AUDITOR)))

    assert [orjson.loads(line)["seq"] for line in some.leaves] == [3, 4, 5]
    assert len(all_.leaves) == 9
    with pytest.raises(Unknown):
        await export_leaves(node, 10, None, person=AUDITOR)


async def test_the_log_leaves_the_node_with_nobody_else(node: Node) -> None:
    await grow(node, 1)

    with pytest.raises(Forbidden):
        await prove(node, "T-1", person=person("terry", StaffRole.TEACHER, at=START))


def _other_leaf(proof: dict[str, Any]) -> None:
    proof["leaves"][0]["leaf"] = proof["leaves"][0]["leaf"].replace("done", "none")


def _other_place(proof: dict[str, Any]) -> None:
    proof["leaves"][0]["index"] += 1


def _other_path(proof: dict[str, Any]) -> None:
    proof["leaves"][0]["path"][0] = proof["leaves"][1]["path"][-1]


def _other_size(proof: dict[str, Any]) -> None:
    proof["checkpoint"] = proof["checkpoint"].replace("\n6\n", "\n7\n")


@pytest.mark.parametrize("forge", [_other_leaf, _other_place, _other_path, _other_size])
async def test_a_forged_proof_is_refused(node: Node, forge: Callable[[dict[str, Any]], None]) -> None:
    await grow(node, 6)
    proof = orjson.loads(orjson.dumps(await export_leaves(node, 2, 3, person=AUDITOR)))

    forge(proof)

    with pytest.raises(GatewayError):
        verify_proof(orjson.dumps(proof), node.log.verifier)


async def test_a_proof_by_another_logs_key_is_refused(node: Node) -> None:
    await grow(node, 1)
    proof = orjson.dumps(await prove(node, "T-1", person=AUDITOR))
    other = make_node(MAPLE, store=node.store, network=Network(), clock=Clock())
    stranger = other.log.verifier.replace("maple", "cedar")

    with pytest.raises(GatewayError):
        verify_proof(proof, stranger)


TAMPER = {
    "leaf 3 was altered": "UPDATE audit SET actor = 'nobody' WHERE seq = 3",
    "leaf 4 is missing": "DELETE FROM audit WHERE seq = 4",
    "the log has 9 leaves, its tree 10": "DELETE FROM audit WHERE seq = 10",
    "the log was cut: 10 leaves were signed for, 9 are there": (
        'DELETE FROM audit WHERE seq = 10; DELETE FROM log_hashes WHERE level = 0 AND "index" = 9;'
        'DELETE FROM log_hashes WHERE level = 1 AND "index" = 4'
    ),
    "the checkpoint of 10 leaves is not signed by this log's key": (
        "UPDATE checkpoints SET note = replace(note, '10', '11')"
    ),
}


@pytest.mark.parametrize(("fault", "statements"), TAMPER.items(), ids=TAMPER)
async def test_whoever_changes_the_file_is_found_out(
    node: Node, tmp_path: Path, fault: str, statements: str
) -> None:
    """With the triggers out of the way, as somebody has who owns the file."""
    await grow(node, 10)
    await checkpoint_if_due(node)
    assert await faults_in_log(node) == []

    _as_the_owner_of_the_file(tmp_path / "node.db", statements)

    assert fault in await faults_in_log(node)


async def test_a_leaf_that_was_changed_with_its_hashes_is_not_what_was_signed_for(
    node: Node, tmp_path: Path
) -> None:
    await grow(node, 1)
    await checkpoint_if_due(node)

    _as_the_owner_of_the_file(tmp_path / "node.db", "DELETE FROM log_hashes; DELETE FROM audit")
    await node.store.write(lambda tx: tx.audit.add(leaf(actor="somebody else")))

    assert await faults_in_log(node) == ["the first 1 leaves are not those that were signed for"]


def _as_the_owner_of_the_file(path: Path, statements: str) -> None:
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.executescript(statements)
    connection.commit()
    connection.close()


def _of_release_8(path: Path, leaves: list[Leaf]) -> None:
    """Make a store as the release had it that knew no tree, with these leaves in its log."""
    rows = [
        {"seq": seq, **{field.name: getattr(one, field.name) for field in fields(Leaf)}}
        for seq, one in enumerate(leaves, start=1)
    ]
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0008")
        connection.execute(audit.insert(), rows)
    engine.dispose()


async def test_a_log_of_an_earlier_release_is_taken_over_whole(tmp_path: Path, clock: Clock) -> None:
    """The migration builds the tree over leaves that are there."""
    _of_release_8(tmp_path / "old.db", [leaf(at=START + timedelta(n)) for n in range(7)])

    store = await SqlStore.open(tmp_path / "old.db")
    node = make_node(MAPLE, store=store, network=Network(), clock=clock)
    await node.store.write(lambda tx: tx.audit.add(leaf()))

    assert await faults_in_log(node) == []
    assert await store.read(lambda tx: tx.audit.size()) == 8
    await store.close()

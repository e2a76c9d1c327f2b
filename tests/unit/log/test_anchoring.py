"""Mutual anchoring: a receipt and its answer each prove where they stand in the log of who sent them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import merkle
from gateway.domain.ids import Digest, digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.transfer import Transfer
from gateway.usecases.anchoring import add_anchored, checked_position, position_of
from gateway.usecases.ports import Node
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import CEDAR, MAPLE, Clock, Network, listing, make_node
from tests.harness.store_rows import leaf, transfer

RECORD = digest(b"a record")
RECEIPT = digest(b"a receipt")


@pytest.fixture
def maple() -> Node:
    return make_node(MAPLE, store=MemoryStore(), network=Network(), clock=Clock())


@pytest.fixture
def cedar() -> Node:
    return make_node(CEDAR, store=MemoryStore(), network=Network(), clock=Clock())


async def anchored(node: Node, *, before: int = 4) -> LogPosition:
    """Let the node log the record after some other things."""

    def store(tx: Any) -> LogPosition:
        for _ in range(before):
            tx.audit.add(leaf("T-other"))
        return add_anchored(node, tx, replace(leaf("T-1"), digests=(RECORD,)))

    return await node.store.write(store)


def check(node: Node, told: Any, *, about: Digest = RECORD, **listed: Any) -> Any:
    of_cedar = replace(listing(CEDAR), **listed)
    return checked_position(node, a_transfer(), of_cedar, told, about=about, message=RECEIPT)


def a_transfer() -> Transfer:
    return transfer("T-1")


@pytest.mark.parametrize("before", [0, 1, 2, 3, 6, 7, 8, 20])
async def test_the_other_node_sees_proven_that_the_leaf_is_the_last_of_the_log(
    maple: Node, cedar: Node, before: int
) -> None:
    position = await anchored(cedar, before=before)

    kept = check(maple, position.model_dump(mode="json"))

    assert (kept.fault, kept.size, position.index) == ("", before + 1, before)
    assert kept.root == await cedar.store.read(lambda tx: merkle.root(before + 1, tx.audit.hash))


async def test_a_leaf_that_others_followed_is_proven_as_well(maple: Node, cedar: Node) -> None:
    await anchored(cedar)
    await anchored(cedar, before=3)
    await cedar.store.write(lambda tx: tx.audit.add(leaf("T-other")))
    position = await cedar.store.read(lambda tx: position_of(cedar, tx, a_transfer().id, RECORD))

    assert position is not None
    assert position.index == 8, "the newest of the two"
    assert check(maple, position.model_dump(mode="json")).size == 10


def _cut_path(told: dict[str, Any]) -> None:
    told["path"] = told["path"][:-1]


def _other_leaf(told: dict[str, Any]) -> None:
    told["leaf"] = told["leaf"].replace("done", "none")


def _other_index(told: dict[str, Any]) -> None:
    told["index"] = 0


def _forged(told: dict[str, Any]) -> None:
    told["checkpoint"] = told["checkpoint"].replace("\n5\n", "\n6\n")


def _no_base64(told: dict[str, Any]) -> None:
    told["path"] = ["?"] * len(told["path"])


def _no_index(told: dict[str, Any]) -> None:
    del told["index"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_cut_path, "not_in_log"),
        (_other_leaf, "not_in_log"),
        (_other_index, "not_in_log"),
        (_forged, "bad_signature"),
        (_no_base64, "malformed"),
        (_no_index, "malformed"),
    ],
)
async def test_a_position_that_was_altered_proves_nothing_and_says_why(
    maple: Node, cedar: Node, change: Callable[[dict[str, Any]], None], fault: str
) -> None:
    told = (await anchored(cedar)).model_dump(mode="json")
    change(told)

    kept = check(maple, told)

    assert (kept.fault, kept.size) == (fault, 0)


async def test_a_position_about_something_else_or_of_another_log_proves_nothing(
    maple: Node, cedar: Node
) -> None:
    told = (await anchored(cedar)).model_dump(mode="json")
    of_maple = (await anchored(maple)).model_dump(mode="json")

    assert check(maple, told, about=digest(b"another record")).fault == "other_digest"
    assert check(maple, of_maple).fault == "bad_signature"
    assert check(maple, told, log_key=None).fault == "no_log_key"
    assert check(maple, None).fault == "not_told"

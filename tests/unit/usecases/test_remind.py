"""Reminders at half, four fifths and the whole of the clock; each once."""

import pytest

from gateway.domain.casework import Lane
from gateway.domain.ids import TransferId
from gateway.domain.policy.people import StaffRole
from gateway.usecases.ports import Node
from gateway.usecases.remind import remind
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, CEDAR, MAPLE, SECTIONS, Clock, Network, make_node
from tests.harness.staff import person


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(clock: Clock) -> Node:
    return make_node(CEDAR, store=MemoryStore(), network=Network(), clock=clock)


async def asked(node: Node, *lanes: Lane) -> TransferId:
    somebody = person("Rosa", StaffRole.REGISTRAR)
    wish = Wish(holder=MAPLE, subject=ANA, sections=SECTIONS, person=somebody, lanes=lanes)
    return (await request_backpack(node, wish)).id


async def told(node: Node, id_: TransferId) -> list[tuple[str, str]]:
    found = await node.store.read(lambda tx: tx.audit.list(object_=id_))
    return [(leaf.action, leaf.rule) for _, leaf in found if leaf.action.startswith("case.")]


async def test_each_share_of_the_clock_is_told_once(node: Node, clock: Clock) -> None:
    id_ = await asked(node)
    for _ in range(20):
        await remind(node)
        await remind(node)
        clock.forward(days=1)

    assert await told(node, id_) == [
        ("case.reminded", "50 %"),
        ("case.reminded", "80 %"),
        ("case.escalated", "100 %"),
    ]


async def test_a_node_that_was_away_tells_the_last_share_only(node: Node, clock: Clock) -> None:
    id_ = await asked(node, Lane.FOSTER)
    clock.forward(days=30)

    assert await remind(node) == 1
    assert await told(node, id_) == [("case.escalated", "100 %")]


async def test_nobody_is_reminded_of_what_is_new(node: Node) -> None:
    await asked(node)

    assert await remind(node) == 0

"""When a case is due, at a node."""

from dataclasses import replace
from datetime import date

from gateway.domain.casework import Lane
from gateway.usecases import loop
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, CEDAR, MAPLE, SECTIONS, Clock, Network, make_node
from tests.harness.staff import calendar, clerk, pack


async def test_each_end_reckons_by_its_own_pack() -> None:
    """Asked for on a Friday: Florida has three school days, Texas ten business days over Thanksgiving."""
    network, clock = Network(), Clock()
    cedar = make_node(CEDAR, store=MemoryStore(), network=network, clock=clock)
    maple = make_node(MAPLE, store=MemoryStore(), network=network, clock=clock)
    cedar = network.nodes[CEDAR] = replace(cedar, pack=pack("us-fl"), calendar=calendar("us-fl"))
    maple = network.nodes[MAPLE] = replace(maple, pack=pack("us-tx"), calendar=calendar("us-tx"))

    wish = Wish(holder=MAPLE, subject=ANA, sections=SECTIONS, person=clerk("rita"))
    foster = replace(wish, lanes=(Lane.FOSTER,))
    asked = [await request_backpack(cedar, one) for one in (wish, foster)]
    while await loop.turn(cedar) + await loop.turn(maple):
        pass

    at_cedar = await cedar.store.read(lambda tx: [tx.cases.get(one.id) for one in asked])
    held = await maple.store.read(lambda tx: [tx.cases.get(one.id) for one in tx.transfers.list()])
    assert [(case.due_on, case.urgency) for case in at_cedar] == [
        (date(2026, 11, 25), 2),
        (date(2026, 11, 24), 0),
    ]
    assert {(case.due_on, case.urgency) for case in held} == {(date(2026, 12, 7), 2), (date(2026, 11, 24), 0)}

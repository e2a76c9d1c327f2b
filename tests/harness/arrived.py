"""A record that really came from another district, verified at a node."""

from dataclasses import replace
from typing import Any

from gateway.domain.ids import TransferId
from gateway.domain.policy import Person, Rules
from gateway.domain.transfer import State, Subject
from gateway.usecases import loop
from gateway.usecases.ports import Node, StoredBackpack
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, CEDAR, SECTIONS, Clock, PlainDirectory, make_node


async def neighbour(here: Node, *held: StoredBackpack) -> Node:
    """Return Cedar, which holds these records and releases what the node asks for; its peers are in memory.

    The node's own peers must be a `NetworkPeers`.
    """
    peers: Any = here.peers
    network, directory = peers._network, here.directory
    assert isinstance(directory, PlainDirectory)
    network.nodes[here.id] = here
    rules = Rules(automatic_approval=True)
    made = make_node(
        CEDAR, store=MemoryStore(), network=network, clock=Clock(), directory=directory, rules=rules
    )
    cedar = network.nodes[CEDAR] = replace(made, now=here.now)
    await cedar.store.write(lambda tx: tx.backpacks.put(held))
    return cedar


async def settle(*nodes: Node) -> None:
    """Let the nodes do what they have to do, until nothing more can happen without a person."""
    for _ in range(12):
        for node in nodes:
            await loop.turn(node)


async def receive_record(
    here: Node,
    person: Person,
    held: StoredBackpack,
    subject: Subject = ANA,
    sections: tuple[str, ...] = SECTIONS,
) -> TransferId:
    """Have Cedar hold a record and release it to the node; return the transfer, verified there."""
    cedar = await neighbour(here, held)
    wish = Wish(holder=CEDAR, subject=subject, sections=sections, person=person)
    asked = await request_backpack(here, wish)
    await settle(here, cedar)
    known = await here.store.read(lambda tx: tx.transfers.get(asked.id))
    assert known.state is State.VERIFIED, known.state
    return asked.id

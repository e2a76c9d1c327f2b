"""Several districts in one memory network, for stories that go through more than two hands."""

from dataclasses import replace
from typing import Any

from gateway.domain.ids import EntityId, TransferId
from gateway.domain.policy import Rules
from gateway.domain.transfer import Subject, Transfer
from gateway.usecases import loop
from gateway.usecases.ports import Node
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, Clock, Imports, Network, PlainDirectory, make_node
from tests.harness.staff import clerk

SECTIONS = ("identity", "grades", "goals")
WILLOW = EntityId("https://willow.test")
"""A third district."""


class Town:
    """Nodes that know one another. Release and import happen by themselves unless a rule says otherwise."""

    def __init__(self, *ids: EntityId, **rules: Any) -> None:
        self.clock = Clock()
        self.network = Network()
        self.directory = PlainDirectory()
        self.stores = {id_: MemoryStore() for id_ in ids}
        chosen = Rules(**{"automatic_approval": True, "automatic_import": True, **rules})
        for id_ in ids:
            make_node(
                id_,
                store=self.stores[id_],
                network=self.network,
                clock=self.clock,
                directory=self.directory,
                rules=chosen,
            )

    def __getitem__(self, id_: EntityId) -> Node:
        return self.network.nodes[id_]

    def rule(self, id_: EntityId, **rules: Any) -> None:
        """Give one node other rules."""
        self.network.nodes[id_] = replace(self[id_], rules=replace(self[id_].rules, **rules))

    async def ask(
        self,
        requester: EntityId,
        holder: EntityId,
        subject: Subject = ANA,
        sections: tuple[str, ...] = SECTIONS,
    ) -> TransferId:
        """Ask, and return the requester's id of the transfer."""
        wish = Wish(holder=holder, subject=subject, sections=sections, person=clerk("rita"))
        return (await request_backpack(self[requester], wish)).id

    async def settle(self, *, turns: int = 30) -> None:
        """Turn all loops until nothing is due."""
        for _ in range(turns):
            if not sum([await loop.turn(node) for node in self._awake()]):
                return
        raise AssertionError("the loops do not come to rest")

    def _awake(self) -> list[Node]:
        return [node for id_, node in self.network.nodes.items() if id_ not in self.network.away]

    async def transfers(self, id_: EntityId) -> list[Transfer]:
        """Return the node's transfers, newest first."""
        return list(await self[id_].store.read(lambda tx: tx.transfers.list()))

    async def transfer(self, id_: EntityId, of: TransferId | None = None) -> Transfer:
        """Return a transfer of the node: this one, or the newest."""
        return next(one for one in await self.transfers(id_) if of in {None, one.id})

    def imports(self, id_: EntityId) -> Imports:
        """Return what the node wrote into its local system."""
        written = self[id_].imports
        assert isinstance(written, Imports)
        return written

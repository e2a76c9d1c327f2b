"""A node may stop between any two steps; messages may be lost, repeated and late. One import, one receipt."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.domain.errors import GatewayError
from gateway.domain.policy import Rules
from gateway.domain.transfer import STEPS, Reason, Role, State, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release, follow_transfer, loop
from gateway.usecases.ports import Node, Store, Tx
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.pair import (
    ANA,
    CEDAR,
    MAPLE,
    SECTIONS,
    Clock,
    Imports,
    Network,
    PlainDirectory,
    backpack,
    make_node,
)
from tests.harness.staff import clerk

T = TypeVar("T")
AUTOMATIC = Rules(automatic_approval=True, automatic_import=True)


class Stopped(BaseException):
    """The process is gone: no `except Exception` may catch it."""


class Fuse:
    """Stops the node before the n-th thing it does to the world."""

    def __init__(self, at: int) -> None:
        self.left = at

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stopped


class FusedStore:
    """A store whose node may stop just before or just after a commit."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self._store = store
        self._fuse = fuse

    async def write(self, work: Callable[[Tx], T]) -> T:
        self._fuse.burn()
        result = await self._store.write(work)
        self._fuse.burn()
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._store.read(work)


class FusedPort:
    """Any port whose node may stop just before or just after a call."""

    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.burn()
            answer = await getattr(self._port, name)(*args, **kwargs)
            self._fuse.burn()
            return answer

        return call


def fused(node: Node, fuse: Fuse) -> Node:
    peers: Any = FusedPort(node.peers, fuse)
    imports: Any = FusedPort(node.imports, fuse)
    return replace(node, store=FusedStore(node.store, fuse), peers=peers, imports=imports)


class World:
    """Two districts with their own files; either may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.network = Network()
        self.directory = PlainDirectory()
        self.imports = Imports()
        self.nodes: dict[str, Node] = {}

    async def start(self) -> None:
        for id_ in (MAPLE, CEDAR):
            store = await SqlStore.open(self.folder / f"{id_.removeprefix('https://')}.db")
            node = make_node(
                id_,
                store=store,
                network=self.network,
                clock=self.clock,
                directory=self.directory,
                rules=AUTOMATIC,
            )
            self.nodes[id_] = self.network.nodes[id_] = replace(node, imports=self.imports)

    async def stop(self) -> None:
        for node in self.nodes.values():
            assert isinstance(node.store, SqlStore)
            await node.store.close()

    async def transfers(self, id_: str) -> list[Transfer]:
        return list(await self.nodes[id_].store.read(lambda tx: tx.transfers.list()))

    async def settle(self, *, rounds: int = 40) -> None:
        """Let time pass until nothing is due any more."""
        for _ in range(rounds):
            if not sum([await loop.turn(node) for node in self.nodes.values()]):
                self.clock.forward(minutes=16)
                if not sum([await loop.turn(node) for node in self.nodes.values()]):
                    return

    async def let_time_pass(self) -> None:
        """Let as much time pass as the longest pause between tries, whatever is due."""
        for _ in range(16):
            self.clock.forward(minutes=25)
            while sum([await loop.turn(node) for node in self.nodes.values()]):
                pass

    async def check_finished(self) -> None:
        (asked,), (held,) = await self.transfers(CEDAR), await self.transfers(MAPLE)
        assert (asked.state, held.state) == (State.RECEIPTED, State.ACKED)
        assert list(self.imports.written) == [(asked.id, 1)]
        leaves = await self.nodes[MAPLE].store.read(lambda tx: tx.audit.list())
        actions = [leaf.action for _, leaf in leaves]
        assert actions.count("release.acked") == actions.count("release.released") == 1


@asynccontextmanager
async def world(folder: Path) -> Any:
    made = World(folder)
    await made.start()
    await made.nodes[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    yield made
    await made.stop()


def wish() -> Wish:
    return Wish(holder=MAPLE, subject=ANA, sections=SECTIONS, person=clerk("rita"))


async def turn_until_stopped(node: Node) -> bool:
    """Turn a node's loop as its process would; True if it stopped in the middle."""
    try:
        await loop.turn(node)
    except Stopped:
        return True
    return False


def moments() -> Iterator[int]:
    return iter(range(1, 60))


@pytest.mark.parametrize("victim", [MAPLE, CEDAR])
async def test_stopping_a_node_before_or_after_any_effect_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, victim: str
) -> None:
    """At each effect in turn (a commit, a call, an import): stop there, start again, go on."""
    stopped = 0
    for moment in moments():
        folder = tmp_path / f"{moment}"
        folder.mkdir()
        async with world(folder) as made:
            await request_backpack(made.nodes[CEDAR], wish())
            fuse = Fuse(moment)
            for _ in range(8):
                for id_, node in made.nodes.items():
                    doomed = fused(node, fuse) if id_ == victim else node
                    if await turn_until_stopped(doomed):
                        stopped += 1
            made.clock.forward(seconds=31)
            await made.settle()
            await made.check_finished()
        if fuse.left > 0:
            break
    assert stopped > 20
    assert fuse.left > 0, "there are more moments than were tried"


@pytest.mark.parametrize("fate", ["twice", "answer lost", "lost"])
@pytest.mark.parametrize("kind", ["request", "event", "status", "fetch", "backpack-receipt+jwt"])
async def test_any_message_may_be_lost_once_or_come_twice(tmp_path: Path, fate: str, kind: str) -> None:
    """The same end, whatever happens to the first message of each kind."""
    async with world(tmp_path) as made:
        happened: list[str] = []

        def first_only(call: str) -> str:
            if call == kind and not happened:
                happened.append(call)
                return fate
            return "ok"

        made.network.fate = first_only
        await request_backpack(made.nodes[CEDAR], wish())
        await made.settle()

        await made.check_finished()
        assert happened


async def test_a_hundred_concurrent_decisions_are_taken_one_after_the_other(tmp_path: Path) -> None:
    """Threat A8: each that holds is a step from where the one before it led; the others are told so."""
    async with world(tmp_path) as made:
        made.nodes[MAPLE] = made.network.nodes[MAPLE] = replace(made.nodes[MAPLE], rules=Rules())
        await request_backpack(made.nodes[CEDAR], wish())
        await made.settle(rounds=3)
        (held,) = await made.transfers(MAPLE)
        node = made.nodes[MAPLE]

        async def decide(number: int) -> bool:
            decisions: list[Callable[[], Awaitable[Transfer]]] = [
                lambda: decide_release.approve(node, held.id, person=clerk(f"a{number}")),
                lambda: decide_release.deny(node, held.id, person=clerk(f"d{number}"), reason=Reason.POLICY),
                lambda: decide_release.hold(node, held.id, person=clerk(f"h{number}"), reason=Reason.SAFETY),
            ]
            try:
                await decisions[number % 3]()
            except GatewayError:
                return False
            return True

        won = await asyncio.gather(*(decide(number) for number in range(100)))

        leaves = await node.store.read(lambda tx: tx.audit.list())
        states = [State(leaf.action.removeprefix("release.")) for _, leaf in leaves]
        path = states[states.index(State.REVIEW) :]
        assert sum(won) == len(path) - 1
        assert all(after in STEPS[Role.HOLDER][before] for before, after in pairwise(path))


@pytest.mark.parametrize("role", list(Role))
def test_every_state_can_be_left_or_is_an_end(role: Role) -> None:
    """No state is a trap, and every step leads to a known state."""
    reachable = {after for steps in STEPS[role].values() for after in steps}
    ends = reachable - STEPS[role].keys()

    assert ends <= {State.DENIED, State.WITHDRAWN, State.REVOKED, State.EXPIRED, State.RECALLED, State.CLOSED}


NOTHING_MOVED = {State.WITHDRAWN, State.DENIED, State.EXPIRED, State.REVOKED, State.CLOSED, None}


def agree(asked: State, held: State | None) -> bool:
    """Whether both sides ended in the same class: it moved, it was taken back, or nothing moved."""
    if asked is State.RECEIPTED:
        return held is State.ACKED
    if asked is State.RECALLED:
        return held in {State.RECALLED, State.REVOKED}
    return asked in NOTHING_MOVED and held in NOTHING_MOVED


class Exchange(RuleBasedStateMachine):
    """People act, the network misbehaves, nodes stop: both sides end in the same class."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.made = World(Path(self.folder.name))
        self.do(self.made.start())
        self.made.nodes[MAPLE] = replace(self.made.nodes[MAPLE], rules=Rules(automatic_import=True))
        self.made.network.nodes[MAPLE] = self.made.nodes[MAPLE]
        self.do(self.made.nodes[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()])))
        self.asked = self.do(request_backpack(self.made.nodes[CEDAR], wish()))

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    def attempt(self, work: Any) -> None:
        try:
            self.do(work)
        except GatewayError:
            return

    def held(self) -> Transfer | None:
        found = self.do(self.made.transfers(MAPLE))
        return found[0] if found else None

    @rule(fate=st.sampled_from(["ok", "lost", "answer lost", "twice"]))
    def network_turns(self, fate: str) -> None:
        self.made.network.fate = lambda _: fate

    @rule(who=st.sampled_from([MAPLE, CEDAR]))
    def turn(self, who: str) -> None:
        self.do(loop.turn(self.made.nodes[who]))

    @rule(who=st.sampled_from([MAPLE, CEDAR]), moment=st.integers(1, 8))
    def stop_in_the_middle(self, who: str, moment: int) -> None:
        self.do(turn_until_stopped(fused(self.made.nodes[who], Fuse(moment))))

    @rule(minutes=st.sampled_from([1, 16, 61, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.made.clock.forward(minutes=minutes)

    @precondition(lambda self: self.held())
    @rule(what=st.sampled_from(["approve", "approve", "approve", "deny", "hold", "lift", "revoke", "recall"]))
    def decide(self, what: str) -> None:
        held = self.held()
        assert held
        act = getattr(decide_release, what)
        more = {} if what in {"approve", "lift"} else {"reason": Reason.POLICY}
        self.attempt(act(self.made.nodes[MAPLE], held.id, person=clerk("otto"), **more))

    @rule()
    def withdraw(self) -> None:
        self.attempt(follow_transfer.withdraw(self.made.nodes[CEDAR], self.asked.id, person=clerk("rita")))

    @invariant()
    def at_most_one_import(self) -> None:
        if hasattr(self, "made"):
            assert len(self.made.imports.written) <= 1

    def teardown(self) -> None:
        if not hasattr(self, "made"):
            return
        self.made.network.fate = lambda _: "ok"
        self.do(self.made.let_time_pass())
        held = self.held()
        for act in ("lift", "approve"):
            if held:
                self.attempt(
                    getattr(decide_release, act)(self.made.nodes[MAPLE], held.id, person=clerk("otto"))
                )
        self.do(self.made.let_time_pass())
        held = self.held()
        (asked,) = self.do(self.made.transfers(CEDAR))
        self.do(self.made.stop())
        self.runner.close()
        self.folder.cleanup()
        assert agree(asked.state, held.state if held else None), (asked.state, held and held.state)


Exchange.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=timedelta(seconds=60),
    suppress_health_check=list(HealthCheck),
)
TestExchange = Exchange.TestCase

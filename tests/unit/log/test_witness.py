"""The agency as witness: a log that goes on is cosigned, one whose history was changed never is."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.crypto.cosignatures import CheckpointWitness, LogKeys, cosigned_at
from gateway.domain import merkle
from gateway.domain.audit import line_of
from gateway.domain.errors import Forbidden, Malformed, Untrusted
from gateway.domain.policy import StaffRole
from gateway.domain.witness import LogFault, Submission, WitnessAnswer, read_submission, write_submission
from gateway.storage.store import SqlStore
from gateway.usecases.log import checkpoint_if_due, faults_in_log
from gateway.usecases.ports import Member, Node
from gateway.usecases.submit_checkpoint import submit_checkpoint
from gateway.usecases.witness import witness, witnessed_logs
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import (
    AGENCY,
    CEDAR,
    MAPLE,
    START,
    Clock,
    Network,
    listing,
    log_of,
    make_node,
    peer,
    witness_of,
)
from tests.harness.staff import person
from tests.harness.store_rows import for_each, leaf

AUDITOR = person("ada", StaffRole.AUDITOR, at=START)


class World:
    """An agency that witnesses, and Maple, its member."""

    def __init__(self, store: SqlStore) -> None:
        self.clock, self.network = Clock(), Network()
        self.agency = make_node(AGENCY, store=MemoryStore(), network=self.network, clock=self.clock)
        self.maple = make_node(MAPLE, store=store, network=self.network, clock=self.clock)

    async def admit(self, status: str = "active") -> None:
        member = Member(
            id=MAPLE,
            organization_name="Maple Unified",
            lea_ids={},
            jwks={"keys": []},
            marks=frozenset(),
            status=status,
            admitted_at=START,
            changed_at=START,
        )
        await self.agency.store.write(lambda tx: tx.members.put(member))

    async def grow(self, count: int, node: Node | None = None) -> None:
        leaves = [leaf(f"T-{n}") for n in range(count)]
        await (node or self.maple).store.write(for_each(leaves, lambda tx: tx.audit.add))
        self.clock.forward(minutes=6)
        await checkpoint_if_due(node or self.maple)

    async def another_past(self, count: int, path: Path) -> None:
        """Give Maple another log under the same key, as somebody would who rewrote the store."""
        store = await SqlStore.open(path)
        self.maple = make_node(MAPLE, store=store, network=self.network, clock=self.clock)
        kept = await self.agency.store.read(lambda tx: tx.witnessed.get("maple.test/audit"))
        assert kept is not None
        await store.write(for_each([leaf("T-forged")], lambda tx: tx.audit.add))
        await self.grow(count)

    async def findings(self, node: Node) -> list[str]:
        return [one.named for one in await node.store.read(lambda tx: tx.log_findings.list())]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(await SqlStore.open(tmp_path / "maple.db"))
    await world.admit()
    first = world.maple.store
    yield world
    for store in {id(one): one for one in (first, world.maple.store)}.values():
        assert isinstance(store, SqlStore)
        await store.close()


async def test_a_log_that_grows_is_cosigned_as_it_goes(world: World) -> None:
    sizes = []
    for count in (3, 1, 8):
        await world.grow(count)
        cosigned = await submit_checkpoint(world.maple)
        assert cosigned is not None
        sizes.append(cosigned.size)
        assert cosigned_at(cosigned.note, witness_of(AGENCY).key) == world.clock.at
        assert world.maple.log.read(cosigned.note)[0] == cosigned.size, "the log's own signature is kept"

    assert sizes == [3, 4, 12]
    assert await faults_in_log(world.maple) == []
    told = await witnessed_logs(world.agency, person=AUDITOR)
    assert [(log.size, log.fault, name) for log, name in told] == [(12, None, "Maple Unified")]


async def test_nothing_is_asked_before_its_time_nor_without_new_leaves(world: World) -> None:
    await world.grow(3)
    await submit_checkpoint(world.maple)
    await submit_checkpoint(world.maple)
    world.clock.forward(minutes=6)
    await submit_checkpoint(world.maple)

    assert world.network.log == ["witness: ok"]


async def test_an_agency_that_is_away_is_asked_later_and_less_often(world: World) -> None:
    await world.grow(3)
    world.network.fate = lambda _: "lost"
    for _ in range(3):
        await submit_checkpoint(world.maple)
        errand = await world.maple.store.read(lambda tx: tx.errands.get("witness"))
        assert errand is not None
        assert errand.fault == "peer_unavailable"
        world.clock.forward(seconds=(errand.due_at - world.clock.at).total_seconds())
    world.network.fate = lambda _: "ok"
    cosigned = await submit_checkpoint(world.maple)

    assert cosigned is not None
    assert len(world.network.log) == 4


async def test_a_node_whose_answer_was_lost_or_that_was_restored_goes_on_from_where_the_agency_is(
    world: World,
) -> None:
    """The agency answers with the size that it knows; the node proves from there."""
    await world.grow(3)
    world.network.fate = lambda _: "answer lost"
    await submit_checkpoint(world.maple)
    world.network.fate = lambda _: "ok"
    await world.grow(2)

    cosigned = await submit_checkpoint(world.maple)

    assert cosigned is not None
    assert cosigned.size == 5


async def test_a_log_that_was_rewritten_is_refused_and_both_sides_are_alarmed(
    world: World, tmp_path: Path
) -> None:
    await world.grow(5)
    await submit_checkpoint(world.maple)
    await world.another_past(4, tmp_path / "forged.db")

    assert await submit_checkpoint(world.maple) is None

    (log, name), *_ = await witnessed_logs(world.agency, person=AUDITOR)
    assert (log.size, log.fault, name) == (5, LogFault.FORKED, "Maple Unified")
    assert log_of(MAPLE).read(log.note) != log_of(MAPLE).read(log.refused_note), "both are signed"
    assert await world.findings(world.agency) == ["log_forked: 5 leaves after 5"]
    assert await world.findings(world.maple) == ["5 leaves after 5"]
    leaves = await world.agency.store.read(lambda tx: tx.audit.list(object_=MAPLE))
    assert [(one.action, one.rule, one.outcome) for _, one in leaves] == [
        ("log.refused", "log_forked", "refused")
    ]


@pytest.mark.parametrize(("count", "fault"), [(2, "log_shrunken"), (9, "log_inconsistent")])
async def test_a_log_that_was_cut_or_rewritten_and_went_on_is_refused(
    world: World, tmp_path: Path, count: int, fault: str
) -> None:
    await world.grow(6)
    await submit_checkpoint(world.maple)
    await world.another_past(count - 1, tmp_path / "forged.db")

    assert await submit_checkpoint(world.maple) is None

    assert (await world.findings(world.agency))[0].startswith(fault)
    world.clock.forward(hours=7)
    await submit_checkpoint(world.maple)
    assert len(await world.findings(world.maple)) == 1, "one alarm, however often it is refused"


async def test_the_agency_knows_sizes_and_roots_and_no_leaf(world: World) -> None:
    await world.grow(3)
    await submit_checkpoint(world.maple)

    (_, seen), *_ = (await world.maple.store.read(lambda tx: tx.audit.list()))[:1]
    kept = await world.agency.store.read(lambda tx: tx.witnessed.get("maple.test/audit"))
    assert kept is not None
    assert seen.object not in kept.note
    assert line_of(1, seen).decode() not in kept.note


def shown(node_key: LogKeys, size: int, old: int = 0) -> Submission:
    root = merkle.leaf_hash(str(size).encode())
    return Submission(old=old, proof=(), note=node_key.sign(size, root))


async def test_a_checkpoint_of_another_nodes_log_is_not_witnessed(world: World) -> None:
    """A foreign origin; the right origin under a foreign key; a right signature with the size changed."""
    foreign = shown(log_of(CEDAR), 1)
    stolen = shown(LogKeys("maple.test/audit", hashlib.sha256(b"other").digest()), 1)
    good = shown(log_of(MAPLE), 1)
    altered = replace(good, note=good.note.replace("\n1\n", "\n2\n"))

    for bad in (foreign, stolen, altered):
        with pytest.raises(Untrusted, match="bad_signature"):
            await witness(world.agency, peer(MAPLE), bad)
    assert await world.agency.store.read(lambda tx: tx.witnessed.list()) == []


async def test_a_checkpoint_that_is_shown_again_changes_nothing(world: World) -> None:
    first, second = shown(log_of(MAPLE), 1), shown(log_of(MAPLE), 1, old=1)
    await witness(world.agency, peer(MAPLE), first)

    replayed = await witness(world.agency, peer(MAPLE), first)
    again = await witness(world.agency, peer(MAPLE), second)

    assert replayed == WitnessAnswer(size=1), "it must start from what is known"
    assert again.cosignature is not None
    assert await world.findings(world.agency) == []


async def test_only_an_agency_witnesses_and_only_for_active_members_who_publish_a_key(world: World) -> None:
    note = shown(log_of(MAPLE), 1)
    with pytest.raises(Forbidden):
        await witness(world.maple, peer(CEDAR), note)
    unknown = peer(MAPLE)
    unknown = replace(unknown, listing=replace(listing(MAPLE), log_key=None))
    with pytest.raises(Untrusted, match="no_log_key"):
        await witness(world.agency, unknown, note)
    await world.admit("suspended")
    with pytest.raises(Forbidden):
        await witness(world.agency, peer(MAPLE), note)


async def test_a_cosignature_that_was_forged_is_not_kept(world: World) -> None:
    """Another key under the agency's name answers in its place."""
    await world.grow(3)
    impostor = CheckpointWitness("agency.test/witness", bytes(32))
    world.network.nodes[AGENCY] = replace(world.agency, witness=impostor)

    assert await submit_checkpoint(world.maple) is None

    assert await world.maple.store.read(lambda tx: tx.cosigned.latest()) is None
    errand = await world.maple.store.read(lambda tx: tx.errands.get("witness"))
    assert errand is not None
    assert errand.fault == "untrusted: bad_signature"


def test_a_cosignature_is_good_for_one_checkpoint_at_one_time() -> None:
    key, log = witness_of(AGENCY), log_of(MAPLE)
    note, other = log.sign(1, bytes(32)), log.sign(2, bytes(32))
    line = key.cosign(note, START)

    assert cosigned_at(note + line, key.key) == START
    with pytest.raises(Untrusted):
        cosigned_at(other + line, key.key)
    with pytest.raises(Untrusted):
        cosigned_at(note, key.key)
    with pytest.raises(Untrusted):
        cosigned_at(note + line, CheckpointWitness("agency.test/witness", bytes(32)).key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old\n\nnote",
        "old x\n\nnote",
        "old -1\n\nnote",
        "new 1\n\nnote",
        "old 1\nnothash\n\nnote",
        "old 1",
    ],
)
def test_a_submission_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_submission(text)


def test_a_submission_travels_whole() -> None:
    submission = Submission(old=3, proof=[bytes(32), b"x" * 32], note="a\n1\nb\n\n\u2014 a b\n")

    assert read_submission(write_submission(submission)) == submission

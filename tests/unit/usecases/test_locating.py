"""The locator's use-cases at both ends, in memory."""

import hashlib
from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.errors import Forbidden, PeerUnavailable
from gateway.usecases.agency import MAX_TOKENS, replace_tokens
from gateway.usecases.locate_student import locate_student
from gateway.usecases.ports import Member, Node
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import AGENCY, CEDAR, MAPLE, START, Clock, Network, PlainDirectory, make_node, peer
from tests.harness.staff import clerk


def token_of(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def node_at(store: MemoryStore) -> Node:
    node = make_node(MAPLE, store=store, network=Network(), clock=Clock(), directory=PlainDirectory())
    return replace(node, locator_token=lambda value: hashlib.sha256(value.encode()).digest())


async def agency_with_cedar(status: str = "active") -> Node:
    store = MemoryStore()
    cedar = Member(
        id=CEDAR,
        organization_name="Cedar",
        lea_ids={},
        jwks={"keys": []},
        marks=frozenset(),
        status=status,
        admitted_at=START,
        changed_at=START,
    )
    await store.write(lambda tx: tx.members.put(cedar))
    return node_at(store)


async def test_a_question_is_in_the_log_though_nobody_answers_and_without_the_student() -> None:
    node = node_at(MemoryStore())

    with pytest.raises(PeerUnavailable):
        await locate_student(node, state_id="TX0042", birth_date=date(2014, 5, 2), person=clerk("r.lopez"))

    ((_, leaf),) = await node.store.read(lambda tx: tx.audit.list())
    assert (leaf.action, leaf.outcome, leaf.peer) == ("record.located", "asked", AGENCY)
    assert leaf.actor == node.pseudonym("actor", "r.lopez")
    assert not any(part in repr(leaf) for part in ("TX0042", "2014", "lopez"))


async def test_an_upload_of_many_parts_replaces_the_one_before() -> None:
    agency = await agency_with_cedar()
    await replace_tokens(agency, peer(CEDAR), [token_of(n) for n in range(12_000)])

    await replace_tokens(agency, peer(CEDAR), [token_of(n) for n in range(6_000, 18_000)])

    kept = await agency.store.read(lambda tx: tx.locator.of(CEDAR))
    assert kept == {token_of(n) for n in range(6_000, 18_000)}
    leaves = await agency.store.read(lambda tx: tx.audit.list())
    assert [leaf.action for _, leaf in leaves] == ["locator.uploaded"] * 2


@pytest.mark.parametrize(
    ("status", "count"), [("suspended", 1), ("suspended", 0), ("active", MAX_TOKENS + 1)]
)
async def test_an_upload_that_is_too_long_or_of_a_suspended_node_is_refused(status: str, count: int) -> None:
    agency = await agency_with_cedar(status)

    with pytest.raises(Forbidden):
        await replace_tokens(agency, peer(CEDAR), [b"t"] * count)

    assert await agency.store.read(lambda tx: tx.locator.of(CEDAR)) == frozenset()

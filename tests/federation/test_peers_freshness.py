"""Freshness and suspension: what must be asked of the agency now, and what a suspended node cannot do."""

from datetime import timedelta

import pytest

from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.errors import PeerUnavailable, Untrusted
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import Me, background
from tests.unit.peers.played import PlayedAgency, PlayedDistrict

CONFIGURATION, FETCH = "GET /.well-known/openid-federation", "GET /federation/fetch"
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize("away", [True, False])
async def test_freshness_is_asked_of_the_agency_alone(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency, away: bool
) -> None:
    """Whether the node itself is away or not, it has no part in it."""
    await me.listing(maple)
    if away:
        await maple.stop()
    me.clock.advance(minutes=16)

    listing = await me.directory.listing(maple.id, max_age=QUARTER)

    assert listing.stated_at == me.clock()
    assert (maple.count(CONFIGURATION), agency.count(FETCH)) == (1, 2)


async def test_a_word_that_is_fresh_enough_is_not_asked_for_again(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    me.clock.advance(minutes=14)

    await me.directory.listing(maple.id, max_age=QUARTER)

    assert agency.count(FETCH) == 1


async def test_an_agency_that_repeats_an_old_word_gives_no_freshness(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    agency.statement_age = timedelta(minutes=20)

    with pytest.raises(PeerUnavailable, match="older than"):
        await me.directory.listing(maple.id, max_age=QUARTER)


async def test_freshness_follows_a_node_to_its_new_keys(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    me.clock.advance(minutes=16)
    maple.keys = KeyRing.generate()
    agency.admit(maple.id, maple.keys)

    listing = await me.directory.listing(maple.id, max_age=QUARTER)

    assert listing.evidence_jwks == maple.keys.public_jwks(Purpose.EVIDENCE)


async def test_a_suspended_node_is_found_out_when_freshness_is_asked(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    del agency.members[maple.id]
    me.clock.advance(minutes=16)

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.directory.listing(maple.id, max_age=QUARTER)

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.listing(maple)
    assert me.store.chains.get(maple.id) is None


async def test_a_suspended_node_cannot_come_back_with_its_old_chain(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    chain = (await me.listing(maple)).chain
    del agency.members[maple.id]
    me.clock.advance(minutes=1)
    await me.directory.forget(maple.id)
    await background(me.directory)

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.directory.accept(maple.id, chain)


async def test_a_suspended_node_cannot_come_back_after_a_restart(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    chain = (await me.listing(maple)).chain
    del agency.members[maple.id]
    await me.directory.forget(maple.id)
    await background(me.directory)
    restarted = me.new_directory()

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await restarted.accept(maple.id, chain)


async def test_a_node_that_only_showed_itself_cannot_come_back_after_a_restart(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    chain = (await me.new_directory().listing(maple.id)).chain
    me.store.chains.chains.clear()
    me.store.chains.stated.clear()
    await me.directory.accept(maple.id, chain)
    del agency.members[maple.id]
    await me.directory.forget(maple.id)
    await background(me.directory)

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.new_directory().accept(maple.id, chain)


async def test_a_node_that_was_forgotten_and_is_vouched_for_is_known_again(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    """And its older chain is read as what the agency has said since."""
    old = await me.listing(maple)
    me.clock.advance(minutes=1)
    await me.directory.forget(maple.id)
    await background(me.directory)

    accepted = await me.directory.accept(maple.id, old.chain)

    assert accepted.stated_at == me.clock()
    assert agency.count(FETCH) == 2


async def test_a_node_that_is_admitted_again_is_trusted_again(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    del agency.members[maple.id]
    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.listing(maple)
    agency.admit(maple.id, maple.keys)

    assert (await me.listing(maple)).id == maple.id

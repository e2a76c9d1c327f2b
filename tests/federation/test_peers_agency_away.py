"""The agency is away: everything that needs no fresh word goes on, and nothing else."""

from datetime import timedelta

import pytest

from gateway.domain.errors import PeerUnavailable, Untrusted
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import ME, Me, StartDistrict, background
from tests.unit.peers.played import AGREEMENT, PlayedAgency, PlayedDistrict, answering

CONFIGURATION, FETCH = "GET /.well-known/openid-federation", "GET /federation/fetch"
QUARTER = timedelta(minutes=15)


async def test_while_the_agency_is_away_what_is_kept_serves_until_its_end(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    own = await me.directory.own_chain()
    await agency.stop()

    me.clock.advance(hours=5, minutes=58)
    listing = await me.listing(maple)
    chain = await me.directory.own_chain()
    await background(me.directory)

    assert listing.id == maple.id
    assert chain[1:] == own[1:]

    me.clock.advance(minutes=3)
    with pytest.raises(PeerUnavailable):
        await me.listing(maple)


async def test_while_the_agency_is_away_nothing_is_fresh(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    await agency.stop()
    me.clock.advance(minutes=16)

    with pytest.raises(PeerUnavailable):
        await me.directory.listing(maple.id, max_age=QUARTER)

    assert (await me.listing(maple)).id == maple.id


async def test_while_the_agency_is_away_a_node_restarts_and_goes_on(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    await me.directory.own_chain()
    await agency.stop()
    await maple.stop()
    restarted = me.new_directory()

    listing = await restarted.listing(maple.id)
    chain = await restarted.own_chain()

    assert listing.id == maple.id
    assert len(chain) == 3


async def test_while_the_agency_is_away_a_stranger_with_a_chain_is_accepted(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    chain = [maple.configuration(), agency.statement(maple.id), agency.configuration()]
    await agency.stop()
    await maple.stop()

    accepted = await me.directory.accept(maple.id, chain)
    listing = await me.listing(maple)

    assert accepted == listing


async def test_a_stored_chain_that_ended_counts_for_nothing(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await me.listing(maple)
    await agency.stop()
    me.clock.advance(hours=7)

    with pytest.raises(PeerUnavailable):
        await me.new_directory().listing(maple.id)


async def test_from_half_of_its_life_on_a_listing_is_renewed_in_the_background(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    before = await me.listing(maple)
    me.clock.advance(hours=3)

    served = await me.listing(maple)
    await background(me.directory)
    after = await me.listing(maple)

    assert served == before
    assert after.stated_at == me.clock()
    assert agency.count(FETCH) == 2


async def test_a_renewal_that_fails_is_not_tried_again_at_once(me: Me, maple: PlayedDistrict) -> None:
    await me.listing(maple)
    maple.routes[CONFIGURATION] = answering(status=500)
    me.agency.routes[FETCH] = answering(status=500)
    me.clock.advance(hours=3)

    for _ in range(3):
        await me.listing(maple)
        await background(me.directory)
    me.clock.advance(seconds=61)
    await me.listing(maple)
    await background(me.directory)

    assert maple.count(CONFIGURATION) == 3


async def test_a_node_that_is_away_is_renewed_under_its_last_word(me: Me, maple: PlayedDistrict) -> None:
    await me.listing(maple)
    await maple.stop()
    me.clock.advance(hours=3)

    await me.listing(maple)
    await background(me.directory)

    assert (await me.listing(maple)).stated_at == me.clock()


async def test_a_chain_that_comes_along_spares_all_questions(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    chain = [maple.configuration(), agency.statement(maple.id), agency.configuration()]

    await me.directory.accept(maple.id, chain)
    await me.listing(maple)

    assert maple.asked == agency.asked == []


async def test_another_nodes_chain_is_not_accepted(me: Me, start_district: StartDistrict) -> None:
    maple, oak = await start_district(), await start_district()
    chain = (await me.listing(oak)).chain

    with pytest.raises(Untrusted, match="wrong_subject"):
        await me.directory.accept(maple.id, chain)


async def test_a_chain_without_a_required_mark_is_not_accepted(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    chain = [maple.configuration(), agency.statement(maple.id), agency.configuration()]
    strict = me.new_directory(required_marks=frozenset({AGREEMENT}))

    with pytest.raises(Untrusted, match="trust_mark_missing"):
        await strict.accept(maple.id, chain)

    assert len(await strict.own_chain()) == 3


async def test_an_earlier_chain_does_not_displace_a_later_word(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    early = [maple.configuration(), agency.statement(maple.id), agency.configuration()]
    me.clock.advance(minutes=5)
    late = await me.listing(maple)

    accepted = await me.directory.accept(maple.id, early)

    assert accepted.stated_at < late.stated_at
    assert await me.listing(maple) == late


async def test_the_own_chain_has_the_present_configuration(me: Me, agency: PlayedAgency) -> None:
    first = await me.directory.own_chain()
    me.clock.advance(hours=1)

    second = await me.directory.own_chain()

    assert first[0] != second[0]
    assert first[1:] == second[1:]
    assert agency.count(FETCH) == 1


async def test_a_node_that_was_never_admitted_has_no_chain(me: Me, agency: PlayedAgency) -> None:
    del agency.members[ME]

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.directory.own_chain()

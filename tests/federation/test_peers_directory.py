"""Building trust chains from a played agency and played districts, and what is refused on the way."""

import asyncio
from datetime import timedelta

import pytest

from gateway.crypto.keys import KeyRing
from gateway.domain.errors import PeerUnavailable, Untrusted
from gateway.domain.ids import EntityId
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import Me, StartDistrict
from tests.unit.peers.played import PlayedAgency, PlayedDistrict, answering
from tests.unit.peers.regions import start_region

CONFIGURATION, FETCH = "GET /.well-known/openid-federation", "GET /federation/fetch"
QUARTER = timedelta(minutes=15)


async def test_a_listing_says_what_the_agency_says(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    listing = await me.listing(maple)

    assert (listing.id, listing.anchor) == (maple.id, agency.id)
    assert listing.organization_name == "Maple Unified"
    assert listing.lea_ids == {"state": "A-0042"}


async def test_ordinary_questions_are_answered_from_memory(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    for _ in range(5):
        await me.listing(maple)

    assert (maple.count(CONFIGURATION), agency.count(FETCH)) == (1, 1)


async def test_questions_at_the_same_time_share_one_answer(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    await asyncio.gather(*(me.listing(maple) for _ in range(8)))

    assert (maple.count(CONFIGURATION), agency.count(FETCH)) == (1, 1)


async def test_the_agencys_own_word_serves_many_chains(
    me: Me, start_district: StartDistrict, agency: PlayedAgency
) -> None:
    for _ in range(3):
        await me.listing(await start_district())

    assert (agency.count(CONFIGURATION), agency.count(FETCH)) == (1, 3)


async def test_the_agency_has_a_listing_of_its_own(me: Me, agency: PlayedAgency) -> None:
    listing = await me.directory.agency()

    assert listing.id == listing.anchor == agency.id


async def test_a_chain_may_run_through_a_region(
    me: Me, start_district: StartDistrict, agency: PlayedAgency
) -> None:
    region = await start_region(start_district, agency)
    maple = await start_district()
    region.admit(maple)
    del agency.members[maple.id]

    listing = await me.listing(maple)

    assert len(listing.chain) == 4
    assert listing.anchor == agency.id


async def test_a_superior_that_is_away_does_not_hide_one_that_answers(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    maple.superiors = [EntityId("http://127.0.0.1:2"), agency.id]

    assert (await me.listing(maple)).anchor == agency.id


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("oauth_authorization_server", "token_endpoint"),
        ("oauth_resource", "resource"),
    ],
)
async def test_an_endpoint_at_another_host_is_refused(
    me: Me, maple: PlayedDistrict, kind: str, name: str
) -> None:
    maple.lies[kind, name] = "https://victim.example/oauth/token"

    with pytest.raises(Untrusted, match="foreign_endpoint"):
        await me.listing(maple)


async def test_hundreds_of_hints_are_refused_unfollowed(me: Me, maple: PlayedDistrict) -> None:
    maple.superiors = [EntityId(f"https://s{n}.st-a.example") for n in range(500)]

    with pytest.raises(Untrusted, match="statement_too_large"):
        await me.listing(maple)


async def test_a_circle_of_superiors_ends(
    me: Me, start_district: StartDistrict, agency: PlayedAgency
) -> None:
    one, two = await start_region(start_district, agency), await start_region(start_district, agency)
    maple = await start_district()
    one.superiors, two.superiors, maple.superiors = [two.id], [one.id], [one.id]
    for region in (one, two):
        for below in (one.played, two.played, maple):
            region.admit(below)

    with pytest.raises(Untrusted, match="not_vouched_for"):
        await me.listing(maple)

    assert (one.played.count(FETCH), two.played.count(FETCH)) == (1, 1)


async def test_a_configuration_of_ten_megabytes_is_not_read(me: Me, maple: PlayedDistrict) -> None:
    maple.routes[CONFIGURATION] = answering(body=b"x" * 10_000_000)

    with pytest.raises(Untrusted, match="statement_too_large"):
        await me.listing(maple)


@pytest.mark.parametrize("body", [b"", b"a.b.c", b"\xff", b"{}"])
async def test_a_configuration_that_cannot_be_read_is_refused(
    me: Me, maple: PlayedDistrict, body: bytes
) -> None:
    maple.routes[CONFIGURATION] = answering(body=body, content_type="application/entity-statement+jwt")

    with pytest.raises(Untrusted):
        await me.listing(maple)


async def test_a_web_page_in_place_of_a_configuration_is_no_answer(me: Me, maple: PlayedDistrict) -> None:
    maple.routes[CONFIGURATION] = answering(body=b"<html>", content_type="text/html")

    with pytest.raises(PeerUnavailable):
        await me.listing(maple)


async def test_another_nodes_configuration_is_refused(me: Me, start_district: StartDistrict) -> None:
    maple, oak = await start_district(), await start_district()
    maple.routes[CONFIGURATION] = oak.routes[CONFIGURATION]

    with pytest.raises(Untrusted, match="wrong_subject"):
        await me.listing(maple)


async def test_a_redirected_configuration_is_not_followed(me: Me, start_district: StartDistrict) -> None:
    maple, oak = await start_district(), await start_district()
    maple.routes[CONFIGURATION] = answering(status=302, headers={"Location": f"{oak.id}/"})

    with pytest.raises(PeerUnavailable):
        await me.listing(maple)

    assert oak.asked == []


@pytest.mark.parametrize("id_", ["https://maple.example/?q=1", "http://10.0.0.1", "Maple Unified", ""])
async def test_what_is_no_entity_identifier_is_never_asked(me: Me, id_: str) -> None:
    with pytest.raises(Untrusted, match="statement_malformed"):
        await me.directory.listing(EntityId(id_))


async def test_an_older_statement_with_other_keys_is_refused(
    me: Me, maple: PlayedDistrict, agency: PlayedAgency
) -> None:
    """The agency's old word about a key that was replaced is served again, still within its time."""
    old_keys = maple.keys
    me.clock.advance(minutes=5)
    maple.keys = KeyRing.generate()
    agency.admit(maple.id, maple.keys)
    await me.listing(maple)
    maple.keys = old_keys
    agency.admit(maple.id, old_keys)
    agency.statement_age = timedelta(minutes=5)
    me.clock.advance(minutes=1)

    with pytest.raises(Untrusted, match="statement_superseded"):
        await me.directory.listing(maple.id, max_age=timedelta(0))

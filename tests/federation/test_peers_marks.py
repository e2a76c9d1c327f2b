"""Names of members and marks of this node, as the agency signs them."""

from datetime import timedelta

import pytest
from aiohttp import web

from gateway.crypto import jws, statements
from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.errors import PeerUnavailable
from gateway.peers.marks import OwnMarks
from gateway.peers.members import MemberList
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import ME, Me, StartDistrict
from tests.unit.peers.played import AGREEMENT, PlayedAgency, answering, token_response

CONFIGURATION, FETCH = "GET /.well-known/openid-federation", "GET /federation/fetch"
QUARTER = timedelta(minutes=15)


async def test_members_are_listed_by_the_names_that_the_agency_signed(
    me: Me, start_district: StartDistrict, agency: PlayedAgency
) -> None:
    maple, oak = await start_district(), await start_district()
    agency.admit(oak.id, oak.keys, "Cedar Unified")

    members = await _member_list(me).members()

    assert members == [(oak.id, "Cedar Unified"), (maple.id, "Maple Unified"), (ME, "Me")]


async def test_a_name_that_the_agency_did_not_sign_is_left_out(
    me: Me, start_district: StartDistrict, agency: PlayedAgency
) -> None:
    maple = await start_district()
    genuine = agency.routes[FETCH]

    async def forge(request: web.Request) -> web.StreamResponse:
        if request.query["sub"] != maple.id:
            return await genuine(request)
        claims = jws.peek(agency.statement(maple.id), max_bytes=32_768).claims
        key = KeyRing.generate().current(Purpose.FEDERATION)
        return token_response(jws.sign(jws.Typ.ENTITY_STATEMENT, claims, key))

    agency.routes[FETCH] = forge

    assert [name for _, name in await _member_list(me).members()] == ["Me"]


async def test_a_list_that_cannot_be_read_is_no_list(me: Me, agency: PlayedAgency) -> None:
    agency.routes["GET /federation/list"] = answering(body=b'{"a": 1}')

    with pytest.raises(PeerUnavailable):
        await _member_list(me).members()


async def test_marks_are_asked_for_once_a_day(me: Me, agency: PlayedAgency) -> None:
    agency.marks.add(ME)
    marks = _own_marks(me)

    first = await marks.own_marks()
    me.clock.advance(hours=23)
    second = await marks.own_marks()
    me.clock.advance(hours=2)
    third = await marks.own_marks()

    assert [type_ for type_, _ in first] == [AGREEMENT]
    assert second == first != third


async def test_an_agency_that_was_away_is_asked_again_after_a_minute(me: Me, agency: PlayedAgency) -> None:
    agency.marks.add(ME)
    marks = _own_marks(me)
    await agency.stop()
    missed = await marks.own_marks()
    await agency.start()
    me.clock.advance(seconds=61)

    later = await marks.own_marks()

    assert missed == []
    assert [type_ for type_, _ in later] == [AGREEMENT]


async def test_a_mark_that_the_agency_took_back_is_no_longer_carried(me: Me, agency: PlayedAgency) -> None:
    agency.marks.add(ME)
    marks = _own_marks(me)
    await marks.own_marks()
    agency.marks.clear()
    me.clock.advance(days=1)

    assert await marks.own_marks() == []


async def test_while_the_agency_is_away_marks_come_from_the_last_own_chain(
    me: Me, agency: PlayedAgency
) -> None:
    agency.marks.add(ME)
    carried = await _own_marks(me).own_marks()
    configuration = statements.entity_configuration(
        ME, keys=me.keys, metadata={}, now=me.clock(), superiors=[agency.id], trust_marks=dict(carried)
    )
    me.store.chains.put(ME, [configuration], stated_at=me.clock())
    await agency.stop()
    marks = _own_marks(me)

    assert await marks.own_marks() == carried

    me.clock.advance(days=366)
    assert await marks.own_marks() == []


def _own_marks(me: Me) -> OwnMarks:
    return OwnMarks(
        me.statements,
        me.store.as_port(),
        id_=ME,
        agency=me.agency.id,
        types=[AGREEMENT],
        now=me.clock,
    )


def _member_list(me: Me) -> MemberList:
    return MemberList(me.statements, agency=me.agency.id, rules=me.rules, now=me.clock)

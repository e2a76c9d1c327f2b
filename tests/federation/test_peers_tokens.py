"""This node as an OAuth client, against a played token endpoint that checks every signature."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import pytest
from aiohttp import web

from gateway.crypto import jws
from gateway.domain.errors import Forbidden, PeerUnavailable, Untrusted
from gateway.domain.ids import TransferId
from gateway.domain.trust import Listing
from gateway.peers.calls import Answer, Call
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import ME, Me, StartDistrict
from tests.unit.peers.played import PlayedDistrict, answering

REQUEST = "backpack.request"
TOKEN, PING = "POST /oauth/token", "GET /exchange/v1/ping"

Ping = Callable[[], Awaitable[Answer]]


async def _ping(me: Me, to: Listing, scope: str = REQUEST, transfer: TransferId | None = None) -> Answer:
    call = Call(method="GET", url=f"{to.resource}/ping", headers={})
    return await me.oauth.send(to, scope, call, transfer=transfer)


@pytest.fixture
def guarded(maple: PlayedDistrict) -> PlayedDistrict:
    maple.guard(PING, answering(body=b"pong"))
    return maple


async def test_the_nonce_is_learned_once_and_used_from_then_on(me: Me, guarded: PlayedDistrict) -> None:
    listing = await me.listing(guarded)

    first = await _ping(me, listing)
    second = await _ping(me, listing)

    assert (first.body, second.body) == (b"pong", b"pong")
    assert guarded.count(TOKEN) == 2
    assert guarded.count(PING) == 2


async def test_a_nonce_that_changed_is_taken_up_and_the_call_repeated(
    me: Me, guarded: PlayedDistrict
) -> None:
    listing = await me.listing(guarded)
    await _ping(me, listing)
    guarded.nonce = "nonce-2"

    answer = await _ping(me, listing)

    assert answer.body == b"pong"
    assert guarded.count(PING) == 3


async def test_a_server_that_is_never_content_with_a_nonce_is_asked_twice(
    me: Me, maple: PlayedDistrict
) -> None:
    challenge = {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "again"}
    maple.routes[PING] = answering(status=401, headers=challenge)

    answer = await _ping(me, await me.listing(maple))

    assert answer.status == 401
    assert maple.count(PING) == 2


async def test_a_token_endpoint_that_is_never_content_with_a_nonce_is_asked_twice(
    me: Me, maple: PlayedDistrict
) -> None:
    async def ask_again(_request: web.Request) -> web.Response:
        return web.json_response({"error": "use_dpop_nonce"}, status=400, headers={"DPoP-Nonce": "again"})

    maple.routes[TOKEN] = ask_again

    with pytest.raises(PeerUnavailable):
        await _ping(me, await me.listing(maple))

    assert maple.count(TOKEN) == 2


async def test_a_token_is_used_until_shortly_before_its_end(me: Me, guarded: PlayedDistrict) -> None:
    listing = await me.listing(guarded)
    await _ping(me, listing)
    asked = guarded.count(TOKEN)

    me.clock.advance(seconds=269)
    await _ping(me, listing)
    assert guarded.count(TOKEN) == asked

    me.clock.advance(seconds=2)
    await _ping(me, listing)
    assert guarded.count(TOKEN) == asked + 1


async def test_callers_at_the_same_time_share_one_token_request(me: Me, guarded: PlayedDistrict) -> None:
    listing = await me.listing(guarded)

    answers = await asyncio.gather(*(_ping(me, listing) for _ in range(8)))

    assert [answer.body for answer in answers] == [b"pong"] * 8
    assert len(guarded.tokens) == 1


async def test_each_scope_and_each_transfer_has_its_own_token(me: Me, guarded: PlayedDistrict) -> None:
    listing = await me.listing(guarded)

    await _ping(me, listing)
    await _ping(me, listing, "backpack.fetch", TransferId("T-1"))
    await _ping(me, listing, "backpack.fetch", TransferId("T-2"))
    await _ping(me, listing, "backpack.fetch", TransferId("T-1"))

    assert len(guarded.tokens) == 3
    details = [orjson.loads(form["authorization_details"]) for form in guarded.forms[2:]]
    assert [detail[0]["identifier"] for detail in details] == ["T-1", "T-2"]
    assert details[0][0] == {
        "type": "urn:backpack:rar:transfer:1",
        "actions": ["fetch"],
        "locations": [listing.resource],
        "identifier": "T-1",
    }


async def test_a_token_that_is_no_longer_valid_is_replaced_once(me: Me, guarded: PlayedDistrict) -> None:
    listing = await me.listing(guarded)
    await _ping(me, listing)
    guarded.tokens.clear()

    answer = await _ping(me, listing)

    assert answer.body == b"pong"
    assert guarded.count(PING) == 3


async def test_a_server_that_refuses_its_own_tokens_is_asked_twice(me: Me, maple: PlayedDistrict) -> None:
    maple.routes[PING] = answering(status=401, headers={"WWW-Authenticate": 'DPoP error="invalid_token"'})

    answer = await _ping(me, await me.listing(maple))

    assert answer.status == 401
    assert (maple.count(PING), len(maple.tokens)) == (2, 2)


async def test_the_key_changes_daily_and_old_tokens_keep_theirs(me: Me, guarded: PlayedDistrict) -> None:
    listing = await me.listing(guarded)
    await _ping(me, listing)
    me.clock.advance(hours=23, minutes=58)
    await _ping(me, await me.listing(guarded))
    me.clock.advance(minutes=3)

    still_good = await _ping(me, await me.listing(guarded))
    me.clock.advance(minutes=5)
    await _ping(me, await me.listing(guarded))

    keys = list(guarded.tokens.values())
    assert still_good.body == b"pong"
    assert keys[0] == keys[1] != keys[2]


async def test_the_assertion_carries_this_nodes_chain_and_nothing_twice(
    me: Me, guarded: PlayedDistrict
) -> None:
    await _ping(me, await me.listing(guarded))

    tokens = [form["client_assertion"] for form in guarded.forms]
    peeked = [jws.peek(token, max_bytes=100_000) for token in tokens]
    assert peeked[0].header["trust_chain"] == list(await me.directory.own_chain())
    assert peeked[0].claims["aud"] == guarded.id
    assert peeked[0].claims["iss"] == ME
    assert peeked[0].claims["jti"] != peeked[1].claims["jti"]


async def test_a_client_that_is_refused_renews_its_chain_once(me: Me, guarded: PlayedDistrict) -> None:
    """The peer may have been told by the agency that this node changed."""
    listing = await me.listing(guarded)
    accept = guarded.routes[TOKEN]

    async def refuse(request: web.Request) -> web.StreamResponse:
        guarded.routes[TOKEN] = accept
        await request.read()
        return web.json_response({"error": "invalid_client"}, status=401)

    guarded.routes[TOKEN] = refuse

    answer = await _ping(me, listing)

    assert answer.body == b"pong"


async def test_a_client_that_stays_refused_is_told_so(me: Me, maple: PlayedDistrict) -> None:
    maple.routes[TOKEN] = _json({"error": "invalid_client"}, status=401)
    listing = await me.listing(maple)

    for _ in range(2):
        with pytest.raises(Untrusted, match="not_accepted_by_peer"):
            await _ping(me, listing)

    assert maple.count(TOKEN) == 3


async def test_a_refused_permission_is_not_asked_again_in_the_same_call(
    me: Me, maple: PlayedDistrict
) -> None:
    maple.routes[TOKEN] = _json({"error": "access_denied"}, status=400)

    with pytest.raises(Forbidden):
        await _ping(me, await me.listing(maple), "backpack.fetch", TransferId("T-1"))

    assert maple.count(TOKEN) == 1


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ({"access_token": "t", "token_type": "Bearer", "expires_in": 300}, Untrusted),
        ({"access_token": "t", "expires_in": 300}, Untrusted),
        ({"access_token": "t\r\nX-Evil: 1", "token_type": "DPoP", "expires_in": 300}, PeerUnavailable),
        ({"token_type": "DPoP", "expires_in": 300}, PeerUnavailable),
        ({"access_token": "t", "token_type": "DPoP", "expires_in": "300"}, PeerUnavailable),
    ],
)
async def test_a_token_that_is_not_bound_or_not_readable_is_not_used(
    me: Me, maple: PlayedDistrict, granted: dict[str, object], expected: type[Exception]
) -> None:
    maple.routes[TOKEN] = _json(granted)

    with pytest.raises(expected):
        await _ping(me, await me.listing(maple))

    assert maple.count(PING) == 0


async def test_no_call_leaves_the_peers_origin(me: Me, start_district: StartDistrict) -> None:
    """What is for one peer is never sent to another, whatever a URL says."""
    maple, oak = await start_district(), await start_district()
    listing = await me.listing(maple)

    with pytest.raises(Untrusted, match="other_origin"):
        await me.oauth.send(listing, REQUEST, Call(method="GET", url=f"{oak.id}/ping", headers={}))

    assert oak.asked == []


async def test_a_token_endpoint_that_is_down_is_a_peer_that_is_not_available(
    me: Me, maple: PlayedDistrict
) -> None:
    maple.routes[TOKEN] = answering(status=502, body=b"<html>bad gateway</html>")

    with pytest.raises(PeerUnavailable):
        await _ping(me, await me.listing(maple))


def _json(value: object, status: int = 200) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(value, status=status)

    return answer

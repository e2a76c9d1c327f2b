"""The guard of what peers call: what it asks for, and what it says when it is not there."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientResponse, web

from gateway.crypto.tokens import DpopKey
from gateway.domain.policy import Rules
from gateway.domain.transfer import State
from gateway.http.app import make_app
from gateway.http.auth import peer, scope_of
from tests.harness.federation import AGREEMENT
from tests.unit.http.callers import Caller
from tests.unit.http.nodes import JOSE, Live, World, serving

PUBLIC = {
    "/.well-known/openid-federation",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/exchange/v1",
    "/oauth/token",
    "/healthz",
    "/readyz",
    "/metrics",
    "/exchange/v1/events",
    "/federation/fetch",
    "/federation/list",
    "/federation/trust-mark",
    "/federation/trust-mark-status",
    "/federation/historical-keys",
}
"""What anybody may call. Whoever adds a route here says so in a review."""

ROUTES = [
    ("POST", "/exchange/v1/transfers", "backpack.request"),
    ("GET", "/exchange/v1/transfers/{id}", "backpack.request"),
    ("GET", "/exchange/v1/transfers/{id}/versions/1", "backpack.fetch"),
    ("POST", "/exchange/v1/transfers/{id}/receipts", "backpack.request"),
    ("POST", "/exchange/v1/transfers/{id}/information", "backpack.request"),
    ("POST", "/exchange/v1/transfers/{id}/withdrawal", "backpack.request"),
    ("POST", "/exchange/v1/transfers/{id}/enrollment", "backpack.request"),
    ("GET", "/exchange/v1/transfers/{id}/versions/1/parts/1", "backpack.fetch"),
    ("POST", "/exchange/v1/transfers/{id}/rekeys", "backpack.request"),
    ("POST", "/exchange/v1/reconciliation", "backpack.log"),
]
every_route = pytest.mark.parametrize(("method", "path", "scope"), ROUTES)


def test_every_route_is_public_on_purpose_or_guarded(world: World) -> None:
    apps = [make_app(world.site(world.maple)), make_app(world.site(world.agency))]

    open_routes = {
        route.resource.canonical
        for app in apps
        for route in app.router.routes()
        if route.resource is not None and scope_of(route.handler) is None
    }

    assert open_routes == PUBLIC


def test_the_list_of_guarded_routes_in_this_file_is_whole(world: World) -> None:
    app = make_app(world.site(world.maple))

    guarded = [route for route in app.router.routes() if scope_of(route.handler)]

    assert len(guarded) == len(ROUTES)


def shown(answer: ClientResponse) -> tuple[Any, ...]:
    """All that a caller sees, but for what differs from request to request."""
    own = {"x-request-id", "date"}
    return (answer.status, *sorted((k, v) for k, v in answer.headers.items() if k.lower() not in own))


async def refused_with(answer: ClientResponse) -> tuple[int, str]:
    """The status and the challenge of a refusal, which is a problem document."""
    assert answer.content_type == "application/problem+json"
    said = await answer.json(content_type=None)
    assert said["code"] == "untrusted"
    assert answer.headers["WWW-Authenticate"].startswith('DPoP algs="ES256"')
    return answer.status, answer.headers["WWW-Authenticate"].removeprefix('DPoP algs="ES256"').lstrip(", ")


async def token_for(caller: Caller, world: World, path: str, scope: str) -> tuple[str, str]:
    """A token that would do, and the path that it would do for."""
    transfer = world.released(caller.id)
    fetched = transfer.id if scope == "backpack.fetch" else None
    return await caller.token(scope, fetched), path.format(id=transfer.id)


@every_route
async def test_without_a_token_there_is_a_bare_challenge(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    _, path = await token_for(oak, world, path, scope)

    answer = await oak.live.send(method, path, headers={"DPoP": oak.proof(method, path)})

    assert await refused_with(answer) == (401, "")


@every_route
async def test_a_bearer_token_is_no_token(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    token, path = await token_for(oak, world, path, scope)

    answer = await oak.call(method, path, token, headers={"Authorization": f"Bearer {token}"})

    assert await refused_with(answer) == (401, "")


@every_route
async def test_a_token_that_nobody_gave_out_is_refused(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    _, path = await token_for(oak, world, path, scope)

    answer = await oak.call(method, path, "A" * 43)

    assert await refused_with(answer) == (401, 'error="invalid_token"')


@every_route
async def test_a_token_ends_after_five_minutes(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    token, path = await token_for(oak, world, path, scope)
    await oak.call(method, path, token)

    oak.clock.forward(seconds=300)
    answer = await oak.call(method, path, token)

    assert await refused_with(answer) == (401, 'error="invalid_token"')


@every_route
async def test_a_stolen_token_is_of_no_use_without_its_key(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    token, path = await token_for(oak, world, path, scope)

    answer = await oak.call(method, path, token, oak.proof(method, path, token, key=DpopKey()))

    assert await refused_with(answer) == (401, 'error="invalid_token"')


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "DELETE"},
        {"url": "https://exchange.maple.k12.st-a.example/exchange/v1/transfers/T-other"},
        {"url": "https://exchange.elm.k12.st-a.example/exchange/v1/transfers"},
        {"access_token": None},
        {"access_token": "B" * 43},
    ],
    ids=["method", "path", "host", "no ath", "other ath"],
)
async def test_a_proof_for_something_else_is_refused(
    oak: Caller, world: World, route: tuple[str, str, str], wrong: dict[str, Any]
) -> None:
    method, path, scope = route
    token, path = await token_for(oak, world, path, scope)

    answer = await oak.call(method, path, token, oak.proof(method, path, token, **wrong))

    assert await refused_with(answer) == (401, 'error="invalid_dpop_proof"')


@every_route
async def test_a_proof_without_the_nonce_is_told_the_nonce(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    token, path = await token_for(oak, world, path, scope)
    old = oak.nonce
    oak.clock.forward(minutes=4, seconds=59)

    answers = [
        await oak.call(method, path, token, oak.proof(method, path, token, nonce=nonce))
        for nonce in (None, "", "x" * 43, old[:-1])
    ]

    assert [await refused_with(answer) for answer in answers] == [(401, 'error="use_dpop_nonce"')] * 4
    assert {answer.headers["DPoP-Nonce"] for answer in answers} == {oak.nonce}


@every_route
async def test_a_replayed_proof_is_refused(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    token, path = await token_for(oak, world, path, scope)
    proof = oak.proof(method, path, token)

    first = await oak.call(method, path, token, proof)
    second = await oak.call(method, path, token, proof)

    assert first.status != 401
    assert await refused_with(second) == (401, 'error="invalid_dpop_proof"')


async def test_of_many_who_send_one_proof_at_once_exactly_one_wins(oak: Caller, world: World) -> None:
    transfer, token = world.held(oak.id), await oak.token()
    path = f"/exchange/v1/transfers/{transfer.id}"
    proof = oak.proof("GET", path, token)

    async with serving(replace(oak.live.site)) as other_process:
        twin = Caller(other_process, oak.member, oak.chain, oak.clock)
        answers = await asyncio.gather(
            *(caller.call("GET", path, token, proof) for caller in (oak, twin) for _ in range(5))
        )

    assert sorted(answer.status for answer in answers) == [200] + [401] * 9


@every_route
async def test_a_token_for_another_scope_is_refused(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    other = "backpack.request" if scope == "backpack.fetch" else "backpack.fetch"
    token, _ = await token_for(oak, world, path, other)
    path = path.format(id=world.released(oak.id).id)

    answer = await oak.call(method, path, token)

    assert await refused_with(answer) == (403, f'error="insufficient_scope", scope="{scope}"')


@every_route
async def test_a_node_that_was_suspended_meanwhile_is_refused(
    oak: Caller, world: World, method: str, path: str, scope: str
) -> None:
    token, path = await token_for(oak, world, path, scope)
    world.directory.suspended.add(oak.id)

    answer = await oak.call(method, path, token)

    assert answer.status == 403
    assert (await answer.json(content_type=None))["reason"] == "not_listed"


async def test_a_node_that_lost_a_required_mark_is_refused(oak: Caller, world: World) -> None:
    token, transfer = await oak.token(), world.held(oak.id)
    world.rules = Rules(required_marks=frozenset({AGREEMENT, "https://trust.st-a.example/tm/other"}))

    async with serving(world.site(world.maple)) as stricter:
        twin = Caller(stricter, oak.member, oak.chain, oak.clock)
        twin.key = oak.key
        answer = await twin.call("GET", f"/exchange/v1/transfers/{transfer.id}", token)

    assert answer.status == 403
    assert (await answer.json(content_type=None))["code"] == "forbidden"


@pytest.mark.parametrize(
    ("method", "path"), [(m, p) for m, p, scope in ROUTES if scope == "backpack.request" and "{id}" in p]
)
async def test_another_clients_transfer_looks_like_none(
    oak: Caller, elm: Caller, world: World, method: str, path: str
) -> None:
    theirs, token = world.released(elm.id), await oak.token()
    body: dict[str, Any] = {"data": oak.request(), "headers": JOSE} if method == "POST" else {}

    taken = await oak.call(method, path.format(id=theirs.id), token, **body)
    absent = await oak.call(method, path.format(id=f"T-{uuid.uuid4().hex}"), token, **body)

    assert shown(taken) == shown(absent)
    assert await taken.text() == await absent.text()


async def test_a_fetch_token_for_one_transfer_finds_no_other(oak: Caller, elm: Caller, world: World) -> None:
    mine, other, theirs = world.released(oak.id), world.released(oak.id), world.released(elm.id)
    token = await oak.token("backpack.fetch", mine.id)
    path = "/exchange/v1/transfers/{}/versions/1"

    answers = [
        await oak.call("GET", path.format(id_), token)
        for id_ in (other.id, theirs.id, f"T-{uuid.uuid4().hex}")
    ]
    missing = await oak.call("GET", f"/exchange/v1/transfers/{mine.id}/versions/2", token)

    assert {shown(answer) for answer in [*answers, missing]} == {shown(missing)}
    assert {await answer.text() for answer in answers} == {await missing.text()}
    assert missing.status == 404
    assert world.store.tx.transfers.rows[other.id].state is State.RELEASED


async def test_an_unknown_path_and_an_unknown_transfer_give_the_same_document(oak: Caller) -> None:
    token = await oak.token()

    no_path = await oak.live.send("GET", "/exchange/v1/nothing")
    nothing = await oak.call("GET", "/exchange/v1/transfers/T-nothing", token)

    assert (no_path.status, nothing.status) == (404, 404)
    assert await no_path.text() == await nothing.text()


async def test_a_message_that_a_third_node_signed_is_not_taken(
    oak: Caller, elm: Caller, world: World
) -> None:
    token = await oak.token()

    answer = await oak.call(
        "POST", "/exchange/v1/transfers", token, data=elm.request(iss=oak.id), headers=JOSE
    )

    assert answer.status == 403
    assert (await answer.json(content_type=None))["reason"] == "unknown_key"
    assert world.store.tx.transfers.rows == {}


async def test_when_the_replay_table_is_away_nothing_is_answered(oak: Caller, world: World) -> None:
    transfer, token = world.held(oak.id), await oak.token()
    await oak.call("GET", f"/exchange/v1/transfers/{transfer.id}", token)
    world.store.broken = True

    answer = await oak.call("GET", f"/exchange/v1/transfers/{transfer.id}", token)

    assert answer.status == 500


async def test_a_forged_host_does_not_change_what_a_proof_must_name(oak: Caller, world: World) -> None:
    transfer, token = world.held(oak.id), await oak.token()
    path = f"/exchange/v1/transfers/{transfer.id}"
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}

    evil = await oak.call(
        "GET", path, token, oak.proof("GET", path, token, url=f"https://evil.example{path}"), headers=forged
    )
    true = await oak.call("GET", path, token, headers=forged)

    assert (evil.status, true.status) == (401, 200)


def test_a_handler_has_a_scope_only_behind_its_guard() -> None:
    async def handler(_request: web.Request, _peer: object) -> web.Response:
        return web.Response()

    guarded = peer("backpack.request", handler)

    assert scope_of(guarded) == "backpack.request"
    assert guarded.__name__ == "handler"


async def test_an_agency_takes_no_transfers_and_a_district_no_questions(maple: Live, agency: Live) -> None:
    at_agency = await agency.send("POST", "/exchange/v1/transfers")
    at_maple = await maple.send("POST", "/agency/v1/locate")

    assert (at_agency.status, at_maple.status) == (404, 404)

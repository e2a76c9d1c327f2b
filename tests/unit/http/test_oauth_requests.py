"""The token endpoint: what may be asked for (RFC 6749, 8707, 9396)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse

from gateway.domain.policy import PURPOSE_TRANSFER
from gateway.domain.transfer import State
from tests.harness.absent import ABSENT
from tests.unit.http.callers import Caller, error_of
from tests.unit.http.nodes import DETAIL_TYPE, World


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "<script>"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_assertion_type": None}, "invalid_client"),
        (
            {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
            "invalid_client",
        ),
        ({"client_assertion": None, "client_id": "x", "client_secret": "s"}, "invalid_client"),
        ({"client_id": "https://exchange.elm.k12.st-a.example"}, "invalid_client"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "backpack.request backpack.fetch"}, "invalid_scope"),
        ({"scope": "backpack.locate"}, "invalid_scope"),
        ({"scope": "backpack.request "}, "invalid_scope"),
        ({"scope": "backpack.*"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"resource": None}, "invalid_target"),
        ({"resource": "https://exchange.maple.k12.st-a.example"}, "invalid_target"),
        ({"resource": "https://exchange.maple.k12.st-a.example/exchange/v1/"}, "invalid_target"),
        ({"resource": "https://exchange.elm.k12.st-a.example/exchange/v1"}, "invalid_target"),
    ],
)
async def test_a_request_for_anything_else_is_refused(
    oak: Caller, changes: dict[str, Any], error: str
) -> None:
    answer = await oak.ask(oak.form(**changes))

    assert await error_of(answer) == (400, error)
    assert "<script" not in await answer.text()


async def test_a_client_may_name_itself_beside_its_assertion(oak: Caller) -> None:
    answer = await oak.ask(oak.form(client_id=oak.id))

    assert answer.status == 200


async def test_an_unknown_parameter_is_ignored(oak: Caller) -> None:
    answer = await oak.ask(oak.form(colour="green"))

    assert answer.status == 200


@pytest.mark.parametrize("scheme", ["Basic eDp5", "Bearer abc", "DPoP abc"])
async def test_a_client_that_authenticates_by_header_is_challenged(oak: Caller, scheme: str) -> None:
    answer = await oak.ask(oak.form(), Authorization=scheme)

    assert await error_of(answer) == (401, "invalid_client")
    assert 'error="invalid_client"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("name", ["grant_type", "scope", "resource", "client_assertion", "colour"])
async def test_a_parameter_that_comes_twice_is_refused(oak: Caller, name: str) -> None:
    form = urlencode([*oak.form(colour="green").items(), (name, "x")])

    answer = await oak.ask(form, **{"Content-Type": "application/x-www-form-urlencoded"})

    assert await error_of(answer) == (400, "invalid_request")


@pytest.mark.parametrize("charset", ["", ";charset=UTF-8", "; charset=utf-8"])
async def test_a_form_may_name_utf_8(oak: Caller, charset: str) -> None:
    body = urlencode(oak.form())

    answer = await oak.ask(body, **{"Content-Type": f"application/x-www-form-urlencoded{charset}"})

    assert answer.status == 200


def detail(**changes: Any) -> dict[str, Any]:
    usual = {
        "type": DETAIL_TYPE,
        "actions": ["create"],
        "locations": ["https://exchange.maple.k12.st-a.example/exchange/v1"],
        "purpose": PURPOSE_TRANSFER,
        "datatypes": ["identity", "transcript"],
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not ABSENT}


async def test_what_is_granted_is_said(oak: Caller) -> None:
    answer = await oak.ask(oak.form(authorization_details=json.dumps([detail()])))

    assert (await answer.json())["authorization_details"] == [detail()]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([detail(type="urn:example:payment")]),
        json.dumps([detail(type=ABSENT)]),
        json.dumps([detail(colour="green")]),
        json.dumps([detail(actions=["fetch"])]),
        json.dumps([detail(actions=["create", "fetch"])]),
        json.dumps([detail(actions=[])]),
        json.dumps([detail(actions=ABSENT)]),
        json.dumps([detail(actions=["admin"])]),
        json.dumps([detail(locations=["https://evil.example/"])]),
        json.dumps([detail(locations=[])]),
        json.dumps([detail(purpose="urn:example:curiosity")]),
        json.dumps([detail(identifier="T-1")]),
        json.dumps([detail(datatypes=["../x"])]),
        json.dumps([detail(datatypes=["a"] * 65)]),
        json.dumps([detail(datatypes="identity")]),
        json.dumps([detail(), detail()]),
        json.dumps([]),
        json.dumps(detail()),
        "null",
        "{",
        "NaN",
        "[" * 10_000,
        '[{"type":"urn:backpack:rar:transfer:1","type":"urn:backpack:rar:transfer:1","actions":["create"]}]',
        json.dumps([detail(purpose="x" * 9000)]),
    ],
    ids=range(24),
)
async def test_details_that_are_not_ours_to_grant_are_refused(oak: Caller, text: str) -> None:
    answer = await oak.ask(oak.form(authorization_details=text))

    assert await error_of(answer) == (400, "invalid_authorization_details")


@pytest.mark.parametrize(
    "changes",
    [
        {"identifier": None},
        {"identifier": ""},
        {"identifier": "a/../b"},
        {"identifier": 7},
        {"actions": ["create"]},
    ],
    ids=str,
)
async def test_a_fetch_token_needs_the_transfer_that_it_is_for(
    oak: Caller, world: World, changes: dict[str, Any]
) -> None:
    transfer = world.released(oak.id)

    answer = await oak.ask(oak.fetch_form(transfer.id, **changes))
    bare = await oak.ask(oak.form("backpack.fetch"))

    assert await error_of(answer) == (400, "invalid_authorization_details")
    assert await error_of(bare) == (400, "invalid_authorization_details")


async def test_not_yours_not_there_and_not_released_look_alike(
    oak: Caller, elm: Caller, world: World
) -> None:
    others = world.released(elm.id)
    waiting = world.held(oak.id, State.REVIEW)

    answers = [await oak.ask(oak.fetch_form(id_)) for id_ in (others.id, waiting.id, "T-nothing")]

    seen = {(answer.status, await answer.text(), *_shown(answer)) for answer in answers}
    assert len(seen) == 1
    assert await error_of(answers[0]) == (400, "access_denied")
    assert world.store.tx.grants.rows == {}


def _shown(answer: ClientResponse) -> list[tuple[str, str]]:
    return sorted((k, v) for k, v in answer.headers.items() if k.lower() not in {"x-request-id", "date"})

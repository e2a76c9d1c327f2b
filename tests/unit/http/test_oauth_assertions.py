"""The token endpoint: what proves a client (RFC 7523), and all that does not."""

import json
from typing import Any

import pytest

from gateway.crypto import jws
from gateway.crypto.keys import Purpose
from gateway.domain.policy import Rules
from tests.harness import federation
from tests.harness.absent import ABSENT
from tests.harness.federation import AGREEMENT, NOW
from tests.unit.http.callers import Caller, error_of, raw_jws
from tests.unit.http.nodes import Live, World, serving


def signed(oak: Caller, purpose: Purpose = Purpose.CLIENT, **changes: Any) -> str:
    """An assertion like oak's, but for some claims (lower case) and header members (`h_`)."""
    now = int(NOW.timestamp())
    claims: dict[str, object] = {
        "iss": oak.id,
        "sub": oak.id,
        "aud": oak.live.site.node.id,
        "iat": now,
        "exp": now + 60,
        "jti": "j" * 22,
    }
    key = oak.member.keys.current(purpose)
    header: dict[str, object] = {
        "alg": "ES256",
        "typ": "client-authentication+jwt",
        "kid": key.kid,
        "trust_chain": oak.chain,
    }
    for name, value in changes.items():
        where = header if name.startswith("h_") else claims
        where[name.removeprefix("h_")] = value
    kept = {name: value for name, value in header.items() if value is not ABSENT}
    return jws.sign_with(kept, {k: v for k, v in claims.items() if v is not ABSENT}, key)


@pytest.mark.parametrize("typ", ["client-authentication+jwt", "JWT", ABSENT])
async def test_an_assertion_of_these_types_is_taken(oak: Caller, typ: Any) -> None:
    answer = await oak.ask(oak.form(client_assertion=signed(oak, h_typ=typ)))

    assert answer.status == 200


@pytest.mark.parametrize(
    "typ",
    [typ.value for typ in jws.Typ if typ is not jws.Typ.CLIENT_ASSERTION] + ["at+jwt", "jwt", "", "JOSE"],
)
async def test_an_assertion_of_another_type_is_refused(oak: Caller, typ: str) -> None:
    answer = await oak.ask(oak.form(client_assertion=signed(oak, h_typ=typ)))

    assert await error_of(answer) == (400, "invalid_client")


@pytest.mark.parametrize(
    "audience",
    [
        ["https://exchange.maple.k12.st-a.example"],
        ["https://exchange.maple.k12.st-a.example", "https://evil.example"],
        "https://exchange.maple.k12.st-a.example/",
        "https://exchange.maple.k12.st-a.example/oauth/token",
        "HTTPS://exchange.maple.k12.st-a.example",
        "https://exchange.elm.k12.st-a.example",
        "",
        None,
        ABSENT,
    ],
)
async def test_an_assertion_for_any_other_audience_is_refused(oak: Caller, audience: Any) -> None:
    answer = await oak.ask(oak.form(client_assertion=signed(oak, aud=audience)))

    assert await error_of(answer) == (400, "invalid_client")


_AT = int(NOW.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": _AT - 31},
        {"exp": _AT + 301},
        {"exp": ABSENT},
        {"iat": ABSENT},
        {"iat": _AT + 31},
        {"nbf": _AT + 31},
        {"jti": ABSENT},
        {"jti": ""},
        {"jti": "x" * 300},
        {"jti": 7},
        {"iss": "https://exchange.elm.k12.st-a.example"},
        {"sub": "https://exchange.elm.k12.st-a.example"},
        {"sub": 7},
        {"sub": ABSENT},
        {"sub": "x" * 5000},
        {"h_kid": "../../etc/passwd"},
        {"h_kid": "' OR 1=1 --"},
        {"h_kid": ABSENT},
        {"h_trust_chain": []},
        {"h_trust_chain": ["a.b.c"]},
        {"h_trust_chain": ["x"] * 7},
        {"purpose": Purpose.EVIDENCE},
        {"purpose": Purpose.FEDERATION},
    ],
    ids=str,
)
async def test_an_assertion_that_does_not_hold_is_refused(oak: Caller, changes: dict[str, Any]) -> None:
    answer = await oak.ask(oak.form(client_assertion=signed(oak, **changes)))

    assert await error_of(answer) == (400, "invalid_client")


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "ES384", "EdDSA", "es256", None])
async def test_an_assertion_under_another_algorithm_is_refused(oak: Caller, alg: str | None) -> None:
    kid = oak.member.keys.current(Purpose.CLIENT).kid
    header: dict[str, object] = {"alg": alg, "typ": "client-authentication+jwt", "kid": kid}
    claims: dict[str, object] = {
        "iss": oak.id,
        "sub": oak.id,
        "aud": oak.live.site.node.id,
        "iat": _AT,
        "exp": _AT + 60,
        "jti": "j",
    }

    answer = await oak.ask(oak.form(client_assertion=raw_jws(header, json.dumps(claims).encode())))

    assert await error_of(answer) == (400, "invalid_client")


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "x",
        "a.b",
        "a.b.c.d.e",
        "é.é.é",
        raw_jws({"alg": "ES256"}, b"[]"),
        raw_jws(b"{}{}", b"{}"),
        "." * 500_000,
    ],
    ids=range(8),
)
async def test_an_assertion_that_is_no_token_is_refused(oak: Caller, assertion: str) -> None:
    answer = await oak.ask(oak.form(client_assertion=assertion))

    assert await error_of(answer) == (400, "invalid_client")


async def test_a_chain_of_another_node_does_not_prove_the_client(oak: Caller, elm: Caller) -> None:
    answer = await oak.ask(oak.form(client_assertion=oak.assertion(trust_chain=elm.chain)))

    assert await error_of(answer) == (400, "invalid_client")


async def test_a_chain_to_an_anchor_that_is_not_pinned_is_refused(maple: Live, world: World) -> None:
    stranger = federation.district("oak", "st-z.example")
    chain = federation.chain_of(stranger, federation.agency("st-z.example"))
    caller = Caller(maple, stranger, chain, world.clock)

    answer = await caller.ask(caller.form())

    assert await error_of(answer) == (400, "invalid_client")


async def test_a_client_that_the_agency_no_longer_lists_is_refused(oak: Caller, world: World) -> None:
    world.directory.suspended.add(oak.id)

    answer = await oak.ask(oak.form(client_assertion=oak.assertion(trust_chain=None)))

    assert await error_of(answer) == (400, "invalid_client")


async def test_while_the_agency_is_away_an_unknown_client_is_asked_to_come_back(
    oak: Caller, world: World
) -> None:
    world.directory.away = True

    answer = await oak.ask(oak.form(client_assertion=oak.assertion(trust_chain=None)))

    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")


async def test_a_client_without_a_required_mark_gets_no_token(world: World) -> None:
    world.rules = Rules(required_marks=frozenset({AGREEMENT, "https://trust.st-a.example/tm/other"}))
    async with serving(world.site(world.maple)) as live:
        oak = Caller(live, world.oak, world.directory.chains[world.oak.id], world.clock)

        answer = await oak.ask(oak.form())

    assert await error_of(answer) == (400, "unauthorized_client")

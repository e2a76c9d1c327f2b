"""What an agency tells about its members, and its locator."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.crypto import jws
from gateway.crypto.keys import Keys, Purpose, parse_jwks
from gateway.domain.policy import PURPOSE_TRANSFER, Rules
from tests.harness import federation
from tests.harness.federation import AGREEMENT, NOW
from tests.unit.http.callers import Caller
from tests.unit.http.nodes import JOSE, Live, World, as_member, serving

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def members(world: World) -> None:
    """Maple and oak are members, elm was suspended."""
    world.store.tx.members.rows = {one.id: as_member(one) for one in (world.maple, world.oak)} | {
        world.elm.id: as_member(world.elm, status="suspended")
    }


def keys_of(world: World) -> Keys:
    return parse_jwks(world.agency.federation_jwks)


@pytest.mark.usefixtures("members")
async def test_a_statement_about_a_member_can_be_fetched(agency: Live, world: World) -> None:
    answer = await agency.send("GET", f"/federation/fetch?sub={world.oak.id}&iss=ignored")

    statement = await answer.text()
    verified = jws.verify(statement, typ=jws.Typ.ENTITY_STATEMENT, keys=keys_of(world), max_bytes=99_999)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/entity-statement+jwt"
    assert (verified.claims["iss"], verified.claims["sub"]) == (world.agency.id, world.oak.id)


@pytest.mark.usefixtures("members")
async def test_a_suspended_node_and_one_that_was_never_there_look_alike(agency: Live, world: World) -> None:
    suspended = await agency.send("GET", f"/federation/fetch?sub={world.elm.id}")
    never = await agency.send("GET", "/federation/fetch?sub=https://never.example")

    assert (suspended.status, (await suspended.json())["error"]) == (404, "not_found")
    assert await suspended.text() == await never.text()


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("query", ["", "?sub=", "?sub=a&sub=b", "?sub=https://trust.st-a.example", "?iss=x"])
async def test_a_question_that_names_no_subordinate_is_invalid(agency: Live, query: str) -> None:
    answer = await agency.send("GET", f"/federation/fetch{query}")

    assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"maple", "oak"}),
        ("?entity_type=oauth_resource", {"maple", "oak"}),
        ("?entity_type=openid_provider", set()),
        ("?intermediate=true", set()),
        ("?intermediate=false", {"maple", "oak"}),
        ("?trust_marked=true", {"maple"}),
        (f"?trust_mark_type={AGREEMENT}", {"maple"}),
        ("?trust_mark_type=https://trust.st-a.example/tm/other", set()),
    ],
)
async def test_the_active_members_are_listed_as_asked(
    agency: Live, world: World, query: str, names: set[str]
) -> None:
    oak = world.store.tx.members.rows[world.oak.id]
    world.store.tx.members.rows[oak.id] = replace(oak, marks=frozenset())

    answer = await agency.send("GET", f"/federation/list{query}")

    assert set(await answer.json()) == {getattr(world, name).id for name in names}
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.usefixtures("members")
async def test_a_flag_is_true_or_false(agency: Live) -> None:
    answer = await agency.send("GET", "/federation/list?intermediate=maybe")

    assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")


@pytest.mark.usefixtures("members")
async def test_a_member_can_fetch_its_mark_and_nobody_another(agency: Live, world: World) -> None:
    path = f"/federation/trust-mark?sub={world.oak.id}&trust_mark_type="

    held = await agency.send("GET", path + AGREEMENT)
    other = await agency.send("GET", path + "https://trust.st-a.example/tm/other")
    none = await agency.send("GET", f"/federation/trust-mark?sub={world.oak.id}")

    claims = jws.verify(await held.text(), typ=jws.Typ.TRUST_MARK, keys=keys_of(world), max_bytes=9999).claims
    assert held.headers["Content-Type"] == "application/trust-mark+jwt"
    assert (claims["sub"], claims["trust_mark_type"]) == (world.oak.id, AGREEMENT)
    assert (other.status, none.status) == (404, 400)


def mark_of(world: World, case: str) -> str:
    """A mark that is in this case."""
    agency, oak = world.agency, world.oak
    if case == "revoked":
        return federation.agreement(agency, world.elm)
    if case == "expired":
        return federation.agreement(agency, oak, now=NOW.replace(year=2024))
    if case == "invalid":
        return federation.agreement(federation.agency(), oak)
    return federation.agreement(agency, oak)


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("case", ["active", "revoked", "expired", "invalid"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_status_of_a_mark_is_signed(agency: Live, world: World, method: str, case: str) -> None:
    mark = mark_of(world, case)

    if method == "POST":
        answer = await agency.send("POST", "/federation/trust-mark-status", data={"trust_mark": mark})
    else:
        answer = await agency.send("GET", f"/federation/trust-mark-status?trust_mark={mark}")

    said = jws.peek(await answer.text(), max_bytes=9999)
    assert answer.headers["Content-Type"] == "application/trust-mark-status-response+jwt"
    assert (said.claims["status"], said.claims["trust_mark"]) == (case, mark)


@pytest.mark.parametrize(
    "body", ["", "trust_mark=", "trust_mark=x", "trust_mark=a.b.c&trust_mark=a.b.c", "x"]
)
async def test_a_question_about_no_mark_is_invalid(agency: Live, body: str) -> None:
    answer = await agency.send("POST", "/federation/trust-mark-status", data=body, headers=FORM)

    assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")


async def test_former_keys_can_be_fetched(agency: Live, world: World) -> None:
    answer = await agency.send("GET", "/federation/historical-keys")

    said = jws.peek(await answer.text(), max_bytes=9999)
    assert answer.headers["Content-Type"] == "application/jwk-set+jwt"
    assert (said.claims["iss"], said.claims["keys"]) == (world.agency.id, [])


@pytest.fixture
def asker(world: World, agency: Live, members: None) -> Caller:
    del members
    return Caller(agency, world.oak, world.directory.chains[world.oak.id], world.clock)


def question(caller: Caller, token: bytes, **more: Any) -> str:
    claims = {
        "exp": int(NOW.timestamp()) + 300,
        "purpose": PURPOSE_TRANSFER,
        "actor": {"id": "u-77", "role": "registrar"},
        "tokens": [token.hex()],
    }
    return caller.message(jws.Typ.LOCATE, **{**claims, **more})


async def test_every_answer_of_the_locator_has_the_same_size(asker: Caller, world: World) -> None:
    world.store.tx.locator.rows[world.maple.id] = frozenset({b"h" * 32})
    token = await asker.token("backpack.locate")

    hit, miss = [
        await asker.call("POST", "/agency/v1/locate", token, data=question(asker, key * 32), headers=JOSE)
        for key in (b"h", b"m")
    ]

    assert json.loads(await hit.text()) == {"holder": world.maple.id}
    assert json.loads(await miss.text()) == {"holder": None}
    assert len(await hit.text()) == len(await miss.text()) == 1024
    assert dict(hit.headers).keys() == dict(miss.headers).keys()


async def test_a_question_may_be_asked_once(asker: Caller) -> None:
    token, asked = await asker.token("backpack.locate"), question(asker, b"h" * 32)

    first = await asker.call("POST", "/agency/v1/locate", token, data=asked, headers=JOSE)
    again = await asker.call("POST", "/agency/v1/locate", token, data=asked, headers=JOSE)

    assert (first.status, again.status) == (200, 409)


@pytest.mark.parametrize(
    ("claims", "status"),
    [({"tokens": ["00" * 32] * 3}, 400), ({"tokens": ["00" * 32] * 2}, 200), ({"tokens": []}, 400)],
)
async def test_a_question_is_about_one_student(asker: Caller, claims: dict[str, Any], status: int) -> None:
    token = await asker.token("backpack.locate")

    answer = await asker.call(
        "POST", "/agency/v1/locate", token, data=question(asker, b"h" * 32, **claims), headers=JOSE
    )

    assert answer.status == status


async def test_a_question_that_has_expired_is_not_answered(asker: Caller, world: World) -> None:
    token = await asker.token("backpack.locate")
    late = question(asker, b"h" * 32, exp=int(NOW.timestamp()) - 31)

    answer = await asker.call("POST", "/agency/v1/locate", token, data=late, headers=JOSE)

    assert answer.status in {403, 410}
    assert world.store.tx.audit.rows == []


@pytest.mark.usefixtures("members")
async def test_a_node_has_a_share_of_questions_a_day(world: World) -> None:
    world.rules = Rules(requests_per_peer_per_day=2)

    async with serving(world.site(world.agency)) as live:
        asker = Caller(live, world.oak, world.directory.chains[world.oak.id], world.clock)
        token = await asker.token("backpack.locate")
        asked = [question(asker, b"h" * 32) for _ in range(3)]
        today = [
            await asker.call("POST", "/agency/v1/locate", token, data=one, headers=JOSE) for one in asked
        ]

    assert [answer.status for answer in today] == [200, 200, 429]


async def test_the_log_says_what_was_answered(asker: Caller, world: World) -> None:
    rows = world.store.tx.locator.rows
    rows[world.oak.id] = rows[world.maple.id] = frozenset({b"h" * 32})
    rows[world.elm.id] = frozenset({b"h" * 32, b"e" * 32})
    token = await asker.token("backpack.locate")

    for key in (b"h", b"e"):
        await asker.call("POST", "/agency/v1/locate", token, data=question(asker, key * 32), headers=JOSE)

    located = [leaf for leaf in world.store.tx.audit.rows if leaf.action == "record.located"]
    assert [leaf.outcome for leaf in located] == ["one", "none"]


async def test_a_districts_tokens_replace_its_earlier_ones(asker: Caller, world: World) -> None:
    token = await asker.token("backpack.locate")

    answers = [
        await asker.call("PUT", "/agency/v1/locator/tokens", token, data=body, headers=OCTETS)
        for body in (b"a" * 32 + b"b" * 32, b"c" * 32)
    ]

    assert [answer.status for answer in answers] == [204, 204]
    assert world.store.tx.locator.rows == {world.oak.id: frozenset({b"c" * 32})}


@pytest.mark.parametrize("size", [1, 31, 33, 63])
async def test_tokens_come_whole(asker: Caller, world: World, size: int) -> None:
    token = await asker.token("backpack.locate")

    answer = await asker.call("PUT", "/agency/v1/locator/tokens", token, data=b"a" * size, headers=OCTETS)

    assert answer.status == 400
    assert world.store.tx.locator.rows == {}


async def test_a_question_under_the_wrong_key_is_not_answered(asker: Caller) -> None:
    token = await asker.token("backpack.locate")
    claims = jws.peek(question(asker, b"h" * 32), max_bytes=9999).claims
    forged = jws.sign(jws.Typ.LOCATE, claims, asker.member.keys.current(Purpose.CLIENT))

    answer = await asker.call("POST", "/agency/v1/locate", token, data=forged, headers=JOSE)

    assert answer.status == 403

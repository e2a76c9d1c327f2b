"""A live district against clients that keep to the protocol, and break it at one place."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from joserfc.jwk import ECKey

from gateway.crypto import node_metadata, statements
from gateway.crypto.keys import KeyRing, Purpose
from gateway.demo.nodes import free_ports
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.transfer import State
from gateway.usecases.agency import suspend
from tests.harness.hostile import FETCH, Answer, Outsider, Sent, admitted, changed, new_id, own_word
from tests.harness.live import Live, federation, transfer_of, until, until_state
from tests.harness.staff import clerk

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRANSFERS = "/exchange/v1/transfers"
ABSENT = "T-" + "x" * 22


@dataclass(frozen=True)
class Town:
    """A live district, and two clients that its agency vouches for."""

    live: Live
    session: ClientSession
    oak: Outsider
    elm: Outsider

    @property
    def maple(self) -> EntityId:
        return self.live.federation.maple.url

    def url(self, transfer: str = "", more: str = "") -> str:
        return f"{self.maple}{TRANSFERS}" + (f"/{transfer}{more}" if transfer else "")

    def match(self, number: int) -> dict[str, str]:
        subject = self.live.subject(number)
        return {name: str(value) for name, value in asdict(subject).items() if value}

    async def request(self, caller: Outsider, body: str) -> Answer:
        token = await caller.token(self.maple)
        return await caller.send(caller.call("POST", self.url(), token, body))

    async def released(self, caller: Outsider, number: int) -> TransferId:
        """Ask for a student's record and wait until it can be fetched."""
        answer = await self.request(caller, caller.request(self.maple, self.match(number)))
        assert answer.status == 202, answer.body
        id_ = TransferId(answer.said["transfer"])
        await until_state(self.live.maple, id_, State.RELEASED)
        return id_

    async def held(self) -> int:
        return len(await self.live.maple.store.read(lambda tx: tx.transfers.list()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with (
        federation(tmp_path_factory.mktemp("town"), automatic_approval=True) as live,
        ClientSession() as session,
    ):
        await live.processes.begin(live.federation.maple)
        yield Town(live, session, *[await admitted(live, session, name) for name in ("Oak", "Elm")])


def error_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.said.get("error") or answer.said.get("reason") or answer.said["code"]


async def test_another_districts_transfer_and_none_at_all_look_alike_on_every_route(town: Town) -> None:
    mine = {town.oak.id: await town.released(town.oak, 0), town.elm.id: await town.released(town.elm, 1)}

    for caller, other in ((town.oak, town.elm), (town.elm, town.oak)):
        fetch = await caller.token(town.maple, FETCH, mine[caller.id])
        token = await caller.token(town.maple)
        theirs = await answers(town, caller, mine[other.id], token, fetch)
        absent = await answers(town, caller, ABSENT, token, fetch)

        assert [one.shown for one in theirs] == [one.shown for one in absent]
        assert [one.status for one in theirs] == [404, 404, 404, 404, 404, 400]
    for id_ in mine.values():
        assert (await transfer_of(town.live.maple, id_)).state is State.RELEASED


async def answers(town: Town, caller: Outsider, id_: str, token: str, fetch: str) -> Sequence[Answer]:
    """What a caller is told of a transfer at every route that names one, and at the token endpoint."""
    digest = "sha-256:" + "A" * 43
    match = town.match(2)
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "/receipts": ("backpack-receipt+jwt", {"version": 1, "jwe_digest": digest, "outcome": "rejected"}),
        "/information": ("backpack-information+jwt", {"request_digest": digest, "match": match}),
        "/withdrawal": ("backpack-withdraw+jwt", {}),
    }
    calls = [
        caller.call("GET", town.url(id_), token),
        caller.call("GET", town.url(id_, "/versions/1"), fetch),
        *(
            caller.call(
                "POST", town.url(id_, path), token, caller.message(typ, town.maple, transfer=id_, **more)
            )
            for path, (typ, more) in bodies.items()
        ),
        caller.token_request(town.maple, FETCH, id_),
    ]
    return [await caller.send(call) for call in calls]


async def test_a_captured_token_request_is_of_no_use(town: Town) -> None:
    await town.oak.token(town.maple)
    captured = town.oak.token_request(town.maple)

    first = await town.oak.send(captured)
    again = await town.elm.send(captured)
    with_own_proof = await town.elm.send(changed(captured, DPoP=town.elm.proof("POST", captured.url)))

    assert first.status == 200
    assert error_of(again) == (400, "invalid_dpop_proof")
    assert error_of(with_own_proof) == (400, "invalid_client")


async def test_a_captured_request_for_a_record_is_of_no_use(town: Town) -> None:
    token = await town.oak.token(town.maple)
    captured = town.oak.call("POST", town.url(), token, town.oak.request(town.maple, town.match(3)))

    first = await town.oak.send(captured)
    before = await town.held()
    again = await town.elm.send(captured)
    at_another_place = await town.elm.send(replace(captured, url=town.url(ABSENT, "/withdrawal")))

    assert first.status == 202
    assert error_of(again) == (401, "invalid_dpop_proof")
    assert error_of(at_another_place) == (401, "invalid_dpop_proof")
    assert await town.held() == before


async def test_a_token_is_of_no_use_without_its_key(town: Town) -> None:
    id_ = await town.released(town.oak, 4)
    token = await town.oak.token(town.maple, FETCH, id_)
    url = town.url(id_, "/versions/1")
    stranger = ECKey.generate_key("P-256")
    await town.elm.ask_token(town.maple)

    other_key = await town.elm.send(town.elm.call("GET", url, token, key=stranger))
    bearer = await town.elm.send(Sent("GET", url, {"Authorization": f"Bearer {token}"}))
    owner = await town.oak.send(town.oak.call("GET", url, token))

    assert error_of(other_key) == (401, "invalid_token")
    assert error_of(bearer) == (401, "no_token")
    assert owner.status == 200


async def test_a_request_that_another_district_signed_is_not_taken_from_this_one(town: Town) -> None:
    before = await town.held()
    signed_by_elm = town.elm.request(town.maple, town.match(5))
    names_oak = town.elm.request(town.maple, town.match(5), iss=town.oak.id)

    relayed = [await town.request(town.oak, body) for body in (signed_by_elm, names_oak)]

    assert [answer.status for answer in relayed] == [403, 403]
    assert {answer.said["code"] for answer in relayed} == {"untrusted"}
    assert await town.held() == before


async def test_a_receipt_for_ones_own_transfer_does_not_end_anothers(town: Town) -> None:
    mine, theirs = await town.released(town.oak, 6), await town.released(town.elm, 7)
    token = await town.oak.token(town.maple)
    body = town.oak.message(
        "backpack-receipt+jwt",
        town.maple,
        transfer=theirs,
        version=1,
        jwe_digest=(await transfer_of(town.live.maple, theirs)).parcel_digest,
        outcome="rejected",
    )

    swapped = await town.oak.send(town.oak.call("POST", town.url(mine, "/receipts"), token, body))

    assert swapped.status == 409
    assert {(await transfer_of(town.live.maple, id_)).state for id_ in (mine, theirs)} == {State.RELEASED}


@pytest.mark.parametrize("wrong", ["list", "token endpoint", "slash", "resource", "client", "nothing"])
async def test_an_assertion_is_for_this_server_by_its_one_name(town: Town, wrong: str) -> None:
    audiences: dict[str, object] = {
        "list": [town.maple, town.elm.id],
        "token endpoint": f"{town.maple}/oauth/token",
        "slash": f"{town.maple}/",
        "resource": f"{town.maple}/exchange/v1",
        "client": town.oak.id,
        "nothing": None,
    }
    await town.oak.ask_token(town.maple)

    answer = await town.oak.send(town.oak.token_request(town.maple, aud=audiences[wrong]))

    assert error_of(answer) == (400, "invalid_client")


async def test_who_is_not_vouched_for_gets_no_token(town: Town) -> None:
    strangers = [*forged_chains(town), not_listed(town)]

    for name, stranger in strangers:
        answer = await stranger.ask_token(town.maple)

        assert error_of(answer) == (400, "invalid_client"), name


def forged_chains(town: Town) -> list[tuple[str, Outsider]]:
    """Districts whose chains do not hold: of an agency of their own, of a district's word, of last week."""
    agency, oak = town.live.federation.agency, town.oak
    own = KeyRing.generate()
    now = datetime.now(UTC)
    true_word, true_anchor = oak.chain[1], oak.chain[2]
    return [
        ("another agency's keys", stranger(town, agency.url, own, anchor(agency.url, own, now), now)),
        ("another agency's keys, the true anchor", stranger(town, agency.url, own, true_anchor, now)),
        ("a district's word", stranger(town, oak.id, oak.keys, true_anchor, now)),
        ("last week's word", stranger(town, agency.url, agency.keys, true_anchor, now - timedelta(days=7))),
        ("oak's word for another's keys", replace(oak, keys=own, nonces={})),
        ("oak's word cut short", replace(oak, chain=[oak.chain[0], true_anchor], nonces={})),
        ("oak's word twice", replace(oak, chain=[oak.chain[0], true_word, true_word], nonces={})),
    ]


def stranger(town: Town, issuer: EntityId, issuer_keys: KeyRing, anchor_word: str, at: datetime) -> Outsider:
    """A district for which the issuer vouches."""
    (port,) = free_ports(1)
    id_, keys = EntityId(f"http://127.0.0.1:{port}"), KeyRing.generate()
    word = statements.district_statement(
        issuer,
        id_,
        keys=issuer_keys,
        subject_jwks=keys.public_jwks(Purpose.FEDERATION),
        name="Nobody",
        lea_ids={"nces": "9700001"},
        host="127.0.0.1",
        now=at,
    )
    return Outsider(town.session, id_, keys, [own_word(id_, keys, issuer, {}, at=at), word, anchor_word])


def anchor(id_: EntityId, keys: KeyRing, at: datetime) -> str:
    metadata = node_metadata.agency_metadata(id_, name="State", contacts=[], keys=keys)
    return statements.anchor_configuration(id_, keys=keys, metadata=metadata, now=at, trust_mark_issuers={})


def not_listed(town: Town) -> tuple[str, Outsider]:
    id_, keys, agency = EntityId("http://127.0.0.1:9"), KeyRing.generate(), town.live.federation.agency.url
    return "nobody", Outsider(town.session, id_, keys, [own_word(id_, keys, agency, {}), *town.oak.chain[1:]])


async def test_a_suspended_district_is_shut_out_with_the_token_that_it_has(town: Town) -> None:
    birch = await admitted(town.live, town.session, "Birch")
    id_ = await town.released(birch, 8)
    token, fetch = await birch.token(town.maple), await birch.token(town.maple, FETCH, id_)

    async with publishing(birch):
        await suspend(town.live.agency.node, birch.id, person=clerk("member officer"))
        told = await until(lambda: refused(birch, birch.call("GET", town.url(id_), token)))
        body = birch.request(town.maple, town.match(9))
        fetched = await birch.send(birch.call("GET", town.url(id_, "/versions/1"), fetch))
        asked = await birch.send(birch.call("POST", town.url(), token, body))
        renewed = await birch.ask_token(town.maple)

    assert [error_of(answer) for answer in (told, fetched, asked)] == [(403, "not_vouched_for")] * 3
    assert error_of(renewed) == (400, "invalid_client")
    assert (await transfer_of(town.live.maple, id_)).state is State.RELEASED


async def refused(caller: Outsider, call: Sent) -> Answer | None:
    """Send the call anew, under a new proof; return the answer once it is a refusal."""
    token = call.headers["Authorization"].removeprefix("DPoP ")
    answer = await caller.send(caller.call(call.method, call.url, token))
    return answer if answer.status not in {200, 401} else None


@asynccontextmanager
async def publishing(district: Outsider) -> AsyncIterator[None]:
    """Serve what the district says of itself, at its address."""

    async def own_configuration(_: web.Request) -> web.Response:
        return web.Response(text=district.chain[0], content_type="application/entity-statement+jwt")

    app = web.Application()
    app.add_routes([web.get("/.well-known/openid-federation", own_configuration)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", int(district.id.rpartition(":")[2])).start()
        yield
    finally:
        await runner.cleanup()


async def test_the_same_signed_request_in_ten_connections_at_once_makes_one_transfer(town: Town) -> None:
    before = await town.held()
    body = town.oak.request(town.maple, town.match(10))
    token = await town.oak.token(town.maple)

    told = await asyncio.gather(
        *(town.oak.send(town.oak.call("POST", town.url(), token, body)) for _ in range(10))
    )

    assert {answer.status for answer in told} == {202}
    assert len({answer.said["transfer"] for answer in told}) == 1
    assert await town.held() == before + 1


async def test_an_unsigned_and_a_foreign_word_in_a_request_do_nothing(town: Town) -> None:
    before = await town.held()
    head, claims, _ = town.oak.request(town.maple, town.match(11)).split(".")
    bodies = [f"{head}.{claims}.", f"{head}.{claims}.{'A' * 86}", json.dumps({"student": new_id()}), "a.b.c"]

    told = [await town.request(town.oak, body) for body in bodies]

    assert {answer.status for answer in told} <= {400, 403}
    assert await town.held() == before

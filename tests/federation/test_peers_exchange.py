"""`ports.Peers` against a played district and agency: messages, status, records, the locator."""

import base64
from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web

from gateway.domain import errors
from gateway.domain.errors import GatewayError, PeerUnavailable, Refused, TooLarge, Untrusted
from gateway.domain.ids import EntityId, TransferId, digest
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.trust import Listing
from gateway.peers.node_client import MAX_PARCEL_BYTES
from gateway.usecases.ports import Status
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import Me
from tests.unit.peers.played import Handler, PlayedAgency, PlayedDistrict, answering, content_digest, problem

REMOTE = TransferId("T-41f0")
STATUS = "GET /exchange/v1/transfers/T-41f0"
VERSION = "GET /exchange/v1/transfers/T-41f0/versions/1"
TRANSFERS = "POST /exchange/v1/transfers"
EVENTS = "POST /exchange/v1/events"
PENDING = {"transfer": "T-41f0", "state": "pending"}


def json_answer(value: object, status: int = 200) -> Handler:
    return answering(body=orjson.dumps(value), content_type="application/json", status=status)


def message(type_: MessageType) -> Message:
    return Message(
        jti="R-1",
        type=type_,
        direction=Direction.OUT,
        peer=EntityId("https://exchange.maple.k12.st-a.example"),
        transfer=TransferId("T-own"),
        body="signed.by.us",
        digest=digest(b"signed.by.us"),
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("type_", "route", "status"),
    [
        (MessageType.REQUEST, TRANSFERS, 202),
        (MessageType.INFORMATION, "POST /exchange/v1/transfers/T-41f0/information", 200),
        (MessageType.WITHDRAWAL, "POST /exchange/v1/transfers/T-41f0/withdrawal", 200),
        (MessageType.RECEIPT, "POST /exchange/v1/transfers/T-41f0/receipts", 200),
    ],
)
async def test_a_message_goes_to_where_its_type_belongs(
    me: Me, maple: PlayedDistrict, type_: MessageType, route: str, status: int
) -> None:
    maple.guard(route, json_answer(PENDING, status))
    remote = None if type_ is MessageType.REQUEST else REMOTE

    answered = await me.peers.deliver(await me.listing(maple), message(type_), remote)

    assert answered == Status(transfer=REMOTE, state="pending")
    assert maple.asked[-1] == route
    assert maple.bodies[-1] == b"signed.by.us"
    assert maple.headers[-1]["Content-Type"] == "application/jose"
    assert {form["scope"] for form in maple.forms} == {"backpack.request"}


async def test_an_event_is_pushed_without_a_token(me: Me, maple: PlayedDistrict) -> None:
    maple.routes[EVENTS] = answering(status=202)

    answered = await me.peers.deliver(await me.listing(maple), message(MessageType.EVENT), None)

    assert answered is None
    assert maple.headers[-1]["Content-Type"] == "application/secevent+jwt"
    assert "Authorization" not in maple.headers[-1]
    assert maple.forms == []


async def test_an_event_that_is_refused_is_refused(me: Me, maple: PlayedDistrict) -> None:
    maple.routes[EVENTS] = json_answer({"err": "invalid_audience"}, 400)

    with pytest.raises(Refused):
        await me.peers.deliver(await me.listing(maple), message(MessageType.EVENT), None)


async def test_a_node_without_an_endpoint_takes_no_events(me: Me, agency: PlayedAgency) -> None:
    with pytest.raises(Refused, match="takes no events"):
        await me.peers.deliver(await me.directory.agency(), message(MessageType.EVENT), None)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (409, "conflict", errors.Conflict),
        (404, "not_found", errors.Unknown),
        (403, "forbidden", errors.Forbidden),
        (413, "too_large", errors.TooLarge),
        (429, "over_budget", errors.OverBudget),
        (500, "error", errors.PeerUnavailable),
    ],
)
async def test_what_the_other_side_raised_is_raised_here(
    me: Me, maple: PlayedDistrict, status: int, code: str, expected: type[GatewayError]
) -> None:
    maple.guard(TRANSFERS, problem(status, code, detail="Zyxwv Qwertz"))

    with pytest.raises(expected) as raised:
        await me.peers.deliver(await me.listing(maple), message(MessageType.REQUEST), None)

    assert type(raised.value) is expected
    assert "Zyxwv" not in repr(raised.value)


async def test_a_redirect_of_a_message_is_not_followed(me: Me, maple: PlayedDistrict) -> None:
    maple.guard(TRANSFERS, answering(status=307, headers={"Location": "/elsewhere"}))

    with pytest.raises(PeerUnavailable):
        await me.peers.deliver(await me.listing(maple), message(MessageType.REQUEST), None)

    assert "POST /elsewhere" not in maple.asked


async def test_a_status_says_all_that_the_holder_may_say(me: Me, maple: PlayedDistrict) -> None:
    body = {**PENDING, "state": "needs_info", "version": 2, "needs": ["state_id"], "reason": "no_match"}
    maple.guard(STATUS, json_answer({**body, "expires_at": 1796600000, "unknown": {"member": 1}}))

    status = await me.peers.status(await me.listing(maple), REMOTE)

    assert status == Status(
        transfer=REMOTE,
        state="needs_info",
        version=2,
        needs=("state_id",),
        reason="no_match",
        expires_at=datetime.fromtimestamp(1796600000, UTC),
    )


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"transfer": "T-41f0", "state": 7},
        {"transfer": "T-41f0", "state": "Zyxwv Qwertz"},
        {"transfer": "T-other", "state": "pending"},
        {"transfer": "T-41f0", "state": "pending", "expires_at": "soon"},
        {"transfer": "T-41f0", "state": "pending", "version": -1},
    ],
)
async def test_a_status_that_cannot_be_read_is_asked_for_later(
    me: Me, maple: PlayedDistrict, body: object
) -> None:
    maple.guard(STATUS, json_answer(body))

    with pytest.raises(PeerUnavailable) as raised:
        await me.peers.status(await me.listing(maple), REMOTE)

    assert "Zyxwv" not in repr(raised.value)


async def test_a_status_that_has_not_changed_is_not_sent_again(me: Me, maple: PlayedDistrict) -> None:
    async def tagged(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.json_response(PENDING, headers={"ETag": '"1"'})

    maple.guard(STATUS, tagged)
    listing = await me.listing(maple)

    first = await me.peers.status(listing, REMOTE)
    second = await me.peers.status(listing, REMOTE)

    assert first == second == Status(transfer=REMOTE, state="pending")
    assert maple.headers[-1]["If-None-Match"] == '"1"'


async def test_a_304_that_nobody_asked_for_is_no_status(me: Me, maple: PlayedDistrict) -> None:
    maple.guard(STATUS, answering(status=304))

    with pytest.raises(PeerUnavailable):
        await me.peers.status(await me.listing(maple), REMOTE)


async def test_a_record_is_fetched_under_a_token_for_that_transfer(me: Me, maple: PlayedDistrict) -> None:
    parcel = b"sealed" * 100_000
    headers = {"Content-Type": "application/jose", "Content-Digest": content_digest(parcel)}
    maple.guard(VERSION, answering(body=parcel, headers=headers))

    fetched = await me.peers.fetch(await me.listing(maple), REMOTE, 1)

    assert fetched == parcel
    assert maple.forms[-1]["scope"] == "backpack.fetch"
    assert orjson.loads(maple.forms[-1]["authorization_details"])[0]["identifier"] == REMOTE


@pytest.mark.parametrize(
    "announced",
    [
        content_digest(b"other"),
        "",
        "sha-512=:AAAA:",
        "sha-256=:" + base64.b64encode(b"x" * 32).decode() + ":",
    ],
)
async def test_a_record_whose_digest_does_not_fit_is_refused(
    me: Me, maple: PlayedDistrict, announced: str
) -> None:
    headers = {"Content-Type": "application/jose", "Content-Digest": announced}
    maple.guard(VERSION, answering(body=b"sealed", headers=headers))

    with pytest.raises(Untrusted, match="wrong_digest"):
        await me.peers.fetch(await me.listing(maple), REMOTE, 1)


async def test_a_record_over_32_mib_is_refused(me: Me, maple: PlayedDistrict) -> None:
    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(MAX_PARCEL_BYTES + 1)})
        await response.prepare(request)
        return response

    maple.guard(VERSION, huge)

    with pytest.raises(TooLarge):
        await me.peers.fetch(await me.listing(maple), REMOTE, 1)


async def test_a_web_page_in_place_of_a_record_is_asked_for_later(me: Me, maple: PlayedDistrict) -> None:
    maple.guard(VERSION, answering(body=b"<html>", content_type="text/html"))

    with pytest.raises(PeerUnavailable):
        await me.peers.fetch(await me.listing(maple), REMOTE, 1)


async def test_a_withdrawn_record_is_gone(me: Me, maple: PlayedDistrict) -> None:
    maple.guard(VERSION, problem(410, "gone"))

    with pytest.raises(errors.Gone):
        await me.peers.fetch(await me.listing(maple), REMOTE, 1)


async def test_a_peer_that_is_stopped_is_not_available(me: Me, maple: PlayedDistrict) -> None:
    listing = await me.listing(maple)
    await maple.stop()

    with pytest.raises(PeerUnavailable):
        await me.peers.status(listing, REMOTE)


@pytest.mark.parametrize("holder", ["https://exchange.maple.k12.st-a.example", None])
async def test_the_locator_names_one_holder_or_none(
    me: Me, locator: PlayedDistrict, holder: str | None
) -> None:
    locator.guard("POST /agency/v1/locate", json_answer({"holder": holder}))

    found = await me.peers.locate(await _as_agency(me, locator), "signed.by.us")

    assert found == holder
    assert locator.bodies[-1] == b"signed.by.us"
    assert locator.forms[-1]["scope"] == "backpack.locate"


@pytest.mark.parametrize("holder", ["Zyxwv Qwertz", 7, "file:///etc/passwd"])
async def test_a_holder_that_is_no_entity_is_refused(me: Me, locator: PlayedDistrict, holder: object) -> None:
    locator.guard("POST /agency/v1/locate", json_answer({"holder": holder}))

    with pytest.raises(Untrusted, match="statement_malformed"):
        await me.peers.locate(await _as_agency(me, locator), "signed.by.us")


async def test_the_locators_tokens_are_sent_one_after_the_other(me: Me, locator: PlayedDistrict) -> None:
    locator.guard("PUT /agency/v1/locator/tokens", answering(status=204))

    await me.peers.upload_tokens(await _as_agency(me, locator), [b"a" * 32, b"b" * 32])

    assert locator.bodies[-1] == b"a" * 32 + b"b" * 32
    assert locator.headers[-1]["Content-Type"] == "application/octet-stream"


@pytest.fixture
def locator(maple: PlayedDistrict) -> PlayedDistrict:
    """Return a played node that answers as an agency's locator would, with its token endpoint."""
    return maple


async def _as_agency(me: Me, locator: PlayedDistrict) -> Listing:
    return await me.listing(locator)

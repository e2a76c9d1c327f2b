"""Transfers and events over HTTP."""

import base64
import hashlib
import uuid
from typing import Any

import pytest

from gateway.crypto import jws
from gateway.crypto.keys import Purpose
from gateway.domain.ids import digest
from gateway.domain.messages import EventType
from gateway.domain.sealed import PartState, SealedPart
from gateway.domain.transfer import State, Transfer
from gateway.usecases.ports import Parcel
from tests.unit.http.callers import Caller, raw_jws
from tests.unit.http.nodes import JOSE, SUBJECT, World

TRANSFERS = "/exchange/v1/transfers"
SECEVENT = {"Content-Type": "application/secevent+jwt"}


async def test_a_request_is_taken_and_answered_with_its_place(oak: Caller, world: World) -> None:
    token, message = await oak.token(), oak.request()

    answer = await oak.call("POST", TRANSFERS, token, data=message, headers=JOSE)

    said = await answer.json()
    (stored,) = world.store.tx.transfers.rows.values()
    assert answer.status == 202
    assert answer.headers["Location"] == oak.url(f"{TRANSFERS}/{stored.id}")
    assert said == {
        "transfer": stored.id,
        "state": "received",
        "request_digest": digest(message.encode()),
        "poll_after": 900,
    }


async def test_the_same_request_again_gets_the_same_answer_and_other_bytes_a_conflict(
    oak: Caller, world: World
) -> None:
    token, jti = await oak.token(), uuid.uuid4().hex
    message = oak.request(jti=jti)

    first = await oak.call("POST", TRANSFERS, token, data=message, headers=JOSE)
    again = await oak.call("POST", TRANSFERS, token, data=message, headers=JOSE)
    other = await oak.call("POST", TRANSFERS, token, data=oak.request(jti=jti), headers=JOSE)

    assert await first.json() == await again.json()
    assert (again.status, other.status) == (202, 409)
    assert len(world.store.tx.transfers.rows) == 1


async def test_a_status_that_is_known_is_not_sent_again(oak: Caller, world: World) -> None:
    transfer, token = world.released(oak.id), await oak.token()
    path = f"{TRANSFERS}/{transfer.id}"

    first = await oak.call("GET", path, token)
    tag = first.headers["ETag"]
    known = [
        await oak.call("GET", path, token, headers={"If-None-Match": sent})
        for sent in (tag, f'"x", W/{tag}', "*")
    ]
    other = await oak.call("GET", path, token, headers={"If-None-Match": '"x"'})

    assert await first.json() == {
        "transfer": transfer.id,
        "state": "released",
        "version": 1,
        "expires_at": int(transfer.expires_at.timestamp()),
    }
    assert [(answer.status, answer.headers["ETag"]) for answer in known] == [(304, tag)] * 3
    assert other.status == 200


async def test_the_tag_does_not_tell_steps_that_the_requester_may_not_know(oak: Caller, world: World) -> None:
    transfer, token = world.held(oak.id, State.REVIEW), await oak.token()
    path = f"{TRANSFERS}/{transfer.id}"

    found = await oak.call("GET", path, token)
    world.store.tx.transfers.rows[transfer.id] = transfer.to(State.HELD, at=world.clock())
    held = await oak.call("GET", path, token)

    assert found.headers["ETag"] == held.headers["ETag"]
    assert await found.text() == await held.text()


async def test_a_sealed_record_comes_with_its_digest_and_is_kept_by_nobody(oak: Caller, world: World) -> None:
    jwe = b"sealed" * 300_000
    transfer = world.released(oak.id, jwe)
    token = await oak.token("backpack.fetch", transfer.id)

    answer = await oak.call("GET", f"{TRANSFERS}/{transfer.id}/versions/1", token)

    sha256 = base64.b64encode(hashlib.sha256(jwe).digest()).decode()
    assert (answer.status, await answer.text() == jwe.decode()) == (200, True)
    assert answer.headers["Content-Type"] == "application/jose"
    assert answer.headers["Content-Digest"] == f"sha-256=:{sha256}:"
    assert answer.headers["ETag"] == f'"{digest(jwe)}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.store.tx.transfers.rows[transfer.id].state is State.FETCHED


async def test_a_sealed_part_comes_in_the_same_way_and_one_that_is_not_there_is_not_found(
    oak: Caller, elm: Caller, world: World
) -> None:
    transfer, jwe = world.released(oak.id), b"part" * 5000
    part = _part(transfer, jwe)
    world.store.tx.sealed_parts.put(part)
    world.store.tx.parcels.put(
        Parcel(transfer=transfer.id, version=1, part=1, jwe=jwe, digest=part.jwe_digest)
    )
    path = f"{TRANSFERS}/{transfer.id}/versions/1/parts"
    token = await oak.token("backpack.fetch", transfer.id)

    answer = await oak.call("GET", f"{path}/1", token)
    missing = await oak.call("GET", f"{path}/2", token)
    own = world.released(elm.id)
    theirs = await elm.call("GET", f"{path}/1", await elm.token("backpack.fetch", own.id))

    sha256 = base64.b64encode(hashlib.sha256(jwe).digest()).decode()
    assert (answer.status, await answer.text() == jwe.decode()) == (200, True)
    assert answer.headers["Content-Digest"] == f"sha-256=:{sha256}:"
    assert answer.headers["ETag"] == f'"{digest(jwe)}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.store.tx.sealed_parts.get(transfer.id, 1, 1).fetches == 1
    assert (missing.status, theirs.status) == (404, 404)
    assert await missing.text() == await theirs.text()


def _part(transfer: Transfer, jwe: bytes) -> SealedPart:
    return SealedPart(
        transfer=transfer.id,
        version=1,
        n=1,
        role="nurse",
        sections=("health",),
        digest=digest(b"part"),
        jwe_digest=digest(jwe),
        state=PartState.PACKAGED,
        at=transfer.created_at,
        due_on=transfer.created_at.date(),
    )


async def test_a_record_that_was_taken_back_is_gone(oak: Caller, world: World) -> None:
    transfer = world.released(oak.id)
    token = await oak.token("backpack.fetch", transfer.id)
    revoked = transfer.to(State.REVOKED, at=world.clock())
    world.store.tx.transfers.rows[transfer.id] = revoked

    answer = await oak.call("GET", f"{TRANSFERS}/{transfer.id}/versions/1", token)

    assert (answer.status, (await answer.json(content_type=None))["code"]) == (410, "gone")


async def test_a_receipt_ends_the_transfer_and_may_come_twice(oak: Caller, world: World) -> None:
    transfer = world.released(oak.id)
    fetched = transfer.to(State.FETCHED, at=world.clock(), record_digest=digest(b"record"))
    world.store.tx.transfers.rows[transfer.id] = fetched
    receipt = oak.message(
        jws.Typ.RECEIPT,
        transfer=transfer.id,
        version=1,
        outcome="accepted",
        record_digest=fetched.record_digest,
        jwe_digest=fetched.parcel_digest,
    )
    token, path = await oak.token(), f"{TRANSFERS}/{transfer.id}/receipts"

    first = await oak.call("POST", path, token, data=receipt, headers=JOSE)
    again = await oak.call("POST", path, token, data=receipt, headers=JOSE)

    assert (first.status, again.status) == (200, 200)
    said, said_again = await first.json(), await again.json()
    position, position_again = said.pop("log"), said_again.pop("log")
    assert said == said_again == {"transfer": transfer.id, "state": "acked", "version": 1}
    assert position == position_again, "where the one receipt stands in the log of who took it"
    assert digest(receipt.encode()) in position["leaf"]


async def test_a_request_can_be_withdrawn(oak: Caller, world: World) -> None:
    transfer, token = world.held(oak.id), await oak.token()
    message = oak.message(jws.Typ.WITHDRAW, transfer=transfer.id)

    answer = await oak.call(
        "POST", f"{TRANSFERS}/{transfer.id}/withdrawal", token, data=message, headers=JOSE
    )

    assert (answer.status, (await answer.json())["state"]) == (200, "withdrawn")


async def test_information_that_was_asked_for_is_taken(oak: Caller, world: World) -> None:
    asked = digest(b"request")
    transfer = world.held(oak.id, State.NEEDS_INFO, request_digest=asked, needs=("state_id",))
    match = {
        "given_name": SUBJECT.given_name,
        "family_name": SUBJECT.family_name,
        "birth_date": SUBJECT.birth_date.isoformat(),
        "state_id": "A77",
    }
    message = oak.message(jws.Typ.INFORMATION, transfer=transfer.id, request_digest=asked, match=match)
    token, path = await oak.token(), f"{TRANSFERS}/{transfer.id}"

    before = await oak.call("GET", path, token)
    answer = await oak.call("POST", f"{path}/information", token, data=message, headers=JOSE)

    assert (await before.json())["needs"] == ["state_id"]
    assert (answer.status, (await answer.json())["state"]) == (200, "pending")


@pytest.mark.parametrize(
    ("path", "typ"),
    [
        ("", jws.Typ.REQUEST),
        ("/receipts", jws.Typ.RECEIPT),
        ("/information", jws.Typ.INFORMATION),
        ("/withdrawal", jws.Typ.WITHDRAW),
    ],
)
async def test_each_place_takes_its_own_type_of_message_only(
    oak: Caller, world: World, path: str, typ: jws.Typ
) -> None:
    transfer, token = world.held(oak.id), await oak.token()
    place = f"{TRANSFERS}/{transfer.id}{path}" if path else TRANSFERS
    others = [other for other in jws.Typ if other is not typ]

    answers = [
        await oak.call("POST", place, token, data=oak.message(other), headers=JOSE) for other in others
    ]

    said = [await answer.json(content_type=None) for answer in answers]
    assert {answer.status for answer in answers} == {403}
    assert {one["reason"] for one in said} == {"wrong_type"}


@pytest.mark.parametrize(
    "audience", [["https://exchange.maple.k12.st-a.example"], "https://evil.example", None]
)
async def test_a_message_to_somebody_else_is_not_taken(oak: Caller, audience: Any) -> None:
    token = await oak.token()

    answer = await oak.call("POST", TRANSFERS, token, data=oak.request(aud=audience), headers=JOSE)

    assert (answer.status, (await answer.json(content_type=None))["reason"]) == (403, "wrong_audience")


async def test_a_wrong_value_is_named_by_its_place_and_not_repeated(oak: Caller) -> None:
    token = await oak.token()
    message = oak.request(actor={"id": "Zebulon Quirkwell" * 99, "role": "registrar"})

    answer = await oak.call("POST", TRANSFERS, token, data=message, headers=JOSE)

    said = await answer.text()
    assert answer.status == 400
    assert "actor.id" in said
    assert "Quirkwell" not in said


# --- events ------------------------------------------------------------------------------------------


def event(caller: Caller, kind: str = EventType.TRANSFER_STATE, **claims: Any) -> str:
    return caller.message(jws.Typ.EVENT, **{"events": {str(kind): {"transfer": "T-remote"}}, **claims})


async def test_an_event_of_a_known_node_is_taken_without_a_word(oak: Caller, world: World) -> None:
    world.held(oak.id)

    answer = await oak.live.send("POST", "/exchange/v1/events", data=event(oak), headers=SECEVENT)

    assert (answer.status, await answer.text()) == (202, "")
    assert world.woken == 1


async def test_the_agency_may_say_that_a_node_was_suspended(oak: Caller, world: World) -> None:
    agency = Caller(oak.live, world.agency, (), world.clock)
    message = agency.message(jws.Typ.EVENT, events={str(EventType.ENTITY_SUSPENDED): {"entity": oak.id}})

    answer = await oak.live.send("POST", "/exchange/v1/events", data=message, headers=SECEVENT)

    assert answer.status == 202
    assert oak.id not in world.directory.chains


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"aud": "https://evil.example"}, "invalid_audience"),
        ({"aud": ["https://exchange.maple.k12.st-a.example"]}, "invalid_audience"),
        ({"iss": "https://exchange.elm.k12.st-a.example"}, "invalid_issuer"),
        ({"iss": "https://nobody.example"}, "invalid_issuer"),
        ({"iss": 7}, "invalid_request"),
        ({"events": {}}, "invalid_request"),
        ({"events": {"a": {}, "b": {}}}, "invalid_request"),
        ({"jti": "x"}, "invalid_request"),
        ({"iat": 0}, "authentication_failed"),
    ],
    ids=str,
)
async def test_an_event_that_does_not_hold_is_refused_in_the_events_form(
    oak: Caller, world: World, change: dict[str, Any], error: str
) -> None:
    world.held(oak.id)

    answer = await oak.live.send("POST", "/exchange/v1/events", data=event(oak, **change), headers=SECEVENT)

    said = await answer.json()
    assert (answer.status, said["err"]) == (400, error)
    assert said.keys() == {"err", "description"}
    assert answer.headers["Content-Language"] == "en"


async def test_an_event_under_a_key_that_is_not_for_evidence_is_refused(oak: Caller, world: World) -> None:
    world.held(oak.id)
    claims = jws.peek(event(oak), max_bytes=9999).claims
    forged = jws.sign(jws.Typ.EVENT, claims, oak.member.keys.current(Purpose.CLIENT))

    answer = await oak.live.send("POST", "/exchange/v1/events", data=forged, headers=SECEVENT)

    assert (answer.status, (await answer.json())["err"]) == (400, "invalid_key")


async def test_an_event_of_a_stranger_asks_nobody_about_the_stranger(elm: Caller, world: World) -> None:
    answer = await elm.live.send("POST", "/exchange/v1/events", data=event(elm), headers=SECEVENT)

    assert (answer.status, (await answer.json())["err"]) == (400, "invalid_issuer")
    assert world.directory.asked == [world.agency.id]


async def test_an_event_is_to_be_sent_again_while_its_sender_cannot_be_checked(
    oak: Caller, world: World
) -> None:
    world.directory.away = True

    answer = await oak.live.send("POST", "/exchange/v1/events", data=event(oak), headers=SECEVENT)

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    "body", ["x", "a.b.c", raw_jws({"alg": "none"}, b"{}"), raw_jws({"alg": "ES256"}, b"[]")]
)
async def test_an_event_that_is_no_token_is_refused_in_the_events_form(oak: Caller, body: str) -> None:
    answer = await oak.live.send("POST", "/exchange/v1/events", data=body, headers=SECEVENT)

    assert (answer.status, (await answer.json())["err"]) == (400, "invalid_request")

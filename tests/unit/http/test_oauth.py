"""The token endpoint: who gets a token, and once."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.crypto.tokens import DpopKey, handle_digest
from tests.harness.federation import NOW
from tests.unit.http.callers import Caller, error_of
from tests.unit.http.nodes import DETAIL_TYPE, Live, World, serving


async def test_a_proven_client_gets_a_token_for_one_thing(oak: Caller) -> None:
    answer = await oak.ask(oak.form())

    said = await answer.json()
    assert answer.status == 200
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("DPoP", 300, "backpack.request")
    assert len(said["access_token"]) == 43
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["DPoP-Nonce"] == oak.nonce
    assert answer.headers["Content-Type"] == "application/json"


async def test_a_token_is_stored_as_its_hash_with_its_key_and_end(oak: Caller, world: World) -> None:
    token = await oak.token()

    ((stored, grant),) = world.store.tx.grants.rows.items()
    assert stored == handle_digest(token)
    assert token not in stored
    assert (grant.client, grant.scope, grant.transfer) == (oak.id, "backpack.request", None)
    assert grant.key_thumbprint == oak.key.thumbprint
    assert grant.expires_at == NOW + timedelta(seconds=300)


async def test_a_client_that_sends_no_chain_is_looked_up(oak: Caller, world: World) -> None:
    answer = await oak.ask(oak.form(client_assertion=oak.assertion(trust_chain=None)))

    assert answer.status == 200
    assert world.directory.asked == [oak.id]


async def test_a_client_that_sends_its_chain_costs_no_look_up(oak: Caller, world: World) -> None:
    answer = await oak.ask(oak.form())

    assert answer.status == 200
    assert world.directory.asked == []


async def test_a_released_transfer_can_be_named_in_a_fetch_token(oak: Caller, world: World) -> None:
    transfer = world.released(oak.id)
    detail = {"type": DETAIL_TYPE, "actions": ["fetch"], "identifier": transfer.id}

    answer = await oak.ask(oak.fetch_form(transfer.id))

    said = await answer.json()
    (grant,) = world.store.tx.grants.rows.values()
    assert said["authorization_details"] == [detail]
    assert grant.transfer == transfer.id


async def test_an_agency_grants_questions_only(world: World, agency: Live) -> None:
    asker = Caller(agency, world.oak, world.directory.chains[world.oak.id], world.clock)

    granted = await asker.ask(asker.form("backpack.locate"))
    refused = await asker.ask(asker.form("backpack.request"))

    assert granted.status == 200
    assert await error_of(refused) == (400, "invalid_scope")


async def test_a_proof_without_a_nonce_is_told_the_nonce_and_the_same_assertion_then_works(
    oak: Caller,
) -> None:
    form = oak.form()

    first = await oak.ask(form, oak.proof("POST", "/oauth/token", nonce=None))
    second = await oak.ask(form, oak.proof("POST", "/oauth/token", nonce=first.headers["DPoP-Nonce"]))

    assert await error_of(first) == (400, "use_dpop_nonce")
    assert second.status == 200


async def test_a_nonce_ends_after_the_slot_that_follows_its_own(oak: Caller) -> None:
    nonce = oak.nonce

    oak.clock.forward(minutes=5)
    next_slot = await oak.ask(oak.form(), oak.proof("POST", "/oauth/token", nonce=nonce))
    oak.clock.forward(minutes=5)
    later = await oak.ask(oak.form(), oak.proof("POST", "/oauth/token", nonce=nonce))

    assert next_slot.status == 200
    assert await error_of(later) == (400, "use_dpop_nonce")


async def test_a_replayed_proof_is_refused(oak: Caller) -> None:
    proof = oak.proof("POST", "/oauth/token")

    first = await oak.ask(oak.form(), proof)
    second = await oak.ask(oak.form(), proof)

    assert first.status == 200
    assert await error_of(second) == (400, "invalid_dpop_proof")


async def test_a_replayed_assertion_is_refused_and_leaves_no_grant(oak: Caller, world: World) -> None:
    form = oak.form()

    first = await oak.ask(form)
    second = await oak.ask(form)

    assert first.status == 200
    assert await error_of(second) == (400, "invalid_client")
    assert len(world.store.tx.grants.rows) == 1


async def test_of_two_who_send_one_assertion_at_once_exactly_one_wins(oak: Caller, world: World) -> None:
    form = oak.form()

    async with serving(replace(oak.live.site)) as other_process:
        twin = Caller(other_process, oak.member, oak.chain, oak.clock)
        answers = await asyncio.gather(*(caller.ask(form) for caller in (oak, twin) for _ in range(5)))

    assert sorted(answer.status for answer in answers) == [200] + [400] * 9
    assert len(world.store.tx.grants.rows) == 1


async def test_a_store_that_is_away_means_no_token(oak: Caller, world: World) -> None:
    world.store.broken = True

    answer = await oak.ask(oak.form())

    assert answer.status == 500
    assert answer.content_type == "application/problem+json"
    assert "disk" not in await answer.text()


async def test_no_token_and_no_assertion_reaches_a_log(oak: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    form = oak.form()

    answer = await oak.ask(form)
    await oak.ask(form)

    token = (await answer.json())["access_token"]
    assert token not in caplog.text
    assert form["client_assertion"] not in caplog.text


async def test_a_token_of_another_key_is_another_grant(oak: Caller, world: World) -> None:
    await oak.token()
    oak.key = DpopKey()
    await oak.token()

    assert len({grant.key_thumbprint for grant in world.store.tx.grants.rows.values()}) == 2

"""What every answer has in common, what a node publishes of itself, and what its operators see."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network

import pytest
import structlog

from gateway.crypto import jws
from gateway.domain import errors
from gateway.domain.errors import GatewayError, Misconfigured, TryLater
from gateway.domain.ids import LocalStudentId
from gateway.domain.transfer import State
from gateway.http.problems import STATUS, problem_of, status_of
from gateway.mapping.findings import Rule, finding
from tests.unit.http.callers import Caller
from tests.unit.http.nodes import JOSE, Live, World, serving

Logged = list[structlog.typing.EventDict]


@pytest.fixture
def logged() -> Iterator[Logged]:
    """What is logged, with the context of the request."""
    before = structlog.get_config()["processors"]
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines
    assert structlog.get_config()["processors"] == before


def every_error(base: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    yield base
    for kind in base.__subclasses__():
        yield from every_error(kind)


# --- problems ----------------------------------------------------------------------------------------


def test_every_error_has_a_status_of_its_own_kind() -> None:
    for kind in every_error():
        status = next(STATUS[base] for base in kind.__mro__ if base in STATUS)

        assert (status in {429, 503}) == issubclass(kind, TryLater)
        assert (400 <= status < 500) == (issubclass(kind, errors.Refused) or status == 429)


def test_a_class_that_is_not_in_the_table_has_its_nearest_bases_status() -> None:
    class Torn(errors.Malformed):
        pass

    assert status_of(Torn()) == 400


def test_what_may_be_tried_again_says_when() -> None:
    for kind in every_error():
        error = kind("x")

        assert ("Retry-After" in problem_of(error).headers) == isinstance(error, TryLater)


def test_no_two_unknowns_differ_and_no_operators_message_leaves() -> None:
    one, other = problem_of(errors.Unknown("no such transfer")), problem_of(errors.Unknown("not yours"))
    internal = problem_of(Misconfigured("the key file is gone"))

    assert one.body == other.body
    assert isinstance(internal.body, bytes)
    assert b"key" not in internal.body


# --- every answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["0123456789abcdef" * 2, "3f1b0f6e-0e0a-8c36-9d0f-1f0c5a5e8f11"])
async def test_a_plain_request_id_is_kept(maple: Live, sent: str) -> None:
    answer = await maple.send("GET", "/healthz", headers={"X-Request-Id": sent})

    assert answer.headers["X-Request-Id"] == sent


@pytest.mark.parametrize(
    "sent", ["", "short", "Zebulon-Quibble", "x" * 65, "a b c d e f", "abcdefgh\u00e9", '"quoted-id"']
)
async def test_another_request_id_is_replaced(maple: Live, sent: str) -> None:
    answer = await maple.send("GET", "/healthz", headers={"X-Request-Id": sent})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


async def test_no_answer_names_the_software_below(maple: Live) -> None:
    answers = [await maple.send("GET", path) for path in ("/healthz", "/nothing", "/readyz")]

    assert {answer.headers["Server"] for answer in answers} == {"backpack"}


async def test_a_fault_in_this_program_says_nothing_and_logs_no_values(
    maple: Live, world: World, logged: Logged
) -> None:
    world.store.broken = True

    answer = await maple.send("GET", "/metrics")

    (fault,) = [line for line in logged if line["event"] == "unexpected"]
    assert answer.status == 500
    assert await answer.text() == (
        '{"type":"urn:backpack:problem:error","title":"Something went wrong","status":500,"code":"error"}'
    )
    assert fault["error"] == "OSError"
    assert fault["at"][-1].startswith("nodes.py:")
    assert "disk" not in str(fault)


async def test_a_log_line_has_route_and_peer_and_nothing_of_the_student(
    oak: Caller, world: World, logged: Logged
) -> None:
    token, transfer = await oak.token(), world.held(oak.id)

    await oak.call("POST", "/exchange/v1/transfers", token, data=oak.request(), headers=JOSE)
    await oak.call("GET", f"/exchange/v1/transfers/{transfer.id}", token)
    await oak.live.send("GET", "/federation/fetch?sub=Zebulon")

    posted, got, absent = [line for line in logged if line["event"] == "request"][-3:]
    assert (posted["route"], posted["peer"]) == ("POST /exchange/v1/transfers", oak.id)
    assert (got["transfer"], got["peer"], got["status"]) == (transfer.id, oak.id, 200)
    assert absent["route"] == "GET unmatched"
    assert "peer" not in absent
    assert not re.search("Zebulon|Quirkwell|2014", str([posted, got, absent]))


async def test_what_breaks_the_protocol_is_not_quoted_in_a_log(
    maple: Live, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    answer = await maple.send("GET", "/healthz", headers={"X-Name": "Zebulon" * 9000})

    assert answer.status == 400
    assert "Zebulon" not in caplog.text


# --- what a node publishes ---------------------------------------------------------------------------


@pytest.mark.parametrize("served", ["maple", "agency"])
async def test_a_node_publishes_its_configuration_under_the_exact_type(world: World, served: str) -> None:
    async with serving(world.site(getattr(world, served))) as live:
        answer = await live.send("GET", "/.well-known/openid-federation")

    assert answer.headers.getall("Content-Type") == ["application/entity-statement+jwt"]
    assert await answer.text() == world.directory.chains[live.site.node.id][0]


@pytest.mark.parametrize(
    ("path", "entity_type", "member"),
    [
        ("/.well-known/oauth-authorization-server", "oauth_authorization_server", "token_endpoint"),
        ("/.well-known/oauth-protected-resource", "oauth_resource", "resource"),
        ("/.well-known/oauth-protected-resource/exchange/v1", "oauth_resource", "resource"),
    ],
)
async def test_the_other_metadata_documents_say_what_the_chain_says(
    maple: Live, world: World, path: str, entity_type: str, member: str
) -> None:
    answer = await maple.send("GET", path)

    said = await answer.json()
    configuration = world.directory.chains[world.maple.id][0]
    assert said == jws.peek(configuration, max_bytes=99_999).claims["metadata"][entity_type]
    assert said[member].startswith(maple.site.base_url)
    assert answer.headers["Content-Type"] == "application/json"


async def test_tokens_are_for_the_resource_that_the_metadata_names(maple: Live) -> None:
    answer = await maple.send("GET", "/.well-known/oauth-protected-resource")

    assert (await answer.json())["resource"] == maple.site.resource


# --- operators ---------------------------------------------------------------------------------------


async def test_a_node_says_how_long_it_is_up(maple: Live, world: World) -> None:
    world.clock.forward(seconds=90)

    answer = await maple.send("GET", "/healthz")

    assert await answer.json() == {"status": "up", "seconds": 90}


async def test_a_node_is_ready_when_all_is_well(maple: Live) -> None:
    answer = await maple.send("GET", "/readyz")

    checks = {"store": True, "loop": True, "statement": True}
    assert (answer.status, await answer.json()) == (200, {"ready": True, "checks": checks})


@pytest.mark.parametrize("missing", ["store", "loop", "statement"])
async def test_a_node_is_not_ready_without_each_of_them(world: World, missing: str) -> None:
    site = world.site(world.maple, loop_alive=lambda: missing != "loop")
    world.store.broken = missing == "store"
    if missing == "statement":
        world.clock.forward(hours=23, minutes=51)

    async with serving(site) as live:
        answer = await live.send("GET", "/readyz")

    checks = (await answer.json())["checks"]
    assert answer.status == 503
    assert [name for name, well in checks.items() if not well] == [missing]


async def test_metrics_count_and_name_nobody(oak: Caller, world: World) -> None:
    held = [world.held(oak.id), world.held(oak.id), world.held(oak.id, State.HELD)]
    wrong = finding(Rule.DATE_INVALID, "not a date", file="demographics.csv", raw_value="Quirkwell")
    world.store.tx.findings.replace([(LocalStudentId("Zebulon"), wrong)] * 3, of=[])
    token = await oak.token()
    await oak.call("GET", f"/exchange/v1/transfers/{held[0].id}", token)

    text = await (await oak.live.send("GET", "/metrics")).text()

    assert 'backpack_transfers{role="holder",state="review"} 2.0' in text
    assert 'backpack_transfers{role="holder",state="held"} 1.0' in text
    assert 'backpack_findings{rule="date.invalid"} 3.0' in text
    assert re.search(
        r'seconds_count\{method="GET",route="/exchange/v1/transfers/\{id\}",status="200"\} 1', text
    )
    assert not re.search(f"Zebulon|Quirkwell|A77|{oak.id}|" + "|".join(one.id for one in held), text)


async def test_a_state_that_emptied_leaves_the_metrics(oak: Caller, world: World) -> None:
    world.held(oak.id)
    before = await (await oak.live.send("GET", "/metrics")).text()
    world.store.tx.transfers.rows.clear()

    after = await (await oak.live.send("GET", "/metrics")).text()

    assert 'state="review"' in before
    assert 'state="review"' not in after


async def test_paths_and_methods_of_strangers_make_no_new_series(maple: Live) -> None:
    for number in range(5):
        await maple.send("PROPFIND", f"/nothing/{number}")

    text = await (await maple.send("GET", "/metrics")).text()

    assert 'seconds_count{method="other",route="unmatched",status="404"} 5.0' in text


async def test_further_measures_appear_under_their_names(world: World) -> None:
    async def measures() -> Mapping[str, float]:
        return {"outbox_messages": 4, "oldest_waiting_seconds": 12.5}

    async with serving(world.site(world.maple, measures=measures)) as live:
        await live.send("GET", "/metrics")
        text = await (await live.send("GET", "/metrics")).text()

    assert "backpack_outbox_messages 4.0" in text
    assert "backpack_oldest_waiting_seconds 12.5" in text


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "Via"])
async def test_metrics_are_not_shown_through_a_proxy(maple: Live, name: str) -> None:
    answer = await maple.send("GET", "/metrics", headers={name: "127.0.0.1"})

    assert answer.status == 404


async def test_metrics_are_shown_to_the_configured_addresses_only(world: World) -> None:
    site = world.site(world.maple)

    statuses = []
    for operators in ((ip_network("10.0.0.0/8"),), (ip_network("127.0.0.1/32"),)):
        async with serving(replace(site, operators=operators)) as live:
            statuses.append((await live.send("GET", "/metrics")).status)

    assert statuses == [404, 200]

"""Every route, with everything that must not be sent: always a refusal in a known form, never a fault."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientResponse

from gateway.domain.ids import EntityId
from gateway.http.app import make_app
from gateway.http.auth import scope_of
from gateway.http.site import Limits
from tests.unit.http.callers import Caller, raw_jws
from tests.unit.http.nodes import Live, World, as_member, serving

TYPES = {
    "/oauth/token": "application/x-www-form-urlencoded",
    "/federation/trust-mark-status": "application/x-www-form-urlencoded",
    "/exchange/v1/events": "application/secevent+jwt",
    "/agency/v1/locator/tokens": "application/octet-stream",
    "/agency/v1/witness/add-checkpoint": "application/octet-stream",
}
DEEP = b"[" * 50_000
BAD_JSON = {
    "deep": DEEP,
    "twice": b'{"iss":"a","iss":"b"}',
    "nan": b'{"iat":NaN}',
    "infinity": b'{"iat":Infinity}',
    "big": b'{"iat":123456789012345678901234567890}',
    "bom": b"\xef\xbb\xbf{}",
    "surrogate": b'{"iss":"\\ud800"}',
    "latin": b'{"iss":"\xe9"}',
    "array": b"[]",
    "null": b"null",
    "nothing": b"",
}
RANDOM = random.Random(7)
BAD_BODIES = {
    "empty": b"",
    "zeros": b"\0" * 100,
    "random": RANDOM.randbytes(5000),
    "odd": RANDOM.randbytes(33),
    "text": "zażółć".encode(),
    "json": b'{"a":1}',
    "percent": b"a=%ff&b=%zz",
    "fields": b"&".join(b"f%d=1" % n for n in range(200)),
    "dots": b"." * 1000,
    **{f"claims {name}": raw_jws({"alg": "ES256"}, body).encode() for name, body in BAD_JSON.items()},
    **{f"header {name}": raw_jws(body, b"{}").encode() for name, body in BAD_JSON.items()},
}


def routes(world: World, *methods: str) -> list[tuple[str, str, str | None, bool]]:
    """Method, path, scope and whether it is the agency's, of every route that there is."""
    found = []
    for member in (world.maple, world.agency):
        for route in make_app(world.site(member)).router.routes():
            assert route.resource is not None
            path = route.resource.canonical.format(id="T-1", version="1", part="1")
            at_agency = member is world.agency
            if route.method in methods and (not at_agency or path.startswith(("/agency", "/federation"))):
                found.append((route.method, path, scope_of(route.handler), at_agency))
    return found


async def refused(answer: ClientResponse) -> bool:
    """Whether this is a refusal in one of the four forms, and safe to keep nowhere."""
    said: dict[str, Any] = json.loads(await answer.text())
    forms = {"application/problem+json": "code", "application/json": "error"}
    assert 400 <= answer.status < 500, (answer.status, said)
    assert "err" in said or forms[answer.headers["Content-Type"]] in said
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    return True


class Sweeper:
    """Sends to any route of the district and the agency, authenticated where that is asked for."""

    def __init__(self, world: World, maple: Live, agency: Live) -> None:
        self._world = world
        chain = world.directory.chains[world.oak.id]
        self._at = {
            False: Caller(maple, world.oak, chain, world.clock),
            True: Caller(agency, world.oak, chain, world.clock),
        }
        self._tokens: dict[tuple[EntityId, str], str] = {}

    async def send(
        self, route: tuple[str, str, str | None, bool], body: Any, **headers: str
    ) -> ClientResponse:
        method, path, scope, at_agency = route
        caller = self._at[at_agency]
        sent = {"Content-Type": TYPES.get(path, "application/jose"), **headers}
        if scope:
            token = await self._token(caller, scope)
            return await caller.call(method, path, token, data=body, headers=sent)
        proof = caller.proof(method, path)
        return await caller.live.send(method, path, data=body, headers={"DPoP": proof, **sent})

    async def _token(self, caller: Caller, scope: str) -> str:
        key = caller.live.site.node.id, scope
        if key not in self._tokens:
            transfer = self._world.released(caller.id).id if scope == "backpack.fetch" else None
            self._tokens[key] = await caller.token(scope, transfer)
        return self._tokens[key]


@pytest.fixture
def sweeper(world: World, maple: Live, agency: Live) -> Sweeper:
    return Sweeper(world, maple, agency)


@pytest.mark.parametrize("body", BAD_BODIES)
async def test_a_body_that_is_not_what_the_route_takes_is_refused(
    sweeper: Sweeper, world: World, body: str
) -> None:
    for route in routes(world, "POST", "PUT"):
        assert await refused(await sweeper.send(route, BAD_BODIES[body])), route


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "application/jose; charset=utf-8",
        "application/jose;charset=latin1",
        "application/secevent+jwt; charset=utf-8",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/octet-stream;x=y",
        "multipart/form-data",
        "a/b/c",
        "application/jose, application/jose",
    ],
)
async def test_another_content_type_is_refused_as_such(
    sweeper: Sweeper, world: World, content_type: str
) -> None:
    for route in routes(world, "POST", "PUT"):
        answer = await sweeper.send(route, b"a.b.c", **{"Content-Type": content_type})

        assert await refused(answer)
        assert answer.status == 415, route


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_compressed_body_is_refused(sweeper: Sweeper, world: World, encoding: str) -> None:
    for route in routes(world, "POST", "PUT"):
        answer = await sweeper.send(route, b"", **{"Content-Encoding": encoding})

        assert await refused(answer)
        assert answer.status in {400, 415}, route


async def _chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"A" * 65_536


@pytest.mark.parametrize("announced", [True, False], ids=["with its length", "in chunks"])
async def test_ten_megabytes_are_not_read(sweeper: Sweeper, world: World, announced: bool) -> None:
    for route in routes(world, "POST", "PUT"):
        if route[1] == "/agency/v1/locator/tokens":
            continue
        body = BytesIO(b"A" * 10_485_760) if announced else _chunks(160)
        try:
            answer = await sweeper.send(route, body)
        except ClientConnectionError:
            continue  # closed before all was sent: as good as a refusal

        assert await refused(answer)
        assert answer.status == 413, route


async def test_an_upload_to_the_locator_has_its_own_limit(world: World) -> None:
    world.store.tx.members.rows[world.oak.id] = as_member(world.oak)
    async with serving(world.site(world.agency, limits=Limits(tokens=64))) as live:
        caller = Caller(live, world.oak, world.directory.chains[world.oak.id], world.clock)
        token = await caller.token("backpack.locate")
        send: dict[str, Any] = {"headers": {"Content-Type": "application/octet-stream"}}

        most = await caller.call("PUT", "/agency/v1/locator/tokens", token, data=b"A" * 64, **send)
        more = await caller.call("PUT", "/agency/v1/locator/tokens", token, data=b"A" * 96, **send)

    assert (most.status, more.status) == (204, 413)


async def test_a_body_that_does_not_end_in_time_is_refused(world: World) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    limits = Limits(read_timeout=timedelta(milliseconds=50))
    async with serving(world.site(world.maple, limits=limits)) as live:
        answer = await live.send(
            "POST",
            "/exchange/v1/events",
            data=slow(),
            headers={"Content-Type": "application/secevent+jwt"},
        )

    assert await refused(answer)
    assert answer.status == 408


@pytest.mark.parametrize("framing", [b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n\r\n", b"5\r\nab\r\n0\r\n\r\n"])
async def test_a_wrongly_framed_body_is_no_fault(maple: Live, framing: bytes) -> None:
    head = (
        b"POST /exchange/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/secevent+jwt\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", maple.port)

    writer.write(head + framing)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
)
async def test_a_method_that_the_route_does_not_have_is_refused(
    sweeper: Sweeper, world: World, method: str
) -> None:
    known = {(path, m) for m, path, _, _ in routes(world, "GET", "POST", "PUT")}
    for _, path, _, at_agency in routes(world, "GET", "POST", "PUT"):
        if (path, method) in known:
            continue
        answer = await sweeper.send((method, path, None, at_agency), None)

        assert answer.status == 405, path
        assert answer.headers["Allow"]
        assert method == "HEAD" or await refused(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/exchange/v1/transfers/",
        "/exchange/v1/transfers/T-1/versions/00",
        "/exchange/v1/transfers/T-1/versions/-1",
        "/exchange/v1/transfers/T-1/versions/1e9",
        "/exchange/v1/transfers/T-1/versions/9999999999",
        "/exchange/v1/transfers/..%2f..%2fetc%2fpasswd",
        "/exchange/v1/transfers/T%00",
        "/exchange/v1/transfers/%ff",
        "/exchange/v1/transfers/" + "x" * 4000,
        "/exchange/v1/transfers/%0d%0aSet-Cookie:%20a=b",
        "/.well-known/",
        "/static/../../etc/passwd",
        "/staff",
    ],
)
async def test_a_path_that_is_not_there_is_refused(maple: Live, path: str) -> None:
    answer = await maple.send("GET", path)

    assert await refused(answer)
    assert answer.status == 404
    assert "Set-Cookie" not in answer.headers


async def test_every_guarded_route_asks_for_its_proof_before_it_reads_a_byte(
    maple: Live, world: World
) -> None:
    for method, path, scope, at_agency in routes(world, "GET", "POST", "PUT"):
        if not scope or at_agency:
            continue
        answer = await maple.send(method, path, data=b"A" * 300_000)

        assert await refused(answer)
        assert answer.status == 401, path


async def test_a_hostile_header_is_no_fault(maple: Live, world: World) -> None:
    for authorization in (
        "DPoP",
        "DPoP ",
        "DPoP a b",
        "DPoP é",
        "DPoP ~",
        "x" * 4000,
        "DPoP " + "a" * 4000,
    ):
        for proof in (
            "",
            "x",
            "a.b.c",
            "." * 4000,
            raw_jws({"alg": "ES256", "typ": "dpop+jwt"}, DEEP[:3000]),
        ):
            answer = await maple.send(
                "GET",
                "/exchange/v1/transfers/T-1",
                headers={"Authorization": authorization, "DPoP": proof, "X-Request-Id": "é" * 10},
            )

            assert await refused(answer)
            assert answer.status == 401

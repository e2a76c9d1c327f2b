"""One call at a time: where it may go, how much it reads, how long it waits."""

import asyncio
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, AddressFamily
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.domain.errors import Misconfigured, PeerUnavailable, TooLarge, Untrusted
from gateway.peers.addresses import Outbound
from gateway.peers.calls import Answer, Call, Caller
from gateway.peers.connector import open_session
from tests.unit.peers.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.unit.peers.fixtures import LOOPBACK
from tests.unit.peers.played import PlayedAgency, answering


class NamesOf(AbstractResolver):
    """A name server that knows one answer."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        found = ResolveResult(
            hostname=host, host=self._address, port=port, family=family or AF_INET, proto=0, flags=0
        )
        return [found]

    async def close(self) -> None:
        """Nothing is open."""


async def get(
    url: str,
    rules: Outbound,
    resolver: AbstractResolver | None = None,
    *,
    max_bytes: int = 256 * 1024,
    seconds: float | None = None,
) -> Answer:
    call = Call(method="GET", url=url, headers={}, max_bytes=max_bytes, seconds=seconds)
    async with open_session(rules, resolver=resolver) as session:
        return await Caller(session, rules).send(call)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "0.0.0.0",  # noqa: S104 - an address that must be refused
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "localhost",
    ],
)
async def test_no_spelling_of_this_machine_is_called_in_production(agency: PlayedAgency, host: str) -> None:
    with pytest.raises(PeerUnavailable, match="may not call"):
        await get(f"https://{host}:{agency.port}/", Outbound())

    assert agency.asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
async def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    with pytest.raises(PeerUnavailable, match="may not call"):
        await get("https://exchange.maple.example/", Outbound(), NamesOf(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://exchange.maple.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://user:secret@127.0.0.1/",
        "https:///path",
        "https://2130706433/",
        "https://127.1/",
        "/path",
        "https://[broken/",
    ],
)
async def test_a_url_that_is_not_plainly_https_is_refused(url: str) -> None:
    with pytest.raises(Untrusted, match="bad_url"):
        await get(url, LOOPBACK)


async def test_http_is_refused_in_production_even_for_this_machine() -> None:
    with pytest.raises(Untrusted, match="bad_url"):
        await get("http://127.0.0.1:9/", Outbound())


async def test_a_redirect_is_not_followed(agency: PlayedAgency) -> None:
    agency.routes["GET /old"] = answering(status=302, headers={"Location": "/new"})

    answer = await get(f"{agency.id}/old", LOOPBACK)

    assert answer.status == 302
    assert agency.asked == ["GET /old"]


async def test_cookies_are_not_kept(agency: PlayedAgency) -> None:
    agency.routes["GET /"] = answering(headers={"Set-Cookie": "a=b"})
    call = Call(method="GET", url=f"http://maple.localhost:{agency.port}/", headers={})

    async with open_session(LOOPBACK, resolver=NamesOf("127.0.0.1")) as session:
        for _ in range(2):
            await Caller(session, LOOPBACK).send(call)

    assert [headers.get("Cookie") for headers in agency.headers] == [None, None]
    assert agency.headers[0]["User-Agent"].startswith("backpack-gateway/")


@pytest.mark.parametrize("said", [True, False])
async def test_an_answer_that_is_too_long_is_not_read(agency: PlayedAgency, said: bool) -> None:
    """Whether its length is stated before or turns out on the way."""

    async def long_answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "200000"} if said else {})
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"x" * 1000)
        return response

    agency.routes["GET /"] = long_answer

    with pytest.raises(TooLarge, match="more than 100000 bytes"):
        await get(f"{agency.id}/", LOOPBACK, max_bytes=100_000)


async def test_an_answer_as_long_as_allowed_is_read(agency: PlayedAgency) -> None:
    agency.routes["GET /"] = answering(body=b"x" * 100_000)

    answer = await get(f"{agency.id}/", LOOPBACK, max_bytes=100_000)

    assert answer.body == b"x" * 100_000


async def test_a_compressed_answer_is_refused(agency: PlayedAgency) -> None:
    agency.routes["GET /"] = answering(body=b"x", headers={"Content-Encoding": "gzip"})

    with pytest.raises(PeerUnavailable, match="encoding"):
        await get(f"{agency.id}/", LOOPBACK)


async def test_a_body_that_never_ends_is_given_up(agency: PlayedAgency) -> None:
    """The limit counts for all of the answer, not from one byte to the next."""
    never = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await never.wait()
        return response

    agency.routes["GET /"] = drip

    with pytest.raises(PeerUnavailable, match=r"\(TimeoutError\)"):
        await get(f"{agency.id}/", LOOPBACK, seconds=0.2)

    never.set()


async def test_a_connection_that_breaks_off_is_a_peer_that_is_not_available(agency: PlayedAgency) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10"})
        await response.prepare(request)
        await response.write(b"x")
        assert request.transport is not None
        request.transport.close()
        return response

    agency.routes["GET /"] = break_off

    with pytest.raises(PeerUnavailable):
        await get(f"{agency.id}/", LOOPBACK)


async def test_a_node_that_is_stopped_is_not_available(agency: PlayedAgency) -> None:
    await agency.stop()

    with pytest.raises(PeerUnavailable, match="gave no answer"):
        await get(f"{agency.id}/", LOOPBACK)


async def test_only_certificates_of_known_authorities_are_taken(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    server = await _tls_server(ca_file)
    url = f"https://127.0.0.1:{server.port}/"

    answer = await get(url, Outbound(allow_loopback=True, ca_file=ca_file))
    with pytest.raises(PeerUnavailable, match="Certificate"):
        await get(url, LOOPBACK)
    await server.close()

    assert answer.body == b"secure"


async def test_a_file_without_authorities_is_a_mistake_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")

    with pytest.raises(Misconfigured, match=r"empty\.pem"):
        open_session(Outbound(ca_file=tmp_path / "empty.pem"))


async def _tls_server(ca_file: Path) -> TestServer:
    key_file = ca_file.with_suffix(".key")
    _self_signed(ca_file, key_file)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, key_file)
    app = web.Application()
    app.router.add_get("/", answering(body=b"secure"))
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=context)
    return server


def _self_signed(cert_file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now().astimezone()
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

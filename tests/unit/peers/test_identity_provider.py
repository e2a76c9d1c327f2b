"""Signing in at an identity provider that is honest, and at one that is not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway.domain.errors import GatewayError, PeerUnavailable, Untrusted
from gateway.peers.addresses import Outbound
from gateway.peers.calls import Caller
from gateway.peers.connector import open_session
from gateway.peers.identity_provider import OidcProvider, Registration
from gateway.usecases.ports import Proven

NOW: Final = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SECONDS: Final = int(NOW.timestamp())
RSA: Final = RSAKey.generate_key(2048, private=True)
OTHER: Final = RSAKey.generate_key(2048, private=True)
Claims = dict[str, Any]


@dataclass
class Idp:
    """A provider on a real socket, whose answers a test may change."""

    url: str = ""
    keys: list[Any] = field(default_factory=lambda: [RSA])
    metadata: Claims = field(default_factory=dict)
    token: Callable[[Claims], str] | None = None
    claims: Claims = field(default_factory=dict)
    status: int = 200
    asked: list[Mapping[str, str]] = field(default_factory=list)
    discoveries: int = 0

    async def configuration(self, _: web.Request) -> web.Response:
        self.discoveries += 1
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "authorization_response_iss_parameter_supported": True,
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }
        return web.json_response({**usual, **self.metadata})

    async def jwks(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [public(key) for key in self.keys]})

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append({**await request.post(), "authorization": request.headers.get("Authorization", "")})  # type: ignore[dict-item]
        usual = {
            "iss": self.url,
            "aud": "backpack",
            "sub": "rosa",
            "name": "Rosa Delgado",
            "nonce": "nonce-1",
            "iat": SECONDS,
            "auth_time": SECONDS,
            "exp": SECONDS + 300,
            "amr": ["pwd", "mfa"],
            "sid": "session-1",
        }
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        return web.json_response(
            {"access_token": "a", "token_type": "Bearer", "id_token": (self.token or signed)(claims)},
            status=self.status,
        )


def public(key: Any) -> Claims:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig"}


def signed(claims: Claims, key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    head = {"alg": alg, "kid": key.thumbprint(), **header}
    return jwt.encode(head, claims, key, algorithms=[alg])


@pytest.fixture
async def idp() -> AsyncIterator[Idp]:
    served = Idp()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", served.configuration)
    app.router.add_get("/keys", served.jwks)
    app.router.add_post("/token", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


@pytest.fixture
async def provider(idp: Idp) -> AsyncIterator[OidcProvider]:
    async with client(idp) as made:
        yield made


class client:  # noqa: N801 - reads as what it gives
    """This node at the provider, with its own guarded session."""

    def __init__(self, idp: Idp, *, loopback: bool = True, **more: Any) -> None:
        usual = {
            "issuer": idp.url,
            "client_id": "backpack",
            "redirect_uri": "https://node.test/desk/login/callback",
            "strong_amr": frozenset({"mfa"}),
        }
        self._registration = Registration(**{**usual, **more})
        self._outbound = Outbound(allow_loopback=loopback)

    async def __aenter__(self) -> OidcProvider:
        self._session = open_session(self._outbound)
        return OidcProvider(Caller(self._session, self._outbound), self._registration, lambda: NOW)

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()


async def redeem(provider: OidcProvider, **changed: Any) -> Proven:
    usual = {"code": "c", "issuer": provider.issuer, "nonce": "nonce-1", "verifier": "v" * 43, "again": False}
    return await provider.redeem(**{**usual, **changed})


async def test_the_browser_is_sent_with_state_nonce_and_challenge(provider: OidcProvider) -> None:
    url = await provider.authorization_url(state="s", nonce="n", verifier="v" * 43, again=True)

    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["state"] == "s"
    assert asked["nonce"] == "n"
    assert asked["code_challenge"] == create_s256_code_challenge("v" * 43)
    assert asked["code_challenge_method"] == "S256"
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert "v" * 43 not in url


async def test_who_was_proven_is_known_by_issuer_and_subject(idp: Idp, provider: OidcProvider) -> None:
    proven = await redeem(provider)

    assert (proven.issuer, proven.subject, proven.name) == (idp.url, "rosa", "Rosa Delgado")
    assert proven.strong
    assert proven.provider_session == "session-1"
    assert idp.asked[0]["code_verifier"] == "v" * 43


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"aud": ["backpack", "another"], "azp": "another"},
        {"sub": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": SECONDS - 31},
        {"exp": None},
        {"iat": None},
        {"iat": SECONDS + 3600},
        {"azp": "another"},
        {"at_hash": "AAAA"},
    ],
    ids=str,
)
async def test_a_token_that_says_anything_else_is_refused(
    idp: Idp, provider: OidcProvider, claims: Claims
) -> None:
    idp.claims = claims

    with pytest.raises(Untrusted, match="bad_id_token"):
        await redeem(provider)


@pytest.mark.parametrize(
    "token",
    [
        lambda claims: signed(claims, OTHER),
        lambda claims: signed(claims, OTHER, kid=RSA.thumbprint()),
        lambda claims: signed(claims, OctKey.import_key(str(public(RSA)["n"])), "HS256"),
        lambda claims: signed(claims, RSA, "RS512"),
        lambda claims: signed(claims, OTHER, jwk=public(OTHER)),
        lambda _: "eyJhbGciOiJub25lIn0.e30.",
        lambda _: "nonsense",
        lambda _: "",
        lambda claims: signed(claims)[:-4] + "AAAA",
    ],
    ids=range(9),
)
async def test_a_token_that_the_provider_did_not_sign_so_is_refused(
    idp: Idp, provider: OidcProvider, token: Callable[[Claims], str]
) -> None:
    idp.token = token

    with pytest.raises(Untrusted, match="bad_id_token"):
        await redeem(provider)


@pytest.mark.parametrize("issuer", ["https://evil.test", None, ""], ids=str)
async def test_an_answer_of_another_provider_is_refused(provider: OidcProvider, issuer: str | None) -> None:
    with pytest.raises(Untrusted, match="wrong_issuer"):
        await redeem(provider, issuer=issuer)


async def test_a_repeated_sign_in_must_be_of_now(idp: Idp, provider: OidcProvider) -> None:
    for auth_time in (SECONDS - 600, None, SECONDS + 600):
        idp.claims = {"auth_time": auth_time}
        with pytest.raises(Untrusted, match="bad_id_token"):
            await redeem(provider, again=True)

    idp.claims = {}
    assert (await redeem(provider, again=True)).signed_in_at == NOW


async def test_one_factor_alone_is_told_as_such(idp: Idp, provider: OidcProvider) -> None:
    idp.claims = {"amr": ["pwd"]}

    assert not (await redeem(provider)).strong


async def test_new_keys_of_the_provider_are_fetched(idp: Idp, provider: OidcProvider) -> None:
    await redeem(provider)
    idp.keys, idp.token = [OTHER], lambda claims: signed(claims, OTHER)

    assert (await redeem(provider)).subject == "rosa"
    assert idp.discoveries == 2


async def test_metadata_of_another_issuer_is_refused(idp: Idp, provider: OidcProvider) -> None:
    idp.metadata = {"issuer": "https://evil.test"}

    with pytest.raises(Untrusted, match="wrong_issuer"):
        await redeem(provider)


async def test_a_refused_code_opens_nothing(idp: Idp, provider: OidcProvider) -> None:
    idp.status = 400

    with pytest.raises(Untrusted, match="code_refused"):
        await redeem(provider)


async def test_this_node_shows_a_secret_or_signs_with_a_key(idp: Idp) -> None:
    async with client(idp, secret="s3cret:/ü") as provider:
        await redeem(provider)
    async with client(idp, key=ECKey.generate_key("P-256", private=True)) as provider:
        await redeem(provider)

    assert idp.asked[0]["authorization"].startswith("Basic ")
    assert idp.asked[1]["client_assertion"].count(".") == 2
    assert idp.asked[1]["authorization"] == ""


async def test_a_provider_inside_the_network_is_not_called_in_production(idp: Idp) -> None:
    async with client(idp, loopback=False) as provider:
        with pytest.raises(GatewayError) as refusal:
            await redeem(provider)

    assert isinstance(refusal.value, Untrusted | PeerUnavailable)
    assert idp.discoveries == 0


def logout(idp: Idp, **changed: Any) -> str:
    usual = {
        "iss": idp.url,
        "aud": "backpack",
        "iat": SECONDS,
        "jti": "j1",
        "sid": "session-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    return signed({name: value for name, value in {**usual, **changed}.items() if value is not None})


async def test_a_logout_token_names_the_session_that_ends(idp: Idp, provider: OidcProvider) -> None:
    assert await provider.ended_session(logout(idp)) == ("session-1", "j1")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"sid": None},
        {"jti": None},
        {"events": {}},
        {"nonce": "n"},
        {"iat": SECONDS - 600},
    ],
    ids=str,
)
async def test_a_logout_token_that_says_anything_else_ends_nothing(
    idp: Idp, provider: OidcProvider, changed: Claims
) -> None:
    with pytest.raises(Untrusted, match="bad_logout_token"):
        await provider.ended_session(logout(idp, **changed))


async def test_calls_of_many_at_once_are_answered(provider: OidcProvider) -> None:
    found = await asyncio.gather(*(redeem(provider) for _ in range(5)))

    assert {one.subject for one in found} == {"rosa"}

"""The district's identity provider, called as any other node: guarded, limited, nothing followed."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from gateway.crypto import id_tokens
from gateway.crypto.id_tokens import Expected
from gateway.domain.errors import PeerUnavailable, Untrusted
from gateway.peers.calls import Call, Caller
from gateway.usecases.ports import Proven

KEPT: Final = timedelta(hours=1)
"""How long the provider's metadata and keys are taken as they were."""
AGAIN_SECONDS: Final = 60
"""Who signs in again does it now, not lately."""
_FORM: Final = "application/x-www-form-urlencoded"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """This node at its provider, as the settings say."""

    issuer: str
    client_id: str
    redirect_uri: str
    secret: str | None = None
    key: Any = None
    """A private key, in place of the secret (RFC 7523)."""
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256")
    strong_acr: frozenset[str] = frozenset()
    strong_amr: frozenset[str] = frozenset()
    requested_acr: str | None = None
    scope: str = "openid profile"


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: Mapping[str, Any]
    jwks: Mapping[str, Any]
    at: datetime


class OidcProvider:
    """`ports.IdentityProvider` with one configured issuer."""

    def __init__(self, caller: Caller, registration: Registration, now: Callable[[], datetime]) -> None:
        self._caller = caller
        self._own = registration
        self._now = now
        self._known: _Known | None = None
        self.issuer = registration.issuer
        parts = urlsplit(registration.issuer)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    async def authorization_url(self, *, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Return where to send the browser."""
        known = await self._provider()
        return str(
            prepare_grant_uri(
                known.metadata["authorization_endpoint"],
                client_id=self._own.client_id,
                response_type="code",
                redirect_uri=self._own.redirect_uri,
                scope=self._own.scope,
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
                acr_values=self._own.requested_acr,
                prompt="login" if again else None,
                max_age="0" if again else None,
            )
        )

    async def redeem(
        self, *, code: str, issuer: str | None, nonce: str, verifier: str, again: bool
    ) -> Proven:
        """Exchange the code for proof of who it is."""
        known = await self._provider()
        self._check_issuer(known, issuer)
        answered = await self._token(known, code, verifier)
        token = str(answered.get("id_token", ""))
        if id_tokens.names_other_key(token, known.jwks):
            known = self._known = await self._discover()
        claims = id_tokens.id_token_claims(
            token,
            known.jwks,
            self._expected,
            nonce=nonce,
            access_token=str(answered.get("access_token", "")),
            max_age=AGAIN_SECONDS if again else None,
            now=self._now(),
        )
        return self._proven(claims)

    async def ended_session(self, logout_token: str) -> tuple[str, str]:
        """Return the provider's session that a logout token ends, and the token's id."""
        known = await self._provider()
        claims = id_tokens.logout_claims(logout_token, known.jwks, self._expected, now=self._now())
        return claims["sid"], claims["jti"]

    async def logout_url(self) -> str | None:
        """Return where the provider ends its own session; None if it has no such place, or is away."""
        try:
            known = await self._provider()
        except (PeerUnavailable, Untrusted):
            return None
        endpoint = known.metadata.get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        return f"{endpoint}?{urlencode({'client_id': self._own.client_id})}"

    @property
    def _expected(self) -> Expected:
        return Expected(
            issuer=self._own.issuer, client_id=self._own.client_id, algorithms=self._own.algorithms
        )

    def _check_issuer(self, known: _Known, sent: str | None) -> None:
        """Refuse an answer of another provider (RFC 9207, 2.4)."""
        promised = known.metadata.get("authorization_response_iss_parameter_supported") is True
        if sent != self._own.issuer and (promised or sent is not None):
            raise Untrusted("wrong_issuer")

    async def _token(self, known: _Known, code: str, verifier: str) -> Mapping[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._own.redirect_uri,
            "code_verifier": verifier,
            "client_id": self._own.client_id,
        }
        headers = {"Content-Type": _FORM, "Accept": "application/json"}
        if self._own.key is not None:
            fields |= {"client_assertion_type": _ASSERTION, "client_assertion": self._assertion()}
        elif self._own.secret is not None:
            headers["Authorization"] = _basic(self._own.client_id, self._own.secret)
        url = known.metadata["token_endpoint"]
        answer = await self._caller.send(
            Call(method="POST", url=url, headers=headers, body=urlencode(fields).encode())
        )
        if answer.status != _OK:
            raise Untrusted("code_refused", f"the identity provider answered {answer.status}")
        return answer.json()

    def _assertion(self) -> str:
        return id_tokens.client_assertion(
            self._own.key, client_id=self._own.client_id, audience=self._own.issuer, now=self._now()
        )

    def _proven(self, claims: Mapping[str, Any]) -> Proven:
        methods = claims.get("amr")
        used = frozenset(methods) if isinstance(methods, list) else frozenset()
        signed_in = claims.get("auth_time", claims["iat"])
        sid = claims.get("sid")
        return Proven(
            issuer=self._own.issuer,
            subject=str(claims["sub"]),
            name=str(claims.get("name") or claims.get("preferred_username") or claims["sub"]),
            signed_in_at=datetime.fromtimestamp(int(signed_in), UTC),
            strong=claims.get("acr") in self._own.strong_acr or bool(used & self._own.strong_amr),
            provider_session=sid if isinstance(sid, str) else None,
            claims=claims,
        )

    async def _provider(self) -> _Known:
        if self._known is None or self._now() - self._known.at >= KEPT:
            self._known = await self._discover()
        return self._known

    async def _discover(self) -> _Known:
        """Read what the provider says of itself (OpenID Connect Discovery 1.0, 4)."""
        issuer = self._own.issuer
        metadata = await self._json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != issuer:
            raise Untrusted("wrong_issuer", "the identity provider calls itself otherwise")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(metadata.get(name), str):
                raise Untrusted("bad_metadata", f"the identity provider names no {name}")
        return _Known(metadata, await self._json(metadata["jwks_uri"]), self._now())

    async def _json(self, url: str) -> Mapping[str, Any]:
        answer = await self._caller.send(Call(method="GET", url=url, headers={"Accept": "application/json"}))
        if answer.status != _OK:
            raise PeerUnavailable(f"the identity provider answered {answer.status}")
        return answer.json()


def _basic(client_id: str, secret: str) -> str:
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()

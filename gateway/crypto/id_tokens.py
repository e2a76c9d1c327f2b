"""Tokens of an identity provider: ID tokens and logout tokens; and what this node signs to it.

A provider signs with what it has, mostly RSA: the algorithms come from the settings, never from the token
or the provider's metadata.
"""

import contextlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.crypto import b64, strict_json
from gateway.domain.errors import GatewayError, Misconfigured, Untrusted

LEEWAY_SECONDS: Final = 30
MAX_HEADER_BYTES: Final = 8 * 1024
"""Some providers put a certificate's thumbprints, or the certificate, into the header."""
MAX_TOKEN_BYTES: Final = 64 * 1024
ASSERTION_SECONDS: Final = 60
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_AGE_SECONDS: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must be for."""

    issuer: str
    client_id: str
    algorithms: Collection[str]


def id_token_claims(
    token: str,
    jwks: Mapping[str, Any],
    expected: Expected,
    *,
    nonce: str,
    access_token: str,
    max_age: int | None,
    now: datetime,
) -> Mapping[str, Any]:
    """Return the claims of an ID token that holds (OpenID Connect Core 1.0, 3.1.3.7).

    Raises:
        Untrusted: `bad_id_token`.
    """
    decoded = _decoded(token, jwks, expected)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
            "sub": {"essential": True},
        },
        params={
            "nonce": nonce,
            "client_id": expected.client_id,
            "access_token": access_token,
            "max_age": max_age,
        },
    )
    seconds = int(now.timestamp())
    try:
        claims.validate(seconds, LEEWAY_SECONDS)
    except Exception:  # noqa: BLE001 - whatever a claim from outside does to a library
        raise Untrusted("bad_id_token") from None
    if max_age is not None and not _is_recent(claims.get("auth_time"), seconds, max_age):
        raise Untrusted("bad_id_token", "the sign-in was not made anew")
    return dict(claims)


def names_other_key(token: str, jwks: Mapping[str, Any]) -> bool:
    """Tell whether the token names a key that is not in this set: the provider may have changed its keys."""
    try:
        head = b64.decoded(token.partition(".")[0].encode())
        header = strict_json.load_object(head, max_bytes=MAX_HEADER_BYTES)
    except (GatewayError, ValueError):
        return False
    return header.get("kid") not in {key.get("kid") for key in jwks.get("keys", ())}


def issue(key: ECKey, claims: Mapping[str, Any]) -> str:
    """Return a token as a provider signs it: for the one of the made-up districts."""
    return jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, dict(claims), key, algorithms=["ES256"])


def logout_claims(
    token: str, jwks: Mapping[str, Any], expected: Expected, *, now: datetime
) -> Mapping[str, Any]:
    """Return the claims of a logout token that holds (OpenID Connect Back-Channel Logout 1.0, 2.6).

    Raises:
        Untrusted: `bad_logout_token`.
    """
    try:
        claims = _decoded(token, jwks, expected).claims
    except Untrusted:
        raise Untrusted("bad_logout_token") from None
    audience = claims.get("aud")
    events, issued = claims.get("events"), claims.get("iat")
    holds = (
        claims.get("iss") == expected.issuer
        and expected.client_id in (audience if isinstance(audience, list) else [audience])
        and isinstance(events, dict)
        and LOGOUT_EVENT in events
        and "nonce" not in claims
        and all(isinstance(claims.get(name), str) and claims[name] for name in ("sid", "jti"))
        and _is_recent(issued, int(now.timestamp()), _LOGOUT_AGE_SECONDS)
    )
    if not holds:
        raise Untrusted("bad_logout_token")
    return claims


def client_assertion(key: RSAKey | ECKey, *, client_id: str, audience: str, now: datetime) -> str:
    """Return what authenticates this node at the provider's token endpoint (RFC 7523, 2.2)."""
    issued = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": issued,
        "exp": issued + ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    algorithm = "ES256" if isinstance(key, ECKey) else "PS256"
    return jwt.encode({"alg": algorithm, "kid": key.thumbprint()}, claims, key, algorithms=[algorithm])


def signing_key(pem: str) -> RSAKey | ECKey:
    """Return a private key of a PEM file.

    Raises:
        Misconfigured: it is none of RSA or P-256.
    """
    for kind in (ECKey, RSAKey):
        with contextlib.suppress(Exception):
            key = kind.import_key(pem)
            if key.is_private:
                return key
    raise Misconfigured("the private key for the identity provider is no PEM file of an RSA or P-256 key")


def _decoded(token: str, jwks: Mapping[str, Any], expected: Expected) -> jwt.Token:
    registry = jws.JWSRegistry(algorithms=list(expected.algorithms))
    registry.max_header_length = MAX_HEADER_BYTES
    registry.max_payload_length = MAX_TOKEN_BYTES
    if len(token) > MAX_TOKEN_BYTES:
        raise Untrusted("bad_id_token")
    try:
        keys = KeySet.import_key_set({"keys": [key for key in jwks["keys"] if key.get("use") != "enc"]})
        return jwt.decode(token, keys, algorithms=list(expected.algorithms), registry=registry)
    except Exception:  # noqa: BLE001 - one answer to whatever is wrong with it
        raise Untrusted("bad_id_token") from None


def _is_recent(value: object, now: int, seconds: int) -> bool:
    return isinstance(value, int | float) and now - seconds - LEEWAY_SECONDS <= value <= now + LEEWAY_SECONDS

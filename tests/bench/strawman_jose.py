"""The straw-man's tokens: joserfc called directly, one key a node."""

import hashlib
import secrets
import time
from typing import Any

import orjson
import zstandard
from joserfc import jwe, jws
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

_MOST = 16 * 1024 * 1024
_LIFE_SECONDS = 300
_JWS = jws.JWSRegistry(algorithms=["ES256"])
_JWS.max_payload_length = _MOST
_JWE = jwe.JWERegistry(algorithms=["ECDH-ES+A256KW", "A256GCM"])
_JWE.max_ciphertext_length = _MOST


def sign(typ: str, claims: dict[str, Any], key: ECKey, **header: Any) -> str:
    """Return the claims, with a time and an id, as a compact JWS."""
    payload = {"iat": int(time.time()), "jti": secrets.token_urlsafe(16), **claims}
    protected = {"alg": "ES256", "typ": typ, **header}
    return jws.serialize_compact(protected, orjson.dumps(payload), key, registry=_JWS)


def verify(typ: str, token: str | bytes, key: ECKey) -> dict[str, Any]:
    """Return the claims, or raise whatever the library or a look-up raises."""
    signed = jws.deserialize_compact(token, key, registry=_JWS)
    claims: dict[str, Any] = orjson.loads(signed.payload)
    if signed.protected["typ"] != typ or abs(claims["iat"] - time.time()) > _LIFE_SECONDS:
        raise ValueError("another type of token, or too old")
    return claims


def seal(token: str, jwk: dict[str, Any]) -> str:
    """Return the compressed token as a compact JWE to this key."""
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "typ": "record+jwe"}
    compressed = zstandard.ZstdCompressor(level=1).compress(token.encode())
    return jwe.encrypt_compact(header, compressed, ECKey.import_key(jwk), registry=_JWE)


def unseal(sealed: bytes, key: ECKey) -> bytes:
    """Return the token."""
    opened = jwe.decrypt_compact(sealed, key, registry=_JWE).plaintext or b""
    return zstandard.ZstdDecompressor().decompress(opened, max_output_size=_MOST)


def proof(method: str, url: str, key: ECKey, access_token: str | None = None) -> str:
    """Return a DPoP proof (RFC 9449)."""
    claims = {"htm": method, "htu": url}
    if access_token:
        claims["ath"] = hashed(access_token)
    return sign("dpop+jwt", claims, key, jwk=key.as_dict(private=False))


def check_proof(token: str, method: str, url: str, access_token: str | None = None) -> tuple[str, str]:
    """Return the thumbprint of the proof's key and the proof's id."""
    header = jws.extract_compact(token.encode(), registry=_JWS).protected
    key = ECKey.import_key(header["jwk"])
    claims = verify("dpop+jwt", token, key)
    wanted = {"htm": method, "htu": url} | ({"ath": hashed(access_token)} if access_token else {})
    if any(claims[name] != value for name, value in wanted.items()):
        raise ValueError("a proof of another request")
    return key.thumbprint(), claims["jti"]


def hashed(text: str) -> str:
    """Return the SHA-256 of a text as base64url."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()

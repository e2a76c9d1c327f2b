"""Signed messages: JWS in compact form (RFC 7515), ES256 only, each with an explicit type."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter

from gateway.crypto import b64, strict_json
from gateway.crypto.keys import SIGNING_ALG, Keys
from gateway.domain.errors import Malformed, TooLarge, Untrusted

MAX_TOKEN_BYTES = 24 * 1024 * 1024
"""The longest token that is signed or read, whatever the caller allows."""

MAX_HEADER_BYTES = 1024
"""A header without a trust chain, as base64url."""

MAX_CHAIN_HEADER_BYTES = 256 * 1024
"""A header that may carry a trust chain, as base64url."""

MAX_CHAIN_LENGTH = 6
"""Statements in a `trust_chain` header (OpenID Federation 1.0, 4.3)."""

LEEWAY = timedelta(seconds=30)
"""How far two nodes' clocks may differ. FAPI 2.0 accepts 10 s at least and refuses over 60 s."""

_SIGNATURE_CHARS = 86


class Typ(StrEnum):
    """The `typ` of each kind of message. A verifier takes the one it expects, and no other."""

    ENTITY_STATEMENT = "entity-statement+jwt"
    TRUST_MARK = "trust-mark+jwt"
    CLIENT_ASSERTION = "client-authentication+jwt"
    DPOP = "dpop+jwt"
    REQUEST = "backpack-request+jwt"
    RECORD = "backpack-record+jwt"
    PART = "backpack-part+jwt"
    RECEIPT = "backpack-receipt+jwt"
    REKEY = "backpack-rekey+jwt"
    WITHDRAW = "backpack-withdraw+jwt"
    RECONCILE = "backpack-reconcile+jwt"
    RECONCILED = "backpack-reconciled+jwt"
    INFORMATION = "backpack-information+jwt"
    ENROLLMENT = "backpack-enrolment-confirmation+jwt"
    LOCATE = "backpack-locate+jwt"
    EVENT = "secevent+jwt"
    SEGMENT = "backpack-segment+sd-jwt"


@dataclass(frozen=True)
class Peeked:
    """What a token says, proven by nothing. Good for one thing: to find whose keys to ask for."""

    header: dict[str, Any]
    claims: dict[str, Any]


@dataclass(frozen=True)
class Verified:
    """What a token says, signed by one of the keys that were asked for."""

    header: dict[str, Any]
    claims: dict[str, Any]
    payload: bytes
    """The claims, byte for byte as signed."""


def _registry(max_header: int, **more: HeaderParameter) -> jws.JWSRegistry:
    """Write down every limit: the library's own would sign what it then refuses to read."""
    registry = jws.JWSRegistry(header_registry=more, algorithms=[SIGNING_ALG])
    registry.max_header_length = max_header
    registry.max_payload_length = MAX_TOKEN_BYTES
    registry.max_signature_length = _SIGNATURE_CHARS
    return registry


_PLAIN = _registry(MAX_HEADER_BYTES)
_CHAINED = _registry(MAX_CHAIN_HEADER_BYTES, trust_chain=HeaderParameter("Trust chain", "list[str]"))


def sign(
    typ: Typ, claims: Mapping[str, Any] | bytes, key: ECKey, *, trust_chain: Sequence[str] | None = None
) -> str:
    """Return the claims as a signed token. Bytes are signed as they are.

    Raises:
        TooLarge: `verify` would refuse the token for its size.
    """
    header: dict[str, Any] = {"alg": SIGNING_ALG, "typ": str(typ), "kid": key.kid}
    if trust_chain is not None:
        header["trust_chain"] = list(trust_chain)
    return sign_with(header, claims, key)


def sign_with(header: dict[str, Any], claims: Mapping[str, Any] | bytes, key: ECKey) -> str:
    """Sign under a header of the caller's own, as a DPoP proof needs. Else use `sign`."""
    payload = claims if isinstance(claims, bytes) else orjson.dumps(claims)
    registry = _CHAINED if "trust_chain" in header else _PLAIN
    token = jws.serialize_compact(header, payload, key, registry=registry)
    if len(token) > MAX_TOKEN_BYTES or token.index(".") > registry.max_header_length:
        raise TooLarge("the message is too large to be signed")
    return token


def peek(token: str | bytes, *, max_bytes: int) -> Peeked:
    """Read a token without verifying it.

    Raises:
        Malformed, TooLarge: it is not a compact JWS with a JSON object in it.
    """
    header, payload, _ = _segments(token, max_bytes)
    return Peeked(_header(header), _claims(_decoded(payload)))


def verify(
    token: str | bytes,
    *,
    typ: Typ | Collection[str | None],
    keys: Keys,
    max_bytes: int,
    allow_trust_chain: bool = False,
) -> Verified:
    """Return what one of the keys signed under one of the types.

    `None` among the types stands for a header without `typ`. The header must hold `alg`, `typ` and
    `kid` and nothing else; `trust_chain` only where it is allowed, and it is not looked into.
    Times, issuer and audience are the caller's to check.

    Raises:
        Malformed, TooLarge: it is not a compact JWS with a JSON object in it.
        Untrusted: `bad_header`, `wrong_type`, `unknown_key` or `bad_signature`.
    """
    header = _header(_segments(token, max_bytes)[0])
    _check_members(header, {"kid"} | ({"trust_chain"} if allow_trust_chain else set()))
    check_typ(header, typ)
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise Untrusted("bad_header", "no kid")
    return verify_with(token, header, keys.by_kid(kid))


def verify_with(token: str | bytes, header: dict[str, Any], key: ECKey) -> Verified:
    """Check the signature with this key. `header` is the token's own, already checked by the caller."""
    registry = _CHAINED if "trust_chain" in header else _PLAIN
    try:
        payload = jws.deserialize_compact(token, key, registry=registry).payload
    except Exception:  # noqa: BLE001 - the library lets several kinds of error out for hostile tokens
        raise Untrusted("bad_signature") from None
    return Verified(header, _claims(payload), payload)


def header_of(token: str | bytes, *, max_bytes: int, members: Collection[str]) -> dict[str, Any]:
    """Return the header if it holds `alg`, perhaps `typ`, and else only such members. Nothing is verified."""
    header = _header(_segments(token, max_bytes)[0])
    _check_members(header, members)
    return header


def check_typ(header: Mapping[str, Any], typ: Typ | Collection[str | None]) -> None:
    """Raise `Untrusted("wrong_type")` unless the header's `typ` is one of these."""
    taken = [str(typ)] if isinstance(typ, str) else list(typ)
    is_null = "typ" in header and header["typ"] is None
    if is_null or header.get("typ") not in taken:
        raise Untrusted("wrong_type")


def check_times(
    claims: Mapping[str, Any], *, now: datetime, max_age: timedelta | None = None, exp_required: bool = False
) -> None:
    """Check `iat`, `nbf` and `exp`, clocks being up to 30 s apart.

    `iat` must be there. `max_age` counts from `iat` and has no leeway of its own: a token may be
    used until it is that old by this node's clock.

    Raises:
        Untrusted: `no_time`, `not_yet_valid`, `too_old` or `expired`.
    """
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if issued is None or (exp_required and expires is None):
        raise Untrusted("no_time")
    if max(issued, _time(claims, "nbf") or 0) > at + leeway:
        raise Untrusted("not_yet_valid")
    if expires is not None and expires <= at - leeway:
        raise Untrusted("expired")
    if max_age is not None and issued < at - max_age.total_seconds():
        raise Untrusted("too_old")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Untrusted("no_time", f"{name} is not a number of seconds")
    return value


def _segments(token: str | bytes, max_bytes: int) -> tuple[bytes, bytes, bytes]:
    if len(token) > min(max_bytes, MAX_TOKEN_BYTES):
        raise TooLarge(f"the token has more than {max_bytes} bytes")
    try:
        content = token.encode("ascii") if isinstance(token, str) else token
    except UnicodeEncodeError:
        raise Malformed("the token is not ASCII") from None
    segments = content.split(b".", 3)
    if len(segments) != 3 or len(segments[2]) != _SIGNATURE_CHARS:  # noqa: PLR2004 - RFC 7515, 7.1
        raise Malformed("the token is not three segments with an ES256 signature")
    return segments[0], segments[1], segments[2]


def _decoded(segment: bytes) -> bytes:
    """Decode base64url in its one canonical form (RFC 7515, 2): no padding, no stray bits."""
    try:
        return b64.decoded(segment)
    except ValueError:
        raise Malformed("a segment is not canonical base64url") from None


def _header(segment: bytes) -> dict[str, Any]:
    if len(segment) > MAX_CHAIN_HEADER_BYTES:
        raise TooLarge("the token's header is too large")
    return strict_json.load_object(_decoded(segment), max_bytes=MAX_CHAIN_HEADER_BYTES, max_depth=4)


def _claims(payload: bytes) -> dict[str, Any]:
    return strict_json.load_object(payload, max_bytes=MAX_TOKEN_BYTES)


def _check_members(header: Mapping[str, Any], members: Collection[str]) -> None:
    if not header.keys() <= {"alg", "typ", *members}:
        raise Untrusted("bad_header", "it has members that are not taken")
    if header.get("alg") != SIGNING_ALG:
        raise Untrusted("bad_header", f"alg is not {SIGNING_ALG}")
    chain = header.get("trust_chain", [])
    if not isinstance(chain, list) or len(chain) > MAX_CHAIN_LENGTH:
        raise Untrusted("bad_header", f"trust_chain is not a list of at most {MAX_CHAIN_LENGTH}")

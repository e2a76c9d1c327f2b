"""Credentials that are JSON Web Tokens: VC-JWT 1.1 (claim `vc`) and VC-JOSE-COSE 1.0 (the claims themselves).

Open Badges 3.0, 8.2: compact JWS, `kid` or `jwk` in the header. The header chooses among keys that are known
and brings none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc.jws import JWSRegistry

from gateway.crypto import b64, strict_json
from gateway.crypto.credential_keys import Issuers, Key, public_jwk
from gateway.crypto.credential_proofs import Verdict, unproven
from gateway.domain.credential_terms import Document, Reason, VerifyStatus, listed, text_of
from gateway.domain.credentials import issuer_of
from gateway.domain.errors import Malformed

MAX_HEADER_BYTES: Final = 8 * 1024
_MAX_SIGNATURE: Final = 2048
_SEGMENTS: Final = 3

_ALGORITHMS: Final = {"RS256": "RS256", "ES256": "ES256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
"""By the header's `alg`: the library's algorithm. EdDSA is Ed25519 here (RFC 9864)."""

_TYPES: Final = frozenset({"", "jwt", "vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt"})
_NOT_UNDERSTOOD: Final = ("crit", "b64")
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS, proven by nothing yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    payload: bytes
    """The claims, byte for byte as signed."""
    signed: bytes
    signature: bytes

    @property
    def document(self) -> Document:
        """Return the credential, with what only the claims say of it (VC Data Model 1.1, 6.3.1)."""
        inside = self.claims.get("vc")
        if not isinstance(inside, dict):
            return self.claims
        return {**_from_claims(self.claims, inside), **inside}


def read_token(text: bytes, *, max_bytes: int) -> Token:
    """Read a token without verifying it.

    Raises:
        Malformed, TooLarge: it is not a compact JWS with JSON objects in it, in canonical base64url.
    """
    segments = text.split(b".", _SEGMENTS)
    if len(segments) != _SEGMENTS or len(segments[0]) > MAX_HEADER_BYTES or len(segments[2]) > _MAX_SIGNATURE:
        raise Malformed("the text is no compact JWS")
    try:
        header, payload, signature = (b64.decoded(segment.rstrip(b"=")) for segment in segments)
    except ValueError:
        raise Malformed("a segment is not base64url") from None
    return Token(
        strict_json.load_object(header, max_bytes=MAX_HEADER_BYTES, max_depth=4),
        strict_json.load_object(payload, max_bytes=max_bytes),
        payload,
        text[: len(segments[0]) + 1 + len(segments[1])],
        signature,
    )


def check_token(token: Token, issuers: Issuers) -> Verdict:
    """Return what the token's signature proves."""
    algorithm = _algorithm(token.header)
    if algorithm is None:
        return Verdict(VerifyStatus.INVALID, Reason.BAD_PROOF)
    if not _claims_agree(token):
        return Verdict(VerifyStatus.INVALID, Reason.CLAIMS_DIFFER)
    own, name = public_jwk(token.header.get("jwk")), text_of(token.header.get("kid"))
    candidates = issuers.candidates(_issuer(token), name, _key_type(algorithm), own)
    if not candidates.keys:
        return unproven(candidates)
    if not any(_verifies(algorithm, key, token) for key in candidates.keys):
        return Verdict(VerifyStatus.INVALID, Reason.BAD_SIGNATURE)
    return Verdict(VerifyStatus.VERIFIED) if candidates.trusted else unproven(candidates)


def _algorithm(header: Mapping[str, Any]) -> str | None:
    """Return the algorithm if the header is one that may be believed."""
    kind, kid = header.get("typ", ""), header.get("kid", "")
    if not isinstance(kind, str) or kind.lower() not in _TYPES or not isinstance(kid, str):
        return None
    if any(name in header for name in _NOT_UNDERSTOOD):
        return None
    return _ALGORITHMS.get(text_of(header.get("alg")))


def _key_type(algorithm: str) -> str:
    return JWSRegistry.algorithms[algorithm].key_type


def _issuer(token: Token) -> str:
    return text_of(token.claims.get("iss")) or issuer_of(token.document)


def _claims_agree(token: Token) -> bool:
    """Tell whether the claims and the credential name the same issuer, subject and credential."""
    document, claims = token.document, token.claims
    subject = next(iter(listed(document.get("credentialSubject"))), None)
    named = {
        "iss": issuer_of(document),
        "jti": text_of(document.get("id")),
        "sub": text_of(subject.get("id")) if isinstance(subject, Mapping) else "",
    }
    return all(name not in claims or not value or claims[name] == value for name, value in named.items())


def _from_claims(claims: Mapping[str, Any], inside: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if text_of(claims.get("iss")):
        found["issuer"] = claims["iss"]
    if text_of(claims.get("jti")):
        found["id"] = claims["jti"]
    dated = "validFrom" in inside or "issuanceDate" in inside
    if (issued := _time(claims.get("nbf"))) and not dated:
        found["issuanceDate"] = issued
    if (expires := _time(claims.get("exp"))) and "validUntil" not in inside:
        found["expirationDate"] = expires
    return found


def _time(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        return ""
    return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")


def _verifies(algorithm: str, key: Key, token: Token) -> bool:
    try:
        return JWSRegistry.algorithms[algorithm].verify(token.signed, token.signature, key)
    except Exception:  # noqa: BLE001 - the library lets several kinds of error out for hostile signatures
        return False

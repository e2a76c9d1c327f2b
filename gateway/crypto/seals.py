"""The sealed record: a signed record, compressed, padded, and encrypted to one key (RFC 7516)."""

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from joserfc import jwe
from joserfc.jwk import ECKey

from gateway.crypto import b64, strict_json
from gateway.crypto.compression import can_be_padded, compressed, decompressed, padded
from gateway.crypto.keys import WRAPPING_ALG, check_public_jwk, parse_public_jwk
from gateway.domain.errors import Malformed, Refused, TooLarge, Untrusted

CONTENT_ALG = "A256GCM"
"""The only algorithm that encrypts content."""


class Sealed(StrEnum):
    """What is in a sealed parcel, as its `typ` says."""

    RECORD = "backpack-record+jwe"
    """A record, to the one-time key of its request."""
    MESSAGE = "backpack-message+jwe"
    """A signed message that names a student, to a published key: no proxy on the way can read it."""


SEALED_CTY = "application/jose+zstd"

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""A record JWS, before compression."""

MAX_SEALED_BYTES = 24 * 1024 * 1024
"""A sealed record. A third more than a record that cannot be compressed, and its padding."""

SIZE_CLASS = 8 * 1024
"""Sealed records come in multiples of this many bytes, less at most three."""

MAX_SEAL_HEADER_BYTES = 1024
"""The JWE header, as base64url."""

_KEY_CHARS = 54  # 40 bytes: a 256-bit key, wrapped (RFC 3394)
_IV_CHARS = 16
_TAG_CHARS = 22
_DOTS = 4
_KID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_HEADER = frozenset({"alg", "enc", "typ", "cty", "kid", "epk"})
_RECIPIENT = frozenset({"kty", "crv", "x", "y", "kid", "use", "alg"})
_EPHEMERAL = frozenset({"kty", "crv", "x", "y"})
_SAMPLE_EPK = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}


def _registry() -> jwe.JWERegistry:
    registry = jwe.JWERegistry(algorithms=[WRAPPING_ALG, CONTENT_ALG])
    registry.max_protected_header_length = MAX_SEAL_HEADER_BYTES
    registry.max_encrypted_key_length = _KEY_CHARS
    registry.max_initialization_vector_length = _IV_CHARS
    registry.max_ciphertext_length = MAX_SEALED_BYTES
    registry.max_auth_tag_length = _TAG_CHARS
    registry.max_recipients = 1
    return registry


_REGISTRY = _registry()


@dataclass(frozen=True)
class ResponseKey:
    """A requester's one-time key: one answer is sealed to it, and then it is destroyed."""

    key: ECKey
    """The private key, with its `kid`."""

    def public_jwk(self) -> dict[str, Any]:
        """Return what the request states as `response_encryption.jwk`."""
        return dict(self.key.as_dict(private=False))

    def to_json(self) -> str:
        """Return the private key for storage, which must encrypt it."""
        return orjson.dumps(self.key.as_dict(private=True)).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(ECKey.import_key(orjson.loads(text)))


def new_response_key() -> ResponseKey:
    """Make a one-time key, named `eph-` and its thumbprint."""
    key = ECKey.generate_key("P-256")
    labels = {"use": "enc", "kid": f"eph-{key.thumbprint()}"}
    return ResponseKey(ECKey.import_key({**key.as_dict(private=True), **labels}))


def seal(
    record_jws: str,
    recipient_jwk: object,
    *,
    typ: Sealed = Sealed.RECORD,
    max_bytes: int = MAX_RECORD_BYTES,
) -> bytes:
    """Encrypt a signed record to the key that stood in the request, or a message to a published one.

    Raises:
        Untrusted: `bad_key`: the recipient's key is not a P-256 key for encryption with a plain `kid`.
        TooLarge: the record has more than `max_bytes` bytes.
    """
    if len(record_jws) > max_bytes:
        raise TooLarge(f"the record has more than {max_bytes} bytes")
    key, kid = _recipient(recipient_jwk)
    header = {"alg": WRAPPING_ALG, "enc": CONTENT_ALG, "typ": str(typ), "cty": SEALED_CTY, "kid": kid}
    plaintext = _in_size_class(compressed(record_jws.encode("ascii")), header)
    return jwe.encrypt_compact(header, plaintext, key, registry=_REGISTRY).encode("ascii")


def check_recipient(jwk: object) -> None:
    """Raise `Untrusted("bad_key")` unless `seal` would take the key."""
    _recipient(jwk)


def unseal(
    sealed: bytes,
    key: ResponseKey | ECKey,
    *,
    typ: Sealed = Sealed.RECORD,
    max_bytes: int = MAX_RECORD_BYTES,
) -> str:
    """Return the signed record or message. It is verified by nothing yet: see `jws.verify`.

    Raises:
        Untrusted: `cannot_open`, whatever is wrong, so that a sender learns nothing from the answer.
    """
    private = key.key if isinstance(key, ResponseKey) else key
    try:
        _check_seal(sealed, private, typ)
        plaintext = jwe.decrypt_compact(sealed, private, registry=_REGISTRY).plaintext
        return decompressed(plaintext or b"", max_bytes=max_bytes).decode("ascii")
    except Exception:  # noqa: BLE001 - one error for all: the library lets several kinds out
        raise Untrusted("cannot_open") from None


def kid_of(sealed: bytes) -> str | None:
    """Return the name of the key that something is sealed to, unproven; None if it cannot be read."""
    segment = sealed.partition(b".")[0]
    try:
        header = strict_json.load_object(b64.decoded(segment), max_bytes=MAX_SEAL_HEADER_BYTES)
    except (Refused, ValueError):
        return None
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def second_look(record_jws: str, public_jwk: dict[str, Any]) -> None:
    """Verify a record that this node has just signed, without the library that signed it.

    `cryptography` and the standard library check the signature: a fault in the JOSE code must not
    reach a peer unseen.

    Raises:
        Untrusted: `own_output_broken`.
    """
    signed, _, signature = record_jws.rpartition(".")
    try:
        raw = _standard_b64(signature)
        point = ec.EllipticCurvePublicNumbers(
            _number(public_jwk["x"]), _number(public_jwk["y"]), ec.SECP256R1()
        )
        der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        point.public_key().verify(der, signed.encode("ascii"), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, Refused, ValueError, KeyError):
        raise Untrusted("own_output_broken") from None


def _recipient(jwk: object) -> tuple[ECKey, str]:
    key = parse_public_jwk(jwk, members=_RECIPIENT)
    labels: dict[str, Any] = dict(jwk) if isinstance(jwk, dict) else {}
    kid = labels.get("kid")
    if labels.get("use") != "enc" or labels.get("alg", WRAPPING_ALG) != WRAPPING_ALG:
        raise Untrusted("bad_key", "it is not for encryption")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise Untrusted("bad_key", "its kid is missing or odd")
    return key, kid


def _in_size_class(frame: bytes, header: dict[str, Any]) -> bytes:
    """Pad the plaintext so that the whole JWE is as long as its size class allows."""
    whole_header = orjson.dumps({**header, "epk": _SAMPLE_EPK})
    around = _b64_chars(len(whole_header)) + _KEY_CHARS + _IV_CHARS + _TAG_CHARS + _DOTS
    classes = -(-(around + _b64_chars(len(frame))) // SIZE_CLASS)
    while not can_be_padded(frame, room := (classes * SIZE_CLASS - around) * 3 // 4):
        classes += 1
    return padded(frame, room)


def _check_seal(sealed: bytes, key: ECKey, typ: Sealed) -> None:
    """Pin the header before any key is touched: one suite, no `zip`, and a point for `epk`."""
    if len(sealed) > MAX_SEALED_BYTES:
        raise TooLarge("the sealed record is too large")
    segment = sealed.partition(b".")[0]
    if len(segment) > MAX_SEAL_HEADER_BYTES:
        raise TooLarge("its header is too large")
    header = strict_json.load_object(b64.decoded(segment), max_bytes=MAX_SEAL_HEADER_BYTES)
    pinned = {"alg": WRAPPING_ALG, "enc": CONTENT_ALG, "typ": str(typ), "cty": SEALED_CTY, "kid": key.kid}
    if header.keys() != _HEADER or any(header[name] != value for name, value in pinned.items()):
        raise Malformed("it is sealed in another way")
    check_public_jwk(header["epk"], members=_EPHEMERAL)  # the library checks that it is on the curve


def _b64_chars(size: int) -> int:
    return (4 * size + 2) // 3


def _standard_b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(coordinate: str) -> int:
    return int.from_bytes(_standard_b64(coordinate))

"""Whose keys are whose: what an operator pinned, and keys that a `did:key` holds in itself.

Nothing is fetched. A key identifier is compared, never interpreted as a place.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.crypto import strict_json
from gateway.domain.errors import GatewayError, Misconfigured

Key = OKPKey | ECKey | RSAKey

MAX_KEYS: Final = 16
"""Keys of one issuer."""

MIN_RSA_BITS: Final = 2048
_SHORTEST_MODULUS: Final = 342
"""Characters of base64url that 2048 bits take."""
_LONGEST_MEMBER: Final = 1400
"""Of a JWK: RSA of 8192 bits fits."""

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGIT: Final = {sign: value for value, sign in enumerate(_BASE58)}
_LONGEST_BASE58: Final = 128
_ED25519: Final = b"\xed\x01"
_P256: Final = b"\x80\x24"
_MULTIKEY: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{40,60}")
_DID_KEY: Final = "did:key:"
_JWK_MEMBERS: Final = {"OKP": ("crv", "x"), "EC": ("crv", "x", "y"), "RSA": ("n", "e")}
_CURVES: Final = {"OKP": "Ed25519", "EC": "P-256"}


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key and the names under which a proof may mean it."""

    key: Key
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Keys that may have made a proof. `trusted`: they are known to be the issuer's."""

    keys: tuple[Key, ...]
    trusted: bool
    pinned: bool = False
    """Whether keys of the issuer are pinned at all."""


class Issuers:
    """The keys that an operator pinned, by the issuer's identifier."""

    def __init__(self, pinned: Mapping[str, Iterable[IssuerKey]]) -> None:
        self._pinned = {issuer: tuple(keys) for issuer, keys in pinned.items()}

    def candidates(self, issuer: str, name: str, key_type: str, own: Key | None = None) -> Candidates:
        """Return the keys of the type that may have signed as `name` for the issuer.

        `name` is a verification method or a `kid`; without one all keys of the issuer count. `own` is a key
        that the credential itself names: it can show that a signature is wrong, never that one is right.
        """
        held = self._pinned.get(issuer, ())
        meant = (one.key for one in held if _is_meant(one, issuer, name))
        found = tuple(key for key in meant if key.key_type == key_type)
        if found:
            return Candidates(found, trusted=True, pinned=True)
        controller, _, fragment = name.partition("#")
        inside = did_key(issuer) if controller in {"", issuer} else None
        if inside is not None and inside.key_type == key_type:
            return Candidates((inside,), trusted=True, pinned=True)
        own = own or did_key(controller) or _multikey_or_none(fragment)
        usable = own is not None and own.key_type == key_type
        return Candidates((own,) if own and usable else (), trusted=False, pinned=bool(held))


def pinned_multikey(text: str) -> IssuerKey:
    """Return the key of a `publicKeyMultibase` (W3C Controlled Identifiers 1.0, 2.2.2): Ed25519 or P-256.

    Raises:
        Misconfigured: it is none.
    """
    plain = text.removeprefix(_DID_KEY)
    found = _multikey_or_none(plain)
    if found is None:
        raise Misconfigured("a pinned key is no Ed25519 or P-256 key in multibase form (z...)")
    did = f"{_DID_KEY}{plain}"
    return IssuerKey(found, frozenset({plain, did, f"{did}#{plain}"}))


def pinned_jwks(content: bytes) -> list[IssuerKey]:
    """Return the keys of a JWK Set (RFC 7517): Ed25519, P-256, and RSA of at least 2048 bits.

    Raises:
        Misconfigured: it is no key set, or holds a key that is not taken, or a private key.
    """
    try:
        listed = strict_json.load_object(content, max_bytes=64 * 1024)["keys"]
    except (GatewayError, KeyError):
        raise Misconfigured("the file holds no JWK Set") from None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_KEYS:
        raise Misconfigured(f"a JWK Set must hold one to {MAX_KEYS} keys")
    return [_pinned_jwk(jwk) for jwk in listed]


def public_jwk(jwk: object) -> Key | None:
    """Return the public key of a JWK, or nothing if it is not of a kind that is taken here."""
    if not isinstance(jwk, dict) or "d" in jwk or jwk.get("kty") not in _JWK_MEMBERS:
        return None
    kind = jwk["kty"]
    if kind in _CURVES and jwk.get("crv") != _CURVES[kind]:
        return None
    members = {name: jwk.get(name) for name in _JWK_MEMBERS[kind]}
    if not all(isinstance(value, str) and len(value) <= _LONGEST_MEMBER for value in members.values()):
        return None
    if kind == "RSA" and len(str(members["n"])) < _SHORTEST_MODULUS:
        return None
    return _imported({"kty": kind, **members})


def did_key(did: str) -> Key | None:
    """Return the key that a `did:key` is (W3C CCG did:key 0.9), or nothing."""
    return _multikey_or_none(did.removeprefix(_DID_KEY)) if did.startswith(_DID_KEY) else None


def base58(text: str) -> bytes:
    """Decode base58btc.

    Raises:
        ValueError: it is none, or longer than anything that is read here.
    """
    if not 0 < len(text) <= _LONGEST_BASE58 or any(sign not in _DIGIT for sign in text):
        raise ValueError("no base58btc")
    number = 0
    for sign in text:
        number = number * 58 + _DIGIT[sign]
    zeros = len(text) - len(text.lstrip(_BASE58[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _is_meant(one: IssuerKey, issuer: str, name: str) -> bool:
    """Tell whether the name means the key: by its whole, or by its fragment where the issuer is before it."""
    if not name or name in one.names:
        return True
    controller, _, fragment = name.partition("#")
    return controller in {"", issuer} and fragment in one.names


def _pinned_jwk(jwk: object) -> IssuerKey:
    key = public_jwk(jwk)
    if key is None or not isinstance(jwk, dict):
        raise Misconfigured("a pinned key is private, broken, or neither Ed25519, P-256 nor RSA of 2048 bits")
    kid = jwk.get("kid")
    names = {key.thumbprint()} | ({kid} if isinstance(kid, str) and kid else set())
    return IssuerKey(key, frozenset(names))


def _imported(jwk: dict[str, Any]) -> Key | None:
    kinds: dict[str, type[OKPKey | ECKey | RSAKey]] = {"OKP": OKPKey, "EC": ECKey, "RSA": RSAKey}
    try:
        key = kinds[jwk["kty"]].import_key(jwk)
        if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
            return None
        key.thumbprint()
    except Exception:  # noqa: BLE001 - the library lets several kinds of error out for hostile keys
        return None
    return key


def _multikey_or_none(text: str) -> Key | None:
    if not _MULTIKEY.fullmatch(text):
        return None
    raw = base58(text[1:])
    try:
        if raw[:2] == _ED25519:
            return OKPKey(Ed25519PublicKey.from_public_bytes(raw[2:]), None)
        if raw[:2] == _P256:
            return ECKey(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw[2:]), None)
    except ValueError:
        return None
    return None

"""Keys: a node's own by purpose, and other nodes' as they publish them. EC P-256 throughout."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import orjson
from joserfc.jwk import ECKey
from joserfc.jwk import thumbprint as rfc7638

from gateway.crypto import strict_json
from gateway.domain.errors import GatewayError, Misconfigured, Refused, Untrusted

SIGNING_ALG = "ES256"
"""The only algorithm of a signature; nothing is negotiated."""

WRAPPING_ALG = "ECDH-ES+A256KW"
"""The only algorithm that wraps a content key."""

MAX_KEYS = 16
"""Keys in one published set."""

MAX_KEY_SET_BYTES = 16 * 1024
"""Canonical JSON of one published set."""

_COORDINATE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_POINT = frozenset({"kty", "crv", "x", "y"})
_PUBLISHED = _POINT | {"kid", "use", "alg"}
_ALG_OF_USE = {"sig": SIGNING_ALG, "enc": WRAPPING_ALG}

_NEXT = "next"
"""Member of the file of the federation keys: the key that does not sign yet."""

_MEND = "restore the folder of keys from a backup, or begin anew with `backpack init`"


PrivateKey = ECKey
"""A private key, to whoever only hands it on."""


class Purpose(StrEnum):
    """What a key is for. No key has two purposes."""

    FEDERATION = "federation"
    """Signs entity statements and trust marks; published at the entity itself."""

    CLIENT = "client"
    """Signs client assertions."""

    EVIDENCE = "evidence"
    """Signs requests, records, receipts, segments and events."""

    ENCRYPTION = "encryption"
    """Opens what is sealed to the node where no one-time key was given."""

    @property
    def use(self) -> str:
        """Return the JWK `use` (RFC 7517, 4.2)."""
        return "enc" if self is Purpose.ENCRYPTION else "sig"


@dataclass(frozen=True)
class Keys:
    """Another node's published keys, checked once."""

    members: Mapping[str, ECKey]
    """By `kid`, which is the key's RFC 7638 thumbprint."""

    def by_kid(self, kid: str) -> ECKey:
        """Return the key, or raise `Untrusted("unknown_key")`. A `kid` is compared, never interpreted."""
        key = self.members.get(kid)
        if key is None:
            raise Untrusted("unknown_key")
        return key

    def without(self, others: "Keys") -> "Keys":
        """Return the keys that `others` lacks: client keys, from a set that has evidence keys too."""
        return _keys({kid: key for kid, key in self.members.items() if kid not in others.members})


class KeyRing:
    """A node's private keys. The first of each purpose signs; the others are published beside it.

    A federation key counts only where others wrote it down: the agency, or whoever pinned it. So a new
    one waits, published, until `switch`; keys of the other purposes are followed by reading what the
    node publishes, and sign at once.
    """

    def __init__(self, keys: Mapping[Purpose, Iterable[ECKey]], *, successor: ECKey | None = None) -> None:
        """Take the keys, current ones first, and a federation key that does not sign yet.

        Every purpose must have a current key.
        """
        self._keys = {purpose: tuple(keys.get(purpose, ())) for purpose in Purpose}
        self._successor = successor
        missing = [purpose for purpose, held in self._keys.items() if not held]
        if missing:
            raise Misconfigured(f"there is no {missing[0]} key; {_MEND}")

    @classmethod
    def generate(cls) -> Self:
        """Make one new key for each purpose."""
        return cls({purpose: (new_key(purpose),) for purpose in Purpose})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            Misconfigured: a file is missing, broken, or readable by others; the message says what to run.
        """
        read = {purpose: _read(_file(folder, purpose), purpose) for purpose in Purpose}
        keys = {purpose: held for purpose, (held, _) in read.items()}
        return cls(keys, successor=read[Purpose.FEDERATION][1])

    def save(self, folder: Path) -> None:
        """Write a file for each purpose, readable by the owner only, each replaced whole or not at all."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for purpose, held in self._keys.items():
            private: dict[str, Any] = {"keys": [key.as_dict(private=True) for key in held]}
            if purpose is Purpose.FEDERATION and self._successor:
                private[_NEXT] = self._successor.as_dict(private=True)
            _write(_file(folder, purpose), orjson.dumps(private))

    @property
    def successor(self) -> ECKey | None:
        """Return the federation key that is published and does not sign yet, if there is one."""
        return self._successor

    def current(self, purpose: Purpose) -> ECKey:
        """Return the key that signs (or opens) now."""
        return self._keys[purpose][0]

    def all(self, purpose: Purpose) -> tuple[ECKey, ...]:
        """Return all that is published: the current key, the earlier ones, then the successor."""
        waiting = (self._successor,) if purpose is Purpose.FEDERATION and self._successor else ()
        return (*self._keys[purpose], *waiting)

    def public_jwks(self, *purposes: Purpose) -> dict[str, list[dict[str, Any]]]:
        """Return the public JWK Set of these purposes, as a node publishes it (RFC 7517, 5)."""
        return {"keys": [dict(key.as_dict(private=False)) for p in purposes for key in self.all(p)]}

    def rotate(self, purpose: Purpose) -> None:
        """Make a new key and publish it beside the old one.

        A federation key waits for `switch`; any other signs at once.

        Raises:
            Refused: a new federation key is waiting already.
        """
        if purpose is not Purpose.FEDERATION:
            self._keys[purpose] = (new_key(purpose), *self._keys[purpose])
            return
        if self._successor:
            raise Refused("a new federation key is published already and does not sign yet")
        self._successor = new_key(purpose)

    def switch(self) -> None:
        """Let the new federation key sign. The old one stays published until `retire`.

        Raises:
            Refused: no new federation key is waiting.
        """
        if not self._successor:
            raise Refused("there is no new federation key; make one with `backpack keys rotate federation`")
        self._keys[Purpose.FEDERATION] = (self._successor, *self._keys[Purpose.FEDERATION])
        self._successor = None

    def retire(self, purpose: Purpose) -> None:
        """Drop all but the current key. What the others signed no longer verifies from live key sets.

        Raises:
            Refused: there is nothing to drop, or the new federation key does not sign yet.
        """
        if purpose is Purpose.FEDERATION and self._successor:
            raise Refused("the new federation key does not sign yet; `backpack keys switch` comes first")
        if len(self._keys[purpose]) == 1:
            raise Refused(
                f"there is only one {purpose} key; make another first with `backpack keys rotate {purpose}`"
            )
        self._keys[purpose] = self._keys[purpose][:1]


def new_key(purpose: Purpose) -> ECKey:
    """Return a new private key with `kid`, `use` and `alg` set."""
    return _labelled(ECKey.generate_key("P-256"), purpose)


def parse_jwks(jwks: object) -> Keys:
    """Check a published JWK Set: P-256 public keys only, each under its own thumbprint, at most 16.

    Parsing costs about 50 us a key, so the result is kept by content.

    Raises:
        Untrusted: `bad_key_set`, whatever is wrong with it.
    """
    try:
        content = orjson.dumps(jwks, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise Untrusted("bad_key_set", "not a JSON value") from None
    if len(content) > MAX_KEY_SET_BYTES:
        raise Untrusted("bad_key_set", f"more than {MAX_KEY_SET_BYTES} bytes")
    return _parse_jwks(content)


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the RFC 7638 SHA-256 thumbprint of a P-256 key.

    Raises:
        Untrusted: `bad_key`: it is not such a key.
    """
    return rfc7638(_point(jwk))


@lru_cache(maxsize=1024)
def public_key(x: str, y: str) -> ECKey:
    """Return the verifying key at this point of P-256 (base64url coordinates), checked to be on the curve.

    Raises:
        Untrusted: `bad_key`.
    """
    try:
        return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    except Exception:  # noqa: BLE001 - the library lets several kinds of error out for hostile keys
        raise Untrusted("bad_key", "not a point of P-256") from None


def parse_public_jwk(jwk: object, *, members: frozenset[str] = _PUBLISHED) -> ECKey:
    """Return the public key of a JWK that has `kty`, `crv`, `x`, `y` and else only such members.

    The returned key carries only the point: what else the JWK says of itself is the caller's to check.

    Raises:
        Untrusted: `bad_key`: another type or curve, a private or unknown member, or no point of the curve.
    """
    point = check_public_jwk(jwk, members=members)
    return public_key(point["x"], point["y"])


def check_public_jwk(jwk: object, *, members: frozenset[str]) -> dict[str, str]:
    """Return the point of a JWK as `parse_public_jwk` does, without asking whether it lies on the curve."""
    if not isinstance(jwk, dict) or not jwk.keys() <= members:
        raise Untrusted("bad_key", "it has members that are not taken")
    return _point(jwk)


def _point(jwk: Mapping[str, Any]) -> dict[str, str]:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise Untrusted("bad_key", "not a P-256 key")
    return {"crv": "P-256", "kty": "EC", "x": _coordinate(jwk.get("x")), "y": _coordinate(jwk.get("y"))}


def _coordinate(value: object) -> str:
    if not isinstance(value, str) or not _COORDINATE.fullmatch(value):
        raise Untrusted("bad_key", "a coordinate is not 32 bytes of base64url")
    return value


@lru_cache(maxsize=512)
def _parse_jwks(content: bytes) -> Keys:
    jwks = orjson.loads(content)
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_KEYS:
        raise Untrusted("bad_key_set", f"it must hold one to {MAX_KEYS} keys")
    try:
        found = [_published(jwk) for jwk in listed]
    except Untrusted as error:
        raise Untrusted("bad_key_set", str(error)) from None
    if max(Counter(key.kid for key in found).values()) > 1:
        raise Untrusted("bad_key_set", "two keys have the same kid")
    return _keys({str(key.kid): key for key in found})


def _published(jwk: object) -> ECKey:
    point = parse_public_jwk(jwk)
    labels: dict[str, Any] = dict(jwk) if isinstance(jwk, dict) else {}
    if labels.get("kid") != point.thumbprint():
        raise Untrusted("bad_key", "its kid is not its thumbprint")
    use = labels.get("use", "sig")
    alg = _ALG_OF_USE.get(use) if isinstance(use, str) else None
    if alg is None or labels.get("alg", alg) != alg:
        raise Untrusted("bad_key", "its use and alg do not fit together")
    shown = {**_point(labels), "kid": labels["kid"], "use": use, "alg": alg}
    return ECKey(point.raw_value, shown)


def _keys(members: dict[str, ECKey]) -> Keys:
    return Keys(MappingProxyType(members))


def _labelled(key: ECKey, purpose: Purpose) -> ECKey:
    labels = {"kid": key.thumbprint(), "use": purpose.use, "alg": _ALG_OF_USE[purpose.use]}
    return ECKey.import_key({**key.as_dict(private=True), **labels})


def _file(folder: Path, purpose: Purpose) -> Path:
    return folder / f"{purpose}.jwks.json"


def _read(file: Path, purpose: Purpose) -> tuple[tuple[ECKey, ...], ECKey | None]:
    """Return the keys of a file, and the one that does not sign yet."""
    try:
        mode = file.stat().st_mode
        content = file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file} ({error.strerror}); {_MEND}") from error
    if mode & 0o077:
        raise Misconfigured(f"others may read {file}; run `chmod 600 {file}`, and replace the keys in it")
    try:
        jwks = strict_json.load_object(content, max_bytes=MAX_KEY_SET_BYTES)
        successor = _private(jwks[_NEXT], purpose) if _NEXT in jwks else None
        return tuple(_private(jwk, purpose) for jwk in jwks["keys"]), successor
    except (GatewayError, KeyError, TypeError, ValueError):
        raise Misconfigured(f"{file} holds no {purpose} keys; restore it from a backup") from None


def _private(jwk: dict[str, Any], purpose: Purpose) -> ECKey:
    point = _point(dict(jwk))
    return _labelled(ECKey.import_key({**point, "d": jwk["d"]}), purpose)


def _write(file: Path, content: bytes) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    _sync(file.parent)


def _sync(folder: Path) -> None:
    """Make a rename in the folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

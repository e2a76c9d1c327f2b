"""Signing and sealing a 50 KB record: ours beside the same with `cryptography` called directly."""

import base64
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import orjson
import zstandard
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from gateway.crypto import jws, seals
from gateway.crypto.keys import KeyRing, Purpose, parse_jwks
from tests.bench.students import Sections

_ES256: Final = ec.ECDSA(hashes.SHA256())
_MOST: Final = 16 * 1024 * 1024
_WRAPPING: Final = b"ECDH-ES+A256KW"
_OTHER_INFO: Final = len(_WRAPPING).to_bytes(4) + _WRAPPING + bytes(8) + (256).to_bytes(4)
"""RFC 7518, 4.6.2: the algorithm, no names of the parties, the length of the key in bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Median processor milliseconds of one operation."""

    ours_ms: float
    raw_ms: float

    @property
    def ratio(self) -> float:
        """Return how many times ours costs of raw."""
        return self.ours_ms / self.raw_ms


def measure(sections: Sections, *, rounds: int) -> Mapping[str, Pair]:
    """Return the four operations, and `all` of them one after the other."""
    ours, raw = _Ours(), _Raw()
    claims = {"iss": "https://a.example", "aud": "https://b.example", "iat": 1, "record": sections}
    pairs = {}
    for name in ("sign", "seal", "open", "verify"):
        work = [_step(kind, name, claims) for kind in (ours, raw)]
        pairs[name] = _compared(*work, rounds=rounds)
    pairs["all"] = Pair(
        ours_ms=sum(pair.ours_ms for pair in pairs.values()),
        raw_ms=sum(pair.raw_ms for pair in pairs.values()),
    )
    return pairs


def _step(kind: "_Ours | _Raw", name: str, claims: dict[str, Any]) -> Callable[[], object]:
    """Return the operation on what the ones before it made."""
    token = kind.sign(claims)
    sealed = kind.seal(token)
    steps: dict[str, Callable[[], object]] = {
        "sign": lambda: kind.sign(claims),
        "seal": lambda: kind.seal(token),
        "open": lambda: kind.open(sealed),
        "verify": lambda: kind.verify(token),
    }
    return steps[name]


def _compared(ours: Callable[[], object], raw: Callable[[], object], *, rounds: int) -> Pair:
    """Take turns, so that what else the machine does meets both."""
    times = [(_timed(ours), _timed(raw)) for _ in range(rounds)]
    return Pair(ours_ms=median(one for one, _ in times), raw_ms=median(other for _, other in times))


def _timed(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


class _Ours:
    def __init__(self) -> None:
        ring = KeyRing.generate()
        self._key = ring.current(Purpose.EVIDENCE)
        self._keys = parse_jwks(ring.public_jwks(Purpose.EVIDENCE))
        self._response = seals.new_response_key()

    def sign(self, claims: dict[str, Any]) -> str:
        return jws.sign(jws.Typ.RECORD, claims, self._key)

    def seal(self, token: str) -> bytes:
        return seals.seal(token, self._response.public_jwk())

    def open(self, sealed: bytes) -> str:
        return seals.unseal(sealed, self._response)

    def verify(self, token: str) -> dict[str, Any]:
        return jws.verify(token, typ=jws.Typ.RECORD, keys=self._keys, max_bytes=_MOST).claims


class _Raw:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._response = ec.generate_private_key(ec.SECP256R1())

    def sign(self, claims: dict[str, Any]) -> str:
        header = orjson.dumps({"alg": "ES256", "typ": "backpack-record+jwt", "kid": "k" * 43})
        signed = _b64(header) + b"." + _b64(orjson.dumps(claims))
        r, s = utils.decode_dss_signature(self._key.sign(signed, _ES256))
        return (signed + b"." + _b64(r.to_bytes(32) + s.to_bytes(32))).decode()

    def verify(self, token: str) -> dict[str, Any]:
        signed, _, signature = token.encode().rpartition(b".")
        raw = _unb64(signature)
        der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        self._key.public_key().verify(der, signed, _ES256)
        header, payload = (orjson.loads(_unb64(part)) for part in signed.split(b"."))
        if header["typ"] != "backpack-record+jwt":
            raise ValueError("another type")
        return dict(payload)

    def seal(self, token: str) -> bytes:
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        public = ephemeral.public_key().public_numbers()
        epk = {"kty": "EC", "crv": "P-256", "x": _number(public.x), "y": _number(public.y)}
        told = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "typ": "backpack-record+jwe", "epk": epk}
        header, key, iv = _b64(orjson.dumps(told)), os.urandom(32), os.urandom(12)
        wrapped = aes_key_wrap(_derived(ephemeral, self._response.public_key()), key)
        content = zstandard.ZstdCompressor(level=1).compress(token.encode())
        sealed = AESGCM(key).encrypt(iv, content, header)
        return b".".join((header, *map(_b64, (wrapped, iv, sealed[:-16], sealed[-16:]))))

    def open(self, sealed: bytes) -> str:
        header, *parts = sealed.split(b".")
        wrapped, iv, content, tag = map(_unb64, parts)
        epk = orjson.loads(_unb64(header))["epk"]
        x, y = (int.from_bytes(_unb64(epk[name].encode())) for name in ("x", "y"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key = aes_key_unwrap(_derived(self._response, public), wrapped)
        opened = AESGCM(key).decrypt(iv, content + tag, header)
        return zstandard.ZstdDecompressor().decompress(opened, max_output_size=_MOST).decode()


def _derived(private: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey) -> bytes:
    shared = private.exchange(ec.ECDH(), public)
    return ConcatKDFHash(algorithm=hashes.SHA256(), length=32, otherinfo=_OTHER_INFO).derive(shared)


def _number(value: int) -> str:
    return _b64(value.to_bytes(32)).decode()


def _b64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _unb64(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))

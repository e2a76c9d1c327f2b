"""The sealed record: who opens it, and what is refused (security.md, O11, O16, O17, O18, A29)."""

import base64
import hashlib
import importlib
import json
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey

from gateway.crypto import jws, seals
from gateway.crypto.compression import compressed, decompressed
from gateway.crypto.jws import Typ
from gateway.crypto.keys import KeyRing, Purpose
from gateway.crypto.seals import ResponseKey, new_response_key, seal, second_look, unseal
from gateway.domain.errors import Malformed, TooLarge, Untrusted

jwcrypto_jwk, jwcrypto_jwe = importlib.import_module("jwcrypto.jwk"), importlib.import_module("jwcrypto.jwe")

KEY = new_response_key()
RECORD = "eyJhIjoxfQ.eyJiIjoyfQ.c2ln"
_texts = st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."))


def _header(**changes: Any) -> dict[str, Any]:
    header = {
        "alg": "ECDH-ES+A256KW",
        "enc": "A256GCM",
        "typ": "backpack-record+jwe",
        "cty": "application/jose+zstd",
        "kid": KEY.key.kid,
    }
    return {k: v for k, v in {**header, **changes}.items() if v is not ...}


def _sealed_by_hand(header: dict[str, Any], plaintext: bytes) -> bytes:
    """Encrypt with jwcrypto, as another implementation would."""
    public = jwcrypto_jwk.JWK(**KEY.public_jwk())
    token = jwcrypto_jwe.JWE(plaintext, json.dumps(header), algs=[header["alg"], header["enc"]])
    token.add_recipient(public)
    return bytes(token.serialize(compact=True).encode())


def _reheaded(sealed: bytes, **changes: Any) -> bytes:
    """Change the header of a sealed record; `...` leaves a member out."""
    segment, _, rest = sealed.partition(b".")
    header = json.loads(base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)))
    changed = {k: v for k, v in {**header, **changes}.items() if v is not ...}
    return base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=") + b"." + rest


@settings(max_examples=50, deadline=None)
@given(_texts)
def test_what_was_sealed_is_opened(record: str) -> None:
    assert unseal(seal(record, KEY.public_jwk()), KEY) == record


def test_a_stored_key_opens_as_well() -> None:
    sealed = seal(RECORD, KEY.public_jwk())

    assert unseal(sealed, ResponseKey.from_json(KEY.to_json())) == RECORD


def test_a_nodes_published_key_opens_as_well(ring: KeyRing) -> None:
    published = ring.public_jwks(Purpose.ENCRYPTION)["keys"][0]

    assert unseal(seal(RECORD, published), ring.current(Purpose.ENCRYPTION)) == RECORD


def test_the_one_time_key_shows_no_private_part() -> None:
    jwk = KEY.public_jwk()

    assert jwk.keys() == {"kty", "crv", "x", "y", "use", "kid"}
    assert jwk["kid"].startswith("eph-")
    assert jwk["use"] == "enc"


def test_jwcrypto_opens_what_we_seal() -> None:
    sealed = seal(RECORD, KEY.public_jwk())
    token = jwcrypto_jwe.JWE(algs=["ECDH-ES+A256KW", "A256GCM"])

    token.deserialize(sealed.decode(), jwcrypto_jwk.JWK(**KEY.key.as_dict(private=True)))

    assert zstandard.ZstdDecompressor().decompress(token.payload) == RECORD.encode()


def test_we_open_what_jwcrypto_seals() -> None:
    assert unseal(_sealed_by_hand(_header(), compressed(RECORD.encode())), KEY) == RECORD


def test_a_sealed_record_tells_only_its_size_class() -> None:
    lengths = {len(seal("x" * n + RECORD, KEY.public_jwk())) for n in (0, 1, 50, 500, 5000)}
    incompressible = [len(seal(_noise(n), KEY.public_jwk())) for n in range(5_000, 60_000, 4_999)]

    assert len(lengths) == 1
    assert all(0 <= -length % seals.SIZE_CLASS <= 3 for length in [*lengths, *incompressible])
    assert len(set(incompressible)) < len(incompressible)


def _noise(size: int) -> str:
    return base64.b64encode(bytes(pow(7, i, 65_537) % 251 for i in range(size))).decode()


@pytest.mark.parametrize("size", range(5_990, 6_040))
def test_padding_leaves_no_gap_that_cannot_be_filled(size: int) -> None:
    record = _noise(size)

    sealed = seal(record, KEY.public_jwk())

    assert -len(sealed) % seals.SIZE_CLASS <= 3
    assert unseal(sealed, KEY) == record


def test_the_same_record_never_gives_the_same_bytes() -> None:
    assert seal(RECORD, KEY.public_jwk()) != seal(RECORD, KEY.public_jwk())


_P256 = ECKey.generate_key("P-256").as_dict(private=False)


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param(None, id="nothing"),
        pytest.param({}, id="empty"),
        pytest.param(KEY.key.as_dict(private=True), id="private"),
        pytest.param({**KEY.public_jwk(), "use": "sig"}, id="for signatures"),
        pytest.param({k: v for k, v in KEY.public_jwk().items() if k != "use"}, id="no use"),
        pytest.param({k: v for k, v in KEY.public_jwk().items() if k != "kid"}, id="no kid"),
        pytest.param({**KEY.public_jwk(), "kid": "../x"}, id="odd kid"),
        pytest.param({**KEY.public_jwk(), "kid": "k" * 129}, id="long kid"),
        pytest.param({**KEY.public_jwk(), "alg": "ECDH-ES"}, id="another alg"),
        pytest.param({**KEY.public_jwk(), "y": KEY.public_jwk()["x"]}, id="off the curve"),
        pytest.param({**KEY.public_jwk(), "crv": "P-384"}, id="another curve"),
        pytest.param({**KEY.public_jwk(), "x5c": []}, id="x5c"),
    ],
)
def test_nothing_is_sealed_to_an_odd_key(jwk: object) -> None:
    with pytest.raises(Untrusted, match="bad_key"):
        seal(RECORD, jwk)


def _assert_closed(sealed: bytes, **limits: Any) -> None:
    with pytest.raises(Untrusted) as refusal:
        unseal(sealed, KEY, **limits)

    assert str(refusal.value) == "cannot_open"
    assert refusal.value.__cause__ is None


def test_another_key_does_not_open() -> None:
    other = new_response_key()
    renamed = ResponseKey(ECKey.import_key({**other.key.as_dict(private=True), "kid": str(KEY.key.kid)}))
    sealed = seal(RECORD, KEY.public_jwk())

    for key in (other, renamed):
        with pytest.raises(Untrusted, match=r"^cannot_open$"):
            unseal(sealed, key)


@pytest.mark.parametrize("segment", range(5))
def test_any_changed_part_is_refused(segment: int) -> None:
    parts = seal(RECORD, KEY.public_jwk()).split(b".")
    whole = parts[segment]

    for at in {0, len(whole) // 2, len(whole) - 1}:
        changed = whole[:at] + (b"B" if whole[at : at + 1] == b"A" else b"A") + whole[at + 1 :]
        _assert_closed(b".".join([*parts[:segment], changed, *parts[segment + 1 :]]))
    for other in (b"", whole + b"=", whole + b"AAAA", whole[:-4]):
        _assert_closed(b".".join([*parts[:segment], other, *parts[segment + 1 :]]))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(seal(RECORD, KEY.public_jwk()))
    at = data.draw(st.integers(0, len(sealed) - 1))

    sealed[at] ^= data.draw(st.integers(1, 255))

    _assert_closed(bytes(sealed))


@pytest.mark.parametrize(
    "changes",
    [
        {"zip": "DEF"},
        {"alg": "dir"},
        {"alg": "ECDH-ES"},
        {"alg": "ECDH-ES+A128KW"},
        {"alg": "RSA-OAEP"},
        {"alg": "RSA1_5"},
        {"alg": "PBES2-HS256+A128KW", "p2c": 2**31, "p2s": "AAAA"},
        {"alg": ["ECDH-ES+A256KW"]},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"typ": "JWE"},
        {"typ": ...},
        {"cty": "JWT"},
        {"cty": ...},
        {"kid": "eph-other"},
        {"kid": ...},
        {"crit": ["exp"], "exp": 1},
        {"jku": "https://evil.example"},
        {"apu": "AAAA"},
        {"epk": ...},
        {"epk": None},
        {"epk": "x"},
        {"epk": _P256},
        {"epk": {**_P256, "y": _P256["x"]}},
        {"epk": {**_P256, "crv": "P-384"}},
        {"epk": {**_P256, "d": _P256["x"]}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": _P256["x"]}},
        {"epk": {**_P256, "x": "A" * 43, "y": "A" * 43}},
        {"pad": "x" * 2000},
    ],
)
def test_a_seal_of_another_kind_is_refused(changes: dict[str, Any]) -> None:
    _assert_closed(_reheaded(seal(RECORD, KEY.public_jwk()), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"enc": "A128GCM"},
        {"alg": "ECDH-ES+A128KW"},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"typ": ...},
        {"kid": ...},
    ],
)
def test_a_well_made_seal_of_another_kind_is_refused(changes: dict[str, Any]) -> None:
    """Here the encryption itself is right, so that nothing but the pinned header can refuse it."""
    _assert_closed(_sealed_by_hand(_header(**changes), compressed(RECORD.encode())))


def test_many_recipients_are_refused() -> None:
    token = jwcrypto_jwe.JWE(b"x", json.dumps({"enc": "A256GCM"}), algs=["ECDH-ES+A256KW", "A256GCM"])
    for _ in range(20):
        token.add_recipient(jwcrypto_jwk.JWK(**KEY.public_jwk()), json.dumps({"alg": "ECDH-ES+A256KW"}))

    _assert_closed(token.serialize().encode())


@pytest.mark.parametrize("sealed", [b"", b".", b"....", b"a.b.c.d.e", b"\xff" * 300, b"{}", b"e30...."])
def test_what_is_no_seal_is_refused(sealed: bytes) -> None:
    _assert_closed(sealed)


def test_a_record_is_sealed_and_opened_up_to_one_limit() -> None:
    record = RECORD + "x" * (seals.MAX_RECORD_BYTES - len(RECORD))

    sealed = seal(record, KEY.public_jwk())

    assert unseal(sealed, KEY) == record
    with pytest.raises(TooLarge):
        seal(record + "x", KEY.public_jwk())
    _assert_closed(sealed, max_bytes=len(record) - 1)
    _assert_closed(_sealed_by_hand(_header(), compressed(record.encode() + b"x")))


def test_a_record_that_cannot_be_compressed_fits_at_the_limit() -> None:
    record = base64.b64encode(_noise_bytes(12 * 1024 * 1024)).decode()

    sealed = seal(record, KEY.public_jwk())

    assert len(record) == seals.MAX_RECORD_BYTES
    assert len(sealed) <= seals.MAX_SEALED_BYTES
    assert unseal(sealed, KEY) == record


def _noise_bytes(size: int) -> bytes:
    """Make bytes that no compression shortens, the same in each run."""
    return b"".join(hashlib.sha512(number.to_bytes(8, "big")).digest() for number in range(size // 64))


def test_a_bomb_is_refused_by_the_size_it_states() -> None:
    bomb = compressed(bytes(64 * 1024 * 1024))

    assert len(bomb) < 16_384
    _assert_closed(_sealed_by_hand(_header(), bomb))


def test_a_frame_that_lies_about_its_size_is_refused() -> None:
    honest = compressed(b"x" * 1000)
    at = honest.index((1000 - 256).to_bytes(2, "little"))

    for size in (999, 1001, 300):
        lying = honest[:at] + (size - 256).to_bytes(2, "little") + honest[at + 2 :]
        with pytest.raises(Malformed):
            decompressed(lying, max_bytes=10_000)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"x",
        RECORD.encode(),
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x" * 100),
        compressed(b"x" * 100)[:-3],
        bytes.fromhex("502a4d1804000000") + b"\0\0\0\0",
    ],
)
def test_what_is_no_frame_of_stated_size_is_refused(frame: bytes) -> None:
    with pytest.raises(Malformed):
        decompressed(frame, max_bytes=10_000)


def test_our_limits_are_not_the_librarys() -> None:
    """The library's own registry encrypts a record of 100 KB and then cannot read it."""
    header, plaintext = _header(), bytes(100_000)
    token = jwe.encrypt_compact(header, plaintext, KEY.key)

    with pytest.raises(Exception, match="exceeds"):
        jwe.decrypt_compact(token, KEY.key)
    assert len(seals._REGISTRY.allowed or []) == 2


def test_a_second_look_passes_what_was_signed_well(ring: KeyRing) -> None:
    key = ring.current(Purpose.EVIDENCE)
    record = jws.sign(Typ.RECORD, {"record": {"entries": [1, 2]}}, key, trust_chain=["a"])

    second_look(record, dict(key.as_dict(private=False)))


def test_a_second_look_stops_what_was_not(ring: KeyRing, stranger: KeyRing) -> None:
    key = ring.current(Purpose.EVIDENCE)
    public = dict(key.as_dict(private=False))
    record = jws.sign(Typ.RECORD, {"record": 1}, key)
    header, payload, signature = record.split(".")
    broken = [
        jws.sign(Typ.RECORD, {"record": 1}, stranger.current(Purpose.EVIDENCE)),
        f"{header}.{payload[:-1]}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        "",
        orjson.dumps({"payload": payload}).decode(),
    ]

    for one in broken:
        with pytest.raises(Untrusted, match="own_output_broken"):
            second_look(one, public)

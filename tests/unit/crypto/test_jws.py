"""Signed messages: what is taken, and what is refused (security.md, O1-O3, O14, O15, O17)."""

import base64
import hmac
import importlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from gateway.crypto import jws
from gateway.crypto.jws import MAX_CHAIN_LENGTH, Typ, Verified
from gateway.crypto.keys import KeyRing, Keys, Purpose, parse_jwks
from gateway.domain.errors import Malformed, Refused, TooLarge, Untrusted

jwcrypto_jwk, jwcrypto_jws = importlib.import_module("jwcrypto.jwk"), importlib.import_module("jwcrypto.jws")

SignRaw = Callable[[Any, bytes, ECKey], str]
KIB = 1024
CLAIMS = {"iss": "https://exchange.maple.example", "jti": "R-1", "iat": 1_795_400_000}


def _b64(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _verify(token: str | bytes, keys: Keys, typ: Typ = Typ.REQUEST, **more: Any) -> Verified:
    return jws.verify(token, typ=typ, keys=keys, max_bytes=64 * KIB, **more)


def _header(ring: KeyRing, **changes: Any) -> dict[str, Any]:
    header = {"alg": "ES256", "typ": "backpack-request+jwt", "kid": ring.current(Purpose.EVIDENCE).kid}
    return {k: v for k, v in {**header, **changes}.items() if v is not ...}


def test_what_was_signed_is_read_again_byte_for_byte(ring: KeyRing, evidence_keys: Keys) -> None:
    payload = b'{ "iss" : "https://exchange.maple.example" }'

    token = jws.sign(Typ.REQUEST, payload, ring.current(Purpose.EVIDENCE))
    verified = _verify(token, evidence_keys)

    assert verified.payload == payload
    assert verified.claims == {"iss": "https://exchange.maple.example"}
    assert verified.header == _header(ring)
    assert _verify(token.encode(), evidence_keys) == verified


@pytest.mark.parametrize("signed_as", Typ)
@pytest.mark.parametrize("expected", Typ)
def test_a_token_is_taken_as_what_it_is_and_as_nothing_else(
    ring: KeyRing, evidence_keys: Keys, signed_as: Typ, expected: Typ
) -> None:
    token = jws.sign(signed_as, CLAIMS, ring.current(Purpose.EVIDENCE))

    if signed_as is expected:
        assert _verify(token, evidence_keys, expected).claims == CLAIMS
    else:
        with pytest.raises(Untrusted, match="wrong_type"):
            _verify(token, evidence_keys, expected)


def test_pyjwt_and_jwcrypto_verify_our_tokens(ring: KeyRing) -> None:
    key = ring.current(Purpose.EVIDENCE)
    token = jws.sign(Typ.RECORD, CLAIMS, key, trust_chain=["a", "b"])

    read = pyjwt.decode(token, key.public_key, algorithms=["ES256"], options={"verify_iat": False})
    other = jwcrypto_jws.JWS()
    other.deserialize(token, jwcrypto_jwk.JWK(**key.as_dict(private=False)))

    assert read == CLAIMS
    assert json.loads(other.payload) == CLAIMS
    assert pyjwt.get_unverified_header(token)["trust_chain"] == ["a", "b"]


def test_we_verify_tokens_of_pyjwt_and_jwcrypto(ring: KeyRing, evidence_keys: Keys) -> None:
    key = ring.current(Purpose.EVIDENCE)
    private = key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    other = jwcrypto_jws.JWS(json.dumps(CLAIMS))
    other.add_signature(
        jwcrypto_jwk.JWK(**key.as_dict(private=True)), protected=json.dumps(_header(ring)), alg="ES256"
    )

    by_pyjwt = pyjwt.encode(CLAIMS, private, "ES256", headers=_header(ring))
    by_jwcrypto = other.serialize(compact=True)

    assert _verify(by_pyjwt, evidence_keys).claims == CLAIMS
    assert _verify(by_jwcrypto, evidence_keys).claims == CLAIMS


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alg": "none"}, "bad_header"),
        ({"alg": "None"}, "bad_header"),
        ({"alg": "HS256"}, "bad_header"),
        ({"alg": "RS256"}, "bad_header"),
        ({"alg": "ES384"}, "bad_header"),
        ({"alg": "ES256K"}, "bad_header"),
        ({"alg": "es256"}, "bad_header"),
        ({"alg": ["ES256"]}, "bad_header"),
        ({"alg": ...}, "bad_header"),
        ({"jwk": {"kty": "EC"}}, "bad_header"),
        ({"jku": "https://evil.example/jwks"}, "bad_header"),
        ({"x5u": "https://evil.example/x"}, "bad_header"),
        ({"x5c": ["AAAA"]}, "bad_header"),
        ({"x5t#S256": "AAAA"}, "bad_header"),
        ({"crit": []}, "bad_header"),
        ({"crit": ["b64"], "b64": False}, "bad_header"),
        ({"b64": True}, "bad_header"),
        ({"zip": "DEF"}, "bad_header"),
        ({"cty": "JWT"}, "bad_header"),
        ({"peer_trust_chain": []}, "bad_header"),
        ({"trust_chain": []}, "bad_header"),
        ({"typ": ...}, "wrong_type"),
        ({"typ": None}, "wrong_type"),
        ({"typ": "JWT"}, "wrong_type"),
        ({"typ": "application/backpack-request+jwt"}, "wrong_type"),
        ({"typ": "Backpack-Request+JWT"}, "wrong_type"),
        ({"typ": ["backpack-request+jwt"]}, "wrong_type"),
        ({"typ": {}}, "wrong_type"),
        ({"kid": ...}, "bad_header"),
        ({"kid": None}, "bad_header"),
        ({"kid": ["x"]}, "bad_header"),
        ({"kid": {}}, "bad_header"),
        ({"kid": ""}, "unknown_key"),
        ({"kid": "../../x"}, "unknown_key"),
        ({"kid": "' OR 1=1 --"}, "unknown_key"),
    ],
)
def test_a_header_that_says_anything_else_is_refused_though_the_signature_holds(
    sign_raw: SignRaw, ring: KeyRing, evidence_keys: Keys, changes: dict[str, Any], reason: str
) -> None:
    token = sign_raw(_header(ring, **changes), json.dumps(CLAIMS).encode(), ring.current(Purpose.EVIDENCE))

    with pytest.raises(Untrusted) as refusal:
        _verify(token, evidence_keys)

    assert refusal.value.reason == reason


def test_the_same_header_without_a_change_is_taken(
    sign_raw: SignRaw, ring: KeyRing, evidence_keys: Keys
) -> None:
    token = sign_raw(_header(ring), json.dumps(CLAIMS).encode(), ring.current(Purpose.EVIDENCE))

    assert _verify(token, evidence_keys).claims == CLAIMS


def test_a_mac_made_with_the_public_key_is_refused(ring: KeyRing, evidence_keys: Keys) -> None:
    key = ring.current(Purpose.EVIDENCE)
    for alg in ("HS256", "ES256"):
        signed = f"{_b64(_header(ring, alg=alg))}.{_b64(CLAIMS)}"
        mac = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")

        for signature in (mac, mac * 2):
            with pytest.raises(Refused):
                _verify(f"{signed}.{_b64(signature)}", evidence_keys)


def test_a_foreign_key_is_unknown_even_under_our_kid(
    sign_raw: SignRaw, ring: KeyRing, stranger: KeyRing, evidence_keys: Keys
) -> None:
    own_kid = jws.sign(Typ.REQUEST, CLAIMS, stranger.current(Purpose.EVIDENCE))
    our_kid = sign_raw(_header(ring), json.dumps(CLAIMS).encode(), stranger.current(Purpose.EVIDENCE))

    with pytest.raises(Untrusted, match="unknown_key"):
        _verify(own_kid, evidence_keys)
    with pytest.raises(Untrusted, match="bad_signature"):
        _verify(our_kid, evidence_keys)


def test_an_encryption_key_verifies_nothing(sign_raw: SignRaw, ring: KeyRing) -> None:
    keys = parse_jwks(ring.public_jwks(Purpose.ENCRYPTION))
    header = _header(ring, kid=ring.current(Purpose.ENCRYPTION).kid)
    token = sign_raw(header, json.dumps(CLAIMS).encode(), ring.current(Purpose.ENCRYPTION))

    with pytest.raises(Untrusted, match="bad_signature"):
        _verify(token, keys)


def test_signatures_of_zeros_are_refused(ring: KeyRing, evidence_keys: Keys) -> None:
    signed = f"{_b64(_header(ring))}.{_b64(CLAIMS)}"

    for signature in (bytes(64), bytes(31) + b"\1" + bytes(31) + b"\1", b"\xff" * 64):
        with pytest.raises(Untrusted, match="bad_signature"):
            _verify(f"{signed}.{_b64(signature)}", evidence_keys)


def test_a_token_has_one_spelling(ring: KeyRing, evidence_keys: Keys) -> None:
    """Padding, stray bits and white space must not give a second token with the same meaning."""
    token = jws.sign(Typ.REQUEST, {**CLAIMS, "pad": "xy"}, ring.current(Purpose.EVIDENCE))
    header, payload, signature = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = alphabet[alphabet.index(signature[-1]) + 1]
    variants = [
        f"{header}.{payload}.{signature[:-1]}{stray}",
        f"{token}=",
        f"{token}==",
        f"{header}=.{payload}.{signature}",
        f"{header}.{payload}=.{signature}",
        f" {token}",
        f"{token}\n",
        f"{header}.{payload[:8]}\n{payload[8:]}.{signature}",
        f"{header}.{payload}\x00.{signature}",
        token.replace("-", "+").replace("_", "/") + ("" if set(token) & set("-_") else "+"),
        f"{token}.",
        f".{token}",
        f"{header}..{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        "",
        "...",
        "\u00e9" * 90,
        json.dumps({"payload": payload, "protected": header, "signature": signature}),
    ]

    _verify(token, evidence_keys)

    for variant in variants:
        with pytest.raises(Refused):
            _verify(variant, evidence_keys)


def test_any_changed_character_is_refused(ring: KeyRing, evidence_keys: Keys) -> None:
    token = jws.sign(Typ.REQUEST, {"a": 1}, ring.current(Purpose.EVIDENCE))

    for at, character in enumerate(token):
        changed = token[:at] + ("A" if character != "A" else "B") + token[at + 1 :]
        with pytest.raises(Refused):
            _verify(changed, evidence_keys)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"iss":"a","iss":"b"}',
        b'{"a":NaN}',
        b"[]",
        b'"x"',
        b"",
        b"{}{}",
        b"\xff",
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_a_signed_payload_that_is_no_plain_object_is_refused(
    sign_raw: SignRaw, ring: KeyRing, evidence_keys: Keys, payload: bytes
) -> None:
    token = sign_raw(_header(ring), payload, ring.current(Purpose.EVIDENCE))

    with pytest.raises(Malformed):
        _verify(token, evidence_keys)
    with pytest.raises(Malformed):
        jws.peek(token, max_bytes=64 * KIB)


@pytest.mark.parametrize(
    "header", [b'{"alg":"none","alg":"ES256"}', b"[]", b"{", b"\xff", b'{"a":' * 10 + b"1" + b"}" * 10]
)
def test_a_header_that_two_parsers_could_read_differently_is_refused(
    sign_raw: SignRaw, ring: KeyRing, evidence_keys: Keys, header: bytes
) -> None:
    token = sign_raw(header, b"{}", ring.current(Purpose.EVIDENCE))

    with pytest.raises(Malformed):
        _verify(token, evidence_keys)


def test_a_trust_chain_is_taken_only_where_it_is_allowed(ring: KeyRing, evidence_keys: Keys) -> None:
    token = jws.sign(Typ.REQUEST, CLAIMS, ring.current(Purpose.EVIDENCE), trust_chain=["x" * 3000] * 4)

    assert _verify(token, evidence_keys, allow_trust_chain=True).header["trust_chain"] == ["x" * 3000] * 4
    with pytest.raises(Untrusted, match="bad_header"):
        _verify(token, evidence_keys)


@pytest.mark.parametrize("chain", ["x", {}, None, [1], [["x"]], ["x"] * (MAX_CHAIN_LENGTH + 1)])
def test_a_trust_chain_of_another_shape_is_refused(
    sign_raw: SignRaw, ring: KeyRing, evidence_keys: Keys, chain: Any
) -> None:
    token = sign_raw(
        _header(ring, trust_chain=chain), json.dumps(CLAIMS).encode(), ring.current(Purpose.EVIDENCE)
    )

    with pytest.raises(Untrusted):
        _verify(token, evidence_keys, allow_trust_chain=True)


def test_a_header_is_signed_and_read_up_to_one_limit(
    sign_raw: SignRaw, ring: KeyRing, evidence_keys: Keys
) -> None:
    key = ring.current(Purpose.EVIDENCE)
    empty = jws.sign(Typ.REQUEST, CLAIMS, key, trust_chain=[""]).index(".")
    room = (jws.MAX_CHAIN_HEADER_BYTES - empty) * 3 // 4

    longest = jws.sign(Typ.REQUEST, CLAIMS, key, trust_chain=["x" * (room - 2)])
    read = jws.verify(
        longest, typ=Typ.REQUEST, keys=evidence_keys, max_bytes=len(longest), allow_trust_chain=True
    )

    assert jws.MAX_CHAIN_HEADER_BYTES - 8 < longest.index(".") <= jws.MAX_CHAIN_HEADER_BYTES
    assert read.claims == CLAIMS
    with pytest.raises(TooLarge):
        jws.sign(Typ.REQUEST, CLAIMS, key, trust_chain=["x" * (room + 4)])
    too_long = sign_raw(_header(ring, trust_chain=["x" * (room + 4)]), b"{}", ring.current(Purpose.EVIDENCE))
    with pytest.raises(TooLarge):
        jws.verify(
            too_long, typ=Typ.REQUEST, keys=evidence_keys, max_bytes=len(too_long), allow_trust_chain=True
        )


def test_a_token_is_signed_and_read_up_to_one_limit(ring: KeyRing, evidence_keys: Keys) -> None:
    key = ring.current(Purpose.EVIDENCE)
    around = len(jws.sign(Typ.RECORD, {"pad": ""}, key))
    room = (jws.MAX_TOKEN_BYTES - around) * 3 // 4

    longest = jws.sign(Typ.RECORD, {"pad": "x" * (room - 2)}, key)
    read = jws.verify(longest, typ=Typ.RECORD, keys=evidence_keys, max_bytes=jws.MAX_TOKEN_BYTES)

    assert jws.MAX_TOKEN_BYTES - 8 < len(longest) <= jws.MAX_TOKEN_BYTES
    assert len(read.claims["pad"]) == room - 2
    with pytest.raises(TooLarge):
        jws.sign(Typ.RECORD, {"pad": "x" * (room + 4)}, key)
    with pytest.raises(TooLarge):
        jws.verify(longest + "AAAA", typ=Typ.RECORD, keys=evidence_keys, max_bytes=2 * jws.MAX_TOKEN_BYTES)


def test_the_callers_limit_is_exact(ring: KeyRing, evidence_keys: Keys) -> None:
    token = jws.sign(Typ.REQUEST, CLAIMS, ring.current(Purpose.EVIDENCE))

    jws.verify(token, typ=Typ.REQUEST, keys=evidence_keys, max_bytes=len(token))
    jws.peek(token, max_bytes=len(token))

    with pytest.raises(TooLarge):
        jws.verify(token, typ=Typ.REQUEST, keys=evidence_keys, max_bytes=len(token) - 1)
    with pytest.raises(TooLarge):
        jws.peek(token, max_bytes=len(token) - 1)


def test_peeking_shows_what_a_token_says_of_itself(ring: KeyRing) -> None:
    token = jws.sign(Typ.REQUEST, CLAIMS, ring.current(Purpose.EVIDENCE))
    forged = token[:-4] + "AAAA"

    assert jws.peek(forged, max_bytes=KIB).claims == CLAIMS
    assert jws.peek(token, max_bytes=KIB).header == _header(ring)


@pytest.mark.parametrize("seconds", [-29, -5, 0, 5, 10, 29, 30])
def test_clocks_may_differ_by_half_a_minute(now: datetime, seconds: int) -> None:
    issued = int((now + timedelta(seconds=seconds)).timestamp())

    jws.check_times({"iat": issued, "nbf": issued, "exp": issued + 1}, now=now)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iat": 31}, "not_yet_valid"),
        ({"iat": 61}, "not_yet_valid"),
        ({"iat": 0, "nbf": 31}, "not_yet_valid"),
        ({"iat": -100, "exp": -30}, "expired"),
        ({"iat": -100, "exp": -61}, "expired"),
        ({"iat": -61}, "too_old"),
        ({}, "no_time"),
        ({"exp": 10}, "no_time"),
    ],
)
def test_times_beyond_the_leeway_are_refused(now: datetime, claims: dict[str, int], reason: str) -> None:
    absolute = {name: int(now.timestamp()) + seconds for name, seconds in claims.items()}

    with pytest.raises(Untrusted) as refusal:
        jws.check_times(absolute, now=now, max_age=timedelta(seconds=60))

    assert refusal.value.reason == reason


@pytest.mark.parametrize("value", ["1795400000", True, None, [1], {}])
@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
def test_a_time_that_is_no_number_is_refused(now: datetime, name: str, value: Any) -> None:
    claims = {"iat": int(now.timestamp()), name: value}

    with pytest.raises(Untrusted, match="no_time"):
        jws.check_times(claims, now=now)


def test_an_expiry_can_be_demanded(now: datetime) -> None:
    claims = {"iat": int(now.timestamp())}

    jws.check_times(claims, now=now)

    with pytest.raises(Untrusted, match="no_time"):
        jws.check_times(claims, now=now, exp_required=True)

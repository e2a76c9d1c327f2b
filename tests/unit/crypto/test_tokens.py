"""Client assertions, DPoP proofs and nonces (security.md, O4, O6-O8, O14, and the traps A5, J6)."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.crypto import jws, tokens
from gateway.crypto.jws import Typ
from gateway.crypto.keys import KeyRing, Keys, Purpose
from gateway.crypto.tokens import DpopKey, Nonces, verify_client_assertion, verify_proof
from gateway.crypto.urls import without_query
from gateway.domain.errors import Malformed, Misconfigured, TooLarge, Untrusted
from gateway.domain.ids import b64url

OAK = "https://exchange.oak.example"
MAPLE = "https://exchange.maple.example"
URL = f"{MAPLE}/oauth/token"
BASE = 1_795_400_000
NOW = datetime.fromtimestamp(BASE, UTC)

Sign = Callable[..., str]


@pytest.fixture
def signed(ring: KeyRing) -> Sign:
    """Sign an assertion whose claims or header were changed; `...` leaves one out."""

    def sign(claims: dict[str, Any] | None = None, **header: Any) -> str:
        key = ring.current(Purpose.CLIENT)
        good = {"iss": OAK, "sub": OAK, "aud": MAPLE, "iat": BASE, "exp": BASE + 60, "jti": "j1"}
        head = {"alg": "ES256", "typ": "client-authentication+jwt", "kid": key.kid, **header}
        body = {k: v for k, v in {**good, **(claims or {})}.items() if v is not ...}
        return jws.sign_with({k: v for k, v in head.items() if v is not ...}, body, key)

    return sign


def _verify(token: str, keys: Keys, now: datetime = NOW) -> tokens.Assertion:
    return verify_client_assertion(token, keys=keys, client_id=OAK, audience=MAPLE, now=now)


def test_an_assertion_proves_its_client(ring: KeyRing, client_keys: Keys) -> None:
    token = tokens.client_assertion(
        ring.current(Purpose.CLIENT), client_id=OAK, audience=MAPLE, now=NOW, jti="j1", trust_chain=["a", "b"]
    )

    assertion = _verify(token, client_keys)

    assert assertion == tokens.Assertion("j1", NOW + timedelta(seconds=60))
    assert jws.peek(token, max_bytes=4096).header["trust_chain"] == ["a", "b"]


def test_pyjwt_reads_our_assertion(ring: KeyRing) -> None:
    key = ring.current(Purpose.CLIENT)
    now = datetime.now(UTC)
    token = tokens.client_assertion(key, client_id=OAK, audience=MAPLE, now=now, jti="j1", trust_chain=None)

    claims = pyjwt.decode(token, key.public_key, algorithms=["ES256"], audience=MAPLE, issuer=OAK)

    assert claims["sub"] == OAK
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize("typ", ["client-authentication+jwt", "JWT", ...])
def test_other_clients_types_are_taken(signed: Sign, client_keys: Keys, typ: Any) -> None:
    assert _verify(signed(typ=typ), client_keys).jti == "j1"


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "entity-statement+jwt", "jwt", "", None, ["JWT"], {}])
def test_any_other_type_is_refused(
    sign_raw: Callable[[Any, bytes, ECKey], str], ring: KeyRing, client_keys: Keys, typ: Any
) -> None:
    key = ring.current(Purpose.CLIENT)
    claims = {"iss": OAK, "sub": OAK, "aud": MAPLE, "iat": BASE, "exp": BASE + 60, "jti": "j1"}
    token = sign_raw({"alg": "ES256", "typ": typ, "kid": key.kid}, json.dumps(claims).encode(), key)

    with pytest.raises(Untrusted, match="wrong_type"):
        _verify(token, client_keys)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": [MAPLE]}, "wrong_audience"),
        ({"aud": [MAPLE, "https://evil.example"]}, "wrong_audience"),
        ({"aud": f"{MAPLE}/"}, "wrong_audience"),
        ({"aud": URL}, "wrong_audience"),
        ({"aud": MAPLE.upper()}, "wrong_audience"),
        ({"aud": "https://exchange.cedar.example"}, "wrong_audience"),
        ({"aud": ...}, "wrong_audience"),
        ({"iss": MAPLE}, "wrong_client"),
        ({"sub": MAPLE}, "wrong_client"),
        ({"iss": ...}, "wrong_client"),
        ({"sub": ...}, "wrong_client"),
        ({"exp": ...}, "no_time"),
        ({"iat": ...}, "no_time"),
        ({"exp": BASE + 301}, "life_too_long"),
        ({"exp": BASE + 31_536_000}, "life_too_long"),
        ({"iat": BASE - 300, "exp": BASE - 31}, "expired"),
        ({"iat": BASE + 61, "exp": BASE + 90}, "not_yet_valid"),
        ({"nbf": BASE + 61}, "not_yet_valid"),
        ({"jti": ...}, "no_id"),
        ({"jti": ""}, "no_id"),
        ({"jti": 7}, "no_id"),
        ({"jti": "x" * 257}, "no_id"),
    ],
)
def test_an_assertion_that_says_anything_else_is_refused(
    signed: Sign, client_keys: Keys, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Untrusted) as refusal:
        _verify(signed(claims), client_keys)

    assert refusal.value.reason == reason


def test_an_assertion_may_live_for_five_minutes(signed: Sign, client_keys: Keys) -> None:
    assert _verify(signed({"exp": BASE + 300}), client_keys).expires_at == NOW + timedelta(seconds=300)


def test_a_receipt_is_no_assertion(ring: KeyRing, client_keys: Keys) -> None:
    claims = {"iss": OAK, "sub": OAK, "aud": MAPLE, "iat": BASE, "exp": BASE + 60, "jti": "j1"}
    token = jws.sign(Typ.RECEIPT, claims, ring.current(Purpose.CLIENT))

    with pytest.raises(Untrusted, match="wrong_type"):
        _verify(token, client_keys)


def test_a_proof_holds_for_its_request() -> None:
    key = DpopKey()

    token = key.proof(method="POST", url=f"{URL}?a=b#c", now=NOW, jti="p1", nonce="n1", access_token="t1")
    proof = verify_proof(token, method="POST", url=URL, now=NOW, access_token="t1")

    assert proof == tokens.Proof(jkt=key.thumbprint, jti="p1", iat=NOW, nonce="n1")


def test_pyjwt_reads_our_proof() -> None:
    token = DpopKey().proof(method="POST", url=URL, now=datetime.now(UTC), jti="p1", access_token="t1")
    header = pyjwt.get_unverified_header(token)

    claims = pyjwt.decode(token, pyjwt.PyJWK(header["jwk"]).key, algorithms=["ES256"])

    assert header.keys() == {"alg", "typ", "jwk"}
    assert header["jwk"].keys() == {"kty", "crv", "x", "y"}
    assert claims["htu"] == URL
    assert claims["ath"] == b64url(hashlib.sha256(b"t1").digest())


def _foreign_proof(key: ec.EllipticCurvePrivateKey, claims: dict[str, Any], **header: Any) -> str:
    """Make a proof with PyJWT, as another implementation would; `...` leaves a claim out."""
    jwk = ECKey.import_key(key.public_key()).as_dict(private=False)
    head = {"typ": "dpop+jwt", "jwk": jwk, **header}
    good = {"jti": "p1", "htm": "POST", "htu": URL, "iat": BASE}
    body = {k: v for k, v in {**good, **claims}.items() if v is not ...}
    return pyjwt.encode(body, key, "ES256", headers=head)


def test_a_proof_by_another_implementation_holds() -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    proof = verify_proof(_foreign_proof(key, {}), method="POST", url=URL, now=NOW, access_token=None)

    assert proof.jkt == ECKey.import_key(key.public_key()).thumbprint()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"htm": "GET"}, "wrong_method"),
        ({"htm": "post"}, "wrong_method"),
        ({"htm": ...}, "wrong_method"),
        ({"htu": f"{MAPLE}/oauth/other"}, "wrong_url"),
        ({"htu": ...}, "wrong_url"),
        ({"htu": 7}, "wrong_url"),
        ({"htu": "not a url"}, "bad_url"),
        ({"iat": ...}, "no_time"),
        ({"iat": BASE - 61}, "too_old"),
        ({"iat": BASE + 61}, "not_yet_valid"),
        ({"exp": BASE - 61}, "expired"),
        ({"jti": ...}, "no_id"),
        ({"jti": "x" * 257}, "no_id"),
        ({"ath": ...}, "wrong_token"),
        ({"ath": b64url(hashlib.sha256(b"t2").digest())}, "wrong_token"),
        ({"ath": 7}, "wrong_token"),
        ({"ath": "\u00e9"}, "wrong_token"),
    ],
)
def test_a_proof_of_anything_else_is_refused(claims: dict[str, Any], reason: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ath = b64url(hashlib.sha256(b"t1").digest())
    token = _foreign_proof(key, {"ath": ath, **claims})

    with pytest.raises(Untrusted) as refusal:
        verify_proof(token, method="POST", url=URL, now=NOW, access_token="t1")

    assert refusal.value.reason == reason


@pytest.mark.parametrize("seconds", [-29, -5, 0, 5, 29])
def test_a_proof_from_a_clock_that_is_a_little_off_holds(seconds: int) -> None:
    token = DpopKey().proof(method="GET", url=URL, now=NOW + timedelta(seconds=seconds), jti="p1")

    assert verify_proof(token, method="GET", url=URL, now=NOW, access_token=None).jti == "p1"


def _private(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    return dict(ECKey.import_key(key).as_dict(private=True))


_MINE = ec.generate_private_key(ec.SECP256R1())
_OTHER = ECKey.generate_key("P-256").as_dict(private=False)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"jwk": _private(_MINE)}, id="a private key"),
        pytest.param({"jwk": _OTHER}, id="another key"),
        pytest.param({"jwk": None}, id="null"),
        pytest.param({"jwk": "x"}, id="a string"),
        pytest.param({"jwk": {}}, id="an empty key"),
        pytest.param({"jwk": OKPKey.generate_key("Ed25519").as_dict(private=False)}, id="Ed25519"),
        pytest.param({"jwk": RSAKey.generate_key(2048).as_dict(private=False)}, id="RSA"),
        pytest.param({"jwk": ECKey.generate_key("P-384").as_dict(private=False)}, id="P-384"),
        pytest.param({"jwk": {**_OTHER, "y": _OTHER["x"]}}, id="off the curve"),
        pytest.param({"jwk": {**_OTHER, "x5u": "https://evil.example"}}, id="x5u inside"),
        pytest.param({"typ": "JWT"}, id="type JWT"),
        pytest.param({"typ": "client-authentication+jwt"}, id="type of an assertion"),
        pytest.param({"kid": "k"}, id="kid"),
        pytest.param({"crit": ["exp"]}, id="crit"),
        pytest.param({"jku": "https://evil.example"}, id="jku"),
    ],
)
def test_a_proof_with_an_odd_header_is_refused(header: dict[str, Any]) -> None:
    token = _foreign_proof(_MINE, {}, **header)

    with pytest.raises(Untrusted):
        verify_proof(token, method="POST", url=URL, now=NOW, access_token=None)


def test_a_huge_proof_is_not_read() -> None:
    token = _foreign_proof(_MINE, {"jti": "x" * tokens.MAX_PROOF_BYTES})

    with pytest.raises(TooLarge):
        verify_proof(token, method="POST", url=URL, now=NOW, access_token=None)


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 500, "\u00e9", "e30.e30." + "A" * 86])
def test_what_is_no_proof_is_refused(token: str) -> None:
    with pytest.raises((Malformed, Untrusted)):
        verify_proof(token, method="POST", url=URL, now=NOW, access_token=None)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://exchange.maple.example/oauth/token",
        "HTTPS://EXCHANGE.Maple.Example/oauth/token",
        "https://exchange.maple.example:443/oauth/token",
        "https://exchange.maple.example:/oauth/token",
        "https://exchange.maple.example:0443/oauth/token",
        "https://exchange.maple.example/oauth/%74oken",
        "https://exchange.maple.example/a/../oauth/./token",
        "https://exchange.maple.example/%2e%2E/oauth/token",
        "https://exchange.maple.example/oauth/token?x=1",
        "https://exchange.maple.example/oauth/token#f",
    ],
)
def test_spellings_of_one_url_are_equal(spelling: str) -> None:
    assert without_query(spelling) == URL


@pytest.mark.parametrize(
    "other",
    [
        "http://exchange.maple.example/oauth/token",
        "https://exchange.maple.example:8443/oauth/token",
        "https://exchange.maple.example.evil.example/oauth/token",
        "https://exchange.maple.example./oauth/token",
        "https://exchange.maple.example/oauth/token/",
        "https://exchange.maple.example/oauth//token",
        "https://exchange.maple.example/OAuth/token",
        "https://exchange.maple.example/oauth%2Ftoken",
        "https://exchange.maple.example/oauth/token%00",
        "https://exchange.maple.example/oauth/token/..",
        "https://exchange.maple.example",
    ],
)
def test_another_url_stays_another(other: str) -> None:
    assert without_query(other) != URL


@pytest.mark.parametrize(
    "url",
    [
        "https://exchange.maple.example@evil.example/oauth/token",
        "https://user:pw@exchange.maple.example/oauth/token",
        "https:/exchange.maple.example/oauth/token",
        "//exchange.maple.example/oauth/token",
        "/oauth/token",
        "https://exchange.maple.example\\@evil.example/",
        "https://exchange.maple.example/oauth/to\tken",
        "https://exchange.maple.example/oauth/token\n",
        " https://exchange.maple.example/oauth/token",
        "https://exchange.maple.example/oauth/t\u043eken",
        "https://exchange.maple.example/%zz",
        "https://exchange.maple.example/%",
        "https://exchange.maple.example:99999999/",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(Untrusted, match="bad_url"):
        without_query(url)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("", "/"),
        ("/a/b/c/./../../g", "/a/g"),
        ("/../../g", "/g"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/a%2fb%7e", "/a%2Fb~"),
    ],
)
def test_paths_are_normalised_as_rfc_3986_says(path: str, normal: str) -> None:
    assert without_query(f"https://a.example{path}") == f"https://a.example{normal}"


def test_a_nonce_is_good_for_its_slot_and_the_next() -> None:
    nonces, start = Nonces(b"s" * 32), datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    nonce = nonces.issue(start + timedelta(seconds=10))

    accepted = [nonces.accepts(nonce, start + timedelta(seconds=s)) for s in (-1, 0, 299, 300, 599, 600)]

    assert accepted == [False, True, True, True, True, False]


def test_processes_with_one_secret_accept_each_others_nonces() -> None:
    here, there, elsewhere = Nonces(b"s" * 32), Nonces(b"s" * 32), Nonces(b"t" * 32)

    nonce = here.issue(NOW)

    assert there.accepts(nonce, NOW)
    assert not elsewhere.accepts(nonce, NOW)


@pytest.mark.parametrize("nonce", [None, "", "x", "\u00e9", "A" * 43])
def test_a_nonce_that_was_never_issued_is_refused(nonce: str | None) -> None:
    assert not Nonces(b"s" * 32).accepts(nonce, NOW)


def test_a_short_nonce_secret_is_a_mistake_of_the_operator() -> None:
    with pytest.raises(Misconfigured):
        Nonces(b"s" * 31)


def test_handles_are_long_and_stored_as_digests() -> None:
    handles = {tokens.new_handle() for _ in range(100)}

    assert len(handles) == 100
    assert all(len(handle) == 43 for handle in handles)
    assert tokens.handle_digest("abc") == "sha-256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"

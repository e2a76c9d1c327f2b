"""Credentials in JSON Web Tokens, and what is tried with their headers."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.crypto.credentials import Verifier
from gateway.domain.credential_terms import Format, Reason, VerifyStatus
from gateway.domain.errors import Malformed, Misconfigured, TooLarge
from tests.unit.credentials.making import ISSUER, MALLORY, MAPLE, OB, V1, V2, badge, checking, token

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
KEYS: dict[str, Any] = {"RS256": RSA, "ES256": EC, "EdDSA": MAPLE.private}
CLAIMS = badge(contexts=(V2, OB)) | {
    "iss": ISSUER,
    "jti": badge()["id"],
    "sub": badge()["credentialSubject"]["id"],
}


def public(key: Any) -> dict[str, Any]:
    kinds = {"RSAPublicKey": RSAKey, "ECPublicKey": ECKey, "Ed25519PublicKey": OKPKey}
    kind = kinds[type(key.public_key()).__name__]
    return dict(kind(key, None).as_dict(private=False))


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


@pytest.fixture
def checker(tmp_path: Path) -> Verifier:
    """Knows three keys of the issuer, as `key-RS256` and so on."""
    jwks = key_set(*({**public(key), "kid": f"key-{alg}"} for alg, key in KEYS.items()))
    return checking(tmp_path / "c", {}, {ISSUER: jwks})


def verdict(checker: Verifier, payload: bytes) -> tuple[VerifyStatus, Reason]:
    found = checker.check(payload).verdict
    return found.status, found.reason


VERIFIED = (VerifyStatus.VERIFIED, Reason.NONE)


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize("kid", ["key-{}", f"{ISSUER}#key-{{}}", None])
@pytest.mark.parametrize("typ", ["JWT", "vc+jwt", "vc+ld+jwt", None])
def test_a_token_is_verified_by_a_pinned_key(
    alg: str, kid: str | None, typ: str | None, checker: Verifier
) -> None:
    header = {"typ": typ} | ({"kid": kid.format(alg)} if kid else {})

    assert verdict(checker, token(CLAIMS, KEYS[alg], alg, **header)) == VERIFIED


def test_a_token_of_1_1_takes_from_its_claims_what_the_credential_lacks(checker: Verifier) -> None:
    inside = badge(contexts=(V1, OB))
    for name in ("id", "issuer", "validFrom"):
        inside.pop(name)
    claims = {"iss": ISSUER, "jti": "urn:x:1", "nbf": 1748736000, "exp": 1780272000.0, "vc": inside}

    checked = checker.check(token(claims, EC, "ES256"))

    index = checked.index
    assert checked.verdict.status is VerifyStatus.VERIFIED
    assert (index.format, index.id, index.issuer_id) == (Format.OB3_JWT, "urn:x:1", ISSUER)
    assert (index.issued_on, index.expires) == ("2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z")


@pytest.mark.parametrize("name", ["iss", "jti", "sub"])
def test_claims_that_name_another_than_the_credential_are_refused(name: str, checker: Verifier) -> None:
    claims = {"vc": badge(contexts=(V1, OB)), "iss": ISSUER} | {name: "urn:x:other"}

    status, reason = verdict(checker, token(claims, EC, "ES256"))

    assert (status, reason) == (VerifyStatus.INVALID, Reason.CLAIMS_DIFFER)


def test_a_did_key_in_the_kid_is_its_own_proof(tmp_path: Path) -> None:
    claims = badge(issuer=MAPLE.did, contexts=(V2, OB))

    assert (
        verdict(checking(tmp_path / "c", {}), token(claims, MAPLE.private, "EdDSA", kid=MAPLE.method))
        == VERIFIED
    )


def test_a_token_may_not_be_signed_by_another_did_key_than_its_issuer(tmp_path: Path) -> None:
    claims = badge(issuer=MAPLE.did, contexts=(V2, OB))

    status, _ = verdict(
        checking(tmp_path / "c", {}), token(claims, MALLORY.private, "EdDSA", kid=MALLORY.method)
    )

    assert status is VerifyStatus.UNKNOWN_ISSUER


def test_a_changed_claim_is_seen(checker: Verifier) -> None:
    header, _, signature = token(CLAIMS, EC, "ES256").split(b".")
    changed = _b64({**CLAIMS, "validFrom": "2020-01-01T00:00:00Z"})

    assert verdict(checker, b".".join([header, changed, signature])) == (
        VerifyStatus.INVALID,
        Reason.BAD_SIGNATURE,
    )


@pytest.mark.parametrize(
    "alg", ["none", "None", "nOnE", "", "HS256", "HS384", "ES512", "PS256", "RS1", 1, None]
)
def test_no_algorithm_counts_that_is_not_on_the_list(alg: Any, checker: Verifier) -> None:
    unsigned = b".".join([_b64({"alg": alg, "typ": "JWT"}), _b64(CLAIMS), b"AAAA"])

    assert verdict(checker, unsigned) == (VerifyStatus.INVALID, Reason.BAD_PROOF)


def test_an_empty_signature_is_none(checker: Verifier) -> None:
    unsigned = b".".join([_b64({"alg": "ES256"}), _b64(CLAIMS), b""])

    assert verdict(checker, unsigned) == (VerifyStatus.INVALID, Reason.BAD_SIGNATURE)


def test_a_public_key_is_no_secret_for_a_mac(checker: Verifier) -> None:
    content = b".".join([_b64({"alg": "HS256", "kid": "key-RS256"}), _b64(CLAIMS)])
    mac = hmac.new(json.dumps(public(RSA)).encode(), content, hashlib.sha256).digest()

    found = verdict(checker, content + b"." + base64.urlsafe_b64encode(mac).rstrip(b"="))

    assert found == (VerifyStatus.INVALID, Reason.BAD_PROOF)


def test_a_key_of_another_kind_than_the_algorithms_does_not_count(checker: Verifier) -> None:
    forged = token(CLAIMS, ec.generate_private_key(ec.SECP256R1()), "ES256", kid="key-RS256")

    assert verdict(checker, forged) == (VerifyStatus.UNKNOWN_ISSUER, Reason.KEY_NOT_PINNED)


@pytest.mark.parametrize(
    "kid",
    [
        *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "' OR 1=1 --", "key-ES256\0", "KEY-ES256"),
        *("http://127.0.0.1:9/jwks", "https://evil.example/#key-ES256", "#", "key-ES256#", "x" * 5000),
    ],
)
def test_a_kid_is_compared_and_never_interpreted(kid: str, checker: Verifier) -> None:
    assert verdict(checker, token(CLAIMS, EC, "ES256", kid=kid))[0] is not VerifyStatus.VERIFIED


def test_a_key_in_the_header_is_not_believed(checker: Verifier) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    named = token(CLAIMS, own, "ES256", kid="mine", jwk=public(own))
    nameless = token(CLAIMS, own, "ES256", jwk=public(own))

    assert verdict(checker, named) == (VerifyStatus.UNKNOWN_ISSUER, Reason.KEY_NOT_PINNED)
    assert verdict(checker, nameless) == (VerifyStatus.INVALID, Reason.BAD_SIGNATURE)


def test_a_key_in_the_header_shows_that_a_token_was_changed(tmp_path: Path) -> None:
    header, _, signature = token(CLAIMS, EC, "ES256", jwk=public(EC)).split(b".")
    changed = b".".join([header, _b64({**CLAIMS, "validFrom": "2020-01-01T00:00:00Z"}), signature])

    assert verdict(checking(tmp_path / "c", {}), changed) == (VerifyStatus.INVALID, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize(
    "member", [{"jku": "http://127.0.0.1:9/"}, {"x5u": "http://127.0.0.1:9/"}, {"x5c": ["AA=="]}]
)
def test_addresses_in_the_header_are_passed_over(member: dict[str, Any], checker: Verifier) -> None:
    assert verdict(checker, token(CLAIMS, EC, "ES256", **member)) == VERIFIED


@pytest.mark.parametrize(
    "member", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}, {"typ": "at+jwt"}, {"kid": 1}]
)
def test_a_header_that_asks_for_more_is_refused(member: dict[str, Any], checker: Verifier) -> None:
    forged = b".".join([_b64({"alg": "ES256", **member}), _b64(CLAIMS), b"AAAA"])

    assert verdict(checker, forged) == (VerifyStatus.INVALID, Reason.BAD_PROOF)


@pytest.mark.parametrize(
    "payload", [b"", b"a", b"a.b", b"a.b.c.d", b"a.b.c", b"....", b"\xff.\xff.\xff", b"e30.e30.\xc3\xa9"]
)
def test_what_is_no_token_is_refused(payload: bytes, checker: Verifier) -> None:
    with pytest.raises(Malformed):
        checker.check(payload)


def test_members_that_stand_twice_in_a_token_are_refused(checker: Verifier) -> None:
    twice = json.dumps(CLAIMS).replace('"id":', '"id": 1, "id":', 1).encode()

    with pytest.raises(Malformed, match="twice"):
        checker.check(
            b".".join([_b64({"alg": "ES256"}), base64.urlsafe_b64encode(twice).rstrip(b"="), b"AAAA"])
        )


def test_a_huge_header_is_refused(checker: Verifier) -> None:
    with pytest.raises(Malformed):
        checker.check(token(CLAIMS, EC, "ES256", kid="x" * 100_000))


def test_a_huge_token_is_refused(checker: Verifier) -> None:
    with pytest.raises(TooLarge):
        checker.check(b"e30." + b"A" * 2_000_000 + b".AAAA")


@pytest.mark.parametrize(
    "jwks",
    [
        b"",
        b"[]",
        b'{"keys": []}',
        b'{"keys": [1]}',
        key_set({"kty": "oct", "k": "AAAA"}),
        key_set({"kty": "RSA", "n": "wQ" * 86, "e": "AQAB"}),
        key_set(public(ec.generate_private_key(ec.SECP384R1()))),
        key_set(dict(ECKey(EC, None).as_dict(private=True))),
        key_set(*[public(EC)] * 17),
    ],
)
def test_a_key_set_that_is_none_is_an_operators_business(jwks: bytes, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        checking(tmp_path / "c", {}, {ISSUER: jwks})


def _b64(value: Any) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

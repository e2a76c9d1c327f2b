"""The token endpoint: what proves possession of a key (RFC 9449)."""

from typing import Any

import pytest
from joserfc.jwk import ECKey

from gateway.crypto import jws
from tests.harness.absent import ABSENT
from tests.harness.federation import NOW
from tests.unit.http.callers import Caller, error_of

_AT = int(NOW.timestamp())
HOST = "exchange.maple.k12.st-a.example"


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/oauth/token",
        f"HTTPS://{HOST.upper()}/oauth/token",
        f"https://{HOST}:443/oauth/token",
        f"https://{HOST}/oauth/%74oken",
        f"https://{HOST}/oauth/./token",
        f"https://{HOST}/x/../oauth/token",
        f"https://{HOST}/oauth/token?scope=x#y",
    ],
)
async def test_a_proof_may_spell_the_url_in_another_way(oak: Caller, url: str) -> None:
    answer = await oak.ask(oak.form(), _proof_for(oak, htu=url))

    assert answer.status == 200


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/oauth/token",
        f"https://{HOST}:8443/oauth/token",
        f"https://{HOST}/oauth/token/",
        f"https://{HOST}/OAuth/token",
        f"https://{HOST}//oauth/token",
        f"https://{HOST}/oauth%2Ftoken",
        f"https://{HOST}.evil.example/oauth/token",
        f"https://{HOST}@evil.example/oauth/token",
        "https://evil.example/oauth/token",
        "http://127.0.0.1/oauth/token",
        "/oauth/token",
        "",
        7,
        None,
    ],
)
async def test_a_proof_for_another_url_is_refused(oak: Caller, url: Any) -> None:
    answer = await oak.ask(oak.form(), _proof_for(oak, htu=url))

    assert await error_of(answer) == (400, "invalid_dpop_proof")


def _proof_for(oak: Caller, **changes: Any) -> str:
    """A proof like oak's, but for some claims (lower case) and header members (`h_`)."""
    key = ECKey.generate_key("P-256")
    jwk = dict(key.as_dict(private=False))
    claims: dict[str, object] = {
        "htm": "POST",
        "htu": f"https://{HOST}/oauth/token",
        "iat": _AT,
        "jti": "p" * 22,
        "nonce": oak.nonce,
    }
    header: dict[str, object] = {
        "alg": "ES256",
        "typ": "dpop+jwt",
        "jwk": {k: jwk[k] for k in ("kty", "crv", "x", "y")},
    }
    for name, value in changes.items():
        if name == "private_jwk":
            header["jwk"] = dict(key.as_dict(private=True))
        else:
            (header if name.startswith("h_") else claims)[name.removeprefix("h_")] = value
    kept = {name: value for name, value in header.items() if value is not ABSENT}
    return jws.sign_with(kept, {k: v for k, v in claims.items() if v is not ABSENT}, key)


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": ABSENT},
        {"iat": _AT - 61},
        {"iat": _AT + 31},
        {"iat": ABSENT},
        {"jti": ABSENT},
        {"h_typ": "JWT"},
        {"h_typ": ABSENT},
        {"h_typ": "client-authentication+jwt"},
        {"h_jwk": ABSENT},
        {"h_jwk": {"kty": "oct", "k": "AAAA"}},
        {"h_kid": "x"},
        {"private_jwk": True},
    ],
    ids=str,
)
async def test_a_proof_that_does_not_hold_is_refused(oak: Caller, changes: dict[str, Any]) -> None:
    answer = await oak.ask(oak.form(), _proof_for(oak, **changes))

    assert await error_of(answer) == (400, "invalid_dpop_proof")


async def test_no_proof_and_two_proofs_are_refused(oak: Caller) -> None:
    none = await oak.live.send("POST", "/oauth/token", data=oak.form())
    proofs = [("DPoP", oak.proof("POST", "/oauth/token")), ("DPoP", oak.proof("POST", "/oauth/token"))]
    two = await oak.live.send("POST", "/oauth/token", data=oak.form(), headers=proofs)

    assert await error_of(none) == (400, "invalid_dpop_proof")
    assert await error_of(two) == (400, "invalid_dpop_proof")


async def test_a_forged_host_header_changes_nothing(oak: Caller) -> None:
    proof = oak.proof("POST", "/oauth/token", url="https://evil.example/oauth/token")

    forged = await oak.ask(oak.form(), proof, Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
    true = await oak.ask(oak.form(), Host="evil.example")

    assert await error_of(forged) == (400, "invalid_dpop_proof")
    assert true.status == 200

"""One statement of a chain: its header, its claims, its keys."""

from typing import Any

import pytest

from gateway.crypto import jws, strict_json
from gateway.crypto.keys import Purpose
from gateway.domain.chain_faults import ChainFault
from tests.harness.absent import ABSENT
from tests.harness.federation import (
    agency,
    chain_of,
    claims_of,
    district,
    fault_of,
    region,
    resigned,
    rules_of,
    with_header,
)

STATE, NORTH, MAPLE = agency(), region(), district()
OTHER_STATE, OAK = agency("st-b.example"), district("oak", "st-b.example")
NATION = agency("national.example")
PINNED = rules_of(STATE)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_statement_is_refused(place: int) -> None:
    """One claim more, under the old signature."""
    chain = chain_of(MAPLE, STATE)
    header, _, signature = chain[place].split(".")
    payload = resigned(chain[place], STATE, more=1).split(".")[1]
    chain[place] = f"{header}.{payload}.{signature}"

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.BAD_SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": MAPLE.federation_jwks["keys"][0]},
        {"jku": "https://victim.example/keys"},
        {"x5u": "https://victim.example/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["kid"]},
        {"trust_chain": ["a"]},
        {"peer_trust_chain": ["a"]},
        {"cty": "JWT"},
        {"typ": "JWT"},
        {"typ": "trust-mark+jwt"},
        {"typ": "Entity-Statement+JWT"},
        {"typ": ABSENT},
        {"kid": ABSENT},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_header_with_more_or_less_than_it_may_have_is_refused(place: int, header: dict[str, Any]) -> None:
    """O2, O3: the statement is signed by the right key, and the header alone is wrong."""
    chain = chain_of(MAPLE, STATE)
    signer = MAPLE if place == 0 else STATE
    chain[place] = with_header(chain[place], signer, **header)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.BAD_HEADER


@pytest.mark.parametrize(
    "kid",
    [
        "../../etc/passwd",
        "' OR 1=1 --",
        pytest.param(OAK.federation_jwks["keys"][0]["kid"], id="another's"),
        "",
    ],
)
def test_a_kid_is_looked_up_among_the_issuers_keys_and_nowhere_else(kid: str) -> None:
    """O2."""
    chain = chain_of(MAPLE, STATE)
    chain[1] = with_header(chain[1], STATE, kid=kid)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("place", "claims", "fault"),
    [
        (0, {"constraints": {}}, ChainFault.MISPLACED_CLAIM),
        (0, {"metadata_policy": {}}, ChainFault.MISPLACED_CLAIM),
        (0, {"source_endpoint": MAPLE.id}, ChainFault.MISPLACED_CLAIM),
        (1, {"authority_hints": [STATE.id]}, ChainFault.MISPLACED_CLAIM),
        (1, {"trust_anchor_hints": [STATE.id]}, ChainFault.MISPLACED_CLAIM),
        (1, {"trust_marks": []}, ChainFault.MISPLACED_CLAIM),
        (1, {"trust_mark_issuers": {}}, ChainFault.MISPLACED_CLAIM),
        (1, {"trust_mark_owners": {}}, ChainFault.MISPLACED_CLAIM),
        (0, {"trust_anchor": STATE.id}, ChainFault.MISPLACED_CLAIM),
        (0, {"aud": STATE.id}, ChainFault.MISPLACED_CLAIM),
        (1, {"metadata_policy_crit": ["regexp"]}, ChainFault.CRITICAL_CLAIM),
        (1, {"crit": ["jti"]}, ChainFault.CRITICAL_CLAIM),
        (0, {"crit": []}, ChainFault.CRITICAL_CLAIM),
        (0, {"iat": ABSENT}, ChainFault.MALFORMED),
        (0, {"exp": "1795521600"}, ChainFault.MALFORMED),
        (0, {"exp": True}, ChainFault.MALFORMED),
        (0, {"exp": 10**12}, ChainFault.MALFORMED),
        (0, {"jwks": ABSENT}, ChainFault.MALFORMED),
        (0, {"metadata": []}, ChainFault.MALFORMED),
        (0, {"metadata": None}, ChainFault.MALFORMED),
        (0, {"metadata": {"oauth_client": {"scope": None}}}, ChainFault.MALFORMED),
        (0, {"authority_hints": []}, ChainFault.MALFORMED),
        (0, {"authority_hints": STATE.id}, ChainFault.MALFORMED),
        (1, {"constraints": None}, ChainFault.MALFORMED),
        (1, {"constraints": {"max_path_length": -1}}, ChainFault.MALFORMED),
        (1, {"constraints": {"max_path_length": None}}, ChainFault.MALFORMED),
        (1, {"constraints": {"naming_constraints": {"permitted": "a.example"}}}, ChainFault.MALFORMED),
        (
            1,
            {"constraints": {"naming_constraints": {"permitted": ["https://a.example"]}}},
            ChainFault.MALFORMED,
        ),
        (1, {"constraints": {"naming_constraints": {"permitted": []}}}, ChainFault.NAME),
        (1, {"metadata_policy": {"oauth_client": []}}, ChainFault.POLICY),
        (1, {"jwks": {"keys": []}}, ChainFault.BAD_KEY_SET),
        (1, {"jwks": {"keys": MAPLE.federation_jwks["keys"] * 2}}, ChainFault.BAD_KEY_SET),
        (0, {"jwks": {"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB", "kid": "a"}]}}, ChainFault.BAD_KEY_SET),
    ],
)
def test_a_claim_that_is_wrong_or_in_the_wrong_place_is_refused(
    place: int, claims: dict[str, Any], fault: ChainFault
) -> None:
    chain = chain_of(MAPLE, STATE)
    chain[place] = resigned(chain[place], MAPLE if place == 0 else STATE, **claims)

    found = fault_of(chain, PINNED)

    assert found == fault


@pytest.mark.parametrize("token", ["", "a.b.c", 5, None, "é", "e30.e30." + "A" * 86, ".."])
def test_what_is_no_statement_is_refused(token: object) -> None:
    chain: list[object] = [*chain_of(MAPLE, STATE)]
    chain[1] = token

    fault = fault_of(chain, PINNED)

    assert fault in {ChainFault.UNREADABLE, ChainFault.MALFORMED}


def test_a_statement_with_a_repeated_member_is_refused() -> None:
    """O15: the library underneath would silently take the last one."""
    chain = chain_of(MAPLE, STATE)
    payload = jws.peek(chain[1], max_bytes=100_000).claims
    text = strict_json.dumps(payload)[:-1] + b',"exp":9999999999}'
    chain[1] = jws.sign(jws.Typ.ENTITY_STATEMENT, text, STATE.keys.current(Purpose.FEDERATION))

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.UNREADABLE


@pytest.mark.parametrize(
    "purposes", [(Purpose.FEDERATION, Purpose.EVIDENCE), (Purpose.CLIENT, Purpose.FEDERATION)]
)
def test_a_federation_key_that_also_signs_messages_is_refused(purposes: tuple[Purpose, ...]) -> None:
    """O3: no key serves two kinds of trust."""
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata["oauth_resource"]["jwks"] = MAPLE.keys.public_jwks(*purposes)
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.SHARED_KEY


def test_the_anchors_key_cannot_be_published_as_a_districts_own() -> None:
    """O3: else what the agency signs could be read as the district's word."""
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata["oauth_client"]["jwks"] = STATE.federation_jwks
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.SHARED_KEY


def test_a_token_key_that_is_also_an_evidence_key_is_refused() -> None:
    """O3: an access token could pass for a record."""
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata["oauth_authorization_server"]["jwks"] = MAPLE.keys.public_jwks(Purpose.EVIDENCE)
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.SHARED_KEY


def test_a_district_without_an_evidence_key_is_refused() -> None:
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata["oauth_resource"]["jwks"] = MAPLE.keys.public_jwks(Purpose.ENCRYPTION)
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.METADATA

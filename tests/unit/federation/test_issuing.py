"""What is issued says what the profile says, and other libraries read it."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from gateway.crypto import jws, statements
from gateway.crypto.keys import Purpose, parse_jwks
from gateway.crypto.node_metadata import DISTRICT_POLICY
from gateway.domain.ids import EntityId
from tests.harness.federation import (
    AGREEMENT,
    FORMATS,
    NOW,
    about_district,
    agency,
    agreement,
    anchor_configuration,
    claims_of,
    configuration,
    district,
)

STATE, MAPLE = agency(), district()


@pytest.mark.parametrize(
    ("token", "life"),
    [
        (configuration(MAPLE, STATE), timedelta(hours=24)),
        (about_district(STATE, MAPLE), timedelta(hours=6)),
        (anchor_configuration(STATE), timedelta(days=7)),
        (agreement(STATE, MAPLE), timedelta(days=365)),
    ],
    ids=["configuration", "subordinate statement", "anchor", "mark"],
)
def test_everything_issued_has_the_life_of_the_profile(token: str, life: timedelta) -> None:
    claims = claims_of(token)

    assert claims["iat"] == NOW.timestamp()
    assert claims["exp"] - claims["iat"] == life.total_seconds()


def test_a_districts_configuration_has_the_claims_of_the_profile() -> None:
    claims = claims_of(configuration(MAPLE, STATE, marks={AGREEMENT: "mark"}))

    assert claims["iss"] == claims["sub"] == MAPLE.id
    assert claims["jwks"] == MAPLE.federation_jwks
    assert claims["authority_hints"] == [STATE.id]
    assert claims["trust_marks"] == [{"trust_mark_type": AGREEMENT, "trust_mark": "mark"}]
    assert claims["metadata"]["oauth_resource"] == {
        "resource": f"{MAPLE.id}/exchange/v1",
        "authorization_servers": [MAPLE.id],
        "bearer_methods_supported": ["header"],
        "dpop_bound_access_tokens_required": True,
        "resource_signing_alg_values_supported": ["ES256"],
        "jwks": MAPLE.keys.public_jwks(Purpose.EVIDENCE),
        "backpack": {
            "versions": ["1"],
            "formats": list(FORMATS),
            "events_endpoint": f"{MAPLE.id}/exchange/v1/events",
        },
    }
    keys = MAPLE.keys.public_jwks(Purpose.CLIENT, Purpose.EVIDENCE, Purpose.ENCRYPTION)
    assert claims["metadata"]["oauth_client"]["jwks"] == keys


def test_a_statement_about_a_district_has_the_claims_of_the_profile() -> None:
    claims = claims_of(about_district(STATE, MAPLE))

    assert (claims["iss"], claims["sub"]) == (STATE.id, MAPLE.id)
    assert claims["jwks"] == MAPLE.federation_jwks
    assert claims["source_endpoint"] == f"{STATE.id}/federation/fetch"
    assert claims["metadata"]["oauth_resource"]["backpack_lea"] == {"nces": "0612345", "state": "A-0042"}
    assert claims["constraints"]["max_path_length"] == 0
    assert claims["constraints"]["naming_constraints"]["permitted"] == [MAPLE.host]
    assert claims["metadata_policy"] == DISTRICT_POLICY


def test_an_agencys_configuration_names_its_federation_endpoints() -> None:
    claims = claims_of(anchor_configuration(STATE))

    entity = claims["metadata"]["federation_entity"]
    assert {name for name in entity if name.endswith("_endpoint")} == {
        "federation_fetch_endpoint",
        "federation_list_endpoint",
        "federation_trust_mark_status_endpoint",
        "federation_trust_mark_endpoint",
        "federation_historical_keys_endpoint",
    }
    assert claims["metadata"]["oauth_resource"]["scopes_supported"] == [
        "backpack.locate",
        "backpack.log",
    ]
    assert "authority_hints" not in claims


def test_a_cross_listed_anchor_names_the_anchors_that_list_it() -> None:
    other = agency("st-b.example")

    token = statements.anchor_configuration(
        STATE.id, keys=STATE.keys, metadata={}, now=NOW, trust_mark_issuers={}, superiors=[other.id]
    )

    assert claims_of(token)["authority_hints"] == [other.id]


def test_old_keys_are_listed_with_their_end_and_why() -> None:
    old = MAPLE.federation_jwks["keys"][0]
    retired = statements.RetiredKey(
        jwk=old, expired_at=NOW - timedelta(days=1), revoked_at=NOW - timedelta(days=2), reason="compromised"
    )

    token = statements.historical_keys(STATE.id, keys=STATE.keys, retired=[retired], now=NOW)

    read = jws.verify(
        token,
        typ={statements.HISTORICAL_KEYS_TYP},
        keys=parse_jwks(STATE.federation_jwks),
        max_bytes=10_000,
    )
    listed = read.claims["keys"][0]
    assert listed["kid"] == old["kid"]
    assert listed["exp"] == (NOW - timedelta(days=1)).timestamp()
    assert listed["revoked"] == {
        "revoked_at": (NOW - timedelta(days=2)).timestamp(),
        "reason": "compromised",
    }


def test_the_status_of_a_mark_is_a_signed_answer() -> None:
    mark = agreement(STATE, MAPLE)

    token = statements.trust_mark_status(STATE.id, mark, "revoked", keys=STATE.keys, now=NOW)

    read = jws.verify(
        token, typ={statements.MARK_STATUS_TYP}, keys=parse_jwks(STATE.federation_jwks), max_bytes=10_000
    )
    assert read.claims == {"iss": STATE.id, "iat": NOW.timestamp(), "trust_mark": mark, "status": "revoked"}


@pytest.mark.parametrize(
    "token",
    [about_district(STATE, MAPLE), anchor_configuration(STATE), agreement(STATE, MAPLE)],
    ids=["subordinate statement", "anchor", "mark"],
)
def test_another_library_verifies_what_is_issued(token: str) -> None:
    """A second opinion on signature, header and key."""
    key = jwt.PyJWK(STATE.federation_jwks["keys"][0])

    read: dict[str, Any] = jwt.decode(
        token, key, algorithms=["ES256"], options={"verify_exp": False, "verify_iat": False}
    )

    assert read == claims_of(token)
    assert jwt.get_unverified_header(token).keys() == {"alg", "typ", "kid"}


def test_the_issuing_side_takes_no_clock_of_its_own() -> None:
    at = NOW + timedelta(days=1000)

    token = about_district(STATE, MAPLE, now=at)

    assert claims_of(token)["iat"] == at.timestamp()
    assert EntityId(claims_of(token)["sub"]) == MAPLE.id

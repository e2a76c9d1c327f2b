"""Attacks on trust chains below a true anchor. Row numbers are those of the threat table."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from gateway.crypto.chains import Sighting, sightings_of
from gateway.domain.chain_faults import ChainFault
from gateway.domain.entity_statements import Statement
from gateway.domain.federation import resolve_metadata
from gateway.domain.ids import EntityId
from tests.harness.absent import ABSENT
from tests.harness.federation import (
    NOW,
    about_authority,
    about_district,
    agency,
    anchor_configuration,
    chain_of,
    claims_of,
    configuration,
    cross_listing,
    district,
    fault_of,
    interstate_chain,
    listing_of,
    region,
    regional_chain,
    resigned,
    rules_of,
)

STATE, NORTH, MAPLE = agency(), region(), district()
OTHER_STATE, OAK = agency("st-b.example"), district("oak", "st-b.example")
NATION = agency("national.example")
PINNED = rules_of(STATE)


def rolled() -> tuple[list[str], list[str]]:
    """Maple's chain before and after it changed its federation key, both still unexpired."""
    old, new = district(), district()
    before = chain_of(old, STATE, now=NOW - timedelta(hours=1))
    return before, chain_of(new, STATE, now=NOW)


def newest_of(chain: Sequence[str]) -> dict[tuple[EntityId, EntityId], Sighting]:
    return {(seen.iss, seen.sub): seen for seen in sightings_of(chain)}


def test_an_intermediate_that_loosens_the_policy_is_refused() -> None:
    """F3: the anchor demands DPoP, the region waives it."""
    chain = regional_chain(MAPLE, NORTH, STATE)
    waived = {"oauth_client": {"dpop_bound_access_tokens": {"value": False}}}
    chain[1] = resigned(chain[1], NORTH, metadata_policy=waived)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.POLICY


def test_an_intermediate_without_a_policy_leaves_the_anchors_in_force() -> None:
    """F3: the region demands nothing, and what the anchor calls essential is missed all the same."""
    chain = regional_chain(MAPLE, NORTH, STATE)
    metadata = claims_of(chain[0])["metadata"]
    del metadata["oauth_resource"]["jwks"]
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)
    chain[1] = resigned(chain[1], NORTH, metadata_policy=ABSENT)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.POLICY


def test_weak_methods_and_keys_by_url_are_removed_by_policy() -> None:
    """F6, O11: no peer chooses a URL that we would fetch, or a method that we would fall back to."""
    metadata = claims_of(configuration(MAPLE, STATE))["metadata"]
    metadata["oauth_client"] |= {
        "jwks_uri": "https://victim.example/keys",
        "redirect_uris": ["https://victim.example/"],
        "token_endpoint_auth_method": "client_secret_basic",
        "dpop_bound_access_tokens": False,
        "scope": "backpack.fetch admin",
    }
    metadata["oauth_authorization_server"]["dpop_signing_alg_values_supported"] = ["RS256", "ES256"]
    tokens = [*chain_of(MAPLE, STATE)]
    tokens[0] = resigned(tokens[0], MAPLE, metadata=metadata)

    resolved = resolve_metadata([Statement.model_validate(claims_of(token)) for token in tokens])

    client = resolved["oauth_client"]
    assert not client.keys() & {"jwks_uri", "redirect_uris"}
    assert client["token_endpoint_auth_method"] == "private_key_jwt"
    assert client["dpop_bound_access_tokens"] is True
    assert client["scope"] == "backpack.fetch"
    assert resolved["oauth_authorization_server"]["dpop_signing_alg_values_supported"] == ["ES256"]


def test_a_district_cannot_claim_another_districts_identifiers_or_name() -> None:
    """F4: what it says of itself is overridden by what the state says of it."""
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata["oauth_resource"]["backpack_lea"] = {"nces": "9999999", "extra": "1"}
    metadata["federation_entity"]["organization_name"] = "Oak Unified"
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)

    listing = listing_of(chain, PINNED)

    assert listing.lea_ids == {"nces": "0612345", "state": "A-0042"}
    assert listing.organization_name == "Maple Unified School District"


def test_identifiers_that_no_superior_states_are_not_listed() -> None:
    """F4: silence of the state does not make the district's own word count."""
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata["oauth_resource"]["backpack_lea"] = {"nces": "9999999"}
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)
    stated = {"federation_entity": {"organization_name": "Maple"}}
    chain[1] = resigned(chain[1], STATE, metadata=stated)

    listing = listing_of(chain, PINNED)

    assert listing.lea_ids == {}


def test_a_name_that_no_superior_states_is_not_taken_from_the_district() -> None:
    """F4."""
    chain = chain_of(MAPLE, STATE)
    chain[1] = resigned(chain[1], STATE, metadata={})

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.METADATA


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("oauth_authorization_server", "token_endpoint", "https://victim.example/oauth/token"),
        ("oauth_authorization_server", "token_endpoint", f"{MAPLE.id}:8443/oauth/token"),
        ("oauth_authorization_server", "token_endpoint", f"{MAPLE.id}.evil.example/token"),
        ("oauth_authorization_server", "token_endpoint", f"{MAPLE.id}@evil.example/token"),
        ("oauth_authorization_server", "token_endpoint", MAPLE.id.replace("https", "http") + "/token"),
        ("oauth_authorization_server", "token_endpoint", f"{MAPLE.id}/oauth/token#x"),
        ("oauth_authorization_server", "token_endpoint", 5),
        ("oauth_authorization_server", "issuer", OAK.id),
        ("oauth_authorization_server", "issuer", f"{MAPLE.id}/"),
        ("oauth_authorization_server", "revocation_endpoint", "https://victim.example/"),
        ("oauth_resource", "resource", "https://victim.example/exchange/v1"),
        ("oauth_resource", "authorization_servers", [MAPLE.id, OAK.id]),
        ("oauth_resource", "backpack", {"events_endpoint": "https://victim.example/events"}),
        ("federation_entity", "federation_fetch_endpoint", "https://victim.example/fetch"),
    ],
)
def test_an_endpoint_elsewhere_is_refused(kind: str, name: str, value: object) -> None:
    """F5, O9: a district that points its peers at a victim, or at another district's server."""
    chain = chain_of(MAPLE, STATE)
    metadata = claims_of(chain[0])["metadata"]
    metadata[kind][name] = value
    chain[0] = resigned(chain[0], MAPLE, metadata=metadata)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.FOREIGN_ENDPOINT


def test_a_source_endpoint_elsewhere_is_refused() -> None:
    """F5."""
    chain = chain_of(MAPLE, STATE)
    chain[1] = resigned(chain[1], STATE, source_endpoint="https://victim.example/fetch")

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.FOREIGN_ENDPOINT


def test_five_hundred_authority_hints_are_refused() -> None:
    """F6."""
    chain = chain_of(MAPLE, STATE)
    hints = [STATE.id, *(f"https://h{n}.example" for n in range(499))]
    chain[0] = resigned(chain[0], MAPLE, authority_hints=hints)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.TOO_LARGE


def test_a_cycle_of_superiors_is_refused() -> None:
    """F6: two states that list one another, walked round once."""
    chain = [
        configuration(MAPLE, STATE),
        about_district(STATE, MAPLE),
        cross_listing(OTHER_STATE, STATE),
        cross_listing(STATE, OTHER_STATE),
        anchor_configuration(STATE),
    ]

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.LOOP


def test_a_statement_of_ten_megabytes_is_refused() -> None:
    """F6."""
    chain = chain_of(MAPLE, STATE)
    chain[0] = resigned(chain[0], MAPLE, filler="x" * 10_000_000)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.TOO_LARGE


@pytest.mark.parametrize("count", [0, 2, 7])
def test_a_chain_of_no_possible_length_is_refused(count: int) -> None:
    """F6."""
    chain = (chain_of(MAPLE, STATE) * 3)[:count]

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.CHAIN_LENGTH


def test_a_listing_says_how_old_the_superiors_word_is() -> None:
    """F7: a release asks for a word of the last 15 minutes."""
    chain = [
        configuration(MAPLE, STATE, now=NOW),
        about_district(STATE, MAPLE, now=NOW - timedelta(minutes=14)),
        anchor_configuration(STATE, now=NOW),
    ]

    listing = listing_of(chain, PINNED)

    assert listing.stated_at == NOW - timedelta(minutes=14)
    assert listing.expires_at == NOW + timedelta(hours=6, minutes=-14)
    assert listing.is_fresh(NOW, timedelta(minutes=15))
    assert not listing.is_fresh(NOW + timedelta(minutes=2), timedelta(minutes=15))


def test_an_older_statement_with_old_keys_is_refused_after_a_newer_one() -> None:
    """F8."""
    before, after = rolled()
    seen = newest_of(after)

    fault = fault_of(before, PINNED, newest=lambda iss, sub: seen.get((iss, sub)))

    assert fault == ChainFault.SUPERSEDED
    assert listing_of(before, PINNED).id == MAPLE.id


def test_an_older_statement_that_says_the_same_is_accepted_after_a_newer_one() -> None:
    """F8: each side refreshes at its own time; a statement that was merely renewed contradicts nothing."""
    older = chain_of(MAPLE, STATE, now=NOW - timedelta(minutes=30))
    renewed = [older[0], about_district(STATE, MAPLE, now=NOW), anchor_configuration(STATE, now=NOW)]
    seen = newest_of(renewed)

    listing = listing_of(older, PINNED, newest=lambda iss, sub: seen.get((iss, sub)))

    assert listing.stated_at == NOW - timedelta(minutes=30)


def test_a_newer_statement_replaces_an_older_one() -> None:
    """F8."""
    before, after = rolled()
    seen = newest_of(before)

    listing = listing_of(after, PINNED, newest=lambda iss, sub: seen.get((iss, sub)))

    assert listing.stated_at == NOW


def test_a_cross_listed_state_cannot_vouch_for_an_entity_in_this_states_zone() -> None:
    """F10: a rogue agency signs for a name that is not its own."""
    chain = interstate_chain(OAK, OTHER_STATE, STATE)
    fake = district("maple")
    chain[0] = configuration(fake, OTHER_STATE)
    chain[1] = about_district(OTHER_STATE, fake)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.NAME


def test_a_cross_listed_state_cannot_extend_the_path() -> None:
    """F10: it was listed without regions, and adds one."""
    east = region("east", "st-b.example")
    chain = [
        configuration(OAK, east),
        about_district(east, OAK),
        about_authority(OTHER_STATE, east, permitted=[".k12.st-b.example"]),
        cross_listing(STATE, OTHER_STATE),
        anchor_configuration(STATE),
    ]

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.PATH_LENGTH


def test_an_intermediate_outside_the_permitted_names_is_refused() -> None:
    """F10: the constraint holds for everything below, not for the leaf alone."""
    chain = regional_chain(MAPLE, NORTH, STATE)
    outside = {"naming_constraints": {"permitted": ["exchange.maple.k12.st-a.example"]}}
    chain[2] = resigned(chain[2], STATE, constraints=outside)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.NAME


def test_an_excluded_name_is_refused_though_it_is_permitted() -> None:
    """F10."""
    chain = chain_of(MAPLE, STATE)
    names = {"permitted": [".st-a.example"], "excluded": [".maple.k12.st-a.example"]}
    chain[1] = resigned(chain[1], STATE, constraints={"naming_constraints": names})

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.NAME


def test_an_entity_type_that_a_superior_does_not_allow_disappears() -> None:
    """F10: a state that may list clients only lists no resource."""
    chain = interstate_chain(OAK, OTHER_STATE, STATE)
    constraints = claims_of(chain[2])["constraints"] | {"allowed_entity_types": ["oauth_client"]}
    chain[2] = resigned(chain[2], STATE, constraints=constraints)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.METADATA


def test_a_statement_that_would_live_for_a_month_is_refused() -> None:
    """F8: what was signed for long can be replayed for long."""
    chain = chain_of(MAPLE, STATE)
    chain[1] = resigned(chain[1], STATE, exp=int((NOW + timedelta(days=30)).timestamp()))

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.LIFETIME

"""Trust chains that hold, and every way in which one is not well formed."""

from datetime import timedelta
from itertools import pairwise

import pytest

from gateway.crypto.keys import Purpose
from gateway.domain.chain_faults import ChainFault
from gateway.domain.entity_statements import Statement
from gateway.domain.federation import resolve_metadata
from gateway.domain.ids import EntityId
from tests.harness.absent import ABSENT
from tests.harness.federation import (
    NOW,
    Member,
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


def test_a_district_below_its_state_is_proven() -> None:
    chain = chain_of(MAPLE, STATE)

    listing = listing_of(chain, PINNED)

    assert (listing.id, listing.anchor) == (MAPLE.id, STATE.id)
    assert listing.token_endpoint == f"{MAPLE.id}/oauth/token"
    assert listing.resource == f"{MAPLE.id}/exchange/v1"
    assert listing.events_endpoint == f"{MAPLE.id}/exchange/v1/events"
    assert listing.chain == tuple(chain)
    assert {"oauth_client", "oauth_resource", "oauth_authorization_server"} < listing.entity_types


def test_each_published_key_is_listed_for_its_one_purpose() -> None:
    listing = listing_of(chain_of(MAPLE, STATE), PINNED)

    by_role = [listing.client_jwks, listing.evidence_jwks, listing.encryption_jwks]
    roles = [Purpose.CLIENT, Purpose.EVIDENCE, Purpose.ENCRYPTION]
    assert by_role == [MAPLE.keys.public_jwks(role) for role in roles]


def test_an_agency_is_proven_by_its_own_configuration() -> None:
    listing = listing_of([anchor_configuration(STATE)], PINNED)

    assert (listing.id, listing.anchor) == (STATE.id, STATE.id)
    assert listing.organization_name == STATE.name
    assert listing.evidence_jwks == STATE.keys.public_jwks(Purpose.EVIDENCE)
    assert listing.encryption_jwks == STATE.keys.public_jwks(Purpose.ENCRYPTION)
    assert listing.client_jwks == {"keys": []}


def test_a_district_below_a_regional_agency_is_proven() -> None:
    listing = listing_of(regional_chain(MAPLE, NORTH, STATE), PINNED)

    assert (listing.id, listing.anchor) == (MAPLE.id, STATE.id)


def test_a_district_of_a_cross_listed_state_is_proven_to_this_states_anchor() -> None:
    """Interstate (A): neither district pins the other state's key."""
    listing = listing_of(interstate_chain(OAK, OTHER_STATE, STATE), PINNED)

    assert (listing.id, listing.anchor) == (OAK.id, STATE.id)


def test_a_district_is_proven_to_a_national_anchor_by_the_same_code() -> None:
    """Interstate (B)."""
    chain = [
        configuration(OAK, OTHER_STATE),
        about_district(OTHER_STATE, OAK),
        cross_listing(NATION, OTHER_STATE),
        anchor_configuration(NATION),
    ]

    listing = listing_of(chain, rules_of(NATION))

    assert (listing.id, listing.anchor) == (OAK.id, NATION.id)


def test_a_chain_of_six_statements_is_the_longest() -> None:
    middles = [region(name) for name in ("north", "east", "south", "west")]
    superiors = [*middles, STATE]

    def chain(count: int) -> list[str]:
        used = [*middles[:count], STATE]
        words = [
            about_authority(upper, lower, permitted=[".k12.st-a.example"], depth=depth)
            for depth, (lower, upper) in enumerate(pairwise(used))
        ]
        return [
            configuration(MAPLE, used[0]),
            about_district(used[0], MAPLE),
            *words,
            anchor_configuration(STATE),
        ]

    assert len(superiors) == 5
    assert listing_of(chain(3), PINNED).id == MAPLE.id
    assert fault_of(chain(4), PINNED) == ChainFault.CHAIN_LENGTH


def test_a_chain_about_somebody_else_is_refused() -> None:
    """O9: a node that presents another's chain."""
    chain = chain_of(MAPLE, STATE)

    fault = fault_of(chain, PINNED, subject=district("pine").id)

    assert fault == ChainFault.WRONG_SUBJECT
    assert listing_of(chain, PINNED, subject=MAPLE.id).id == MAPLE.id


def test_the_leafs_federation_key_is_the_one_its_superior_states() -> None:
    """O2: a configuration by a key of its own making."""
    thief = Member(MAPLE.id, "thief")
    chain = chain_of(MAPLE, STATE)
    chain[0] = configuration(thief, STATE)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.UNKNOWN_KEY


def test_the_leafs_federation_key_must_stand_in_its_own_configuration_too() -> None:
    """A key that the leaf has dropped does not sign for it any more, though the state still lists it."""
    chain = chain_of(MAPLE, STATE)
    chain[0] = resigned(chain[0], MAPLE, jwks=OAK.federation_jwks)

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.UNKNOWN_KEY


def test_a_reordered_chain_is_refused() -> None:
    chain = regional_chain(MAPLE, NORTH, STATE)

    fault = fault_of([chain[0], chain[2], chain[1], chain[3]], PINNED)

    assert fault == ChainFault.BROKEN_LINK


def test_a_reversed_chain_is_refused() -> None:
    fault = fault_of(chain_of(MAPLE, STATE)[::-1], PINNED)

    assert fault == ChainFault.BROKEN_LINK


def test_a_chain_with_a_configuration_inside_is_refused() -> None:
    chain = chain_of(MAPLE, STATE)

    fault = fault_of([chain[0], chain[1], chain[2], chain[2]], PINNED)

    assert fault == ChainFault.BROKEN_LINK


def test_a_chain_without_its_anchors_configuration_is_refused() -> None:
    chain = regional_chain(MAPLE, NORTH, STATE)

    fault = fault_of(chain[:-1], PINNED)

    assert fault == ChainFault.BROKEN_LINK


def test_a_superior_that_the_leaf_does_not_name_is_refused() -> None:
    chain = chain_of(MAPLE, STATE)
    chain[0] = resigned(chain[0], MAPLE, authority_hints=[OTHER_STATE.id])

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.NOT_HINTED


@pytest.mark.parametrize(
    ("age", "fault"),
    [
        (timedelta(hours=6, seconds=29), None),
        (timedelta(hours=6, seconds=30), ChainFault.EXPIRED),
        (timedelta(seconds=-30), None),
        (timedelta(seconds=-31), ChainFault.NOT_YET_VALID),
    ],
)
def test_a_chain_holds_between_its_times_give_or_take_thirty_seconds(
    age: timedelta, fault: ChainFault | None
) -> None:
    chain = chain_of(MAPLE, STATE, now=NOW)

    found = fault_of(chain, PINNED, now=NOW + age) if fault else None

    assert found == fault
    assert fault or listing_of(chain, PINNED, now=NOW + age).id == MAPLE.id


def test_an_archived_chain_is_proven_at_the_moment_it_was_used() -> None:
    """Years later, with the anchor's public key and nothing else."""
    chain = chain_of(MAPLE, STATE)

    at_the_time = listing_of(chain, PINNED, now=NOW + timedelta(hours=1))

    assert at_the_time.id == MAPLE.id
    assert fault_of(chain, PINNED, now=NOW + timedelta(days=3650)) == ChainFault.EXPIRED


def test_loopback_entities_are_proven_only_where_they_are_allowed() -> None:
    """Tests and demonstrations run on http://127.0.0.1; a production node refuses it."""
    local = Member(EntityId("http://127.0.0.1:8800"), "Local Agency")
    node = Member(EntityId("http://127.0.0.1:8801"), "Local District")
    chain = chain_of(node, local)

    allowed = listing_of(chain, rules_of(local, allow_loopback_http=True))

    assert allowed.token_endpoint == "http://127.0.0.1:8801/oauth/token"
    assert fault_of(chain, rules_of(local)) == ChainFault.MALFORMED


def test_what_a_superior_states_of_a_district_prevails() -> None:
    chain = chain_of(MAPLE, STATE)
    stated = claims_of(chain[1])["metadata"]
    stated["oauth_client"] = {"scope": "backpack.fetch"}
    stated["openid_provider"] = {"issuer": STATE.id}
    chain[1] = resigned(chain[1], STATE, metadata=stated, constraints=ABSENT)
    statements = [Statement.model_validate(claims_of(token)) for token in chain]

    resolved = resolve_metadata(statements)

    assert resolved["oauth_client"]["scope"] == "backpack.fetch"
    assert "openid_provider" not in resolved

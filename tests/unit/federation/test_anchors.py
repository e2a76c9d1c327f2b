"""Who counts as an anchor, and with which keys. Row numbers are those of the threat table."""

from datetime import timedelta

import pytest

from gateway.crypto.chains import ChainRules, verify_anchor_configuration
from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.chain_faults import ChainFault
from gateway.domain.errors import Untrusted
from tests.harness.federation import (
    NOW,
    Member,
    about_authority,
    about_district,
    agency,
    anchor_configuration,
    chain_of,
    configuration,
    district,
    fault_of,
    listing_of,
    region,
    resigned,
    rules_of,
)

STATE, NORTH, MAPLE = agency(), region(), district()
OTHER_STATE, OAK = agency("st-b.example"), district("oak", "st-b.example")
NATION = agency("national.example")
PINNED = rules_of(STATE)


def successor() -> tuple[Member, Member]:
    """The agency before and after it rolled its federation key, both keys in the later ring."""
    before = agency("st-c.example")
    new = KeyRing.generate().current(Purpose.FEDERATION)
    kept = {purpose: before.keys.all(purpose) for purpose in Purpose}
    ring = KeyRing({**kept, Purpose.FEDERATION: (new, *kept[Purpose.FEDERATION])})
    return before, Member(before.id, before.name, ring)


def test_a_chain_that_ends_at_an_unpinned_anchor_is_refused() -> None:
    """F1: a forged federation, whole and well formed."""
    forger = agency("st-z.example")

    fault = fault_of(chain_of(MAPLE, forger), PINNED)

    assert fault == ChainFault.UNKNOWN_ANCHOR


def test_an_anchor_of_the_same_name_with_other_keys_is_refused() -> None:
    """F1, F2: the name is right and the key is not the pinned one."""
    impostor = agency()

    fault = fault_of(chain_of(MAPLE, impostor), PINNED)

    assert fault == ChainFault.UNKNOWN_KEY


def test_a_former_district_is_no_anchor() -> None:
    """F1: a chain that ends at a leaf, which other libraries accept."""
    maple_as_anchor = [
        configuration(OAK, MAPLE),
        about_district(MAPLE, OAK),
        configuration(MAPLE, STATE),
    ]

    fault = fault_of(maple_as_anchor, PINNED)

    assert fault == ChainFault.UNKNOWN_ANCHOR


def test_a_district_vouches_for_nobody() -> None:
    """F1: below the real anchor, a leaf plays the intermediate; its path length of zero forbids it."""
    pine = district("pine")
    chain = [
        configuration(pine, MAPLE),
        about_district(MAPLE, pine),
        about_district(STATE, MAPLE),
        anchor_configuration(STATE),
    ]

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.PATH_LENGTH


def test_a_key_that_the_anchor_announces_but_nobody_pinned_signs_nothing() -> None:
    """F2: a swapped configuration with one more key, and a statement by it."""
    thief = Member(STATE.id, "thief")
    both = {"keys": [*STATE.federation_jwks["keys"], *thief.federation_jwks["keys"]]}
    chain = [
        configuration(MAPLE, STATE),
        about_district(thief, MAPLE),
        resigned(anchor_configuration(STATE), STATE, jwks=both),
    ]

    fault = fault_of(chain, PINNED)

    assert fault == ChainFault.UNKNOWN_KEY


def test_a_successor_key_counts_when_it_is_pinned_and_announced() -> None:
    """F12: the roll-over drill, with both keys pinned from the first day."""
    _, after = successor()
    both_pinned = ChainRules(anchors={after.id: after.federation_jwks})

    listing = listing_of(chain_of(MAPLE, after), both_pinned)

    assert listing.anchor == after.id


def test_a_successor_key_that_is_announced_but_not_pinned_is_refused() -> None:
    """F2, F12."""
    before, after = successor()

    fault = fault_of(chain_of(MAPLE, after), rules_of(before))

    assert fault == ChainFault.UNKNOWN_KEY


def test_a_successor_key_that_is_pinned_but_not_announced_is_refused() -> None:
    """F12: a stolen offline key is of no use until the anchor announces it."""
    before, after = successor()
    both_pinned = ChainRules(anchors={after.id: after.federation_jwks})
    chain = [configuration(MAPLE, after), about_district(after, MAPLE), anchor_configuration(before)]

    fault = fault_of(chain, both_pinned)

    assert fault == ChainFault.UNKNOWN_KEY


def test_an_anchors_configuration_shows_which_keys_wait_for_a_pin() -> None:
    """F12: the operator compares the fingerprint and pins it."""
    before, after = successor()
    token = resigned(anchor_configuration(before), before, jwks=after.federation_jwks)

    seen = verify_anchor_configuration(token, anchor=before.id, rules=rules_of(before), now=NOW)

    assert seen.unpinned == {after.keys.current(Purpose.FEDERATION).kid}
    assert set(seen.keys.members) == {before.keys.current(Purpose.FEDERATION).kid}


def test_an_anchors_configuration_by_another_key_is_refused() -> None:
    """F2."""
    with pytest.raises(Untrusted, match=ChainFault.UNKNOWN_KEY):
        verify_anchor_configuration(anchor_configuration(agency()), anchor=STATE.id, rules=PINNED, now=NOW)


def test_a_pinned_state_speaks_with_its_pinned_key_only_even_inside_a_chain() -> None:
    """F2, F10: the nation states another key for a state that this node has pinned."""
    impostor = agency()
    chain = [
        configuration(MAPLE, impostor),
        about_district(impostor, MAPLE),
        about_authority(NATION, impostor, permitted=[".k12.st-a.example"]),
        anchor_configuration(NATION),
    ]

    fault = fault_of(chain, rules_of(STATE, NATION))

    assert fault == ChainFault.UNKNOWN_KEY
    assert listing_of(chain, rules_of(NATION)).id == MAPLE.id


@pytest.mark.parametrize(
    ("token", "later", "fault"),
    [
        (anchor_configuration(STATE), timedelta(days=7, seconds=30), ChainFault.EXPIRED),
        (anchor_configuration(STATE), timedelta(seconds=-31), ChainFault.NOT_YET_VALID),
        (about_district(STATE, MAPLE), timedelta(), ChainFault.WRONG_SUBJECT),
        (configuration(MAPLE, STATE), timedelta(), ChainFault.WRONG_SUBJECT),
    ],
    ids=["expired", "from the future", "a subordinate statement", "another's configuration"],
)
def test_what_is_not_the_anchors_configuration_of_now_is_refused(
    token: str, later: timedelta, fault: ChainFault
) -> None:
    with pytest.raises(Untrusted, match=fault):
        verify_anchor_configuration(token, anchor=STATE.id, rules=PINNED, now=NOW + later)

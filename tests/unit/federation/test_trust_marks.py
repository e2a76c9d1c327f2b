"""Trust marks: the right one, and each way to hold a wrong one."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.crypto import jws, statements
from gateway.crypto.chains import ChainRules
from gateway.crypto.keys import Purpose
from gateway.domain.chain_faults import ChainFault
from tests.harness.absent import ABSENT
from tests.harness.federation import (
    AGREEMENT,
    NOW,
    Member,
    about_district,
    agency,
    agreement,
    anchor_configuration,
    chain_of,
    claims_of,
    configuration,
    cross_listing,
    district,
    fault_of,
    listing_of,
    resigned,
    rules_of,
)

STATE, MAPLE, PINE = agency(), district(), district("pine")
OTHER_STATE, OAK = agency("st-b.example"), district("oak", "st-b.example")
STRICT = rules_of(STATE, required_marks=frozenset({AGREEMENT}))


def chain_with(mark: str | None, *, carried_as: str = AGREEMENT, **anchor_claims: Any) -> list[str]:
    """Maple's chain, carrying this mark."""
    marks = {} if mark is None else {carried_as: mark}
    return [
        configuration(MAPLE, STATE, marks=marks),
        about_district(STATE, MAPLE),
        resigned(anchor_configuration(STATE), STATE, **anchor_claims),
    ]


def mark_with(signer: Member = STATE, typ: jws.Typ = jws.Typ.TRUST_MARK, **claims: Any) -> str:
    """Maple's agreement mark with other claims, signed all the same."""
    changed = {**claims_of(agreement(STATE, MAPLE)), **claims}
    kept = {name: value for name, value in changed.items() if value is not ABSENT}
    return jws.sign(typ, kept, signer.keys.current(Purpose.FEDERATION))


def test_a_district_with_the_required_mark_is_proven_and_the_mark_is_listed() -> None:
    listing = listing_of(chain_of(MAPLE, STATE), STRICT)

    assert listing.trust_marks == {AGREEMENT}


def test_a_district_without_a_required_mark_is_refused_and_told_which() -> None:
    """F9: missing marks give a precise error."""
    fault = fault_of(chain_with(None), STRICT)

    assert fault == ChainFault.MARK_MISSING


def test_a_mark_that_nobody_requires_may_be_missing_or_wrong() -> None:
    listing = listing_of(chain_with(agreement(STATE, PINE)), rules_of(STATE))

    assert listing.trust_marks == frozenset()


@pytest.mark.parametrize(
    "mark",
    [
        agreement(STATE, PINE),
        agreement(MAPLE, MAPLE),
        mark_with(signer=MAPLE),
        mark_with(signer=Member(STATE.id, "thief")),
        mark_with(iss=OTHER_STATE.id),
        mark_with(typ=jws.Typ.ENTITY_STATEMENT),
        mark_with(trust_mark_type="https://trust.st-a.example/tm/other"),
        mark_with(exp=ABSENT),
        mark_with(iat=ABSENT),
        mark_with(iat=int((NOW + timedelta(minutes=1)).timestamp())),
        mark_with(exp=int((NOW + timedelta(days=400)).timestamp())),
        mark_with(delegation="e30.e30.AA"),
        "not a mark",
    ],
    ids=[
        "of another district",
        "issued to itself",
        "signed by the district",
        "signed by an unpinned key",
        "said to be another issuer's",
        "an entity statement",
        "of another type",
        "without an end",
        "without a beginning",
        "from the future",
        "for longer than a year",
        "delegated",
        "no token",
    ],
)
def test_a_forged_or_copied_mark_is_refused(mark: str) -> None:
    """F9."""
    fault = fault_of(chain_with(mark), STRICT)

    assert fault == ChainFault.MARK_INVALID


def test_an_expired_mark_is_refused_as_such() -> None:
    """F9."""
    ended = agreement(STATE, MAPLE, now=NOW - timedelta(days=365, seconds=30))

    fault = fault_of(chain_with(ended), STRICT)

    assert fault == ChainFault.MARK_EXPIRED


@pytest.mark.parametrize("issuers", [{}, {AGREEMENT: []}, {AGREEMENT: [OTHER_STATE.id]}])
def test_a_mark_by_an_issuer_that_the_anchor_does_not_list_is_refused(issuers: dict[str, Any]) -> None:
    """F9: an empty list admits nobody, though the specification would let it admit everybody."""
    chain = chain_with(agreement(STATE, MAPLE), trust_mark_issuers=issuers)

    fault = fault_of(chain, STRICT)

    assert fault == ChainFault.MARK_INVALID


def test_a_mark_of_a_type_that_needs_delegation_is_refused() -> None:
    """F9: the profile has no delegation."""
    owners = {AGREEMENT: {"sub": OTHER_STATE.id, "jwks": OTHER_STATE.federation_jwks}}
    chain = chain_with(agreement(STATE, MAPLE), trust_mark_owners=owners)

    fault = fault_of(chain, STRICT)

    assert fault == ChainFault.MARK_INVALID


def test_a_mark_carried_under_another_type_is_refused() -> None:
    """F9."""
    other = "https://trust.st-a.example/tm/role/receiver"
    chain = chain_with(agreement(STATE, MAPLE), carried_as=other, trust_mark_issuers={other: [STATE.id]})

    fault = fault_of(chain, rules_of(STATE, required_marks=frozenset({other})))

    assert fault == ChainFault.MARK_INVALID


def test_a_good_mark_beside_a_bad_one_of_the_same_type_counts() -> None:
    good, bad = agreement(STATE, MAPLE), agreement(STATE, PINE)
    chain = chain_with(good)
    for order in ([good, bad], [bad, good]):
        carried = [{"trust_mark_type": AGREEMENT, "trust_mark": mark} for mark in order]
        chain[0] = resigned(chain[0], MAPLE, trust_marks=carried)

        listing = listing_of(chain, STRICT)

        assert listing.trust_marks == {AGREEMENT}


def interstate(mark: str, *, marks_by: list[Member]) -> list[str]:
    return [
        configuration(OAK, OTHER_STATE, marks={AGREEMENT: mark}),
        about_district(OTHER_STATE, OAK),
        cross_listing(STATE, OTHER_STATE),
        anchor_configuration(STATE, marks_by=marks_by),
    ]


def test_another_states_mark_counts_if_this_states_anchor_admits_it() -> None:
    """Its keys are the ones that this state's anchor states for it; no key of it is pinned."""
    mark = agreement(OTHER_STATE, OAK)

    listing = listing_of(interstate(mark, marks_by=[OTHER_STATE]), STRICT)

    assert listing.trust_marks == {AGREEMENT}
    assert fault_of(interstate(mark, marks_by=[]), STRICT) == ChainFault.MARK_INVALID


def test_a_mark_by_the_anchor_for_another_states_district_counts() -> None:
    listing = listing_of(interstate(agreement(STATE, OAK), marks_by=[]), STRICT)

    assert listing.trust_marks == {AGREEMENT}


def test_an_anchor_needs_no_mark() -> None:
    listing = listing_of([anchor_configuration(STATE)], STRICT)

    assert listing.id == STATE.id


def test_more_marks_than_are_taken_are_refused() -> None:
    """F6."""
    chain = chain_with(None)
    entry = {"trust_mark_type": AGREEMENT, "trust_mark": "x"}
    chain[0] = resigned(chain[0], MAPLE, trust_marks=[entry] * 17)

    fault = fault_of(chain, STRICT)

    assert fault == ChainFault.TOO_LARGE


def test_a_mark_is_never_issued_for_longer_than_a_year() -> None:
    token = statements.trust_mark(
        STATE.id, MAPLE.id, AGREEMENT, keys=STATE.keys, now=NOW, life=timedelta(days=5000)
    )

    claims = claims_of(token)

    assert claims["exp"] - claims["iat"] == timedelta(days=365).total_seconds()


def test_rules_require_no_marks_unless_told() -> None:
    rules = ChainRules(anchors={STATE.id: STATE.federation_jwks})

    listing = listing_of(chain_with(None), rules)

    assert listing.id == MAPLE.id

"""The same chain again costs a look-up, and is still refused once it no longer holds."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.crypto.chains import ChainCache, sightings_of
from gateway.domain.chain_faults import ChainFault
from gateway.domain.errors import Untrusted
from tests.harness.federation import (
    AGREEMENT,
    NOW,
    about_district,
    agency,
    agreement,
    anchor_configuration,
    chain_of,
    configuration,
    district,
    rules_of,
)

STATE, MAPLE, PINE = agency(), district(), district("pine")
RULES = rules_of(STATE, required_marks=frozenset({AGREEMENT}))


def test_the_same_chain_gives_the_same_listing_without_new_work() -> None:
    cache = ChainCache(RULES)
    chain = chain_of(MAPLE, STATE)

    first, second = cache.verify(chain, now=NOW), cache.verify([*chain], now=NOW + timedelta(hours=1))

    assert second is first
    assert len(cache) == 1


def test_an_expired_chain_is_refused_though_it_is_kept() -> None:
    cache = ChainCache(RULES)
    chain = chain_of(MAPLE, STATE)
    cache.verify(chain, now=NOW)

    with pytest.raises(Untrusted, match=ChainFault.EXPIRED):
        cache.verify(chain, now=NOW + timedelta(hours=7))


def test_a_chain_whose_mark_has_ended_is_refused_though_it_is_kept() -> None:
    """F9: the mark ends before the chain does."""
    cache = ChainCache(RULES)
    mark = agreement(STATE, MAPLE, now=NOW - timedelta(days=364, hours=23))
    chain = [
        configuration(MAPLE, STATE, marks={AGREEMENT: mark}),
        about_district(STATE, MAPLE),
        anchor_configuration(STATE),
    ]
    cache.verify(chain, now=NOW)

    with pytest.raises(Untrusted, match=ChainFault.MARK_EXPIRED):
        cache.verify(chain, now=NOW + timedelta(hours=2))


def test_a_chain_that_is_kept_is_refused_for_a_time_before_it_was_made() -> None:
    cache = ChainCache(RULES)
    chain = chain_of(MAPLE, STATE)
    cache.verify(chain, now=NOW)

    with pytest.raises(Untrusted, match=ChainFault.NOT_YET_VALID):
        cache.verify(chain, now=NOW - timedelta(hours=1))


def test_a_chain_that_is_kept_is_refused_for_another_subject() -> None:
    """O9."""
    cache = ChainCache(RULES)
    chain = chain_of(MAPLE, STATE)
    cache.verify(chain, now=NOW)

    with pytest.raises(Untrusted, match=ChainFault.WRONG_SUBJECT):
        cache.verify(chain, now=NOW, subject=PINE.id)


def test_a_chain_that_is_kept_is_refused_once_a_newer_statement_was_seen() -> None:
    """F8: a key roll reaches cached chains at once."""
    cache = ChainCache(RULES)
    before = chain_of(MAPLE, STATE, now=NOW - timedelta(hours=1))
    after = sightings_of(chain_of(district(), STATE, now=NOW))
    newest = {(seen.iss, seen.sub): seen for seen in after}
    cache.verify(before, now=NOW)

    with pytest.raises(Untrusted, match=ChainFault.SUPERSEDED):
        cache.verify(before, now=NOW, newest=lambda iss, sub: newest.get((iss, sub)))


def test_a_refused_chain_is_not_kept() -> None:
    """F6: forged chains cannot push good ones out."""
    cache = ChainCache(RULES)

    with pytest.raises(Untrusted):
        cache.verify(chain_of(MAPLE, agency()), now=NOW)

    assert len(cache) == 0


def test_the_chain_that_was_not_used_for_longest_goes_first() -> None:
    cache = ChainCache(RULES, size=2)
    maple, pine, elm = (chain_of(member, STATE) for member in (MAPLE, PINE, district("elm")))
    kept = cache.verify(maple, now=NOW)
    dropped = cache.verify(pine, now=NOW)
    cache.verify(maple, now=NOW)

    cache.verify(elm, now=NOW)

    assert len(cache) == 2
    assert cache.verify(maple, now=NOW) is kept
    assert cache.verify(pine, now=NOW) is not dropped


@pytest.mark.parametrize("intruder", [[], {}, None, 5, b"bytes"])
def test_a_chain_that_holds_no_strings_is_refused_and_not_kept(intruder: Any) -> None:
    """F6: what a header carries as a chain may be any JSON."""
    cache = ChainCache(RULES)
    chain = [*chain_of(MAPLE, STATE), intruder]

    with pytest.raises(Untrusted, match=ChainFault.UNREADABLE):
        cache.verify(chain, now=NOW)

    assert len(cache) == 0

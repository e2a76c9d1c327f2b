"""A federation key is rolled, and at no moment is anybody cut off (F12)."""

from collections.abc import Callable

from gateway.crypto.chains import ChainRules
from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.chain_faults import ChainFault
from tests.harness.federation import (
    AGREEMENT,
    Member,
    about_district,
    agency,
    agreement,
    anchor_configuration,
    chain_of,
    configuration,
    district,
    fault_of,
    listing_of,
    rules_of,
)


class Rollover:
    """A district below its state; `admitted` is what the state wrote down of it, `pinned` of the state."""

    def __init__(self) -> None:
        self.state, self.maple = agency(), district()
        self.admitted = Member(self.maple.id, self.maple.name, _copy(self.maple))
        self.mark = agreement(self.state, self.maple)
        self.word = about_district(self.state, self.maple)
        self.rules = self.pin()

    def admit(self) -> None:
        self.admitted = Member(self.maple.id, self.maple.name, _copy(self.maple))
        self.word = about_district(self.state, self.admitted)

    def pin(self) -> ChainRules:
        self.rules = rules_of(self.state, required_marks=frozenset({AGREEMENT}))
        return self.rules

    def renew(self) -> None:
        """What a node asks for within a day."""
        self.mark = agreement(self.state, self.maple)
        self.word = about_district(self.state, self.admitted)

    def chain(self) -> list[str]:
        """The present configurations under the words that the state gave last."""
        carried = {AGREEMENT: self.mark}
        return [
            configuration(self.maple, self.state, marks=carried),
            self.word,
            anchor_configuration(self.state),
        ]


def _copy(member: Member) -> KeyRing:
    kept = {purpose: member.keys.all(purpose) for purpose in Purpose}
    return KeyRing(kept)


def test_a_chain_of_a_district_holds_at_every_moment_of_its_rollover() -> None:
    rolled = Rollover()
    federation = Purpose.FEDERATION
    steps: list[Callable[[], object]] = [
        lambda: rolled.maple.keys.rotate(federation),
        rolled.admit,
        rolled.maple.keys.switch,
        lambda: rolled.maple.keys.retire(federation),
        rolled.admit,
    ]
    before = rolled.maple.keys.current(federation).kid

    for step in steps:
        step()
        assert listing_of(rolled.chain(), rolled.rules).id == rolled.maple.id

    now = rolled.maple.keys.current(federation).kid
    assert now != before
    assert [key["kid"] for key in rolled.admitted.federation_jwks["keys"]] == [now]


def test_a_chain_holds_at_every_moment_of_its_agencys_rollover() -> None:
    rolled = Rollover()
    federation = Purpose.FEDERATION
    steps: list[Callable[[], object]] = [
        lambda: rolled.state.keys.rotate(federation),
        rolled.pin,
        rolled.state.keys.switch,
        rolled.renew,
        lambda: rolled.state.keys.retire(federation),
        rolled.pin,
    ]

    for step in steps:
        step()
        assert listing_of(rolled.chain(), rolled.rules).trust_marks == {AGREEMENT}


def test_a_district_that_switches_before_it_is_admitted_again_is_cut_off() -> None:
    """Why the steps have an order."""
    rolled = Rollover()
    rolled.maple.keys.rotate(Purpose.FEDERATION)

    rolled.maple.keys.switch()

    assert fault_of(rolled.chain(), rolled.rules) == ChainFault.UNKNOWN_KEY


def test_the_chain_that_others_kept_holds_to_its_end() -> None:
    rolled = Rollover()
    kept, ring = chain_of(rolled.maple, rolled.state), rolled.maple.keys
    steps: list[Callable[[], object]] = [
        lambda: ring.rotate(Purpose.FEDERATION),
        ring.switch,
        lambda: ring.retire(Purpose.FEDERATION),
    ]

    for step in steps:
        step()
        assert listing_of(kept, rolled.rules).id == rolled.maple.id

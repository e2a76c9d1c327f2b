"""No basis, no release."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.errors import Malformed
from gateway.domain.policy.basis import (
    CONSENT,
    AnnualNotice,
    Missing,
    NoticeBasisMissing,
    NoticeGiven,
    ReleaseBasis,
    basis_of_release,
)
from gateway.domain.transfer import State
from gateway.usecases import decide_release, loop
from gateway.usecases.ports import Node
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, CEDAR, MAPLE, SECTIONS, Clock, Network, backpack, make_node
from tests.harness.staff import ANNUAL, clerk, pack

TRANSFER = "34CFR99.31(a)(2)"
TODAY = date(2026, 11, 28)


def basis(
    legal: str = TRANSFER,
    *,
    place: str = "us",
    annual: AnnualNotice | None = None,
    stated: str = "",
    today: date = TODAY,
) -> ReleaseBasis | Missing:
    given = NoticeGiven.read(stated) if stated else None
    return basis_of_release(legal, pack(place).notice, annual=annual, stated=given, today=today)


def test_this_years_annual_notice_is_a_basis() -> None:
    found = basis(annual=ANNUAL)

    assert isinstance(found, ReleaseBasis)
    assert found.claims()["notice"] == {
        "kind": "annual_notice",
        "year": "2026-2027",
        "languages": ["en", "es"],
    }
    assert str(found) == "34CFR99.31(a)(2); annual_notice 2026-2027"


@pytest.mark.parametrize("today", [date(2026, 6, 30), date(2027, 9, 1)])
def test_another_years_is_none(today: date) -> None:
    found = basis(annual=ANNUAL, today=today)

    assert isinstance(found, Missing)
    assert "2026-2027" in found.reason
    assert "[notice]" in found.fix


@pytest.mark.parametrize("today", [date(2026, 7, 1), date(2027, 8, 31)])
def test_a_notice_holds_over_the_summer_until_the_next_is_out(today: date) -> None:
    assert isinstance(basis(annual=ANNUAL, today=today), ReleaseBasis)


def test_what_is_stated_of_this_release_counts_before_the_annual_notice() -> None:
    asked = basis(annual=ANNUAL, stated="parent_initiated")
    told = basis(stated="individual_notice 2026-11-20 letter")

    assert isinstance(asked, ReleaseBasis)
    assert isinstance(told, ReleaseBasis)
    assert asked.notice.kind == "parent_initiated"
    assert told.claims()["notice"] == {
        "kind": "individual_notice",
        "sent_on": "2026-11-20",
        "channel": "letter",
    }


def test_a_notice_that_will_be_sent_is_none() -> None:
    assert isinstance(basis(stated="individual_notice 2026-11-29 letter"), Missing)


def test_written_consent_tells_the_family() -> None:
    assert isinstance(basis(CONSENT), ReleaseBasis)


def test_australia_asks_for_consent() -> None:
    missing = basis(place="australia", annual=ANNUAL)

    assert isinstance(missing, Missing)
    assert "consent" in missing.reason
    assert isinstance(basis(CONSENT, place="australia"), ReleaseBasis)


def test_a_ground_that_nobody_knows_is_none() -> None:
    assert isinstance(basis("because", annual=ANNUAL), Missing)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "annual_notice",
        "individual_notice",
        "individual_notice 20.11. letter",
        "individual_notice 2026-11-20 pigeon",
    ],
)
def test_what_cannot_be_read_is_refused(said: str) -> None:
    with pytest.raises(Malformed, match=r"notice"):
        NoticeGiven.read(said)


def test_what_is_stated_is_kept_as_it_was_said() -> None:
    said = "individual_notice 2026-11-20 letter"

    assert str(NoticeGiven.read(said)) == said


class Pair:
    """Maple holds, Cedar asks; both in memory."""

    def __init__(self) -> None:
        network, clock = Network(), Clock()
        self.network = network
        self.maple = make_node(MAPLE, store=MemoryStore(), network=network, clock=clock)
        self.cedar = make_node(CEDAR, store=MemoryStore(), network=network, clock=clock)

    async def under_review(self, legal: str = TRANSFER) -> None:
        await self.maple.store.write(lambda tx: tx.backpacks.put([backpack()]))
        wish = Wish(holder=MAPLE, subject=ANA, sections=SECTIONS, person=clerk("rita"), legal_basis=legal)
        await request_backpack(self.cedar, wish)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(12):
            if not await loop.turn(self.cedar) + await loop.turn(self.maple):
                return

    def without_notice(self) -> Node:
        self.maple = self.network.nodes[MAPLE] = replace(self.maple, notice=None)
        return self.maple


async def test_without_a_notice_nobody_can_approve_and_with_one_the_record_says_it() -> None:
    pair = Pair()
    await pair.under_review()
    maple = pair.without_notice()
    [held] = await maple.store.read(lambda tx: list(tx.transfers.list()))

    with pytest.raises(NoticeBasisMissing, match="no annual notice is on file"):
        await decide_release.approve(maple, held.id, person=clerk("otto"))
    assert (await maple.store.read(lambda tx: tx.transfers.get(held.id))).state is State.REVIEW

    stated = NoticeGiven.read("individual_notice 2026-11-18 portal")
    await decide_release.approve(maple, held.id, person=clerk("otto"), notice=stated)
    await pair.settle()

    [asked] = await pair.cedar.store.read(lambda tx: list(tx.transfers.list()))
    archived = await pair.cedar.store.read(lambda tx: tx.archive.get(asked.id, asked.version))
    record = await pair.cedar.seals.open_record(archived.jws, MAPLE)
    leaves = [leaf for _, leaf in await maple.store.read(lambda tx: list(tx.audit.list(object_=held.id)))]
    assert record.claims["basis"]["notice"]["sent_on"] == "2026-11-18"
    assert record.claims["basis"]["code"] == TRANSFER
    assert {leaf.rule for leaf in leaves if leaf.action in {"release.approved", "release.packaged"}} == {
        f"{TRANSFER}; individual_notice 2026-11-18 portal"
    }


async def test_a_notice_that_ran_out_stops_the_packaging() -> None:
    pair = Pair()
    await pair.under_review()
    [held] = await pair.maple.store.read(lambda tx: list(tx.transfers.list()))
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    pair.without_notice()

    await pair.settle()

    stuck = await pair.maple.store.read(lambda tx: tx.transfers.get(held.id))
    assert (stuck.state, stuck.reason) == (State.APPROVED, "gave_up")

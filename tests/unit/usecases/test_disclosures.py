"""The record of disclosures that FERPA asks for (34 CFR 99.32): each act writes its line."""

from collections.abc import Sequence

import pytest

from gateway.domain.disclosures import Disclosure, is_exempt
from gateway.domain.ids import LocalStudentId
from gateway.domain.transfer import Reason, State
from gateway.usecases import loop
from gateway.usecases.answer_peer import hand_over
from gateway.usecases.decide_release import approve, deny, revoke
from gateway.usecases.disclosures import read_disclosures
from tests.harness.pair import CEDAR, MAPLE, backpack, peer
from tests.harness.staff import clerk
from tests.harness.town import Town

ANAS = LocalStudentId("1001")


@pytest.fixture
async def town() -> Town:
    """Cedar asks, Maple holds, and a person decides."""
    town = Town(MAPLE, CEDAR, automatic_approval=False)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    return town


async def lines(town: Town) -> Sequence[Disclosure]:
    return await town[MAPLE].store.read(lambda tx: tx.disclosures.of(ANAS))


def told(found: Sequence[Disclosure]) -> list[tuple[str, tuple[str, ...], str]]:
    return [(one.kind.value, one.sections, one.reason) for one in found]


ASKED = ("request", ("identity", "grades", "goals"), "")


async def test_a_request_and_the_record_that_left_are_two_lines(town: Town) -> None:
    """One of Ana's grades is restricted: what left is less than what is on file, and the line says so."""
    await town.ask(CEDAR, MAPLE)
    await town.settle()
    held = await town.transfer(MAPLE)
    assert told(await lines(town)) == [ASKED]

    await approve(town[MAPLE], held.id, person=clerk("otto"))
    await town.settle()

    found = await lines(town)
    assert told(found) == [ASKED, ("partial", ("grades", "identity"), "restricted")]
    assert {(one.party, one.basis, one.transfer, one.ferpa_exempt) for one in found} == {
        (CEDAR, "34CFR99.31(a)(2)", held.id, False)
    }


async def test_a_release_that_keeps_nothing_back_is_a_whole_one(town: Town) -> None:
    await town.ask(CEDAR, MAPLE, sections=("identity",))
    await town.settle()

    await approve(town[MAPLE], (await town.transfer(MAPLE)).id, person=clerk("otto"))
    await town.settle()

    assert told(await lines(town))[-1] == ("release", ("identity",), "")


async def test_a_denied_request_is_a_line_of_its_own(town: Town) -> None:
    await town.ask(CEDAR, MAPLE)
    await town.settle()

    await deny(town[MAPLE], (await town.transfer(MAPLE)).id, person=clerk("otto"), reason=Reason.NOT_ENROLLED)

    assert told(await lines(town)) == [ASKED, ("denial", ASKED[1], "not_enrolled")]


async def test_a_record_that_was_taken_back_before_it_was_fetched_is_no_release(town: Town) -> None:
    await town.ask(CEDAR, MAPLE)
    await town.settle()
    id_ = (await town.transfer(MAPLE)).id
    await approve(town[MAPLE], id_, person=clerk("otto"))
    await loop.turn(town[MAPLE])
    assert (await town.transfer(MAPLE)).state is State.RELEASED

    await revoke(town[MAPLE], id_, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await town.settle()

    assert told(await lines(town)) == [ASKED]


async def test_a_record_that_is_fetched_twice_was_released_once(town: Town) -> None:
    await town.ask(CEDAR, MAPLE)
    await town.settle()
    id_ = (await town.transfer(MAPLE)).id
    await approve(town[MAPLE], id_, person=clerk("otto"))
    await loop.turn(town[MAPLE])

    await hand_over(town[MAPLE], peer(CEDAR), id_, 1)
    await hand_over(town[MAPLE], peer(CEDAR), id_, 1)

    assert [one.kind.value for one in await lines(town)] == ["request", "partial"]


async def test_who_looked_at_the_record_of_disclosures_is_in_the_audit_log(town: Town) -> None:
    await town.ask(CEDAR, MAPLE)
    await town.settle()

    read = await read_disclosures(town[MAPLE], ANAS, person=clerk("petra"))

    leaves = [leaf for _, leaf in await town[MAPLE].store.read(lambda tx: tx.audit.list())]
    assert [one.kind.value for one in read.disclosures] == ["request"]
    assert read.parties == {CEDAR: "Cedar.Test"}
    assert (leaves[-1].action, leaves[-1].actor) == (
        "disclosures.read",
        town[MAPLE].pseudonym("actor", "petra"),
    )
    assert "petra" not in str(leaves)
    assert ANAS not in str(leaves)


@pytest.mark.parametrize(
    ("basis", "exempt"),
    [("34CFR99.31(a)(2)", False), ("34CFR99.30", True), ("34CFR99.31(a)(10)", False)],
)
def test_the_law_asks_for_no_line_where_there_is_consent(basis: str, exempt: bool) -> None:
    assert is_exempt(basis) is exempt

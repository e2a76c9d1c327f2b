"""The day-1 snapshot goes ahead of the record, on the conditions of the record."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.domain.casework import Case
from gateway.domain.disclosures import DisclosureKind
from gateway.domain.errors import Conflict, Forbidden, Gone, Unknown
from gateway.domain.ids import LocalStudentId, digest
from gateway.domain.policy import PersonId, StaffRole, WithheldReason
from gateway.domain.safety.flags import Flag, FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.transfer import Reason, State, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release, send_snapshot
from gateway.usecases.holds import HoldWish, lift_hold, place_hold
from gateway.usecases.receive_snapshot import read_snapshot
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.day_one import ASKED, told
from tests.harness.pair import ANA, MAPLE
from tests.harness.staff import clerk, person
from tests.unit.usecases.test_transfer_cycle import Pair


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    await stores[0].write(lambda tx: tx.backpacks.put([told()]))
    yield Pair(stores)
    for store in stores:
        await store.close()


async def under_review(pair: Pair) -> Transfer:
    await request_backpack(pair.cedar, Wish(holder=MAPLE, subject=ANA, sections=ASKED, person=clerk("rita")))
    await pair.settle()
    return await pair.at_maple()


async def case_at_cedar(pair: Pair) -> Case:
    asked = await pair.at_cedar()
    return await pair.cedar.store.read(lambda tx: tx.cases.get(asked.id))


async def test_the_snapshot_arrives_before_the_record_and_the_record_after_it(pair: Pair) -> None:
    held = await under_review(pair)

    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    asked = await pair.at_cedar()
    assert ((await pair.at_maple()).state, asked.state) == (State.REVIEW, State.REQUESTED)
    arrived = await read_snapshot(pair.cedar, clerk("rosa"), asked.id)
    page = arrived.page
    assert (page.name, page.born, page.grade, page.school) == (
        "Ana Ortiz-Núñez",
        date(2014, 5, 2),
        "07",
        "Maple Middle",
    )
    assert page.alerts == [("Peanut", "Hives"), ("EpiPen in the office; call 911 first", "")]
    assert [call.name for call in page.calls] == ["Rosa Ortiz"]
    assert [one.title for one in page.lessons] == ["Math 7", "Science 7"]
    assert (page.strengths, page.works, page.interests) == (
        ["Fractions"],
        ["A quiet place to start"],
        ["Drawing comics"],
    )
    assert page.programs == []
    assert "programs" in arrived.kept
    assert not arrived.whole

    later = dict.fromkeys(("health", "programs"), WithheldReason.FOLLOWS)
    await decide_release.keep_back(pair.maple, held.id, later, person=clerk("otto"), why="the nurse is away")
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()
    assert (await pair.at_cedar()).state is State.VERIFIED
    assert (await read_snapshot(pair.cedar, clerk("rosa"), asked.id)).whole


async def test_only_what_is_needed_first_leaves_and_the_rest_is_named_as_following(pair: Pair) -> None:
    held = await under_review(pair)
    shown = await send_snapshot.preview_snapshot(pair.maple, clerk("otto"), held.id)

    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    asked = await pair.at_cedar()
    archived = await pair.cedar.store.read(lambda tx: tx.archive.get(asked.id, 0))
    record = await pair.cedar.seals.open_record(archived.jws, asked.peer)
    sections = record.segments[-1].sections
    assert {name: len(entries) for name, entries in sections.items()} == shown.entries
    assert "grades" not in sections
    assert [one["kind"] for one in sections["health"]] == ["allergy", "alert"]
    assert shown.withheld["grades"] is WithheldReason.FOLLOWS


async def test_what_was_handed_over_is_in_the_students_record_of_disclosures(pair: Pair) -> None:
    held = await under_review(pair)
    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    lines = await pair.maple.store.read(lambda tx: tx.disclosures.of(LocalStudentId("1001")))

    (line,) = [one for one in lines if one.kind is DisclosureKind.PARTIAL]
    assert (line.reason, "grades" in line.sections) == ("follows", False)


async def test_what_a_person_keeps_back_is_not_on_it(pair: Pair) -> None:
    held = await under_review(pair)
    kept = {"health": WithheldReason.NOT_SENT}
    await decide_release.keep_back(pair.maple, held.id, kept, person=clerk("otto"), why="ask the nurse first")

    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    asked = await pair.at_cedar()
    assert (await read_snapshot(pair.cedar, clerk("rosa"), asked.id)).page.alerts == []


async def test_a_silent_hold_keeps_it_here_and_nothing_says_so_until_it_is_lifted(pair: Pair) -> None:
    held = await under_review(pair)
    safe = person("sam", StaffRole.SAFETY_OFFICER)
    wish = HoldWish(
        student=LocalStudentId("1001"), kind=HoldKind.MISSING_CHILD, reason="notice 7", silent=True
    )
    hold = await place_hold(pair.maple, safe, wish)

    case = await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    assert case.snapshot_waits
    assert (await case_at_cedar(pair)).snapshot_sent_at is None

    await lift_hold(pair.maple, safe, hold.id, why="found")
    await lift_hold(pair.maple, person("sue", StaffRole.SAFETY_OFFICER), hold.id, why="found")
    await pair.settle()
    assert (await case_at_cedar(pair)).snapshot_sent_at is not None


async def test_where_families_may_object_nothing_goes_ahead_of_their_time(pair: Pair) -> None:
    pair.rule(notice=timedelta(days=5))
    held = await under_review(pair)

    with pytest.raises(Conflict, match="families"):
        await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)


async def test_a_protected_students_snapshot_leaves_when_two_people_agree(pair: Pair) -> None:
    held = await under_review(pair)
    now = pair.maple.now()
    flag = Flag(
        id="F-1",
        student=LocalStudentId("1001"),
        kind=FlagKind.ADDRESS_CONFIDENTIAL,
        since=now.date(),
        set_by=PersonId("sam"),
        set_by_name="Sam",
        set_at=now,
    )
    await pair.maple.store.write(lambda tx: tx.flags.put(flag))

    first = await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id, why="order seen")
    second = await send_snapshot.send_snapshot(pair.maple, clerk("rosa"), held.id)

    assert (first.snapshot_waits, second.snapshot_waits) == (False, True)


async def test_it_can_be_taken_back_until_it_leaves(pair: Pair) -> None:
    pair.rule(undo=timedelta(minutes=10))
    held = await under_review(pair)
    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    await send_snapshot.take_snapshot_back(pair.maple, clerk("otto"), held.id)
    pair.clock.forward(minutes=11)
    await pair.settle()

    assert (await case_at_cedar(pair)).snapshot_sent_at is None
    with pytest.raises(Conflict):
        await send_snapshot.take_snapshot_back(pair.maple, clerk("otto"), held.id)


async def test_a_refusal_after_the_snapshot_closes_the_page(pair: Pair) -> None:
    held = await under_review(pair)
    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    await decide_release.deny(pair.maple, held.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await pair.settle()

    asked = await pair.at_cedar()
    assert asked.state is State.DENIED
    with pytest.raises(Gone):
        await read_snapshot(pair.cedar, clerk("rosa"), asked.id)


async def test_a_snapshot_about_somebody_else_is_not_shown(pair: Pair) -> None:
    held = await under_review(pair)
    other = replace(
        told(), sections=told().sections.replace(b"2014-05-02", b"2013-05-02"), fingerprint=digest(b"x")
    )
    await pair.maple.store.write(lambda tx: tx.backpacks.put([other]))
    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    asked = await pair.at_cedar()
    with pytest.raises(Unknown):
        await read_snapshot(pair.cedar, clerk("rosa"), asked.id)
    leaves = await pair.cedar.store.read(lambda tx: tx.audit.list(object_=asked.id))
    assert "snapshot.rejected" in [leaf.action for _, leaf in leaves]


async def test_an_auditor_does_not_read_it(pair: Pair) -> None:
    held = await under_review(pair)
    await send_snapshot.send_snapshot(pair.maple, clerk("otto"), held.id)
    await pair.settle()

    with pytest.raises(Forbidden):
        await read_snapshot(pair.cedar, person("ann", StaffRole.AUDITOR), (await pair.at_cedar()).id)

"""What a person decides before a record leaves: whom it means, what stays, and taking it back in time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.domain.errors import Conflict, Forbidden, Refused
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import PersonId, StaffRole, WithheldReason
from gateway.domain.safety.flags import Flag, FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.transfer import State, Subject, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release, loop
from gateway.usecases.casework import read_queue
from gateway.usecases.holds import HoldWish, place_hold
from gateway.usecases.ports import QueueFilter
from gateway.usecases.preview_release import preview_release
from gateway.usecases.review_match import ask_for_more, nobody_is_meant, review_match
from tests.harness.pair import ANA, backpack
from tests.harness.staff import clerk, person
from tests.unit.usecases.test_transfer_cycle import Pair


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    await stores[0].write(lambda tx: tx.backpacks.put([backpack()]))
    yield Pair(stores)
    for store in stores:
        await store.close()


async def under_review(pair: Pair, subject: Subject = ANA) -> Transfer:
    await pair.ask(subject)
    await pair.settle()
    return await pair.at_maple()


async def test_the_preview_is_what_arrives(pair: Pair) -> None:
    held = await under_review(pair)
    await decide_release.keep_back(
        pair.maple, held.id, {"grades": WithheldReason.FOLLOWS}, person=clerk("otto"), why="not closed yet"
    )
    seen = await preview_release(pair.maple, clerk("otto"), held.id)

    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()

    asked = await pair.at_cedar()
    archived = await pair.cedar.store.read(lambda tx: tx.archive.get(asked.id))
    opened = await pair.cedar.seals.open_record(archived.jws, asked.peer)
    delivered = [dict(one.sections) for one in opened.segments]
    assert delivered == [dict(one.leaving()) for one in seen.segments]
    assert "grades" not in delivered[-1]
    told = {one["datatype"]: one["reason"] for one in opened.claims["granted"][-1]["withheld"]}
    assert told["grades"] == seen.withheld["grades"] == "follows"


async def test_a_section_that_was_not_asked_for_cannot_be_kept_back(pair: Pair) -> None:
    held = await under_review(pair)

    with pytest.raises(Refused, match="not asked for"):
        await decide_release.keep_back(
            pair.maple, held.id, {"health": WithheldReason.NOT_SENT}, person=clerk("otto"), why="no"
        )


async def test_keeping_everything_back_is_a_refusal(pair: Pair) -> None:
    held = await under_review(pair)
    everything = dict.fromkeys(held.sections, WithheldReason.NOT_SENT)

    with pytest.raises(Refused, match="refuse the request instead"):
        await decide_release.keep_back(pair.maple, held.id, everything, person=clerk("otto"), why="no")


async def test_an_approval_can_be_taken_back_until_the_record_leaves(pair: Pair) -> None:
    pair.rule(undo=timedelta(minutes=10))
    held = await under_review(pair)
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()
    assert (await pair.at_maple()).state is State.APPROVED

    await decide_release.undo(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()

    back = await pair.at_maple()
    assert (back.state, back.approved_by) == (State.REVIEW, None)
    assert (await pair.at_cedar()).state is State.REQUESTED


async def test_after_the_time_to_undo_the_record_leaves_and_cannot_be_taken_back(pair: Pair) -> None:
    pair.rule(undo=timedelta(minutes=10))
    held = await under_review(pair)
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))

    pair.clock.forward(minutes=11)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.VERIFIED
    with pytest.raises(Conflict):
        await decide_release.undo(pair.maple, held.id, person=clerk("otto"))


async def test_a_protected_students_record_leaves_when_two_people_agree(pair: Pair) -> None:
    held = await under_review(pair)
    await pair.maple.store.write(lambda tx: tx.flags.put(_flag(pair, held)))

    first = await decide_release.approve(pair.maple, held.id, person=clerk("otto"), why="moved, letter seen")
    again = await decide_release.approve(pair.maple, held.id, person=clerk("otto"), why="please")
    second = await decide_release.approve(pair.maple, held.id, person=clerk("rosa"))

    assert [one.state for one in (first, again, second)] == [State.REVIEW, State.REVIEW, State.APPROVED]


def _flag(pair: Pair, held: Transfer) -> Flag:
    now = pair.maple.now()
    return Flag(
        id="S-flag",
        student=held.student or LocalStudentId(""),
        kind=FlagKind.ADDRESS_CONFIDENTIAL,
        since=date(2020, 1, 1),
        until=None,
        document=None,
        substitute=None,
        set_by=PersonId("sana"),
        set_by_name="Sana",
        set_at=now,
    )


async def test_both_sides_of_a_match_are_compared_attribute_by_attribute(pair: Pair) -> None:
    held = await under_review(
        pair,
        Subject(given_name="Anna", family_name="Ortiz", birth_date=ANA.birth_date, guardian_name="Ro Berg"),
    )

    found = await review_match(pair.maple, clerk("rita"), held.id)

    same = {one.attribute: one.same for one in found.suggested[0].attributes}
    assert found.suggested[0].student == "1001"
    assert same["given_name"] is False
    assert same["birth_date"] is True
    assert same["state_id"] is None


async def test_nobody_is_meant_looks_to_the_requester_like_a_denial(pair: Pair) -> None:
    held = await under_review(pair, Subject(given_name="Zoe", family_name="Ray", birth_date=date(2010, 1, 1)))
    while (await pair.at_maple()).state is not State.NO_MATCH:
        await _answer(pair)
    await nobody_is_meant(pair.maple, clerk("rita"), held.id)
    await pair.settle()

    assert (await pair.at_maple()).state is State.CLOSED
    assert (await pair.at_cedar()).state is State.DENIED


async def _answer(pair: Pair) -> None:
    """Give the holder what it asked for, as often as it asks."""
    from gateway.usecases.follow_transfer import provide_information

    asked = await pair.at_cedar()
    more = replace(asked.subject, guardian_name="Nobody Known")
    await provide_information(pair.cedar, asked.id, more, person=clerk("rita"))
    await pair.settle()
    pair.clock.forward(hours=1)
    await loop.turn(pair.cedar)
    await pair.settle()


async def test_a_person_may_ask_for_more_and_names_no_student(pair: Pair) -> None:
    near = Subject(
        given_name="Ann", family_name=ANA.family_name, birth_date=ANA.birth_date, state_id=ANA.state_id
    )
    held = await under_review(pair, near)
    assert held.state is State.NO_MATCH

    await ask_for_more(pair.maple, clerk("rita"), held.id)
    await pair.settle()

    asked = await pair.at_cedar()
    assert asked.state is State.NEEDS_INFO
    assert asked.needs == (await pair.at_maple()).needs


async def test_what_the_second_person_approves_is_what_the_first_one_saw(pair: Pair) -> None:
    held = await under_review(pair)
    await pair.maple.store.write(lambda tx: tx.flags.put(_flag(pair, held)))
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"), why="moved, letter seen")
    await decide_release.keep_back(
        pair.maple, held.id, {"grades": WithheldReason.FOLLOWS}, person=clerk("rosa"), why="not closed"
    )

    changed = await decide_release.approve(pair.maple, held.id, person=clerk("rosa"), why="without grades")
    agreed = await decide_release.approve(pair.maple, held.id, person=clerk("otto"))

    assert [one.state for one in (changed, agreed)] == [State.REVIEW, State.APPROVED]


async def test_a_silent_hold_does_not_show_in_the_time_to_undo(pair: Pair) -> None:
    pair.rule(undo=timedelta(minutes=10))
    held = await under_review(pair)
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    approved = await preview_release(pair.maple, clerk("otto"), held.id)
    notice = HoldWish(
        student=held.student or LocalStudentId(""), kind=HoldKind.MISSING_CHILD, reason="notice 12"
    )
    await place_hold(pair.maple, person("sam", StaffRole.SAFETY_OFFICER), notice)
    pair.clock.forward(minutes=11)
    await pair.settle()

    kept = await preview_release(pair.maple, clerk("otto"), held.id)

    assert kept.transfer.state is State.APPROVED
    assert kept.undo_until == approved.undo_until


async def test_the_match_of_another_school_is_not_for_a_registrar_of_this_one(pair: Pair) -> None:
    held = await under_review(pair)
    elsewhere = person("rex", StaffRole.REGISTRAR, schools=frozenset({"Another School"}))

    with pytest.raises(Forbidden):
        await review_match(pair.maple, elsewhere, held.id)


async def test_who_compared_and_who_looked_is_kept_with_the_student(pair: Pair) -> None:
    held = await under_review(pair)

    await review_match(pair.maple, clerk("rita"), held.id)
    await preview_release(pair.maple, clerk("otto"), held.id)

    student = held.student or LocalStudentId("")
    read = await pair.maple.store.read(lambda tx: tx.accesses.of(student))
    assert {(one.person, one.why) for one in read} == {("rita", "match.read"), ("otto", "release.preview")}


async def test_the_queue_of_a_person_is_that_of_the_persons_schools_whatever_is_asked_for(pair: Pair) -> None:
    held = await under_review(pair)
    here = await pair.maple.store.read(lambda tx: tx.cases.get(held.id).school)
    everything = QueueFilter()
    own = person("nan", StaffRole.NURSE, schools=frozenset({here or ""}))
    elsewhere = person("rex", StaffRole.REGISTRAR, schools=frozenset({"Another School"}))

    seen = [len((await read_queue(pair.maple, one, everything)).lines) for one in (own, elsewhere)]

    assert (here, seen) == ("Maple High", [1, 0])

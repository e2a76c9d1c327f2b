"""A record that was sent is corrected: hop by hop, whatever the network does, and what a liar may not do."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from gateway.domain.corrections import ChangeReason
from gateway.domain.errors import Conflict, Forbidden, Refused
from gateway.domain.ids import EntityId, LocalStudentId, digest
from gateway.domain.policy import StaffRole, WithheldReason
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.correct_record import (
    Wanted,
    correct,
    preview_correction,
    read_outdated,
)
from gateway.usecases.ports import StoredBackpack
from tests.harness.pair import CEDAR, MAPLE, backpack
from tests.harness.staff import person
from tests.harness.town import WILLOW, Town

ANAS = LocalStudentId("1001")
AT_CEDAR = LocalStudentId("77")
OFFICER = person("omar", StaffRole.RECORDS_OFFICER)
CORRECTION = Wanted(reason=ChangeReason.CORRECTION)

Sections = dict[str, list[dict[str, Any]]]


def changed(stored: StoredBackpack, change: Callable[[Sections], None]) -> StoredBackpack:
    """Return the backpack as the next mapping run leaves it."""
    sections = orjson.loads(stored.sections)
    change(sections)
    content = orjson.dumps(sections)
    return replace(stored, sections=content, fingerprint=digest(content))


def better_grade(sections: Sections) -> None:
    sections["grades"][0]["grade"] = {"letter": "A"}


def later_grade(sections: Sections) -> None:
    meta = {**sections["grades"][0]["meta"], "recordId": "00000000-0000-5000-8000-000000000009"}
    sections["grades"].append({**sections["grades"][0], "meta": meta})


async def remapped(town: Town, change: Callable[[Sections], None], id_: EntityId = MAPLE) -> None:
    student = ANAS if id_ == MAPLE else AT_CEDAR
    await town[id_].store.write(lambda tx: tx.backpacks.put([changed(tx.backpacks.get(student), change)]))


async def held_by(town: Town, id_: EntityId) -> Transfer:
    rows = await town.transfers(id_)
    return next(one for one in rows if one.role is Role.HOLDER)


async def asked_by(town: Town, id_: EntityId) -> Transfer:
    rows = await town.transfers(id_)
    return next(one for one in rows if one.role is Role.REQUESTER)


@pytest.fixture
async def chain() -> Town:
    """Maple's record of Ana is at Cedar, and from there at Willow."""
    town = Town(MAPLE, CEDAR, WILLOW)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    await town.ask(CEDAR, MAPLE)
    await town.settle()
    await town[CEDAR].store.write(lambda tx: tx.backpacks.put([backpack("77")]))
    await town.ask(WILLOW, CEDAR)
    await town.settle()
    return town


async def letters(town: Town, id_: EntityId, issuer: EntityId = MAPLE) -> list[str]:
    """Return the grades that the node would pass on of what the issuer asserted."""
    newest = await asked_by(town, id_)
    written = town.imports(id_).written[newest.id, newest.version].document
    return [
        entry["grade"]["letter"]
        for segment in written["segments"]
        if segment["issuer"] == issuer
        for entry in segment["sections"].get("grades", ())
    ]


async def test_a_corrected_grade_reaches_every_hop_with_the_first_districts_signature(chain: Town) -> None:
    await remapped(chain, better_grade)
    assert await letters(chain, WILLOW) == ["B"]

    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)
    await chain.settle()

    for id_, next_hop in ((MAPLE, CEDAR), (CEDAR, WILLOW)):
        sent = await held_by(chain, id_)
        assert (sent.peer, sent.state, sent.accepted_version, sent.response_key) == (
            next_hop,
            State.ACKED,
            2,
            None,
        )
    for id_ in (CEDAR, WILLOW):
        took = await asked_by(chain, id_)
        assert (took.state, took.accepted_version, took.response_key) == (State.RECEIPTED, 2, None)
        assert await letters(chain, id_) == ["A"]
    why = await chain[CEDAR].store.read(lambda tx: tx.corrections.of(sent.id))
    assert [(one.reason, one.pointers, one.by) for one in why] == [
        (ChangeReason.PASSED_ON, ("/grades/grade.letter",), "automatic")
    ]


async def test_each_hops_timeline_names_the_next_one_and_nobody_behind_it(chain: Town) -> None:
    await remapped(chain, better_grade)
    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)
    await chain.settle()

    for id_, known in ((MAPLE, {CEDAR}), (CEDAR, {MAPLE, WILLOW})):
        leaves = [one for _, one in await chain[id_].store.read(lambda tx: tx.audit.list())]
        assert {one.peer for one in leaves if one.peer} == known
        sent = (await held_by(chain, id_)).id
        steps = [one.action for one in leaves if one.object == sent]
        assert steps[steps.index("correction.approved") :] == [
            "correction.approved",
            "release.corrected",
            "release.rekeyed",
            "release.packaged",
            "release.released",
            "release.fetched",
            "release.acked",
        ]


async def test_the_new_record_says_what_it_replaces_and_where_it_differs_and_is_a_disclosure(
    chain: Town,
) -> None:
    first = await asked_by(chain, CEDAR)
    await remapped(chain, better_grade)
    sent = await held_by(chain, MAPLE)
    await correct(chain[MAPLE], sent.id, CORRECTION, person=OFFICER)
    await chain.settle()

    old, new = await chain[CEDAR].store.read(
        lambda tx: (tx.archive.get(first.id, 1), tx.archive.get(first.id, 2))
    )
    claims = json.loads(new.jws)["claims"]
    assert claims["replaces"] == old.digest
    assert claims["change"] == {"reason": "correction", "pointers": ["/grades/grade.letter"]}
    segments = [
        json.loads(json.loads(one.jws)["claims"]["record"]["segments"][0]["jws"]) for one in (old, new)
    ]
    assert segments[1]["claims"]["replaces"] == digest(json.dumps(segments[0]).encode())
    lines = await chain[MAPLE].store.read(lambda tx: tx.disclosures.of_transfer(sent.id))
    assert [one.kind.value for one in lines] == ["request", "partial", "partial"]


async def test_what_changed_is_listed_by_section_and_field_until_it_was_sent(chain: Town) -> None:
    assert not (await read_outdated(chain[MAPLE], OFFICER)).records
    await remapped(chain, better_grade)

    page = await read_outdated(chain[MAPLE], OFFICER)

    [found] = page.records
    assert [change.pointers for change in found.changes] == [("/grades/grade.letter",)]
    await correct(chain[MAPLE], found.transfer.id, CORRECTION, person=OFFICER)
    await chain.settle()
    assert not (await read_outdated(chain[MAPLE], OFFICER)).records


async def test_a_change_in_what_was_not_sent_is_none(chain: Town) -> None:
    def change(sections: Sections) -> None:
        sections["contacts"][0]["name"] = {"given": "Rosalía"}
        sections["grades"][1]["grade"] = {"letter": "F"}

    await remapped(chain, change)

    assert not (await read_outdated(chain[MAPLE], OFFICER)).records
    with pytest.raises(Refused, match="nothing has changed"):
        await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)


async def test_who_sees_another_change_than_is_there_now_looks_again(chain: Town) -> None:
    await remapped(chain, better_grade)
    sent = await held_by(chain, MAPLE)
    seen = (await preview_correction(chain[MAPLE], OFFICER, sent.id)).seen
    await remapped(chain, later_grade)

    with pytest.raises(Conflict, match="look again"):
        await correct(chain[MAPLE], sent.id, replace(CORRECTION, seen=seen), person=OFFICER)


async def test_a_teacher_sends_no_correction(chain: Town) -> None:
    await remapped(chain, better_grade)

    with pytest.raises(Forbidden):
        await correct(
            chain[MAPLE],
            (await held_by(chain, MAPLE)).id,
            CORRECTION,
            person=person("tia", StaffRole.TEACHER),
        )


# --- late additions -----------------------------------------------------------------------------------------

LATE = Wanted(reason=ChangeReason.LATE_ADDITION)


async def test_a_final_grade_that_comes_later_goes_to_the_same_case(chain: Town) -> None:
    await remapped(chain, later_grade)

    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, LATE, person=OFFICER)
    await chain.settle()

    assert await letters(chain, WILLOW) == ["B", "B"]


async def test_after_the_packs_window_an_addition_needs_a_new_request(chain: Town) -> None:
    await remapped(chain, later_grade)
    sent = await held_by(chain, MAPLE)
    chain.clock.forward(days=90)
    assert (await preview_correction(chain[MAPLE], OFFICER, sent.id)).late_until == date(2027, 2, 18)
    chain.clock.forward(days=1)

    with pytest.raises(Refused, match="until 2027-02-18; ask the other district to make a new request"):
        await correct(chain[MAPLE], sent.id, LATE, person=OFFICER)


async def test_a_correction_has_no_window_even_when_the_case_is_closed(chain: Town) -> None:
    chain.clock.forward(days=100)
    await chain.settle()
    assert (await held_by(chain, MAPLE)).state is State.CLOSED
    await remapped(chain, better_grade)

    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)
    await chain.settle()

    assert await letters(chain, WILLOW) == ["A"]


async def test_a_reason_that_is_not_what_happened_is_refused(chain: Town) -> None:
    sent = await held_by(chain, MAPLE)
    await remapped(chain, later_grade)
    with pytest.raises(Refused, match="send it as a late addition"):
        await correct(chain[MAPLE], sent.id, CORRECTION, person=OFFICER)
    await remapped(chain, better_grade)
    with pytest.raises(Refused, match="send it as a correction"):
        await correct(chain[MAPLE], sent.id, LATE, person=OFFICER)
    with pytest.raises(Refused, match="no statement"):
        await correct(chain[MAPLE], sent.id, Wanted(reason=ChangeReason.STATEMENT), person=OFFICER)


async def test_a_section_that_was_to_follow_is_sent_on_the_same_case(chain: Town) -> None:
    sent = await held_by(chain, MAPLE)

    def keep_back(tx: Any) -> None:
        case = tx.cases.get(sent.id)
        tx.cases.save(replace(case, kept_back={"goals": WithheldReason.FOLLOWS}))
        stored = tx.backpacks.get(ANAS)

        def with_goal(sections: Sections) -> None:
            sections["goals"] = [{**sections["contacts"][0], "meta": sections["identity"][0]["meta"]}]

        tx.backpacks.put([changed(stored, with_goal)])

    await chain[MAPLE].store.write(keep_back)
    with pytest.raises(Refused, match="nothing has changed"):
        await correct(chain[MAPLE], sent.id, LATE, person=OFFICER)

    preview = await preview_correction(chain[MAPLE], OFFICER, sent.id, included=["goals"])
    await correct(
        chain[MAPLE],
        sent.id,
        replace(LATE, included=frozenset({"goals"}), seen=preview.seen),
        person=OFFICER,
    )
    await chain.settle()

    assert preview.follows == ["goals"]
    shown = await chain[MAPLE].store.read(lambda tx: tx.sent.in_version(sent.id, 2))
    assert [one.sections for one in shown] == [("goals", "grades", "identity")]


# --- a network that loses, repeats and reorders --------------------------------------------------------------


@pytest.mark.parametrize("kind", ["event", "status", "fetch", "backpack-rekey+jwt", "backpack-receipt+jwt"])
@pytest.mark.parametrize("fate", ["lost", "answer lost", "twice"])
async def test_each_message_may_be_lost_or_come_twice(chain: Town, kind: str, fate: str) -> None:
    await remapped(chain, better_grade)
    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)
    struck: set[int] = set()

    def bad_once(called: str) -> str:
        if called != kind or len(struck) == 2:
            return "ok"
        struck.add(len(struck))
        return fate

    chain.network.fate = bad_once
    for _ in range(6):
        await chain.settle()
        chain.clock.forward(days=1, minutes=1)
    await chain.settle()

    assert struck
    assert await letters(chain, WILLOW) == ["A"]
    assert {(await held_by(chain, id_)).state for id_ in (MAPLE, CEDAR)} == {State.ACKED}


async def test_a_hop_that_is_away_for_a_week_gets_it_when_it_is_back(chain: Town) -> None:
    await remapped(chain, better_grade)
    chain.network.away.add(WILLOW)
    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)
    for _ in range(7):
        await chain.settle()
        chain.clock.forward(days=1)
    assert (await held_by(chain, CEDAR)).state is State.CORRECTED
    assert await letters(chain, CEDAR) == ["A"]
    assert await letters(chain, WILLOW) == ["B"]

    chain.network.away.clear()
    await chain.settle()

    assert await letters(chain, WILLOW) == ["A"]
    assert (await held_by(chain, CEDAR)).state is State.ACKED


async def test_one_that_never_comes_back_leaves_what_it_took_in_as_it_was(chain: Town) -> None:
    await remapped(chain, better_grade)
    chain.network.away.add(CEDAR)
    await correct(chain[MAPLE], (await held_by(chain, MAPLE)).id, CORRECTION, person=OFFICER)
    await chain.settle()
    chain.clock.forward(days=31)
    await chain.settle()

    sent = await held_by(chain, MAPLE)
    assert (sent.state, sent.accepted_version) == (State.ACKED, 1)
    assert [one.transfer.id for one in (await read_outdated(chain[MAPLE], OFFICER)).records] == [sent.id]

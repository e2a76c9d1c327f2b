"""A registrar takes a record in: beside what is here, as decided, twice, and back again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.domain.errors import Conflict, Forbidden, Moved
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.importing.plan import Choices, Standing, Verb
from gateway.domain.policy import StaffRole
from gateway.domain.transfer import State, Subject
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import ReviewState, StoredBackpack
from gateway.usecases.review_import import decide_import, review_import
from gateway.usecases.undo_import import preview_undo, undo_import
from tests.harness.pair import ANA, backpack
from tests.harness.staff import clerk
from tests.unit.usecases.test_transfer_cycle import Pair

RITA = clerk("rita")


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    made = Pair(stores)
    await stores[0].write(lambda tx: tx.backpacks.put([backpack()]))
    yield made
    for store in stores:
        await store.close()


def at_cedar(subject: Subject = ANA, **learner: Any) -> StoredBackpack:
    """Ana as Cedar's clerk entered her."""
    mine = backpack("77", subject)
    sections = {"identity": orjson.loads(mine.sections)["identity"]}
    sections["identity"][0]["meta"]["recordId"] = "77777777-0000-5000-8000-000000000000"
    sections["identity"][0].update(learner)
    return replace(mine, sections=orjson.dumps(sections))


async def arrived(pair: Pair, subject: Subject = ANA) -> TransferId:
    asked = await pair.ask(subject)
    await pair.settle()
    await decide_release.approve(pair.maple, (await pair.at_maple()).id, person=clerk("otto"))
    await pair.settle()
    assert (await pair.at_cedar()).state is State.VERIFIED
    return asked.id


async def enrol(pair: Pair, student: StoredBackpack) -> None:
    await pair.cedar.store.write(lambda tx: tx.backpacks.put([student]))


async def test_a_certain_match_is_proposed_and_compared(pair: Pair) -> None:
    await enrol(pair, at_cedar())

    review = await review_import(pair.cedar, await arrived(pair), person=RITA)

    assert review.sure
    assert review.plan.choices.student == "77"
    assert [(one.student, one.name) for one in review.students] == [("77", "Ana Ortiz-Núñez")]
    standings = {row.theirs.section: row.standing for row in review.plan.rows}
    assert standings == {"identity": Standing.ALREADY, "grades": Standing.NEW}


async def test_a_student_whom_nobody_can_tell_waits_for_a_person(pair: Pair) -> None:
    await enrol(pair, at_cedar(replace(ANA, state_id=None)))
    asked = await arrived(pair)

    with pytest.raises(Conflict, match="whose record"):
        await import_reviewed(pair.cedar, asked, person=RITA)
    await decide_import(pair.cedar, asked, Choices(student=LocalStudentId("77")), person=RITA)
    done = await import_reviewed(pair.cedar, asked, person=RITA)

    assert done.transfer.state is State.IMPORTED
    assert pair.imports.written[asked, 1].reviewed["student"] == "77"  # type: ignore[index]


async def test_what_was_decided_is_kept_and_written(pair: Pair) -> None:
    asked = await arrived(pair)

    kept = await decide_import(
        pair.cedar, asked, Choices(new_student=True, sections={"grades": Verb.SKIP}), person=RITA
    )
    await import_reviewed(pair.cedar, asked, person=RITA, seen=kept.seen)

    reviewed = pair.imports.written[asked, 1].reviewed
    assert reviewed is not None
    assert [one["section"] for one in reviewed["changes"]] == ["identity"]
    assert [one["section"] for one in reviewed["left"]] == ["grades"]


async def test_importing_twice_changes_nothing(pair: Pair) -> None:
    """Neither by the same transfer, nor when the record is asked for and imported anew."""
    asked = await arrived(pair)
    first = await import_reviewed(pair.cedar, asked, person=RITA)
    await pair.settle()
    writes = pair.imports.writes

    again = await import_reviewed(pair.cedar, asked, person=RITA)
    pair.clock.forward(minutes=1)
    other = await arrived(pair)
    anew = await import_reviewed(pair.cedar, other, person=RITA)

    assert len(first.changes) == 2
    assert (again.changes, anew.changes) == ((), ())
    assert pair.imports.writes == writes + 1
    assert other != asked


async def test_another_plan_than_was_seen_is_not_carried_out(pair: Pair) -> None:
    asked = await arrived(pair)
    seen = (await review_import(pair.cedar, asked, person=RITA)).seen
    await enrol(pair, at_cedar())

    with pytest.raises(Conflict, match="changed since you looked"):
        await import_reviewed(pair.cedar, asked, person=RITA, seen=seen)

    assert not pair.imports.writes


async def test_undo_restores_and_keeps_what_was_edited_here_since(pair: Pair) -> None:
    await enrol(pair, at_cedar(birthCountry=None))
    asked = await arrived(pair)
    await import_reviewed(pair.cedar, asked, person=RITA)
    edited = orjson.loads(at_cedar().sections)
    grade = next(
        one["after"]
        for one in pair.imports.written[asked, 1].reviewed["changes"]  # type: ignore[index]
        if one["section"] == "grades"
    )
    edited["grades"] = [{**grade, "comment": "Checked with the teacher"}]
    await enrol(pair, replace(at_cedar(), sections=orjson.dumps(edited)))

    previewed = await preview_undo(pair.cedar, asked, person=RITA)
    done = await undo_import(pair.cedar, asked, person=RITA, reason="Another child")

    assert previewed == done
    kept = [(one.change.section, dict(one.kept)) for one in done.kept]
    assert kept == [("grades", {"comment": "Checked with the teacher"})]
    assert pair.imports.undone[0]["changes"][0]["keptLocalEdits"] == {"comment": "Checked with the teacher"}
    with pytest.raises(Conflict, match="nothing of this record"):
        await undo_import(pair.cedar, asked, person=RITA, reason="again")


async def test_a_record_may_be_imported_again_after_it_was_undone(pair: Pair) -> None:
    asked = await arrived(pair)
    first = await import_reviewed(pair.cedar, asked, person=RITA)
    await pair.settle()
    await undo_import(pair.cedar, asked, person=RITA, reason="Too early")

    again = await import_reviewed(pair.cedar, asked, person=RITA)
    await pair.settle()

    assert [one.after for one in again.changes] == [one.after for one in first.changes]
    assert (await pair.at_cedar()).state is State.RECEIPTED
    assert (await review_import(pair.cedar, asked, person=RITA)).state is ReviewState.APPLIED


async def test_two_people_cannot_decide_over_one_another(pair: Pair) -> None:
    asked = await arrived(pair)
    review = await decide_import(pair.cedar, asked, Choices(new_student=True), person=RITA)
    stored = await pair.cedar.store.read(lambda tx: tx.reviews.get(asked, review.transfer.version))
    assert stored is not None

    with pytest.raises(Moved):
        await pair.cedar.store.write(lambda tx: tx.reviews.put(stored))


async def test_whoever_may_not_import_learns_the_rule_and_nothing_else(pair: Pair) -> None:
    asked = await arrived(pair)
    auditor = replace(RITA, roles=frozenset({StaffRole.AUDITOR}))

    for act in (review_import, import_reviewed):
        with pytest.raises(Forbidden, match="rule"):
            await act(pair.cedar, asked, person=auditor)

    assert not pair.imports.writes

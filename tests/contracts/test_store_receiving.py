"""Imports under review, the journal of what they wrote, and codes remembered by partner."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.errors import Moved
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.importing.codes import TheirCode
from gateway.domain.importing.journal import Beside, Change
from gateway.domain.importing.plan import Choices, Verb
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Entered, Review, ReviewState
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import CEDAR, MAPLE, NOON, minutes

AnyStore = SqlStore | MemoryStore
T1, T2 = TransferId("T-1"), TransferId("T-2")
CHOICES = Choices(
    student=LocalStudentId("1001"),
    sections={"grades": Verb.SKIP},
    entries={"r-1": Verb.REPLACE},
    codes={TheirCode("enrollments.exitType", "Z9"): "Graduated"},
    accepted=frozenset({"r-1#grade"}),
)


def review(**changes: Any) -> Review:
    return replace(Review(transfer=T1, version=1, choices=CHOICES, actor="p-7", at=NOON), **changes)


def entered(key: str, *, transfer: TransferId = T1, student: str = "1001") -> Entered:
    beside = Beside(place="grade", kind="mark", original="A-", ours="A", reason="88 to 92.99 %")
    change = Change(
        section="grades",
        key=key,
        theirs=f"their {key}",
        before=None if key == "a" else {"grade": {"letter": "B"}},
        after={"grade": {"letter": "A-"}},
        beside=(beside,),
        apart=key == "b",
    )
    return Entered(transfer=transfer, version=1, student=student, change=change, at=NOON)


async def test_a_review_is_stored_whole_and_only_over_the_revision_before(store: AnyStore) -> None:
    later = review(revision=1, state=ReviewState.APPLIED, choices=Choices(new_student=True), at=minutes(3))

    await store.write(lambda tx: tx.reviews.put(review()))
    first = await store.read(lambda tx: tx.reviews.get(T1, 1))
    await store.write(lambda tx: tx.reviews.put(later))

    assert first == review()
    assert await store.read(lambda tx: tx.reviews.get(T1, 1)) == later
    assert await store.read(lambda tx: tx.reviews.get(T1, 2)) is None
    for stale in (review(), review(revision=1), review(revision=3)):
        with pytest.raises(Moved):
            await store.write(lambda tx, stale=stale: tx.reviews.put(stale))  # type: ignore[misc]


async def test_the_journal_keeps_its_order_and_what_was_undone_is_no_longer_in_it(store: AnyStore) -> None:
    mine, other = [entered("b"), entered("a")], entered("c", transfer=T2)
    await store.write(lambda tx: tx.journal.add(mine))
    await store.write(lambda tx: tx.journal.add([other, entered("d", transfer=T2, student="1002")]))

    before = await store.read(lambda tx: tx.journal.of_student("1001"))
    await store.write(lambda tx: tx.journal.undo(T1, 1, [{"grade.letter": "C"}, {}]))

    assert list(before) == [*mine, other]
    assert await store.read(lambda tx: tx.journal.of(T1, 1)) == []
    assert list(await store.read(lambda tx: tx.journal.of_student("1001"))) == [other]


async def test_a_partners_codes_are_remembered_and_the_later_choice_counts(store: AnyStore) -> None:
    exit_, entry = TheirCode("enrollments.exitType", "Z9"), TheirCode("enrollments.entryType", "Z9")
    await store.write(
        lambda tx: tx.code_choices.put(MAPLE, {exit_: "Graduated", entry: ""}, actor="p-7", at=NOON)
    )

    await store.write(
        lambda tx: tx.code_choices.put(MAPLE, {exit_: "Transferred"}, actor="p-8", at=minutes(1))
    )

    assert await store.read(lambda tx: dict(tx.code_choices.of(MAPLE))) == {exit_: "Transferred", entry: ""}
    assert await store.read(lambda tx: dict(tx.code_choices.of(CEDAR))) == {}

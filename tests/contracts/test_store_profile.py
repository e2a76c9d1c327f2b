"""What people added to backpacks: the real store and the one in memory do the same."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import PersonId
from gateway.domain.profile import Audience, Contribution, Voice
from gateway.domain.rosters import Seat
from gateway.usecases.ports import Store

ANA, BO = LocalStudentId("1001"), LocalStudentId("1002")
LATER = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
FIRST = Contribution(
    id="c1",
    student=ANA,
    section="goals",
    entry={"statement": "Read alone, ñ and all"},
    voice=Voice.LEARNER,
    author=PersonId("P-1"),
    audience=Audience.TEACHERS,
    said_on=date(2026, 9, 1),
)


async def test_entries_are_listed_by_student_oldest_first_and_stay_as_they_are(store: Store) -> None:
    older = replace(FIRST, id="c2", said_on=date(2025, 9, 1))
    for one in (FIRST, older, replace(FIRST, id="c3", student=BO)):
        await store.write(lambda tx, one=one: tx.contributions.add(one))  # type: ignore[misc]
    await store.write(lambda tx: tx.contributions.add(replace(FIRST, entry={"statement": "another"})))

    assert await store.read(lambda tx: tx.contributions.of(ANA)) == [older, FIRST]
    assert await store.read(lambda tx: tx.contributions.get("c1")) == FIRST
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.contributions.get("c9"))


async def test_an_entry_is_retired_once(store: Store) -> None:
    await store.write(lambda tx: tx.contributions.add(FIRST))
    await store.write(lambda tx: tx.contributions.retire("c1", LATER))
    await store.write(lambda tx: tx.contributions.retire("c1", datetime(2027, 1, 1, tzinfo=UTC)))

    assert (await store.read(lambda tx: tx.contributions.get("c1"))).retired_at == LATER


async def test_a_teacher_has_the_classes_that_the_local_system_gives_under_one_of_the_ids(
    store: Store,
) -> None:
    math, art = Seat("C1", "Math", "T1", date(2026, 9, 1)), Seat("C2", "Art", "T2", None, date(2026, 11, 21))
    past, future = Seat("C3", "Past", "T1", None, TODAY), Seat("C4", "Soon", "T1", date(2026, 11, 21))
    tina, tom = PersonId("P-tina"), PersonId("P-tom")
    await store.write(lambda tx: tx.rosters.put({ANA: [math, art, past, future], BO: [math]}))
    await store.write(lambda tx: tx.rosters.name(tina, ["T1", "T2"]))
    await store.write(lambda tx: tx.rosters.name(tom, ["T2"]))

    taught = await store.read(lambda tx: tx.rosters.taught_by(tina, TODAY))
    assert [(one.class_id, one.title, list(one.students)) for one in taught] == [
        ("C2", "Art", [ANA]),
        ("C1", "Math", [ANA, BO]),
    ]
    assert await store.read(lambda tx: tx.rosters.teachers_of(ANA, TODAY)) == {tina, tom}
    assert await store.read(lambda tx: tx.rosters.teachers_of(BO, TODAY)) == {tina}
    assert list(await store.read(lambda tx: tx.rosters.teachers())) == ["T1", "T2"]
    assert list(await store.read(lambda tx: tx.rosters.local_ids(tina))) == ["T1", "T2"]


async def test_seats_and_ids_that_are_given_up_are_gone(store: Store) -> None:
    await store.write(lambda tx: tx.rosters.put({ANA: [Seat("C1", "Math", "T1")]}))
    await store.write(lambda tx: tx.rosters.name(PersonId("P-1"), ["T1"]))
    await store.write(lambda tx: tx.rosters.put({ANA: []}))
    assert await store.read(lambda tx: tx.rosters.taught_by(PersonId("P-1"), TODAY)) == []

    await store.write(lambda tx: tx.rosters.put({ANA: [Seat("C1", "Math", "T1")]}))
    await store.write(lambda tx: tx.rosters.name(PersonId("P-1"), []))
    assert await store.read(lambda tx: tx.rosters.teachers_of(ANA, TODAY)) == frozenset()

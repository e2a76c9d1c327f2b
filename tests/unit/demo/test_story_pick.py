"""Who moves in a story about somebody's real bundle."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.pick import initials, pick_student, subject_of
from gateway.domain.errors import Refused
from gateway.domain.ids import LocalStudentId, digest
from gateway.domain.matching import Candidate
from gateway.storage.store import SqlStore
from gateway.usecases.ports import StoredBackpack

BORN = date(2012, 3, 4)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(tmp_path / "node.db")
    yield opened
    await opened.close()


def candidate(student: str, **keys: Any) -> Candidate:
    plain = {
        "state_id": None,
        "given_names": frozenset({"Ida"}),
        "family_names": frozenset({"Oakplank"}),
        "birth_date": BORN,
    }
    return Candidate(student=LocalStudentId(student), **{**plain, **keys})


def backpack(keys: Candidate, *, entries: int = 1) -> StoredBackpack:
    return StoredBackpack(
        student=keys.student,
        learner=f"learner-{keys.student}",
        candidate=keys,
        school="Maple High School",
        grade="10",
        fingerprint=digest(keys.student.encode()),
        sections=b"x" * entries,
        mapped_at=datetime(2026, 11, 20, tzinfo=UTC),
    )


async def put(store: SqlStore, *backpacks: StoredBackpack) -> None:
    await store.write(lambda tx: tx.backpacks.put(backpacks))


async def test_a_state_id_goes_before_a_richer_record(store: SqlStore) -> None:
    rich = candidate("rich", given_names=frozenset({"Ugo"}), middle_names=frozenset({"Lee"}))
    await put(store, backpack(rich, entries=900), backpack(candidate("known", state_id="99001")))

    mover = await pick_student(store)

    assert (mover.student, mover.can_be_located) == ("known", True)
    assert mover.rule == "state id, birth date and given name"


async def test_among_equals_the_richest_record_moves(store: SqlStore) -> None:
    found = [
        backpack(candidate(name, state_id=f"9900{n}"), entries=n)
        for n, name in enumerate(("poor", "middling", "rich"), 1)
    ]
    await put(store, *found)

    mover = await pick_student(store)

    assert mover.student == "rich"


async def test_two_students_who_cannot_be_told_apart_are_passed_over(store: SqlStore) -> None:
    twin = {"state_id": "99001"}
    await put(store, *(backpack(candidate(name, **twin), entries=500) for name in ("one", "other")))
    await put(store, backpack(candidate("single", state_id="99002")))

    mover = await pick_student(store)

    assert mover.student == "single"


async def test_the_wanted_student_moves_even_if_others_are_richer(store: SqlStore) -> None:
    await put(store, backpack(candidate("rich", state_id="99001"), entries=900))
    await put(store, backpack(candidate("wanted", state_id="99002")))

    mover = await pick_student(store, LocalStudentId("wanted"))

    assert mover.student == "wanted"


async def test_when_nobody_can_be_matched_it_is_counted_what_is_missing(store: SqlStore) -> None:
    await put(
        store, backpack(candidate("one", birth_date=None, state_id="99001")), backpack(candidate("two"))
    )

    with pytest.raises(Refused) as refusal:
        await pick_student(store)

    text = str(refusal.value)
    assert "nobody among the 2 students" in text
    assert "1 have no birth date" in text
    assert "1 have no state id" in text
    assert "2 have no guardian, middle name or birth city" in text
    assert "Oakplank" not in text


@pytest.mark.parametrize("corroborator", ["guardian_name", "middle_name", "birth_city"])
def test_without_a_state_id_a_corroborator_is_told_too(corroborator: str) -> None:
    held = {"guardian_name": "guardian_names", "middle_name": "middle_names", "birth_city": "birth_cities"}

    subject = subject_of(candidate("one", **{held[corroborator]: frozenset({"Ada Elm"})}))

    assert subject is not None
    assert (subject.state_id, getattr(subject, corroborator)) == (None, "Ada Elm")


def test_with_a_state_id_no_more_than_needed_is_told() -> None:
    keys = candidate("one", state_id="99001", guardian_names=frozenset({"Ada Elm"}))

    subject = subject_of(keys)

    assert subject is not None
    assert (subject.state_id, subject.guardian_name) == ("99001", None)


def incomplete() -> Sequence[Candidate]:
    return (
        candidate("one"),
        candidate("two", birth_date=None, state_id="99001"),
        candidate("three", given_names=frozenset(), state_id="99001"),
        candidate("four", family_names=frozenset(), middle_names=frozenset({"Lee"})),
    )


@pytest.mark.parametrize("keys", incomplete(), ids=lambda keys: keys.student)
def test_keys_that_cannot_settle_a_match_make_no_subject(keys: Candidate) -> None:
    assert subject_of(keys) is None


def test_a_real_name_is_shown_as_initials() -> None:
    subject = subject_of(candidate("one", state_id="99001"))

    assert subject is not None
    assert initials(subject) == "I. O."

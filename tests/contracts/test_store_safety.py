"""Holds, flags, tasks and emergencies as they are kept."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.domain.policy import PersonId, StaffRole
from gateway.domain.safety.emergencies import Emergency, Threat
from gateway.domain.safety.flags import Flag, FlagKind
from gateway.domain.safety.holds import Hold, HoldKind
from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.domain.transfer import Role, State
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Tx
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import CEDAR, NOON, backpack, for_each, minutes, segment, transfer

AnyStore = SqlStore | MemoryStore
ANA, BEN = LocalStudentId("S-1"), LocalStudentId("S-2")
SAM = PersonId("sam")


def hold(id_: str = "h-1", **changes: Any) -> Hold:
    values: dict[str, Any] = {
        "student": ANA,
        "kind": HoldKind.LEGAL,
        "reason": "a suit",
        "placed_by": SAM,
        "placed_by_name": "Sam Sato",
        "placed_at": NOON,
    }
    return Hold(id=id_, **{**values, **changes})


def flag(id_: str = "f-1", **changes: Any) -> Flag:
    values: dict[str, Any] = {
        "student": ANA,
        "kind": FlagKind.ADDRESS_CONFIDENTIAL,
        "since": date(2026, 8, 1),
        "set_by": SAM,
        "set_by_name": "Sam Sato",
        "set_at": NOON,
    }
    return Flag(id=id_, **{**values, **changes})


def task(id_: str = "t-1", **changes: Any) -> SafetyTask:
    values: dict[str, Any] = {"kind": TaskKind.REPORT, "created_at": NOON, "due_at": minutes(60)}
    return SafetyTask(id=id_, **{**values, **changes})


async def kept(store: AnyStore, *rows: Hold | Flag | Emergency) -> None:
    def work(tx: Tx) -> None:
        for row in rows:
            if isinstance(row, Hold):
                tx.holds.put(row)
            elif isinstance(row, Flag):
                tx.flags.put(row)
            else:
                tx.emergencies.add(row)

    await store.write(work)


async def test_a_hold_comes_back_as_it_was(store: AnyStore) -> None:
    full = hold(
        kind=HoldKind.MISSING_CHILD,
        planned_end=date(2026, 9, 1),
        may_lift=StaffRole.SAFETY_OFFICER,
        silent=True,
        lifted_by=PersonId("pia"),
        lifted_at=minutes(5),
    )
    await kept(store, full, hold("h-2", student=BEN))

    assert await store.read(lambda tx: tx.holds.get("h-1")) == full
    assert await store.read(lambda tx: tx.holds.of(BEN)) == [hold("h-2", student=BEN)]
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.holds.get("h-3"))


async def test_a_lifted_hold_is_kept_and_no_longer_active(store: AnyStore) -> None:
    lifted = hold(lifted_by=SAM, lifted_at=minutes(9))
    await kept(store, hold(), hold("h-0", placed_at=minutes(1)), lifted)

    assert [one.id for one in await store.read(lambda tx: tx.holds.active())] == ["h-0"]
    assert [one.id for one in await store.read(lambda tx: tx.holds.of(ANA))] == ["h-1", "h-0"]


async def test_a_flag_comes_back_as_it_was(store: AnyStore) -> None:
    full = flag(
        until=date(2027, 1, 1),
        document="D-17",
        substitute={"line1": "PO Box 1", "city": "Saint Paul"},
        confirmed_by=PersonId("pia"),
        confirmed_at=minutes(3),
        cleared_by=SAM,
        cleared_at=minutes(4),
    )
    await kept(store, full, flag("f-2", set_at=minutes(1)))

    assert await store.read(lambda tx: tx.flags.get("f-1")) == full
    assert await store.read(lambda tx: tx.flags.of(ANA)) == [full, flag("f-2", set_at=minutes(1))]
    assert [one.id for one in await store.read(lambda tx: tx.flags.standing())] == ["f-2"]
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.flags.get("f-3"))


async def test_the_same_task_is_added_once_and_stays_done(store: AnyStore) -> None:
    full = task(student=ANA, transfer=TransferId("T-1"), peer=CEDAR, about="certain")
    assert await store.write(lambda tx: tx.safety_tasks.add(full))
    done = full.done(SAM, at=minutes(2), tracking="MC-1")
    await store.write(lambda tx: tx.safety_tasks.save(done))

    assert not await store.write(lambda tx: tx.safety_tasks.add(full))
    assert await store.read(lambda tx: tx.safety_tasks.get("t-1")) == done
    assert await store.read(lambda tx: tx.safety_tasks.open()) == []
    with pytest.raises(Unknown):
        await store.write(lambda tx: tx.safety_tasks.save(task("t-9")))


async def test_open_tasks_come_by_their_time_and_kind(store: AnyStore) -> None:
    later, alarm = task(due_at=minutes(90)), task("t-2", kind=TaskKind.ALARM, due_at=minutes(80))
    await store.write(lambda tx: [tx.safety_tasks.add(later), tx.safety_tasks.add(alarm)])

    assert await store.read(lambda tx: tx.safety_tasks.open()) == [alarm, later]
    assert await store.read(lambda tx: tx.safety_tasks.open(TaskKind.REPORT)) == [later]


async def test_emergencies_are_found_by_person_and_student_and_by_time(store: AnyStore) -> None:
    first = Emergency(
        id="e-1",
        student=ANA,
        person=SAM,
        person_name="Sam Sato",
        threat=Threat.MEDICAL,
        basis="the student fainted and takes medicine",
        opened_at=NOON,
    )
    second = replace(first, id="e-2", opened_at=minutes(10))
    other = replace(first, id="e-3", person=PersonId("P-other"), opened_at=minutes(20))
    await kept(store, first, second, other)

    assert await store.read(lambda tx: tx.emergencies.of(SAM, NOON)) == [second, first]
    assert await store.read(lambda tx: tx.emergencies.of(SAM, minutes(5))) == [second]
    assert await store.read(lambda tx: tx.emergencies.since(minutes(10))) == [other, second]


async def test_a_students_transfers_are_found(store: AnyStore) -> None:
    mine = [transfer(f"T-{n}", student=ANA, created_at=minutes(n)) for n in (2, 1)]
    others = [
        transfer("T-3", student=BEN),
        transfer("T-4"),
        transfer("T-5", role=Role.REQUESTER, student=ANA),
    ]
    await store.write(for_each([*mine, *others], lambda tx: tx.transfers.add))

    assert await store.read(lambda tx: tx.transfers.of_student(ANA)) == mine[::-1]


async def test_a_kept_object_is_forgotten_when_nothing_names_it(store: AnyStore) -> None:
    """Neither a backpack nor another kept object."""

    def work(tx: Tx) -> None:
        tx.backpacks.keep({1: '{"a":1}', 2: '{"$":1}', 11: '{"b":2}', 12: '{"c":3}'})
        tx.backpacks.put([backpack("S-1", content=b'{"contacts":[{"$":11}]}')])
        for number in (1, 11, 12):
            tx.backpacks.forget_unnamed(number)

    await store.write(work)

    assert sorted(await store.read(lambda tx: tx.backpacks.kept())) == [1, 2, 11]


async def test_own_segments_of_a_student_are_forgotten_and_others_stay(store: AnyStore) -> None:
    own = segment("own", student=ANA, fingerprint=digest(b"f"), received_with=None)
    theirs = segment("theirs")
    await store.write(for_each([own, theirs], lambda tx: tx.segments.put))

    await store.write(lambda tx: tx.segments.forget_own(ANA))

    assert await store.read(lambda tx: tx.segments.own(ANA, digest(b"f"))) is None
    assert await store.read(
        lambda tx: tx.segments.received(state_id="0042-7", birth_date=date(2014, 2, 28))
    ) == [theirs]


async def test_locator_keys_leave_out_some_students(store: AnyStore) -> None:
    await store.write(lambda tx: tx.backpacks.put([backpack("S-1"), backpack("S-2")]))

    keys = await store.read(lambda tx: tx.backpacks.matching_keys(without=[ANA]))

    assert keys == [("state S-2", date(2014, 2, 28))]


async def test_requests_are_counted_by_person_and_state(store: AnyStore) -> None:
    rows = [
        transfer("T-1", actor="a"),
        transfer("T-2", actor="a", state=State.NO_MATCH),
        transfer("T-3", actor="b"),
    ]
    await store.write(for_each(rows, lambda tx: tx.transfers.add))

    def count(tx: Tx) -> tuple[int, int, int]:
        since = tx.transfers.count_since
        return since(CEDAR, NOON), since(CEDAR, NOON, actor="a"), since(CEDAR, NOON, state=State.NO_MATCH)

    assert await store.read(count) == (3, 2, 1)

"""Cases, their queue, comments, and proposals."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from gateway.domain.casework import Case, Comment, Group, Lane
from gateway.domain.errors import Conflict, Unknown
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.proposals import ProposalState
from gateway.domain.transfer import Role, State
from gateway.storage.store import SqlStore
from gateway.usecases.ports import QueueFilter, Tx
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import NOON, backpack, case, for_each, minutes, proposal, transfer

AnyStore = SqlStore | MemoryStore

FULL = case(
    "T-1",
    lanes=(Lane.IEP, Lane.FOSTER),
    school="school-9",
    owner="rita",
    owner_name="Rita Ruiz",
    taken_at=minutes(1),
    snapshot_sent_at=minutes(2),
    notice_basis="annual_notice",
    reminded=50,
)


async def put(store: AnyStore, one: Case, **of_transfer: Any) -> None:
    """Store a case and its transfer, which is under review unless said otherwise."""

    def work(tx: Tx) -> None:
        values = {"role": one.direction, "state": State.REVIEW, **of_transfer}
        tx.transfers.add(transfer(one.transfer, **values))
        tx.cases.open(one)

    await store.write(work)


async def listed(store: AnyStore, which: QueueFilter | None = None, **page: Any) -> list[str]:
    lines = await store.read(lambda tx: tx.cases.queue(which or QueueFilter(), **page))
    assert all(line.case.transfer == line.transfer.id for line in lines)
    return [line.case.transfer for line in lines]


@pytest.mark.parametrize("kept", [FULL, case()], ids=["all fields", "few fields"])
async def test_a_case_comes_back_as_it_was(store: AnyStore, kept: Case) -> None:
    await put(store, kept)

    assert await store.read(lambda tx: tx.cases.get(kept.transfer)) == kept
    (line,) = await store.read(lambda tx: tx.cases.queue(QueueFilter()))
    assert line.case == kept
    assert line.transfer == await store.read(lambda tx: tx.transfers.get(kept.transfer))


async def test_a_case_is_overwritten_and_one_that_is_not_there_is_unknown(store: AnyStore) -> None:
    await put(store, case())

    await store.write(lambda tx: tx.cases.save(FULL))

    assert await store.read(lambda tx: tx.cases.get(FULL.transfer)) == FULL
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.cases.open(FULL))
    with pytest.raises(Unknown):
        await store.write(lambda tx: tx.cases.save(case("T-none")))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.cases.get(TransferId("T-none")))


async def test_the_most_urgent_come_first_then_what_is_due_first(store: AnyStore) -> None:
    await put(store, case("T-late", opened_at=NOON + timedelta(days=3)))
    await put(store, case("T-early"))
    await put(store, case("T-iep", lanes=(Lane.IEP,), opened_at=NOON + timedelta(days=9)))
    await put(store, case("T-military", lanes=(Lane.MILITARY,)))

    assert await listed(store) == ["T-iep", "T-military", "T-early", "T-late"]


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_show_each_line_once_whatever_their_size(store: AnyStore, size: int) -> None:
    for number in range(7):
        lanes = (Lane.IEP,) if number % 3 == 0 else ()
        await put(store, case(f"T-{number}", lanes=lanes))
    whole = await listed(store)

    seen: list[str] = []
    while page := await listed(store, after=TransferId(seen[-1]) if seen else None, limit=size):
        assert len(page) <= size
        seen += page

    assert seen == whole
    assert len(seen) == 7
    with pytest.raises(Unknown):
        await listed(store, after=TransferId("T-none"))


async def test_what_is_done_comes_newest_first_in_pages_too(store: AnyStore) -> None:
    for number in (2, 0, 1):
        await put(store, case(f"T-{number}", opened_at=minutes(number)), state=State.ACKED)
    await put(store, case("T-open"))
    done = QueueFilter(groups=frozenset({Group.DONE}))

    assert await listed(store, done) == ["T-2", "T-1", "T-0"]
    assert await listed(store, done, after=TransferId("T-1")) == ["T-0"]


async def test_the_queue_shows_only_what_is_asked_for(store: AnyStore) -> None:
    await put(store, FULL)
    await put(store, case("T-free", lanes=(Lane.MIGRANT,)), state=State.RECEIVED)
    await put(store, case("R-1", direction=Role.REQUESTER, school="school-2"), state=State.VERIFIED)
    await put(store, case("R-2", direction=Role.REQUESTER, owner="otto"), state=State.RECEIPTED)

    async def found(**which: Any) -> set[str]:
        return set(await listed(store, QueueFilter(**which)))

    assert await found() == {"T-1", "T-free", "R-1"}
    assert await found(groups=frozenset({Group.WAITING})) == {"T-free"}
    assert await found(groups=frozenset(Group)) == {"T-1", "T-free", "R-1", "R-2"}
    assert await found(direction=Role.REQUESTER) == {"R-1"}
    assert await found(lane=Lane.IEP) == {"T-1"}
    assert await found(owner="rita") == {"T-1"}
    assert await found(unowned=True) == {"T-free", "R-1"}
    assert await found(schools=frozenset({"school-2"})) == {"R-1", "T-free"}
    assert await found(overdue_on=FULL.due_on) == set()
    assert await found(overdue_on=FULL.due_on + timedelta(days=1)) == {"T-1"}
    assert await found(overdue_on=date(2030, 1, 1)) == {"T-1", "T-free", "R-1"}


async def test_a_case_gets_the_school_of_the_student_who_was_found(store: AnyStore) -> None:
    await put(store, case())
    await store.write(lambda tx: tx.backpacks.put([backpack("S-1")]))

    await store.write(lambda tx: tx.cases.place(TransferId("T-1"), LocalStudentId("S-1")))

    assert (await store.read(lambda tx: tx.cases.get(TransferId("T-1")))).school == "school-9"


async def test_comments_stay_in_their_order(store: AnyStore) -> None:
    await put(store, case())
    await put(store, case("T-2"))
    said = [Comment(at=NOON, by="rita", by_name="Rita", text=text) for text in ("called", "they call back")]

    await store.write(for_each(said, lambda tx: partial(tx.cases.comment, TransferId("T-1"))))

    assert await store.read(lambda tx: tx.cases.comments(TransferId("T-1"))) == said
    assert await store.read(lambda tx: tx.cases.comments(TransferId("T-2"))) == []


async def test_a_proposal_comes_back_as_it_was(store: AnyStore) -> None:
    decided = proposal(
        "P-2",
        payload={"sections": ["health"], "n": 1},
        state=ProposalState.CONFIRMED,
        decided_by="nora",
        decided_by_name="Nora",
        decided_at=minutes(3),
        proposed_at=minutes(1),
    )

    await store.write(for_each([proposal(), decided], lambda tx: tx.proposals.add))

    assert await store.read(lambda tx: tx.proposals.get("P-1")) == proposal()
    assert await store.read(lambda tx: tx.proposals.of("T-1")) == [decided, proposal()]
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.proposals.add(proposal()))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.proposals.get("P-none"))


async def test_what_waits_for_a_second_person_is_neither_decided_nor_expired(store: AnyStore) -> None:
    declined = proposal("P-declined").declined("nora", "Nora", at=NOON)
    old = proposal("P-old", expires_at=minutes(5))
    later = proposal("P-later", proposed_at=minutes(2))
    await store.write(for_each([later, proposal(), old, declined], lambda tx: tx.proposals.add))

    assert [one.id for one in await store.read(lambda tx: tx.proposals.open(minutes(5)))] == [
        "P-1",
        "P-later",
    ]
    await store.write(lambda tx: tx.proposals.save(proposal().confirmed("nora", "Nora", at=minutes(1))))
    assert [one.id for one in await store.read(lambda tx: tx.proposals.open(minutes(4)))] == [
        "P-old",
        "P-later",
    ]

"""Units of work: all or nothing, each by itself."""

import asyncio
from contextlib import aclosing
from functools import partial

import pytest

from gateway.domain.errors import Conflict, GatewayError, Moved, TryLater
from gateway.domain.transfer import State
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Tx
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import NOON, backpack, leaf, message, minutes, transfer

AnyStore = SqlStore | MemoryStore


async def test_a_unit_returns_what_its_work_returns(store: AnyStore) -> None:
    await store.write(lambda tx: tx.transfers.add(transfer()))

    found = await store.write(lambda tx: tx.transfers.get(transfer().id))

    assert found == transfer()


async def test_an_exception_undoes_the_whole_unit_and_reaches_the_caller(store: AnyStore) -> None:
    def work(tx: Tx) -> None:
        tx.transfers.add(transfer())
        tx.audit.add(leaf())
        tx.messages.add(message())
        raise Conflict("on second thoughts")

    with pytest.raises(Conflict, match="on second thoughts"):
        await store.write(work)

    assert await store.read(lambda tx: (tx.transfers.list(), tx.audit.list())) == ([], [])
    assert await store.read(lambda tx: tx.messages.of(transfer().id)) == []


async def test_a_failing_unit_does_not_disturb_its_neighbours(store: AnyStore) -> None:
    def work(number: int, tx: Tx) -> int:
        tx.transfers.add(transfer(f"T-{number}"))
        if number % 3 == 0:
            raise ZeroDivisionError
        return number

    units = [store.write(partial(work, number)) for number in range(30)]
    results = await asyncio.gather(*units, return_exceptions=True)

    kept = {row.id for row in await store.read(lambda tx: tx.transfers.list())}
    assert kept == {f"T-{number}" for number in range(30) if number % 3}
    assert [isinstance(result, ZeroDivisionError) for result in results] == [n % 3 == 0 for n in range(30)]


async def test_even_an_exhausted_iterator_reaches_its_caller_only(store: AnyStore) -> None:
    nothing: list[int] = []

    results = await asyncio.gather(
        store.write(lambda _: next(iter(nothing))),
        store.write(lambda tx: tx.transfers.add(transfer())),
        return_exceptions=True,
    )

    assert isinstance(results[0], RuntimeError)
    assert await store.read(lambda tx: tx.transfers.get(transfer().id)) == transfer()


async def test_of_a_hundred_moves_from_the_same_state_exactly_one_wins(
    stores: tuple[AnyStore, AnyStore],
) -> None:
    before = transfer()
    await stores[0].write(lambda tx: tx.transfers.add(before))

    def move(number: int, tx: Tx) -> int:
        tx.transfers.move(before, before.to(State.MATCHING, at=minutes(number), next_try_at=NOON))
        return number

    units = [stores[number % 2].write(partial(move, number)) for number in range(100)]
    results = await asyncio.gather(*units, return_exceptions=True)

    winners = [result for result in results if isinstance(result, int)]
    assert len(winners) == 1
    assert sum(isinstance(result, Moved) for result in results) == 99
    stored = await stores[0].read(lambda tx: tx.transfers.get(before.id))
    assert (stored.revision, stored.changed_at) == (1, minutes(winners[0]))


async def test_more_units_than_the_queue_takes_are_all_done(store: AnyStore) -> None:
    await asyncio.gather(*(store.write(lambda tx: tx.audit.add(leaf())) for _ in range(2500)))

    leaves = await store.read(lambda tx: tx.audit.list(limit=5000))
    assert [sequence for sequence, _ in leaves] == list(range(1, 2501))


async def test_a_caller_who_stops_waiting_holds_nobody_up(store: AnyStore) -> None:
    tasks = [asyncio.create_task(store.write(lambda tx: tx.audit.add(leaf()))) for _ in range(50)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks[10:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    await store.write(lambda tx: tx.transfers.add(transfer()))

    assert await store.read(lambda tx: tx.transfers.get(transfer().id)) == transfer()


async def test_what_a_unit_wrote_is_read_by_the_other_process(stores: tuple[AnyStore, AnyStore]) -> None:
    one, other = stores

    await one.write(lambda tx: tx.transfers.add(transfer()))

    assert await other.read(lambda tx: tx.transfers.get(transfer().id)) == transfer()


async def test_a_read_may_not_write(store: AnyStore) -> None:
    with pytest.raises(GatewayError):
        await store.read(lambda tx: tx.transfers.add(transfer()))

    assert await store.read(lambda tx: tx.transfers.list()) == []


async def test_work_that_was_begun_is_finished_by_close_and_none_is_taken_after_it(store: AnyStore) -> None:
    begun = [asyncio.create_task(store.write(lambda tx: tx.audit.add(leaf()))) for _ in range(20)]
    await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)

    await store.close()

    assert [task.exception() for task in begun] == [None] * 20
    with pytest.raises(TryLater):
        await store.write(lambda tx: tx.audit.add(leaf()))
    with pytest.raises(TryLater):
        await store.read(lambda tx: tx.audit.list())


async def test_a_scan_yields_all_students_and_may_be_left_early(store: AnyStore) -> None:
    names = [f"S-{number:04}" for number in range(500)]
    await store.write(lambda tx: tx.backpacks.put([backpack(name) for name in reversed(names)]))

    async with aclosing(store.students()) as left_early:
        first = await anext(left_early)
    scanned = [stored async for stored in store.students()]

    assert first == backpack("S-0000")
    assert [stored.student for stored in scanned] == names

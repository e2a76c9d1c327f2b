import asyncio

import pytest

from gateway.domain.errors import PeerUnavailable
from gateway.peers.flights import Flights


class Work:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        await self.may_end.wait()
        return self.begun


async def test_callers_at_the_same_time_share_one_effort() -> None:
    flights, work = Flights[int](), Work()
    work.may_end.set()

    results = await asyncio.gather(*(flights.join("key", work) for _ in range(5)))

    assert results == [1] * 5


async def test_a_later_caller_starts_anew() -> None:
    flights, work = Flights[int](), Work()
    work.may_end.set()
    await flights.join("key", work)

    result = await flights.join("key", work)

    assert result == 2


async def test_a_caller_who_gives_up_does_not_stop_the_others() -> None:
    flights, work = Flights[int](), Work()
    impatient = asyncio.create_task(flights.join("key", work))
    patient = asyncio.create_task(flights.join("key", work))
    await asyncio.sleep(0)

    impatient.cancel()
    work.may_end.set()

    assert await patient == 1
    assert impatient.cancelled() or impatient.cancelling()


async def test_a_failure_reaches_all_who_wait() -> None:
    flights = Flights[int]()

    async def fail() -> int:
        raise PeerUnavailable

    results = await asyncio.gather(*(flights.join("key", fail) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [PeerUnavailable] * 3


async def test_closing_stops_what_is_under_way() -> None:
    flights, work = Flights[int](), Work()
    task = flights.begin("key", work)
    await asyncio.sleep(0)

    await flights.close()

    assert task.cancelled()
    with pytest.raises(asyncio.CancelledError):
        task.result()

"""A live district that strangers try to keep busy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from aiohttp import ClientSession

from gateway.demo.nodes import Place
from gateway.domain.transfer import State
from tests.harness.hostile import admitted
from tests.harness.live import federation, until_state

SLOW_CALLERS = 200
TEN_MEGABYTES = b"x" * 10_000_000
HEAD = b"POST /exchange/v1/transfers HTTP/1.1\r\nHost: maple\r\nX-Slow: "
PLACES = ("/oauth/token", "/exchange/v1/events", "/exchange/v1/transfers", "/healthz", "/nothing")


@asynccontextmanager
async def slow_callers(place: Place) -> AsyncIterator[None]:
    """Connections that never finish the head of their request."""
    async with AsyncExitStack() as stack:
        for _ in range(SLOW_CALLERS):
            _, writer = await asyncio.open_connection("127.0.0.1", place.settings.server.port)
            stack.callback(writer.close)
            writer.write(HEAD)
            await writer.drain()
        yield


async def upload(place: Place, path: str) -> int | None:
    """Send ten megabytes to a place that wants none; return the status, or None if it hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.settings.server.port)
    kind = "application/x-www-form-urlencoded" if path == "/oauth/token" else "application/secevent+jwt"
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: maple\r\nContent-Type: {kind}\r\n"
        writer.write(f"{head}Content-Length: {len(TEN_MEGABYTES)}\r\n\r\n".encode() + TEN_MEGABYTES)
        return int((await reader.readline()).split()[1])
    except (ConnectionError, IndexError):
        return None
    finally:
        writer.close()


async def seconds_to_answer(session: ClientSession, place: Place) -> float:
    begun = perf_counter()
    async with session.get(f"{place.url}/healthz") as answer:
        assert answer.status == 200
    return perf_counter() - begun


async def test_slow_callers_and_huge_bodies_do_not_keep_a_node_from_its_work(tmp_path: Path) -> None:
    async with federation(tmp_path) as live, ClientSession() as session:
        maple = live.federation.maple
        await live.processes.begin(maple)
        oak = await admitted(live, session, "Oak")
        subject = live.subject(0)
        match = {
            "given_name": subject.given_name,
            "family_name": subject.family_name,
            "birth_date": str(subject.birth_date),
        }

        async with slow_callers(maple):
            uploads = [asyncio.ensure_future(upload(maple, path)) for path in PLACES]
            waited = [await seconds_to_answer(session, maple) for _ in range(10)]
            token = await oak.token(maple.url)
            url = f"{maple.url}/exchange/v1/transfers"
            taken = await oak.send(oak.call("POST", url, token, oak.request(maple.url, match)))
            statuses = await asyncio.gather(*uploads)

        assert median(waited) < 1.0
        assert taken.status == 202
        assert set(statuses) <= {None, 401, 404, 405, 413}
        await until_state(live.maple, taken.said["transfer"], State.REVIEW, State.NEEDS_INFO, State.NO_MATCH)

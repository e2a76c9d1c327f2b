"""A live district whose officers, programs and peers decide at the same moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from gateway.domain.errors import Conflict, Moved
from gateway.domain.ids import TransferId
from gateway.domain.transfer import STEPS, Reason, Role, State
from gateway.usecases import decide_release
from tests.harness.hostile import FETCH, Answer, Outsider, admitted
from tests.harness.live import Live, Said, backpack, federation, leaves, until, until_state
from tests.harness.staff import clerk

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFICERS, WITHDRAWALS = 48, 50
TRACEBACK = "Traceback"


@dataclass(frozen=True)
class Desk:
    """A live district where people decide, and one who asks it."""

    live: Live
    oak: Outsider

    @property
    def transfers(self) -> str:
        return f"{self.live.federation.maple.url}/exchange/v1/transfers"

    async def under_review(self, number: int) -> TransferId:
        maple = self.live.federation.maple.url
        match = {name: str(value) for name, value in asdict(self.live.subject(number)).items() if value}
        token = await self.oak.token(maple)
        answer = await self.oak.send(
            self.oak.call("POST", self.transfers, token, self.oak.request(maple, match))
        )
        id_ = TransferId(answer.said["transfer"])
        await until_state(self.live.maple, id_, State.REVIEW)
        return id_

    async def withdraw(self, id_: TransferId, token: str) -> Answer:
        maple = self.live.federation.maple.url
        body = self.oak.message("backpack-withdraw+jwt", maple, transfer=id_)
        return await self.oak.send(self.oak.call("POST", f"{self.transfers}/{id_}/withdrawal", token, body))

    async def officer(self, decide: Callable[..., Awaitable[Any]], id_: TransferId, **more: Any) -> str:
        """Let an officer decide; return `done`, or why not."""
        try:
            await decide(self.live.maple.node, id_, person=clerk("records officer"), **more)
        except (Conflict, Moved) as fault:
            return fault.code
        return "done"

    async def command(self, *arguments: str) -> Said:
        return await backpack(self.live.federation.maple, "transfer", *arguments)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with federation(tmp_path_factory.mktemp("desk")) as live, ClientSession() as session:
        await live.processes.begin(live.federation.maple)
        yield Desk(live, await admitted(live, session, "Oak"))


def check_steps(done: Sequence[str]) -> None:
    """From the review on, each leaf may follow the one before it, and none follows an end."""
    states = [State(action.removeprefix("release.")) for action in done]
    states = states[states.index(State.REVIEW) :]
    for before, after in pairwise(states):
        assert after in STEPS[Role.HOLDER].get(before, ()), f"{before} became {after}"


async def test_a_hundred_approvals_and_withdrawals_at_once_are_taken_one_after_the_other(
    desk: Desk,
) -> None:
    id_ = await desk.under_review(0)
    token = await desk.oak.token(desk.live.federation.maple.url)

    commands = [asyncio.ensure_future(desk.command("approve", id_)) for _ in range(2)]
    decided, withdrawn = await asyncio.gather(
        asyncio.gather(*(desk.officer(decide_release.approve, id_) for _ in range(OFFICERS))),
        asyncio.gather(*(desk.withdraw(id_, token) for _ in range(WITHDRAWALS))),
    )
    said = await asyncio.gather(*commands)

    done = Counter(await leaves(desk.live.maple, id_))
    check_steps(await leaves(desk.live.maple, id_))
    approvals = decided.count("done") + sum(one.code == 0 for one in said)
    assert done["release.approved"] == approvals <= 1
    assert done["release.withdrawn"] == sum(answer.status == 200 for answer in withdrawn) == 1
    assert {answer.status for answer in withdrawn} <= {200, 409, 503}
    assert {one.code for one in said} <= {0, 1, 3}
    assert not any(TRACEBACK in one.err for one in said)
    refusal = await desk.oak.ask_token(desk.live.federation.maple.url, FETCH, id_)
    assert refusal.status == 400


async def test_of_contrary_decisions_at_the_command_line_exactly_one_is_taken(desk: Desk) -> None:
    id_ = await desk.under_review(1)

    said = await asyncio.gather(
        desk.command("approve", id_),
        desk.command("deny", id_, "--reason", "policy"),
        desk.command("approve", id_),
    )

    done = await leaves(desk.live.maple, id_)
    check_steps(done)
    assert sorted(one.code for one in said) in ([0, 1, 1], [0, 1, 3], [0, 3, 3])
    assert ("release.approved" in done) != ("release.denied" in done)


async def test_a_record_that_is_revoked_while_it_is_fetched_is_not_served_afterwards(desk: Desk) -> None:
    maple = desk.live.federation.maple.url
    id_ = await desk.under_review(2)
    await decide_release.approve(desk.live.maple.node, id_, person=clerk("records officer"))
    await until_state(desk.live.maple, id_, State.RELEASED)
    token = await desk.oak.token(maple, FETCH, id_)
    url = f"{desk.transfers}/{id_}/versions/1"

    async def revoke() -> bool:
        told = await desk.officer(decide_release.revoke, id_, reason=Reason.WRONG_STUDENT)
        return told == "done"

    fetching = [asyncio.ensure_future(desk.oak.send(desk.oak.call("GET", url, token))) for _ in range(20)]
    await until(revoke)
    served = await asyncio.gather(*fetching)
    after = await desk.oak.send(desk.oak.call("GET", url, token))

    done = await leaves(desk.live.maple, id_)
    assert done[-1] == "release.revoked"
    assert {answer.status for answer in served} <= {200, 410, 429, 503}
    assert sum(answer.status == 200 for answer in served) == done.count("release.fetched")
    assert after.status == 410

"""A federation of real node processes: started, killed and started again by a test.

The nodes are those of the demonstration (`gateway.demo.nodes`), at a pace that suits tests. Beside each
process a test has the same node opened in its own process, as a command line has.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.crypto.keys import KeyRing, Purpose
from gateway.demo.district import make_bundle
from gateway.demo.nodes import LEA_IDS, Federation, Nodes, Place, write_federation
from gateway.demo.pick import subject_of
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.matching import Band, match
from gateway.domain.transfer import Subject, Transfer
from gateway.usecases.agency import ACTIVE, admit
from gateway.usecases.map_students import map_students
from gateway.usecases.ports import Member, StoredBackpack, Tx
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.wiring import Opened, open_node
from tests.harness.staff import clerk

T = TypeVar("T")

MAPPING: Final = "oneroster/oneroster"
SECTIONS: Final = ("identity", "enrollments", "grades")
PATIENCE_SECONDS: Final = 45.0
_LOOK_EVERY_SECONDS: Final = 0.05
_PACE: Final = {
    "tick_seconds": 0.05,
    "first_retry_seconds": 0.02,
    "poll_seconds": 0.5,
    "lease_seconds": 1,
}
"""What was claimed by a killed node is due a second later; a peer that is away is asked again soon."""


class Processes(Nodes):
    """Node processes that a test may kill. None is left at the end of the `with`."""

    async def begin(self, *places: Place) -> None:
        """Start the nodes and wait until all can work."""
        for place in places:
            self.start(place)
        await asyncio.gather(*(self.until_ready(place) for place in places))

    def kill(self, *places: Place) -> None:
        """Send SIGKILL to all of them, then wait until they are gone."""
        killed = [self._running.pop(place.name) for place in places]
        for process in killed:
            process.kill()
        for process in killed:
            process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """An agency and two districts: their folders, their processes, and each opened beside its process."""

    federation: Federation
    processes: Processes
    agency: Opened
    maple: Opened
    cedar: Opened
    students: Sequence[StoredBackpack]
    """Maple's students who can be matched for certain, by local id."""

    def subject(self, number: int) -> Subject:
        """What a registrar elsewhere knows of one of them."""
        return _subject(self.students[number])

    async def ask(self, number: int) -> Transfer:
        """Let Cedar's registrar ask Maple for that student's record."""
        return await ask(self.cedar, self.maple.node.id, self.subject(number))

    async def held(self, asked: TransferId) -> Transfer:
        """Return Maple's side of a transfer, which must be the only one of this request."""
        request = await transfer_of(self.cedar, asked)
        found = await self.maple.store.read(lambda tx: tx.transfers.list())
        (held,) = [one for one in found if one.request_jti == request.request_jti]
        return held


@asynccontextmanager
async def federation(
    folder: Path, *, bundle: bytes | None = None, students: int = 24, **options: float | bool
) -> AsyncIterator[Live]:
    """Make a federation whose agency serves and vouches for both districts, which do not serve yet.

    Args:
        folder: An empty folder.
        bundle: Maple's export; one is made up if there is none.
        students: How many, in the made-up one.
        options: Settings of both districts, such as `automatic_approval=True`.
    """
    export = folder / "export.zip"
    export.write_bytes(bundle or make_bundle(7, students=students, dirt=0).to_zip())
    made = write_federation(folder / "nodes", source=export, mapping=MAPPING)
    tune(made.agency, _PACE)
    for place in (made.maple, made.cedar):
        tune(place, {**_PACE, **options})
    async with AsyncExitStack() as stack:
        processes = stack.enter_context(Processes())
        agency, maple, cedar = [
            await stack.enter_async_context(open_node(place.settings)) for place in made.places
        ]
        for place in (made.maple, made.cedar):
            await vouch_for(agency, place.url, place.keys, name=place.name, lea=LEA_IDS[place.name])
        await asyncio.gather(processes.begin(made.agency), map_students(maple.node))
        yield Live(
            federation=made,
            processes=processes,
            agency=agency,
            maple=maple,
            cedar=cedar,
            students=await _certain_ones(maple),
        )


def tune(place: Place, options: Mapping[str, float | bool]) -> None:
    """Change values that stand in the node's settings file."""
    text = place.config.read_text("utf-8")
    for name, value in options.items():
        text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {str(value).lower()}", text)
        assert count == 1, f"{place.name} has no setting {name}"
    place.config.write_text(text, "utf-8")


async def vouch_for(
    agency: Opened, id_: EntityId, keys: KeyRing, *, name: str, lea: Mapping[str, str]
) -> Member:
    """Let the agency admit a node whose federation keys are known."""
    now = agency.node.now()
    member = Member(
        id=id_,
        organization_name=name,
        lea_ids=lea,
        jwks=keys.public_jwks(Purpose.FEDERATION),
        marks=frozenset(agency.settings.trust.marks),
        status=ACTIVE,
        admitted_at=now,
        changed_at=now,
    )
    await admit(agency.node, member, person=clerk("member officer"))
    return member


async def ask(requester: Opened, holder: EntityId, subject: Subject) -> Transfer:
    """Let a registrar ask for a record."""
    wish = Wish(holder=holder, subject=subject, sections=SECTIONS, person=clerk("registrar"))
    return await request_backpack(requester.node, wish)


async def transfer_of(opened: Opened, id_: TransferId) -> Transfer:
    """Return the node's row."""
    return await opened.store.read(lambda tx: tx.transfers.get(id_))


async def until(check: Callable[[], Awaitable[T | None]], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Wait until the check returns something, and return it.

    Raises:
        TimeoutError: it takes longer.
    """
    async with asyncio.timeout(seconds):
        while not (found := await check()):  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return found


async def until_state(opened: Opened, id_: TransferId, *states: str) -> Transfer:
    """Wait until the node's row is in one of the states."""

    async def look() -> Transfer | None:
        transfer = await transfer_of(opened, id_)
        return transfer if transfer.state in states else None

    try:
        return await until(look)
    except TimeoutError:
        transfer = await transfer_of(opened, id_)
        sent = await opened.store.read(lambda tx: tx.messages.of(id_))
        outcomes = [(one.type, one.outcome, one.tries) for one in sent]
        raise AssertionError(
            f"{transfer.state}, tries {transfer.tries}, {transfer.reason}, {outcomes}"
        ) from None


async def leaves(opened: Opened, id_: TransferId) -> list[str]:
    """Return what the audit log says was done with a transfer, in order."""
    found = await opened.store.read(lambda tx: tx.audit.list(object_=id_))
    return [leaf.action for _, leaf in found]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


async def backpack(place: Place, *arguments: str, stdin: str = "") -> Said:
    """Run a command of the command line at a node, as a process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments, "--config", str(place.config)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    return Said(process.returncode or 0, out.decode(), err.decode())


async def _certain_ones(opened: Opened) -> Sequence[StoredBackpack]:
    everybody = [one async for one in opened.store.students()]
    return [one for one in everybody if await opened.store.read(partial(_is_certain, one=one))]


def _is_certain(tx: Tx, one: StoredBackpack) -> bool:
    subject = subject_of(one.candidate)
    if subject is None:
        return False
    found = match(subject, tx.backpacks.candidates(subject))
    return found.band is Band.CERTAIN and found.student == one.student


def _subject(one: StoredBackpack) -> Subject:
    subject: Any = subject_of(one.candidate)
    assert isinstance(subject, Subject)
    return subject

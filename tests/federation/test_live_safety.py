"""What protects students, on live nodes: nothing tells of a silent hold, or of where a protected child is."""

import asyncio
import csv
import io
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from aiohttp import ClientSession

from gateway.demo.district import make_bundle
from gateway.demo.tables import to_zip
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import StaffRole
from gateway.domain.safety.flags import FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.transfer import State
from gateway.usecases.decide_release import approve
from gateway.usecases.flags import FlagWish, set_flag
from gateway.usecases.holds import HoldWish, place_hold
from gateway.usecases.map_students import MapWish, map_students
from gateway.usecases.safety import is_kept
from tests.harness.hostile import Answer, Outsider, admitted
from tests.harness.live import Live, ask, backpack, federation, until_state
from tests.harness.staff import clerk, person

pytestmark = pytest.mark.timeout(300)

PAIRS: Final = 500
ROUNDS: Final = 3
"""A difference by chance does not come three times; a real one does."""
SIGNIFICANT: Final = 1.95
"""Of the Kolmogorov-Smirnov statistic, for one in a thousand."""
TRANSFERS: Final = "/exchange/v1/transfers"


@dataclass(frozen=True)
class Asked:
    """A request at the holder, by its place."""

    url: str
    id: str


def differs(one: list[float], other: list[float]) -> bool:
    """Whether two samples of the same size come from different distributions (two-sample KS test)."""
    places = sorted((value, sample) for sample, values in enumerate((one, other)) for value in values)
    seen, most = [0, 0], 0
    for _, sample in places:
        seen[sample] += 1
        most = max(most, abs(seen[0] - seen[1]))
    return bool(most / len(one) > SIGNIFICANT * (2 / len(one)) ** 0.5)


def test_the_test_of_distributions_finds_a_difference_and_no_other() -> None:
    lots = random.Random(3)
    one, same = ([lots.gauss(10, 2) for _ in range(PAIRS)] for _ in range(2))

    assert not differs(one, same)
    assert differs(one, [value + 0.5 for value in same])


async def request(oak: Outsider, live: Live, number: int) -> Asked:
    """Ask Maple for a student's record and wait until it is under review."""
    maple = live.federation.maple.url
    subject = live.subject(number)
    match = {
        "given_name": subject.given_name,
        "family_name": subject.family_name,
        "birth_date": subject.birth_date.isoformat(),
        "state_id": subject.state_id or "",
    }
    token = await oak.token(maple)
    answer = await oak.send(oak.call("POST", f"{maple}{TRANSFERS}", token, oak.request(maple, match)))
    assert answer.status == 202
    id_ = str(answer.said["transfer"])
    await until_state(live.maple, id_, State.REVIEW)  # type: ignore[arg-type]
    return Asked(f"{maple}{TRANSFERS}/{id_}", id_)


def without_id(answer: Answer, asked: Asked) -> object:
    """Return what was answered, but for the transfer's own id and what is made of it."""
    status, *headers, body = answer.shown
    bare = [pair for pair in headers if isinstance(pair, tuple) and pair[0] != "etag"]
    assert isinstance(body, bytes)
    return status, bare, len(answer.headers["Etag"]), body.replace(asked.id.encode(), b"T")


async def look(oak: Outsider, asked: Asked, token: str) -> tuple[Answer, float]:
    call = oak.call("GET", asked.url, token)
    began = time.perf_counter()
    answer = await oak.send(call)
    return answer, time.perf_counter() - began


async def test_a_silent_hold_is_told_neither_by_bytes_nor_by_time(tmp_path: Path) -> None:
    """Five hundred pairs of looks at a held request and at one under review, in an order drawn by lot."""
    async with federation(tmp_path) as live, ClientSession() as session:
        safety = person("sam", StaffRole.SAFETY_OFFICER, at=live.maple.node.now())
        missing = live.students[0].student
        wish = HoldWish(student=missing, kind=HoldKind.MISSING_CHILD, reason="notice 17", silent=True)
        await place_hold(live.maple.node, safety, wish)
        await live.processes.begin(live.federation.maple)
        oak = await admitted(live, session, "Oak")
        pair = [await request(oak, live, number) for number in (0, 1)]
        assert await live.maple.store.read(lambda tx: is_kept(tx, missing))
        lots, told = random.Random(11), [set[str](), set[str]()]

        for _ in range(ROUNDS):
            times: list[list[float]] = [[], []]
            token = await oak.token(live.federation.maple.url)
            for _ in range(PAIRS):
                for which in lots.sample((0, 1), 2):
                    answer, seconds = await look(oak, pair[which], token)
                    assert answer.status == 200
                    told[which].add(repr(without_id(answer, pair[which])))
                    times[which].append(seconds)
            if not differs(*times):
                break
        else:
            pytest.fail("the time of the answer tells of the hold")

        assert len(told[0]) == 1
        assert told[0] == told[1]


SEED: Final = 9
"""Makes a town whose mover has no siblings: those would keep the same guardians, rightly."""
FAMILY: Final = "Grommetsworth"
MAIL, PHONE = "vexholm.zq@household.example", "(202) 757-9177"
SECRETS: Final = (f"Balthazarine {FAMILY}", "Balthazarine", FAMILY, MAIL, PHONE, "2027579177")


def seeded() -> tuple[bytes, LocalStudentId]:
    """Return an export in which the household of a student without siblings has words of its own."""
    bundle = make_bundle(SEED, students=12, dirt=0)
    id_ = bundle.scenario.local_id
    reader = csv.DictReader(io.StringIO(bundle.files["users.csv"].decode("utf-8-sig"), newline=""))
    rows = list(reader)
    for row in rows:
        if id_ in row["agentSourcedIds"].split(","):
            row |= {"givenName": "Balthazarine", "familyName": FAMILY, "phone": PHONE, "email": MAIL}
        if row["sourcedId"] == id_:
            row |= {"email": MAIL, "phone": PHONE}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, reader.fieldnames or ())
    writer.writeheader()
    writer.writerows(rows)
    return to_zip(bundle.files | {"users.csv": out.getvalue().encode()}), LocalStudentId(id_)


def found_in(folder: Path) -> list[str]:
    """Return where one of the secrets stands, in any file below the folder."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 10
    return [
        f"{file.relative_to(folder)}: {secret}"
        for file in files
        for secret in SECRETS
        if secret.casefold().encode() in file.read_bytes().lower()
    ]


async def test_nothing_at_either_node_tells_where_a_protected_student_is(tmp_path: Path) -> None:
    """Flagged after a mapping run, mapped again, shown, published, requested, released and imported.

    Then every byte of both nodes' folders is searched, databases and logs among them.
    """
    export, student = seeded()
    async with federation(tmp_path, bundle=export, automatic_import=True) as live:
        maple = live.maple.node
        stored = await live.maple.store.read(lambda tx: tx.backpacks.get(student))
        kept = await live.maple.store.read(lambda tx: tx.backpacks.kept())
        assert any(FAMILY in json for json in (*kept.values(), stored.sections.decode()))
        safety = person("sam", StaffRole.SAFETY_OFFICER, at=maple.now())
        await set_flag(maple, safety, FlagWish(student=student, kind=FlagKind.PROTECTED, why="order 7"))
        await map_students(maple, wish=MapWish(full=True))
        await live.processes.begin(live.federation.maple, live.federation.cedar)
        number = [one.student for one in live.students].index(student)
        asked = await ask(live.cedar, maple.id, live.subject(number))
        await until_state(live.cedar, asked.id, State.REQUESTED)
        held = await live.held(asked.id)
        await until_state(live.maple, held.id, State.REVIEW)
        await approve(maple, held.id, person=clerk("otto"), why="the letter was read")
        await approve(maple, held.id, person=clerk("rosa"))
        await until_state(live.cedar, asked.id, State.RECEIPTED)
        said = await asyncio.gather(
            backpack(live.federation.maple, "student", "show", student),
            backpack(live.federation.maple, "student", "publish"),
            backpack(live.federation.maple, "map", "run", "--full"),
        )
        assert said[0].code == 0, said[0].err
        told = "".join(one.out + one.err for one in said)
        live.processes.stop()

    assert [secret for secret in SECRETS if secret in told] == []
    assert found_in(tmp_path / "nodes") == []

"""`python -m tests.bench.desk`: how long the desk's pages take at the server, with many students and transfers.

The bars: any page with 50 rows within 60 ms at 100,000 students, the queue within 150 ms with 10,000 open
transfers. Requests go over a real socket, one after the other; the time is that of the whole answer at the client.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, DummyCookieJar, web
from rich.console import Console
from rich.table import Table

from gateway.crypto.tokens import Nonces
from gateway.demo.nodes import free_ports
from gateway.demo.staff import list_staff
from gateway.domain.casework import Lane, new_case
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.packs import due_on, urgency_in
from gateway.domain.policy import PURPOSE_TRANSFER
from gateway.domain.policy.people import StaffRole
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.http.app import make_runner
from gateway.http.site import Site
from gateway.http.staff import sessions
from gateway.settings import Settings
from gateway.storage.store import SqlStore
from gateway.usecases.evidence import leaf
from gateway.usecases.ports import Node, Session, Tx
from gateway.wiring.desk import make_desk
from tests.harness.pair import Clock, Network, PlainDirectory, backpack, make_node
from tests.harness.staff import calendar, pack

BARS: Final = {"queue": 150.0}
"""Milliseconds; any other page 60."""
ORDINARY_BAR: Final = 60.0
TURNS: Final = 30
_BATCH: Final = 500
_STATES: Final = (State.REVIEW, State.NO_MATCH, State.RELEASED, State.RECEIVED, State.HELD)


async def measure(students: int, transfers: int, done: int) -> list[tuple[str, float, float]]:
    """Return for each page its median and its slowest time in milliseconds."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        store = await SqlStore.open(Path(folder) / "node.db")
        clock = Clock()
        node = make_node(
            EntityId(url), store=store, network=Network(), clock=clock, directory=PlainDirectory()
        )
        settings = Settings.model_validate(
            {"role": "district", "id": url, "name": "Bench", "login": {"demo": True}}
        )
        await list_staff(node, settings)
        await _fill_students(store, students)
        ids = await _fill_transfers(node, store, transfers, done)
        secret = await _session(node, store)
        site = Site(
            node=node,
            base_url=url,
            nonces=Nonces(b"n" * 32),
            publisher=None,  # type: ignore[arg-type] # nobody asks for it here
            started_at=node.now(),
            desk=make_desk(settings, None, node.now, _nobody),  # type: ignore[arg-type] # nobody signs in
        )
        runner = make_runner(site)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            return [await _time(name, url + path, secret) for name, path in _pages(ids)]
        finally:
            await runner.cleanup()
            await store.close()


def _pages(ids: Sequence[TransferId]) -> list[tuple[str, str]]:
    return [
        ("queue", "/desk/queue"),
        ("queue, one lane", "/desk/queue?lane=foster"),
        ("queue, page 100", f"/desk/queue?after={ids[len(ids) // 2]}"),
        ("queue, done", "/desk/queue?show=done"),
        ("home", "/desk/"),
        ("timeline", f"/desk/transfers/{ids[0]}"),
        ("request, start", "/desk/requests/new"),
        ("drafts", "/desk/requests"),
    ]


async def _time(name: str, url: str, secret: str) -> tuple[str, float, float]:
    spent = []
    headers = {"Cookie": f"sid={secret}"}
    async with ClientSession(cookie_jar=DummyCookieJar(), headers=headers) as client:
        for turn in range(TURNS + 3):
            began = time.perf_counter()
            async with client.get(url, allow_redirects=False) as answer:
                await answer.read()
            if answer.status != 200:
                raise SystemExit(f"{name}: {answer.status}")
            if turn >= 3:
                spent.append((time.perf_counter() - began) * 1000)
    return name, statistics.median(spent), max(spent)


async def _fill_students(store: SqlStore, count: int) -> None:
    template = backpack("0")
    for at in range(0, count, _BATCH):
        rows = [
            replace(
                template,
                student=LocalStudentId(f"S{n}"),
                learner=f"learner {n}",
                candidate=replace(template.candidate, student=LocalStudentId(f"S{n}"), state_id=f"TX{n}"),
            )
            for n in range(at, min(at + _BATCH, count))
        ]
        await store.write(lambda tx, rows=rows: tx.backpacks.put(rows))  # type: ignore[misc]


async def _fill_transfers(node: Node, store: SqlStore, count: int, done: int) -> list[TransferId]:
    dice, ids = random.Random(7), []
    for at in range(0, count + done, _BATCH):
        made = [_transfer(node, n, dice, n >= count) for n in range(at, min(at + _BATCH, count + done))]
        await store.write(lambda tx, made=made: _store(tx, made, dice))  # type: ignore[misc]
        ids += [one.id for one in made if one.state is not State.ACKED]
    return ids


def _transfer(node: Node, number: int, dice: random.Random, done: bool) -> Transfer:
    now = node.now() - timedelta(hours=dice.randrange(400))
    return Transfer(
        id=TransferId(f"T-{number:022d}"),
        role=Role.HOLDER,
        peer=EntityId(f"https://district{number % 40}.test"),
        state=State.ACKED if done else dice.choice(_STATES),
        subject=Subject(given_name="Ana", family_name=f"Ortiz {number}", birth_date=date(2014, 5, 2)),
        sections=("identity", "grades"),
        purpose=PURPOSE_TRANSFER,
        legal_basis="34CFR99.31(a)(2)",
        actor="node",
        request_jti=f"jti-{number:020d}",
        created_at=now,
        changed_at=now,
        expires_at=now + timedelta(days=30),
        next_try_at=None,
    )


def _store(tx: Tx, made: Sequence[Transfer], dice: random.Random) -> None:
    for one in made:
        lanes = (dice.choice(list(Lane)),) if dice.random() < 0.2 else ()
        tx.transfers.add(one)
        due = due_on(pack(), one.created_at.date(), lanes, calendar())
        case = new_case(
            one.id,
            one.role,
            at=one.created_at,
            due_on=due,
            urgency=urgency_in(pack(), lanes),
            lanes=lanes,
        )
        tx.cases.open(case)
        tx.audit.add(leaf(one, one.created_at))


async def _session(node: Node, store: SqlStore) -> str:
    secret, now = sessions.new_secret(), node.now()
    people = await store.read(lambda tx: tx.staff.list())
    officer = next(one for one in people if StaffRole.RECORDS_OFFICER in one.roles)
    session = Session(
        digest=sessions.digest_of(secret),
        person=officer.id,
        csrf="c",
        signed_in_at=now,
        strong=True,
        opened_at=now,
        seen_at=now,
    )
    await store.write(lambda tx: tx.sessions.add(session))
    return secret


async def _nobody() -> list[tuple[EntityId, str]]:
    return []


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--students", type=int, default=100_000)
    asked.add_argument("--transfers", type=int, default=10_000, help="open ones")
    asked.add_argument("--done", type=int, default=20_000)
    given = asked.parse_args()
    table = Table("page", "median ms", "slowest ms", "bar ms", "")
    for name, median, slowest in asyncio.run(measure(given.students, given.transfers, given.done)):
        bar = BARS.get(name.partition(",")[0], ORDINARY_BAR)
        table.add_row(
            name, f"{median:.1f}", f"{slowest:.1f}", f"{bar:.0f}", "ok" if median <= bar else "OVER"
        )
    Console().print(table)


if __name__ == "__main__":
    main()

"""Sealed parts on live nodes: over real sockets, with real keys, through a kill, and nothing in any log."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.demo.nodes import Place
from gateway.domain.errors import Moved
from gateway.domain.ids import TransferId, digest
from gateway.domain.policy import StaffRole
from gateway.domain.sealed import PartState
from gateway.domain.transfer import State
from gateway.usecases.decide_release import approve
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import Node, Tx
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.sealed_reading import Which, answer_part, read_part
from gateway.usecases.sealed_release import let_sealed_go
from gateway.usecases.wholes import read_whole
from tests.harness.live import Live, federation, leaves, until, until_state
from tests.harness.sealed import SECRET, with_sealed
from tests.harness.staff import clerk, person

pytestmark = pytest.mark.timeout(180)


async def _asked(live: Live) -> TransferId:
    """Let Cedar ask for a student whose health section is sealed; return Cedar's id."""
    student = live.students[0].student

    def add(tx: Tx) -> None:
        whole = with_sealed(read_whole(tx, student))
        tx.backpacks.put([replace(whole, fingerprint=digest(whole.sections))])

    await live.maple.store.write(add)
    wish = Wish(
        holder=live.maple.node.id,
        subject=live.subject(0),
        sections=("identity", "grades", "health"),
        person=clerk("registrar"),
    )
    return (await request_backpack(live.cedar.node, wish)).id


async def test_a_sealed_part_goes_to_one_role_and_its_receipt_comes_back(tmp_path: Path) -> None:
    async with federation(tmp_path) as live:
        maple, cedar = live.federation.maple, live.federation.cedar
        await live.processes.begin(maple, cedar)
        asked = await _asked(live)
        await until_state(live.cedar, asked, State.REQUESTED)
        held = (await live.held(asked)).id
        await until_state(live.maple, held, State.REVIEW)
        for name in ("otto", "rosa"):
            await let_sealed_go(live.maple.node, held, "health", person=clerk(name), why="asked for")
        live.processes.kill(cedar)
        await approve(live.maple.node, held, person=clerk("otto"))
        await until_state(live.maple, held, State.RELEASED)
        await live.processes.begin(cedar)
        await until_state(live.cedar, asked, State.VERIFIED)
        live.processes.kill(cedar)
        await live.processes.begin(cedar)
        await _import(live.cedar.node, asked)
        await until_state(live.cedar, asked, State.RECEIPTED)

        nurse = person("nora", StaffRole.NURSE, at=live.cedar.node.now())
        read = await read_part(live.cedar.node, nurse, Which(asked, 1, 1))
        assert SECRET in repr(read.segments)
        await answer_part(live.cedar.node, Which(asked, 1, 1), person=nurse)

        async def confirmed() -> bool:
            part = await live.maple.store.read(lambda tx: tx.sealed_parts.get(held, 1, 1))
            return part.state is PartState.CONFIRMED

        await until(confirmed)
        steps = await leaves(live.maple, held)
        places = [steps.index(one) for one in ("sealed.fetched", "release.acked", "sealed.confirmed")]
        assert places == sorted(places), "the part is fetched while its record still waits for the receipt"
        assert "request.receipted" in await leaves(live.cedar, asked)
        metrics = [await _text(f"{place.url}/metrics") for place in (maple, cedar)]
        logs = [place.log.read_text("utf-8") for place in (maple, cedar)]
        assert all(logs)
        assert SECRET not in "".join((*metrics, *logs))
        assert SECRET not in _imported(cedar)


async def _import(node: Node, id_: TransferId) -> None:
    """Import, and try again as a person does who is told that the node moved the transfer meanwhile."""
    for last in (False, False, True):
        try:
            await import_reviewed(node, id_, person=clerk("rita"))
        except Moved:
            if last:
                raise
        else:
            return


def _imported(place: Place) -> str:
    """What the local system got."""
    files = [file.read_text("utf-8") for file in place.imports.rglob("*.json")]
    assert files
    return "".join(files)


async def _text(url: str) -> str:
    async with ClientSession() as session, session.get(url) as answer:
        return await answer.text()

"""What the law wants gone is gone before a record is packaged."""

from dataclasses import replace

import orjson

from gateway.domain.ids import digest
from gateway.domain.policy import StaffRole
from gateway.usecases import decide_release, loop
from gateway.usecases.ports import Node, StoredBackpack
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.sealed_reading import Which, read_part
from gateway.usecases.sealed_release import let_sealed_go
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, CEDAR, MAPLE, Clock, Network, backpack, make_node
from tests.harness.staff import calendar, clerk, pack, person

OLD = {"incidentId": "old notice", "date": "2025-01-10", "reportedToLawEnforcement": True}
DECIDED = {**OLD, "incidentId": "decided", "actions": [{"length": 1}]}
RECENT = {**OLD, "incidentId": "recent", "date": "2026-10-01"}


def with_incidents(whole: StoredBackpack) -> StoredBackpack:
    """Return the backpack with three notices of the police, none of them restricted."""
    sections = orjson.loads(whole.sections)
    meta = sections["identity"][0]["meta"]
    sections["incidents"] = [{"meta": meta, **one} for one in (OLD, DECIDED, RECENT)]
    content = orjson.dumps(sections)
    return replace(whole, sections=content, fingerprint=digest(content))


async def moved(place: str) -> tuple[list[str], Node]:
    """Move the record from a district of this jurisdiction; return which incidents came, and the holder."""
    network, clock = Network(), Clock()
    maple = make_node(MAPLE, store=MemoryStore(), network=network, clock=clock)
    maple = network.nodes[MAPLE] = replace(maple, pack=pack(place), calendar=calendar(place))
    cedar = make_node(CEDAR, store=MemoryStore(), network=network, clock=clock)
    await maple.store.write(lambda tx: tx.backpacks.put([with_incidents(backpack())]))
    wish = Wish(holder=MAPLE, subject=ANA, sections=("identity", "incidents"), person=clerk("rita"))
    asked = await request_backpack(cedar, wish)
    while await loop.turn(cedar) + await loop.turn(maple):
        pass
    [held] = await maple.store.read(lambda tx: list(tx.transfers.list()))
    for name in ("otto", "rosa"):
        await let_sealed_go(maple, held.id, "incidents", person=clerk(name), why="the principal asked")
    await decide_release.approve(maple, held.id, person=clerk("otto"))
    while await loop.turn(cedar) + await loop.turn(maple):
        pass
    part = await read_part(cedar, person("paula", StaffRole.PRINCIPAL), Which(asked.id, 1, 1))
    return [one["incidentId"] for one in part.segments[-1]["sections"]["incidents"]], maple


async def test_a_year_old_notice_without_an_outcome_stays_in_minnesota_and_the_log_says_so() -> None:
    came, maple = await moved("us-mn")

    leaves = [leaf for _, leaf in await maple.store.read(lambda tx: list(tx.audit.list()))]
    assert came == ["decided", "recent"]
    assert ["120A.22" in leaf.rule for leaf in leaves if leaf.action == "release.purged"] == [True]


async def test_elsewhere_it_travels() -> None:
    came, maple = await moved("us-tx")

    leaves = [leaf for _, leaf in await maple.store.read(lambda tx: list(tx.audit.list()))]
    assert came == ["old notice", "decided", "recent"]
    assert not [leaf for leaf in leaves if leaf.action == "release.purged"]

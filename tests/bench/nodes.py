"""The bench's federation: an agency and two districts that decide by themselves, in a folder of its own."""

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from gateway.crypto.keys import KeyRing, Purpose
from gateway.demo.district import make_bundle
from gateway.demo.nodes import Place, free_ports
from gateway.domain.ids import EntityId
from gateway.usecases.agency import ACTIVE
from gateway.usecases.agency import admit as admit_member
from gateway.usecases.map_students import map_students
from gateway.usecases.ports import Member, StoredBackpack
from gateway.usecases.wholes import read_whole
from gateway.wiring import Opened, introduce, open_node
from tests.bench.students import Sections, backpacks, student_id
from tests.harness.staff import clerk

_BATCH: Final = 200
_MADE_UP: Final = 24
"""Students in the export from which the richest record is taken."""

_EVERY_NODE: Final = """\
role = "{role}"
id = "{url}"
name = "{name}"
server = {{ port = {port} }}
loop = {{ tick_seconds = 0.05, poll_seconds = 2 }}
"""
_AGENCY: Final = """\
trust = { allow_loopback_http = true }
"""
_DISTRICT: Final = """\
incoming = {{ automatic_import = true }}
notice = {{ year = "2026-2027", text = "made up" }}
release = {{ automatic_approval = true, batch_minutes = 0, requests_per_peer_per_day = 1000000, \
peer_requests_per_hour = 1000000, person_requests_per_hour = 1000000 }}
import = {{ sink = "json_folder", options = {{ folder = "imports" }} }}
source = {{ adapter = "oneroster_csv", mapping = "oneroster/oneroster", options = {{ path = "export.zip" }} }}

[trust]
allow_loopback_http = true
anchor = [{{ id = "{agency}", keys = "agency.jwks.json" }}]
"""


def write_nodes(folder: Path) -> Sequence[Place]:
    """Make the folders of an agency, a holder and a requester, in this order."""
    names = ("agency", "holder", "requester")
    agency, *districts = (_place(folder, name, port) for name, port in zip(names, free_ports(3), strict=True))
    agency.config.write_text(_head(agency, "agency") + _AGENCY, "utf-8")
    public = json.dumps(agency.keys.public_jwks(Purpose.FEDERATION))
    for district in districts:
        district.anchor_keys.write_text(public, "utf-8")
        district.imports.mkdir()
        own = _DISTRICT.format(agency=agency.url)
        district.config.write_text(_head(district, "district") + own, "utf-8")
    return agency, *districts


async def fill(holder: Place, count: int) -> None:
    """Store so many students at the holder, each with the record of one who was mapped from an export."""
    (holder.folder / "export.zip").write_bytes(make_bundle(7, students=_MADE_UP, dirt=0).to_zip())
    async with open_node(holder.settings) as opened:
        await map_students(opened.node)
        students = backpacks(await _richest(opened), count)
        while batch := list(islice(students, _BATCH)):
            await _put(opened, batch)


async def made_up_sections(folder: Path) -> Sections:
    """Return the record that each student has, made in a folder of its own."""
    _, holder, _ = write_nodes(folder)
    await fill(holder, 1)
    async with open_node(holder.settings) as opened:
        stored = await opened.store.read(lambda tx: read_whole(tx, student_id(0)))
    sections: Sections = orjson.loads(stored.sections)
    return sections


async def admit(agency: Place, *districts: Place) -> None:
    """Let the agency vouch for the districts, which serve already."""
    async with open_node(agency.settings) as opened:
        for number, district in enumerate(districts):
            await _admit(opened, district, f"99{number:05d}")


async def _admit(agency: Opened, district: Place, nces: str) -> None:
    now = agency.node.now()
    told = await introduce(agency.statements, district.url, agency.rules, at=now)
    member = Member(
        id=told.id,
        organization_name=told.organization_name,
        lea_ids={"nces": nces},
        jwks=told.jwks,
        marks=frozenset(),
        status=ACTIVE,
        admitted_at=now,
        changed_at=now,
    )
    await admit_member(agency.node, member, person=clerk("bench"))


async def _put(opened: Opened, batch: Sequence[StoredBackpack]) -> None:
    await opened.store.write(lambda tx: tx.backpacks.put(batch))


async def _richest(opened: Opened) -> StoredBackpack:
    richest = max([one async for one in opened.store.students()], key=lambda one: len(one.sections))
    return await opened.store.read(lambda tx: read_whole(tx, richest.student))


def _place(folder: Path, name: str, port: int) -> Place:
    place = Place(name=name, folder=folder / name, url=EntityId(f"http://127.0.0.1:{port}"))
    place.folder.mkdir(mode=0o700, parents=True)
    KeyRing.generate().save(place.folder / "keys")
    return place


def _head(place: Place, role: str) -> str:
    port = place.url.rpartition(":")[2]
    return _EVERY_NODE.format(role=role, url=place.url, name=place.name.title(), port=port)

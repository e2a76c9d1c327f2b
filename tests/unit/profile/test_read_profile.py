"""What a profile shows of what others wrote: what can be read, and nothing restricted."""

from dataclasses import replace
from typing import Any

import orjson

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import StaffRole
from gateway.usecases.ports import StoredBackpack
from gateway.usecases.read_profile import read_profile
from tests.harness.pair import CEDAR, MAPLE, backpack
from tests.harness.staff import person
from tests.harness.town import Town

CARA = person("cara", StaffRole.COUNSELOR)
STUDENT = LocalStudentId("1001")
PROFILE = ("identity", "learnerProfile")


def holding(*entries: dict[str, Any], level: str = "E") -> StoredBackpack:
    held = backpack()
    sections = orjson.loads(held.sections)
    meta = {**sections["identity"][0]["meta"], "sensitivity": {"class": level}}
    said = {"kind": "interest", "label": "Chess", "voice": "learner", "recordedOn": "2026-11-01"}
    sections["learnerProfile"] = [{"meta": meta, **said, **entry} for entry in entries]
    return replace(held, sections=orjson.dumps(sections))


async def shown(town: Town, place: Any) -> set[str]:
    profile = await read_profile(town[place], CARA, STUDENT)
    return {one.text for part in profile.parts.values() for one in part}


async def test_what_is_restricted_here_is_not_for_those_who_teach() -> None:
    town = Town(MAPLE)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([holding({"label": "Hidden"}, level="R")]))

    assert await shown(town, MAPLE) == set()


async def test_an_entry_from_elsewhere_that_fits_no_schema_stops_no_page() -> None:
    town = Town(MAPLE, CEDAR)
    odd = {"label": "", "kind": "udlBarrier", "barrier": "Long texts", "supportsThatWork": [7]}
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([holding({"label": "Chess"}, odd)]))
    await town.ask(CEDAR, MAPLE, sections=PROFILE)
    await town.settle()
    await town[CEDAR].store.write(lambda tx: tx.backpacks.put([backpack()]))

    assert await shown(town, CEDAR) == {"Chess"}

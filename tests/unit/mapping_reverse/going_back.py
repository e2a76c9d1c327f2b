"""There and back: a bundle mapped, its entries made rows again, and those rows mapped once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from gateway.domain.backpack.base import Entry
from gateway.mapping.inverse_csv import csv_texts
from gateway.mapping.inverse_rows import ImportRows
from gateway.mapping.invert import rows_of
from gateway.mapping.plan import Plan, make_plan
from gateway.mapping.spec import MappingFile
from tests.harness.bundles import NOW, ONEROSTER, Bundle, map_path
from tests.harness.mapped import MappedStudent

MAPLE = "urn:example:maple"
"""Who the harness says that the entries are from."""

Sections = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Journey:
    """One student there and back."""

    plan: Plan
    before: Sections
    rows: ImportRows
    after: Sections


async def plan_of(path: Path, mapping: MappingFile = ONEROSTER) -> Plan:
    """Return the plan for the bundle at the path."""
    adapter = OneRosterCsvAdapter(OneRosterCsv(path=path))
    return make_plan(mapping, await adapter.tables(), NOW.date())


async def journey(
    bundle: Bundle,
    folder: Path,
    *,
    student: str = "U1",
    organization: str = MAPLE,
    as_key: str | None = None,
    mapping: MappingFile = ONEROSTER,
) -> Journey:
    """Map a student, write the import rows as CSV, and map those."""
    there = bundle.folder(folder / "there")
    plan = await plan_of(there, mapping)
    before = wire((await map_path(there, mapping)).students[student])
    rows = rows_of(plan, before, organization=organization, student=as_key)
    back = folder / "back"
    back.mkdir()
    for name, text in csv_texts(plan, rows.tables).items():
        (back / name).write_bytes(text.encode())
    (one,) = (await map_path(back, mapping)).students.values()
    return Journey(plan, before, rows, wire(one))


def wire(student: MappedStudent) -> Sections:
    """Return a student's entries as on the wire."""
    return {name: [as_json(one) for one in entries] for name, entries in student.sections.items()}


def as_json(entry: Entry) -> dict[str, Any]:
    """Return an entry as on the wire."""
    found: dict[str, Any] = orjson.loads(
        entry.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    )
    return found


def bare(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> Sections:
    """Return the entries without their provenance."""
    return {
        name: [{wire: value for wire, value in one.items() if wire != "meta"} for one in entries]
        for name, entries in sections.items()
    }


def ids(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[str]]:
    """Return the record ids by section."""
    return {name: [str(one["meta"]["recordId"]) for one in entries] for name, entries in sections.items()}

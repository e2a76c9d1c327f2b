"""A published set mapped in bulk, and a few of its students alone, which must be the same."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.adapter_api import Adapter
from gateway.domain.backpack.base import Entry
from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.document import SECTIONS, entry_from
from gateway.domain.backpack.whole import Stamp, whole
from gateway.mapping.bulk import BulkRun, Counts, open_bulk
from gateway.mapping.findings import Finding
from gateway.mapping.measuring import Measured, measure
from gateway.mapping.single import Single
from gateway.mapping.spec import MappingFile
from tests.unit.published.published import NOW

ALONE = 4
"""How many students are mapped alone too: their source is read once for each."""


@dataclass
class Run:
    """What came of a run."""

    students: dict[str, Mapping[str, Sequence[Entry]]]
    """Validated entries by section, by student."""
    findings: list[Finding]
    counts: Mapping[str, Counts]


async def map_set(adapter: Adapter, mapping: MappingFile) -> Run:
    """Map a set whole."""
    dictionary = Dictionary()
    documents: dict[str, dict[str, str]] = {}
    found: dict[str, set[Finding]] = {}
    with tempfile.TemporaryDirectory() as work:
        run = await open_bulk(adapter, mapping, now=NOW, work=Path(work), dictionary=dictionary, bucket=500)
        findings = []
        async for made in run.made():
            for row in made.students.iter_rows(named=True):
                documents[row["student"]] = {
                    name: row[name] for name in SECTIONS if row.get(name) is not None
                }
            for student, file, line, column, raw, code in made.found.iter_rows():
                findings.append(run.finding(code, file, line, column, raw))
                found.setdefault(student, set()).add(findings[-1])
        for student in list(documents)[:: max(1, len(documents) // ALONE)]:
            alone = await Single(adapter, run.plan, dictionary).student(student)
            assert alone is not None
            assert alone.sections == documents[student]
            assert set(alone.findings) == found.get(student, set())
    stamp = _stamp(run)
    students = {key: _entries(one, stamp, dictionary) for key, one in documents.items()}
    return Run(students, [*run.findings, *findings], run.counts)


async def measure_set(adapter: Adapter, mapping: MappingFile) -> Measured:
    """Map a set as `backpack map quality` does."""
    with tempfile.TemporaryDirectory() as work:
        run = await open_bulk(adapter, mapping, now=NOW, work=Path(work), dictionary=Dictionary(), bucket=500)
        return await measure(run, NOW.date())


def _stamp(run: BulkRun) -> Stamp:
    about = run.plan.mapping.mapping
    return Stamp.of(
        organisation="urn:example:maple",
        system=about.source_system,
        mapping=f"{about.name} {about.version}",
        at=NOW,
        files={one.spec.file: one.file for one in run.plan.sources.values() if one.table},
    )


def _entries(
    documents: Mapping[str, str], stamp: Stamp, dictionary: Dictionary
) -> Mapping[str, Sequence[Entry]]:
    document = orjson.dumps({name: orjson.loads(text) for name, text in documents.items()})
    sections = whole(document, stamp, dictionary.texts)
    return {name: [entry_from(name, one) for one in entries] for name, entries in sections.items()}

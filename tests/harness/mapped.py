"""A source mapped by both executors, which must say the same."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from gateway.adapter_api import Adapter
from gateway.domain.backpack.base import Entry
from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.document import SECTIONS, entry_from
from gateway.domain.backpack.whole import Stamp, whole
from gateway.domain.ids import LocalStudentId
from gateway.domain.matching import Candidate
from gateway.mapping.bulk import BulkRun, Counts, open_bulk
from gateway.mapping.findings import Finding
from gateway.mapping.single import Single
from gateway.mapping.spec import MappingFile
from gateway.usecases.students import candidate_of, present_stay


@dataclass(frozen=True)
class MappedStudent:
    """What became of one student."""

    student: str
    keys: Candidate
    school: str | None
    grade: str | None
    sections: Mapping[str, Sequence[Entry]]
    findings: tuple[Finding, ...]


@dataclass
class Mapped:
    """A run that has been read to its end."""

    students: dict[str, MappedStudent]
    findings: list[Finding]
    """Of the run and of every student."""
    counts: dict[str, Counts]

    def warnings(self) -> list[Finding]:
        """Return what is worse than information."""
        return [found for found in self.findings if found.severity != "info"]


async def map_all(adapter: Adapter, mapping: MappingFile, now: datetime, *, bucket: int = 2) -> Mapped:
    """Map all students in buckets, and each of them alone; hold the two together and the counts to the rows."""
    dictionary = Dictionary()
    documents: dict[str, dict[str, str]] = {}
    found: dict[str, list[Finding]] = {}
    with tempfile.TemporaryDirectory() as work:
        run = await open_bulk(
            adapter, mapping, now=now, work=Path(work), dictionary=dictionary, bucket=bucket
        )
        async for made in run.made():
            names = [name for name in SECTIONS if name in made.students.columns]
            for row in made.students.iter_rows(named=True):
                documents[row["student"]] = {name: row[name] for name in names if row[name] is not None}
            for student, file, line, column, raw, code in made.found.iter_rows():
                found.setdefault(student, []).append(run.finding(code, file, line, column, raw))
    assert all(_adds_up(counts) for counts in run.counts.values()), run.counts
    in_order = run.students.get_column("key").to_list()
    single = Single(adapter, run.plan, dictionary)
    for student in in_order:
        alone = await single.student(student)
        assert alone is not None
        assert alone.sections == documents[student]
        assert set(alone.findings) == set(found.get(student, ()))
    students = {key: _student(key, documents[key], found.get(key, ()), run, now=now) for key in in_order}
    told = [*run.findings, *(one for key in in_order for one in found.get(key, ()))]
    return Mapped(students, told, run.counts)


def _student(
    key: str,
    documents: Mapping[str, str],
    found: Sequence[Finding],
    run: BulkRun,
    *,
    now: datetime,
) -> MappedStudent:
    about = run.plan.mapping.mapping
    stamp = Stamp.of(
        organisation="urn:example:maple",
        system=about.source_system,
        mapping=f"{about.name} {about.version}",
        at=now,
        files={one.spec.file: one.file for one in run.plan.sources.values() if one.table},
    )
    document = orjson.dumps({name: orjson.loads(text) for name, text in documents.items()})
    sections = whole(document, stamp, run.dictionary.texts)
    stay = present_stay(sections.get("enrollments", ()))
    return MappedStudent(
        student=key,
        keys=candidate_of(LocalStudentId(key), sections),
        school=stay.school if stay else None,
        grade=stay.grade if stay else None,
        sections={name: [entry_from(name, one) for one in entries] for name, entries in sections.items()},
        findings=tuple(found),
    )


def _adds_up(counts: Counts) -> bool:
    return counts.rows == counts.used + sum(counts.excluded.values()) + counts.faulty

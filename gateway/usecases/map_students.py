"""Read the local system through its mapping and keep every student's backpack."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import orjson

from gateway.domain.audit import Leaf
from gateway.domain.backpack.document import sections_to_json
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import Digest, LocalStudentId, digest
from gateway.domain.matching import Candidate
from gateway.mapping.findings import Finding
from gateway.mapping.run import Counts, MappedStudent
from gateway.usecases.ports import Node, StoredBackpack, Tx

BATCH: Final = 200
"""Students in one transaction."""
MAX_REMOVED: Final = 0.2
"""A run that would remove a greater share of the students removes none: a file is probably missing."""


@dataclass(slots=True, kw_only=True)
class MapReport:
    """What a mapping run did."""

    students: int = 0
    changed: int = 0
    removed: int = 0
    held_removals: int = 0
    """Students who are gone from the source but were kept, because too many are."""
    findings: Counter[str] = field(default_factory=Counter)
    """By rule."""
    files: Mapping[str, Counts] = field(default_factory=dict)


async def map_students(node: Node, progress: Callable[[int], None] = lambda _: None) -> MapReport:
    """Map all students; store those whose content changed, and all findings.

    Args:
        node: The district's node.
        progress: Called with the number of students done so far.

    Raises:
        Misconfigured: this node has no source.
        Refused: the source as a whole cannot be read.
    """
    if node.source is None:
        raise Misconfigured("this node has no source: name one under [source] in its configuration")
    run = await node.source.run(node.now())
    known = await node.store.read(lambda tx: tx.backpacks.fingerprints())
    report = MapReport()
    findings: list[tuple[LocalStudentId | None, Finding]] = []
    seen: set[LocalStudentId] = set()
    while batch := list(islice(run.students, BATCH)):
        await _store(node, batch, known, report)
        for mapped in batch:
            seen.add(mapped.student)
            findings += [(mapped.student, finding) for finding in mapped.findings]
        progress(report.students)
    findings += [(None, finding) for finding in run.findings]
    report.files = run.counts
    report.findings.update(str(finding.rule) for _, finding in findings)
    await _finish(node, known.keys() - seen, findings, report)
    return report


async def _store(
    node: Node, batch: Sequence[MappedStudent], known: Mapping[LocalStudentId, Digest], report: MapReport
) -> None:
    backpacks = [_backpack(node, mapped) for mapped in batch]
    changed = [backpack for backpack in backpacks if known.get(backpack.student) != backpack.fingerprint]
    if changed:
        await node.store.write(lambda tx: tx.backpacks.put(changed))
    report.students += len(batch)
    report.changed += len(changed)


async def _finish(
    node: Node,
    gone: set[LocalStudentId],
    findings: Sequence[tuple[LocalStudentId | None, Finding]],
    report: MapReport,
) -> None:
    known = report.students + len(gone)
    too_many = len(gone) > MAX_REMOVED * known
    report.held_removals = len(gone) if too_many else 0
    report.removed = 0 if too_many else len(gone)
    leaf = Leaf(at=node.now(), actor="node", action="students.mapped", object=node.id)

    def store(tx: Tx) -> None:
        tx.findings.replace(findings)
        if report.removed:
            tx.backpacks.remove(sorted(gone))
        tx.audit.add(leaf)

    await node.store.write(store)


def _backpack(node: Node, mapped: MappedStudent) -> StoredBackpack:
    sections = sections_to_json(mapped.sections)
    return StoredBackpack(
        student=mapped.student,
        learner=node.pseudonym("learner", mapped.student),
        candidate=_candidate(mapped),
        school=mapped.school,
        grade=mapped.grade,
        fingerprint=_fingerprint(sections),
        sections=orjson.dumps(sections),
        mapped_at=node.now(),
    )


def _candidate(mapped: MappedStudent) -> Candidate:
    keys = mapped.keys
    return Candidate(
        student=mapped.student,
        state_id=keys.state_id,
        given_names=frozenset(keys.given_names),
        family_names=frozenset(keys.family_names),
        birth_date=keys.birth_date,
        middle_names=frozenset({keys.middle_name} if keys.middle_name else ()),
        birth_cities=frozenset({keys.birth_city} if keys.birth_city else ()),
        guardian_names=frozenset(keys.guardian_names),
        previous_schools=frozenset(keys.previous_schools),
    )


def _fingerprint(sections: Mapping[str, Sequence[Mapping[str, object]]]) -> Digest:
    """Digest the content without what differs from run to run: the time of the run, the row's place."""
    content = {
        name: [entry | {"meta": _lasting(entry["meta"])} for entry in map(dict, entries)]
        for name, entries in sections.items()
    }
    return digest(orjson.dumps(content))


def _lasting(meta: object) -> object:
    if not isinstance(meta, dict):
        return meta
    source = {name: value for name, value in meta["source"].items() if name not in _PASSING}
    return meta | {"source": source}


_PASSING: Final = frozenset({"extractedAt", "row"})

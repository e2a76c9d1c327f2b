"""Read the local system through its mapping and keep every student's backpack."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.domain.audit import Leaf
from gateway.domain.backpack.compact import REF, Dictionary, numbers_in, sections_of
from gateway.domain.backpack.document import SECTIONS
from gateway.domain.confidentiality import confidential
from gateway.domain.errors import Misconfigured, TryLater
from gateway.domain.ids import Digest, LocalStudentId, digest
from gateway.domain.matching import Candidate
from gateway.domain.rosters import Seat, seats_in
from gateway.mapping.findings import Finding
from gateway.usecases.drafts import arrivals
from gateway.usecases.ports import Node, StoredBackpack, Tx
from gateway.usecases.protection import STALE, protected_students, without_contacts
from gateway.usecases.students import candidate_of, present_stay

if TYPE_CHECKING:
    from gateway.domain.backpack.whole import Stamp
    from gateway.mapping.bulk import BulkRun, Counts, MappedBucket

BATCH: Final = 500
"""Students in one transaction."""
DETAILS: Final = 5_000
"""Findings of one rule about one column that are kept with their place; all of them are counted."""
_ROW: Final = re.compile(rb'"row":\d+')
_REF: Final = re.compile(rb'"\$":(\d+)')
_KEYS: Final = ("identity", "contacts", "enrollments")

Found = tuple[LocalStudentId | None, Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapWish:
    """How a run is wanted."""

    full: bool = False
    """Map every student again, whether changed or not."""
    approve_removals: bool = False
    """Remove students who are gone, however many they are."""
    despite_blackout: bool = False


@dataclass(slots=True, kw_only=True)
class MapReport:
    """What a mapping run did."""

    students: int = 0
    mapped: int = 0
    """Students whose rows changed, or all of them in a full run."""
    changed: int = 0
    """Students whose documents differ from what was kept."""
    removed: int = 0
    held_removals: int = 0
    """Students who are gone from the source but were kept, because too many are."""
    arrivals: int = 0
    """Students who were not here at the last run, and of whom no record came."""
    drafts: int = 0
    """Requests that were opened for them; none where too many came at once."""
    findings: Counter[str] = field(default_factory=Counter)
    """By rule."""
    files: Mapping[str, "Counts"] = field(default_factory=dict)
    mapping: str = ""
    """Name and version of the mapping file."""


async def map_students(
    node: Node, progress: Callable[[int, int], None] = lambda _done, _all: None, wish: MapWish = MapWish()
) -> MapReport:
    """Map the students who changed since the last run, or all; store what differs, and all findings.

    Args:
        node: The district's node.
        progress: Called with the number of students done so far, and of all.
        wish: How the run is wanted.

    Raises:
        Misconfigured: this node has no source.
        TryLater: it is a time at which the local system is being rebuilt.
        Refused: the source as a whole cannot be read.
    """
    if node.source is None:
        raise Misconfigured("this node has no source: name one under [source] in its configuration")
    now = node.now()
    _check_blackout(node, now.date(), wish)
    dictionary = Dictionary(await node.store.read(lambda tx: tx.backpacks.kept()))
    known = await node.store.read(lambda tx: tx.backpacks.fingerprints())
    protected = await node.store.read(protected_students)
    made = {student for student, fingerprint in known.items() if fingerprint != STALE}
    async with node.source.run(now, dictionary) as run:
        about = run.plan.mapping.mapping
        report = MapReport(students=run.students.height, mapping=f"{about.name} {about.version}")
        keeping = _Keeping(node, run, dictionary, node.source.stamp(run.plan, now), known, report, protected)
        done = 0
        async for bucket in run.made(None if wish.full else made):
            await keeping.take(bucket)
            done += run.reached(bucket)
            progress(done, report.students)
        await keeping.end(wish)
    return report


def _check_blackout(node: Node, today: date, wish: MapWish) -> None:
    for first, last in node.source.blackout if node.source else ():
        if first <= today <= last and not wish.despite_blackout:
            raise TryLater(
                f"the local system is rebuilt from {first} to {last}, and nothing is read;"
                " --despite-blackout reads all the same"
            )


@dataclass
class _Keeping:
    """Puts what a run made into the store."""

    node: Node
    run: "BulkRun"
    dictionary: Dictionary
    stamp: "Stamp"
    known: Mapping[LocalStudentId, Digest]
    report: MapReport
    protected: Mapping[LocalStudentId, Mapping[str, Any] | None]
    """Students of whom nothing is kept that tells where they are, with the address given instead."""
    _hidden: set[int] = field(default_factory=set)
    _withheld: dict[int, str] = field(default_factory=dict)
    _new: list[Candidate] = field(default_factory=list)
    """Students who were not here at the last run; none of the first run are."""
    _more: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    _last: dict[tuple[str, str, str | None], Finding] = field(default_factory=dict)
    _details: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)

    async def take(self, bucket: "MappedBucket") -> None:
        """Store a bucket: the documents that differ, and its students' findings."""
        students = bucket.students.get_column("student").to_list()
        self.report.mapped += len(students)
        backpacks = await asyncio.to_thread(lambda: list(self._backpacks(bucket)))
        changed = [one for one in backpacks if self.known.get(one.student) != one.fingerprint]
        self.report.changed += len(changed)
        found = await asyncio.to_thread(lambda: list(self._kept(self._found(bucket))))
        kept = self._shared(self.dictionary.taken(), backpacks)

        def store(tx: Tx) -> None:
            if kept:
                tx.backpacks.keep(kept)
            tx.findings.replace(found, of=students)

        await self.node.store.write(store)
        for at in range(0, len(changed), BATCH):
            some = changed[at : at + BATCH]
            await self.node.store.write(_putting(some, {one.student: self._seats(one) for one in some}))
        if self.known:
            self._new += [one.candidate for one in changed if one.student not in self.known]

    async def end(self, wish: MapWish) -> None:
        """Store what belongs to no student, and remove who is gone."""
        here = set(self.run.students.get_column("key").to_list())
        gone = self.known.keys() - here
        too_many = len(gone) > self._max_removed() * len(self.known) and not wish.approve_removals
        self.report.held_removals = len(gone) if too_many else 0
        self.report.removed = 0 if too_many else len(gone)
        self.report.files = self.run.counts
        found = list(self._kept((None, one) for one in self.run.findings))
        found += [(None, _further(self._last[kind], number)) for kind, number in self._more.items()]
        leaf = Leaf(at=self.node.now(), actor="node", action="students.mapped", object=self.node.id)

        def store(tx: Tx) -> None:
            tx.findings.replace(found, of=[None])
            if self.report.removed:
                tx.backpacks.remove(sorted(gone))
                tx.rosters.put({student: [] for student in gone})
                tx.findings.replace([], of=sorted(gone))
            self.report.arrivals, self.report.drafts = arrivals(self.node, tx, self._new)
            tx.audit.add(leaf)

        await self.node.store.write(store)
        self.report.findings.update(await self.node.store.read(lambda tx: tx.findings.counts()))

    def _max_removed(self) -> float:
        return self.node.source.max_removed if self.node.source else 0.0

    def _backpacks(self, bucket: "MappedBucket") -> Iterator[StoredBackpack]:
        names = [name for name in SECTIONS if name in bucket.students.columns]
        now = self.node.now()
        for row in bucket.students.iter_rows(named=True):
            student = LocalStudentId(row["student"])
            sections = [(name, row[name]) for name in names if row[name] is not None]
            keys = {name: self._expanded(row.get(name)) for name in _KEYS}
            stay = present_stay(keys["enrollments"])
            document = sections_of(sections).encode()
            candidate = candidate_of(student, keys)
            if student in self.protected:
                document, candidate = self._concealed(student, document), without_contacts(candidate)
            yield StoredBackpack(
                student=student,
                learner=self.node.pseudonym("learner", student),
                candidate=candidate,
                school=stay.school if stay else None,
                grade=stay.grade if stay else None,
                fingerprint=self._fingerprint(document),
                sections=document,
                mapped_at=now,
                stamp=self.stamp,
            )

    def _seats(self, backpack: StoredBackpack) -> Sequence[Seat]:
        classes = self.dictionary.expand(orjson.loads(backpack.sections).get("classes", []))
        return list(seats_in(classes))

    def _concealed(self, student: LocalStudentId, document: bytes) -> bytes:
        """Return the document without what tells where the student is, and note what it named."""
        compact = orjson.loads(document)
        self._hidden |= _reached(compact, self.dictionary.texts)
        sections = confidential(self.dictionary.expand(compact), substitute=self.protected[student])
        return orjson.dumps(sections)

    def _shared(self, new: dict[int, str], backpacks: Sequence[StoredBackpack]) -> dict[int, str]:
        """Return the new objects without those that only protected students' documents named so far."""
        new |= self._withheld
        if not self._hidden & new.keys():
            return new
        named = {int(number) for one in backpacks for number in _REF.findall(one.sections)}
        roots = named | (new.keys() - self._hidden)
        reached = roots.union(*(_reached({REF: number}, new) for number in roots & new.keys()))
        self._withheld = {number: json for number, json in new.items() if number not in reached}
        return {number: json for number, json in new.items() if number in reached}

    def _expanded(self, section: str | None) -> Sequence[Mapping[str, Any]]:
        entries: Sequence[Mapping[str, Any]] = self.dictionary.expand(orjson.loads(section or "[]"))
        return entries

    def _fingerprint(self, document: bytes) -> Digest:
        """Digest the content without what differs from run to run: the time of the run, the row's place."""
        said = f"{self.stamp.organisation} {self.stamp.system} {self.stamp.mapping} ".encode()
        return digest(said + _ROW.sub(b"", document))

    def _found(self, bucket: "MappedBucket") -> Iterator[Found]:
        for student, file, line, column, raw, code in bucket.found.iter_rows():
            shown = None if student in self.protected else raw
            yield LocalStudentId(student), self.run.finding(code, file, line, column, shown)

    def _kept(self, found: Iterator[Found]) -> Iterator[Found]:
        """Yield the findings that are kept with their place; the others are added up."""
        for student, one in found:
            kind = (one.rule.value, one.file, one.column)
            self._details[kind] += 1
            if self._details[kind] <= DETAILS:
                yield student, one
            else:
                self._more[kind] += 1
                self._last[kind] = one


def _reached(value: Any, texts: Mapping[int, str]) -> set[int]:
    """Return the numbers that a compact value names, and those that these objects name."""
    found, asked = set[int](), numbers_in(value)
    while asked:
        found |= asked
        asked = set().union(*(numbers_in(orjson.loads(texts[n])) for n in asked if n in texts)) - found
    return found


def _putting(
    backpacks: Sequence[StoredBackpack], seats: Mapping[LocalStudentId, Sequence[Seat]]
) -> Callable[[Tx], None]:
    def put(tx: Tx) -> None:
        tx.backpacks.put(backpacks)
        tx.rosters.put(seats)

    return put


def _further(one: Finding, number: int) -> Finding:
    """Return what stands for findings that are not kept one by one."""
    message = f"{number} more like the first {DETAILS}: {one.message}"
    return Finding(one.file, None, one.column, None, one.rule, message, one.suggestion, one.severity)

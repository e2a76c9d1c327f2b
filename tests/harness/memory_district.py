"""The rest of the ports in memory: students, the audit log, access, and what an agency keeps."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime

from gateway.domain.audit import Checkpoint, Leaf, line_of
from gateway.domain.errors import Unknown
from gateway.domain.ids import Digest, EntityId, LocalStudentId
from gateway.domain.matching import Candidate, normalise, normalise_id
from gateway.domain.merkle import inclusion_proof, leaf_hash, node_hash
from gateway.domain.transfer import Subject
from gateway.domain.trust import Grant
from gateway.mapping.findings import Finding
from gateway.usecases.ports import (
    FindingFilter,
    FindingPlace,
    FindingTally,
    LogQuery,
    Member,
    StoredBackpack,
)


@dataclass
class MemoryBackpacks:
    rows: dict[LocalStudentId, StoredBackpack] = field(default_factory=dict)
    objects: dict[int, str] = field(default_factory=dict)

    def put(self, backpacks: Sequence[StoredBackpack]) -> None:
        self.rows.update({row.student: row for row in backpacks})

    def keep(self, objects: Mapping[int, str]) -> None:
        self.objects.update(objects)

    def kept(self, numbers: Collection[int] | None = None) -> Mapping[int, str]:
        return dict(self.objects)

    def forget_unnamed(self, number: int) -> None:
        texts = [row.sections.decode() for row in self.rows.values()]
        texts += [json for n, json in self.objects.items() if n != number]
        if not any(f'"$":{number}{end}' in text for text in texts for end in ",}"):
            self.objects.pop(number, None)

    def get(self, student: LocalStudentId) -> StoredBackpack:
        if student not in self.rows:
            raise Unknown("there is no such student")
        return self.rows[student]

    def fingerprints(self) -> Mapping[LocalStudentId, Digest]:
        return {row.student: row.fingerprint for row in self.rows.values()}

    def candidates(self, subject: Subject) -> Sequence[Candidate]:
        key = normalise_id(subject.state_id)
        candidates = [row.candidate for row in self.ordered()]
        return [
            candidate
            for candidate in candidates
            if candidate.birth_date == subject.birth_date or (key and normalise_id(candidate.state_id) == key)
        ]

    def matching_keys(self, *, without: Collection[LocalStudentId] = ()) -> Sequence[tuple[str, date]]:
        candidates = [row.candidate for row in self.ordered() if row.student not in without]
        return [
            (candidate.state_id or "", candidate.birth_date)
            for candidate in candidates
            if normalise_id(candidate.state_id) and candidate.birth_date
        ]

    def remove(self, students: Sequence[LocalStudentId]) -> None:
        for student in students:
            self.rows.pop(student, None)

    def find(self, text: str, limit: int = 50) -> Sequence[StoredBackpack]:
        return [row for row in self.ordered() if text.strip() and _fits(text.strip(), row)][:limit]

    def count(self) -> int:
        return len(self.rows)

    def ordered(self) -> Sequence[StoredBackpack]:
        """Return all, by local id."""
        return [self.rows[student] for student in sorted(self.rows)]


def _fits(text: str, row: StoredBackpack) -> bool:
    start, key = normalise(text), normalise_id(text)
    return bool(
        text == row.student
        or (key and key == normalise_id(row.candidate.state_id))
        or (start and any(name.startswith(start) for name in _names(row.candidate)))
    )


def _names(candidate: Candidate) -> list[str]:
    pairs = [
        (given, family)
        for given in candidate.given_names or {""}
        for family in candidate.family_names or {""}
    ]
    return [normalise(f"{first} {second}") for pair in pairs for first, second in (pair, pair[::-1])]


@dataclass
class MemoryFindings:
    rows: list[tuple[LocalStudentId | None, Finding]] = field(default_factory=list)
    backpacks: MemoryBackpacks = field(default_factory=MemoryBackpacks)

    def replace(
        self,
        findings: Sequence[tuple[LocalStudentId | None, Finding]],
        *,
        of: Collection[LocalStudentId | None],
    ) -> None:
        kept = [row for row in self.rows if row[0] not in of]
        self.rows = sorted([*kept, *findings], key=lambda row: (row[1].file, row[1].line or 0))

    def list(
        self, *, student: LocalStudentId | None = None, rule: str | None = None, limit: int = 1000
    ) -> Sequence[tuple[LocalStudentId | None, Finding]]:
        rows = [row for row in self.rows if student in {None, row[0]} and rule in {None, row[1].rule}]
        return rows[:limit]

    def counts(self) -> Mapping[str, int]:
        return Counter(finding.rule.value for _, finding in self.rows)

    def tallies(self, which: FindingFilter) -> Sequence[FindingTally]:
        kinds = Counter((p.school, p.rule, p.file, p.column, p.severity) for p in self._places(which))
        return [
            FindingTally(school=school, rule=rule, file=file, column=column, severity=severity, number=number)
            for (school, rule, file, column, severity), number in sorted(
                kinds.items(), key=lambda kind: tuple("" if part is None else part for part in kind[0])
            )
        ]

    def places(self, which: FindingFilter, *, limit: int = 1000) -> Sequence[FindingPlace]:
        return self._places(which)[:limit]

    def _places(self, which: FindingFilter) -> Sequence[FindingPlace]:
        found = [self._place(student, one) for student, one in self.rows]
        return [
            place
            for place in found
            if (which.schools is None or place.school in which.schools)
            and which.rule in {None, place.rule}
            and which.file in {None, place.file}
            and which.column in {None, place.column}
        ]

    def _place(self, student: LocalStudentId | None, one: Finding) -> FindingPlace:
        said = {name: value for name, value in asdict(one).items() if name != "raw_value"}
        stored = self.backpacks.rows.get(student) if student else None
        return FindingPlace(student=student, school=stored.school if stored else None, **said)


@dataclass
class MemoryAuditLog:
    rows: list[Leaf] = field(default_factory=list)

    def add(self, leaf: Leaf) -> int:
        self.rows.append(leaf)
        return len(self.rows)

    def path_of_last(self, size: int) -> Sequence[bytes]:
        return inclusion_proof(size - 1, size, self.hash)

    def list(self, *, object_: str | None = None, limit: int = 1000) -> Sequence[tuple[int, Leaf]]:
        leaves = enumerate(self.rows, start=1)
        return [(seq, leaf) for seq, leaf in leaves if object_ in {None, leaf.object}][:limit]

    def newest(self, query: LogQuery) -> Sequence[tuple[int, Leaf]]:
        found = [(seq, leaf) for seq, leaf in enumerate(self.rows, start=1) if _wanted(query, seq, leaf)]
        return found[::-1][: query.limit]

    def latest(self, object_: str, action: str) -> Leaf | None:
        said = [leaf for leaf in self.rows if (leaf.object, leaf.action) == (object_, action)]
        return said[-1] if said else None

    def size(self) -> int:
        return len(self.rows)

    def after(self, seq: int, limit: int) -> Sequence[tuple[int, Leaf]]:
        return list(enumerate(self.rows, start=1))[seq : seq + limit]

    def hash(self, level: int, index: int) -> bytes:
        if (index + 1) << level > len(self.rows):
            raise Unknown("the log has no such leaves")
        if level == 0:
            return leaf_hash(line_of(index + 1, self.rows[index]))
        return node_hash(self.hash(level - 1, 2 * index), self.hash(level - 1, 2 * index + 1))


def _wanted(query: LogQuery, seq: int, leaf: Leaf) -> bool:
    return all(
        (
            not query.kind or leaf.action.startswith(f"{query.kind}."),
            query.actors is None or leaf.actor in query.actors,
            not query.object or leaf.object == query.object,
            query.since is None or leaf.at >= query.since,
            query.until is None or leaf.at < query.until,
            query.before is None or seq < query.before,
            leaf.action not in query.hidden,
        )
    )


@dataclass
class MemoryCheckpoints:
    rows: list[Checkpoint] = field(default_factory=list)

    def add(self, checkpoint: Checkpoint) -> None:
        self.rows.append(checkpoint)

    def latest(self) -> Checkpoint | None:
        return self.rows[-1] if self.rows else None

    def list(self) -> Sequence[Checkpoint]:
        return list(self.rows)


@dataclass
class MemorySeen:
    rows: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    def first(self, kind: str, issuer: str, jti: str, *, expires_at: datetime) -> bool:
        new = (kind, issuer, jti) not in self.rows
        self.rows.setdefault((kind, issuer, jti), expires_at)
        return new

    def prune(self, now: datetime) -> None:
        self.rows = {key: expires_at for key, expires_at in self.rows.items() if expires_at > now}


@dataclass
class MemoryGrants:
    rows: dict[str, Grant] = field(default_factory=dict)

    def add(self, handle_digest: str, grant: Grant) -> None:
        self.rows[handle_digest] = grant

    def get(self, handle_digest: str, now: datetime) -> Grant | None:
        grant = self.rows.get(handle_digest)
        return grant if grant and grant.expires_at > now else None

    def prune(self, now: datetime) -> None:
        self.rows = {handle: grant for handle, grant in self.rows.items() if grant.expires_at > now}


@dataclass
class MemoryChains:
    rows: dict[EntityId, tuple[datetime, tuple[str, ...] | None]] = field(default_factory=dict)

    def put(self, id_: EntityId, chain: Sequence[str], *, stated_at: datetime) -> None:
        newest = self.newest(id_)
        if newest is None or stated_at >= newest:
            self.rows[id_] = stated_at, tuple(chain)

    def get(self, id_: EntityId) -> Sequence[str] | None:
        return self.rows[id_][1] if id_ in self.rows else None

    def newest(self, id_: EntityId) -> datetime | None:
        return self.rows[id_][0] if id_ in self.rows else None

    def drop(self, id_: EntityId) -> None:
        self.rows[id_] = self.newest(id_) or datetime(1970, 1, 1, tzinfo=UTC), None


@dataclass
class MemoryMembers:
    rows: dict[EntityId, Member] = field(default_factory=dict)

    def put(self, member: Member) -> None:
        self.rows[member.id] = member

    def get(self, id_: EntityId) -> Member:
        if id_ not in self.rows:
            raise Unknown("this node was not admitted")
        return self.rows[id_]

    def list(self) -> Sequence[Member]:
        return sorted(self.rows.values(), key=lambda row: (row.organization_name, row.id))


@dataclass
class MemoryLocator:
    rows: dict[EntityId, frozenset[bytes]] = field(default_factory=dict)

    def of(self, node: EntityId) -> frozenset[bytes]:
        return self.rows.get(node, frozenset())

    def add(self, node: EntityId, tokens: Sequence[bytes]) -> None:
        self.rows[node] = self.of(node) | frozenset(tokens)

    def remove(self, node: EntityId, tokens: Sequence[bytes]) -> None:
        self.rows[node] = self.of(node) - frozenset(tokens)

    def holders(self, tokens: Sequence[bytes]) -> Sequence[EntityId]:
        return sorted(node for node, held in self.rows.items() if held & frozenset(tokens))

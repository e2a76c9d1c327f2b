"""What proves, in memory: what was sent, disclosures and accesses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.domain.audit import Checkpoint
from gateway.domain.disclosures import Access, Disclosure
from gateway.domain.errands import Errand
from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId
from gateway.domain.log_positions import KeptPosition
from gateway.domain.reconciling import LogFinding
from gateway.domain.witness import WitnessedLog
from gateway.usecases.ports import SentSegment


@dataclass
class MemorySent:
    rows: dict[tuple[TransferId, int, Digest], SentSegment] = field(default_factory=dict)

    def put(self, sent: Sequence[SentSegment]) -> None:
        self.rows.update({(one.transfer, one.version, one.segment): one for one in sent})

    def in_version(self, transfer: TransferId, version: int) -> Sequence[SentSegment]:
        return [self.rows[key] for key in sorted(self.rows) if key[:2] == (transfer, version)]

    def with_segment(self, segment: Digest) -> Sequence[SentSegment]:
        return [self.rows[key] for key in sorted(self.rows) if key[2] == segment]


@dataclass
class MemoryDisclosures:
    rows: list[Disclosure] = field(default_factory=list)

    def add(self, disclosure: Disclosure) -> None:
        self.rows.append(disclosure)

    def of(self, student: LocalStudentId) -> Sequence[Disclosure]:
        return [row for row in self.rows if row.student == student]

    def of_transfer(self, transfer: TransferId) -> Sequence[Disclosure]:
        return [row for row in self.rows if row.transfer == transfer]


@dataclass
class MemoryAccesses:
    rows: list[Access] = field(default_factory=list)

    def add(self, access: Access) -> None:
        self.rows.append(access)

    def of(self, student: LocalStudentId) -> Sequence[Access]:
        return [row for row in self.rows if row.student == student]

    def of_transfer(self, transfer: TransferId) -> Sequence[Access]:
        return [row for row in self.rows if row.transfer == transfer]

    def newest(self, limit: int) -> Sequence[Access]:
        return self.rows[::-1][:limit]


@dataclass
class MemoryLogPositions:
    rows: dict[Digest, KeptPosition] = field(default_factory=dict)

    def add(self, kept: KeptPosition) -> None:
        self.rows.setdefault(kept.message, kept)

    def of(self, transfer: TransferId) -> Sequence[KeptPosition]:
        rows = [row for row in self.rows.values() if row.transfer == transfer]
        return sorted(rows, key=lambda row: (row.at, row.message))

    def largest(self, peer: EntityId) -> KeptPosition | None:
        rows = [row for row in self.rows.values() if row.peer == peer and row.size]
        return max(rows, key=lambda row: row.size, default=None)


@dataclass
class MemoryCosigned:
    rows: dict[int, Checkpoint] = field(default_factory=dict)

    def add(self, checkpoint: Checkpoint) -> None:
        self.rows.setdefault(checkpoint.size, checkpoint)

    def latest(self) -> Checkpoint | None:
        return self.rows[max(self.rows)] if self.rows else None

    def list(self) -> Sequence[Checkpoint]:
        return [self.rows[size] for size in sorted(self.rows)]


@dataclass
class MemoryWitnessedLogs:
    rows: dict[str, WitnessedLog] = field(default_factory=dict)

    def get(self, origin: str) -> WitnessedLog | None:
        return self.rows.get(origin)

    def put(self, log: WitnessedLog) -> None:
        self.rows[log.origin] = log

    def list(self) -> Sequence[WitnessedLog]:
        return [self.rows[origin] for origin in sorted(self.rows)]


@dataclass
class MemoryLogFindings:
    rows: dict[str, LogFinding] = field(default_factory=dict)

    def add(self, findings: Sequence[LogFinding]) -> None:
        for one in findings:
            if one.id not in self.rows or self.rows[one.id].settled_at is not None:
                self.rows[one.id] = one

    def settle(self, ids: Sequence[str], at: datetime) -> None:
        for id_ in ids:
            self.rows[id_] = replace(self.rows[id_], settled_at=at)

    def of(self, peer: EntityId, *, limit: int = 1000) -> Sequence[LogFinding]:
        rows = [row for row in self.rows.values() if row.peer == peer and row.settled_at is None]
        return sorted(rows, key=lambda row: (row.found_at, row.id))[:limit]

    def list(self, *, settled: bool = False, limit: int = 200) -> Sequence[LogFinding]:
        rows = sorted(self.rows.values(), key=lambda row: row.id)
        newest = sorted(rows, key=lambda row: row.found_at, reverse=True)
        return [row for row in newest if settled or row.settled_at is None][:limit]

    def count(self) -> int:
        return sum(row.settled_at is None for row in self.rows.values())


@dataclass
class MemoryErrands:
    rows: dict[str, Errand] = field(default_factory=dict)

    def claim(self, name: str, now: datetime, lease: timedelta) -> Errand | None:
        errand = self.rows.setdefault(name, Errand(name=name, due_at=now))
        if errand.due_at > now:
            return None
        self.rows[name] = replace(errand, due_at=now + lease)
        return self.rows[name]

    def get(self, name: str) -> Errand | None:
        return self.rows.get(name)

    def put(self, errand: Errand) -> None:
        self.rows[errand.name] = errand

    def list(self) -> Sequence[Errand]:
        return [self.rows[name] for name in sorted(self.rows)]

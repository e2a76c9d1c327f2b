"""What proves, in memory: what was sent, disclosures and accesses."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.domain.audit import KeptPosition
from gateway.domain.disclosures import Access, Disclosure
from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId
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

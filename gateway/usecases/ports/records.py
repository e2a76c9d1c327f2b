"""What a district keeps of students: signed segments, received records, mapped backpacks, findings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.domain.backpack.whole import Stamp
from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId
from gateway.domain.matching import Candidate
from gateway.domain.transfer import Subject
from gateway.mapping.findings import Finding, Rule, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one district asserts about one student: an SD-JWT and the disclosures that this node holds."""

    digest: Digest
    """Of the JWS."""
    issuer: EntityId
    learner: str
    jws: str
    disclosures: Mapping[str, Sequence[str]]
    """By section."""
    fingerprint: Digest | None
    """Own segments: of the content that was signed, so that unchanged content is not signed again."""
    student: LocalStudentId | None
    """Own segments: whose. Received ones are found by state id and birth date."""
    state_id: str | None
    birth_date: date | None
    received_with: TransferId | None
    at: datetime


class Segments(Protocol):
    """Signed segments, own and received. Never changed."""

    def put(self, segment: Segment) -> None:
        """Store it; the same digest twice is one row, to which new disclosures are added."""

    def own(self, student: LocalStudentId, fingerprint: Digest) -> Segment | None:
        """Return the segment that already signs this content."""

    def newest_own(self, student: LocalStudentId) -> Segment | None:
        """Return what this district signed about the student last, whatever it says."""

    def get(self, digest: Digest) -> Segment:
        """Return it, or raise `Unknown`."""

    def replace(self, old: Digest, new: Digest) -> None:
        """Note that its issuer says something else now: it is kept, and travels no further."""

    def forget_own(self, student: LocalStudentId) -> None:
        """Delete what this district signed about the student: it is signed anew when it is asked for."""

    def received(self, *, state_id: str | None, birth_date: date | None) -> Sequence[Segment]:
        """Return what other districts asserted about the student, oldest first, but for what was replaced.

        None without both keys.
        """

    def with_transfer(self, transfer: TransferId) -> Sequence[Segment]:
        """Return the segments that came with a transfer."""

    def recall(self, transfer: TransferId) -> None:
        """Forget what came with a transfer, unless it came with another one too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSegment:
    """That a version of a record contained a segment, and how much of it. No student data."""

    transfer: TransferId
    version: int
    segment: Digest
    issuer: EntityId
    sections: tuple[str, ...]
    """Of which at least one entry went along."""
    kept_back: tuple[str, ...]
    """Asked for and on file, and withheld in whole or in part by a decision."""


class Sent(Protocol):
    """What went to whom: a correction or a recall of a segment goes the same way."""

    def put(self, sent: Sequence[SentSegment]) -> None:
        """Store it; packaged again, the same version replaces itself."""

    def in_version(self, transfer: TransferId, version: int) -> Sequence[SentSegment]:
        """Return what was in that version of the record."""

    def with_segment(self, segment: Digest) -> Sequence[SentSegment]:
        """Return where the segment was in, by transfer and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRecord:
    """A received record JWS, byte for byte: with the chain in its header it proves itself."""

    transfer: TransferId
    version: int
    issuer: EntityId
    learner: str
    jws: str
    digest: Digest
    at: datetime


class Archive(Protocol):
    """Received records, kept as evidence."""

    def put(self, record: ArchivedRecord) -> None:
        """Store it; the same transfer and version twice is one row."""

    def get(self, transfer: TransferId, version: int | None = None) -> ArchivedRecord:
        """Return that version, or the newest; or raise `Unknown`."""

    def with_digest(self, transfer: TransferId, record: Digest) -> ArchivedRecord | None:
        """Return the record of that digest, if it came with the transfer."""

    def drop(self, transfer: TransferId) -> None:
        """Delete what came with a transfer, all versions of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBackpack:
    """A student's own part of the backpack as the last mapping run left it."""

    student: LocalStudentId
    learner: str
    candidate: Candidate
    school: str | None
    grade: str | None
    fingerprint: Digest
    """Of the content, without the time of the run."""
    sections: bytes
    """JSON object: section name to list of entries; compact where there is a stamp, else as on the wire."""
    mapped_at: datetime
    stamp: Stamp | None = None
    """What the entries have in common and do not repeat."""


class Backpacks(Protocol):
    """The district's mapped students."""

    def put(self, backpacks: Sequence[StoredBackpack]) -> None:
        """Insert or replace."""

    def keep(self, objects: Mapping[int, str]) -> None:
        """Keep objects that compact documents name; a number stays what it is."""

    def kept(self, numbers: Collection[int] | None = None) -> Mapping[int, str]:
        """Return kept objects: those of the numbers and those that they name, or all."""

    def forget_unnamed(self, number: int) -> None:
        """Delete a kept object that no backpack and no other kept object names; a slow search."""

    def get(self, student: LocalStudentId) -> StoredBackpack:
        """Return it, or raise `Unknown`."""

    def fingerprints(self) -> Mapping[LocalStudentId, Digest]:
        """Return what is there, to find what changed."""

    def candidates(self, subject: Subject) -> Sequence[Candidate]:
        """Return the students who share the state id or the birth date."""

    def matching_keys(self, *, without: Collection[LocalStudentId] = ()) -> Sequence[tuple[str, date]]:
        """Return state id and birth date of every student who has both, but for some."""

    def remove(self, students: Sequence[LocalStudentId]) -> None:
        """Delete students who are no longer in the source."""

    def find(self, text: str, limit: int = 50) -> Sequence[StoredBackpack]:
        """Return students by local id, state id or the beginning of a name."""

    def count(self) -> int:
        """Count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingTally:
    """So many findings of one rule in one column of a file, about students of one school."""

    school: str | None
    """Local id; None for rows of nobody, and for students without a school."""
    rule: Rule
    severity: Severity
    file: str
    column: str | None
    number: int
    """Findings that are kept; of very many of one kind, one finding stands for the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPlace:
    """Where to look in the local system: a finding without the value, which is personal data."""

    school: str | None
    student: LocalStudentId | None
    rule: Rule
    severity: Severity
    file: str
    line: int | None
    column: str | None
    message: str
    suggestion: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """Which findings; None: of any."""

    schools: frozenset[str] | None = None
    rule: Rule | None = None
    file: str | None = None
    column: str | None = None


class Findings(Protocol):
    """What was wrong with the rows of the last mapping run. Raw values are personal data."""

    def replace(
        self,
        findings: Sequence[tuple[LocalStudentId | None, Finding]],
        *,
        of: Collection[LocalStudentId | None],
    ) -> None:
        """Store findings in place of those of these students; of None are those of whole files and strays."""

    def list(
        self, *, student: LocalStudentId | None = None, rule: str | None = None, limit: int = 1000
    ) -> Sequence[tuple[LocalStudentId | None, Finding]]:
        """Return findings in the order of file and line."""

    def counts(self) -> Mapping[str, int]:
        """Count them by rule."""

    def tallies(self, which: FindingFilter) -> Sequence[FindingTally]:
        """Count them by school, rule, file and column, in that order; no school comes first."""

    def places(self, which: FindingFilter, *, limit: int = 1000) -> Sequence[FindingPlace]:
        """Return where they are, in the order of file and line."""

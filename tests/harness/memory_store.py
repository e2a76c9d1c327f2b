"""A store that keeps everything in memory, for tests. The contract tests hold it to the real one."""

from collections.abc import AsyncGenerator, Callable
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Self, TypeVar

from gateway.domain.errors import TryLater
from gateway.usecases.ports import StoredBackpack, Tx
from tests.harness.memory_casework import MemoryCases, MemoryProposals
from tests.harness.memory_corrections import MemoryCorrections, MemoryStatements
from tests.harness.memory_district import (
    MemoryAuditLog,
    MemoryBackpacks,
    MemoryChains,
    MemoryCheckpoints,
    MemoryFindings,
    MemoryGrants,
    MemoryLocator,
    MemoryMembers,
    MemorySeen,
)
from tests.harness.memory_evidence import (
    MemoryAccesses,
    MemoryCosigned,
    MemoryDisclosures,
    MemoryErrands,
    MemoryLogFindings,
    MemoryLogPositions,
    MemorySent,
    MemoryWitnessedLogs,
)
from tests.harness.memory_exchange import (
    MemoryArchive,
    MemoryMessages,
    MemoryParcels,
    MemorySegments,
    MemoryTransfers,
)
from tests.harness.memory_letters import MemoryLetters, MemoryUploads
from tests.harness.memory_people import MemoryDrafts, MemorySessions, MemoryStaff
from tests.harness.memory_profile import MemoryContributions, MemoryRosters
from tests.harness.memory_receiving import MemoryCodeChoices, MemoryJournal, MemoryReviews
from tests.harness.memory_safety import MemoryEmergencies, MemoryFlags, MemoryHolds, MemorySafetyTasks
from tests.harness.memory_sealed import MemorySealedApprovals, MemorySealedParts

T = TypeVar("T")


@dataclass
class MemoryTx:
    """All rows. Rows never change, so a copy of the containers is a snapshot."""

    transfers: MemoryTransfers = field(default_factory=MemoryTransfers)
    cases: MemoryCases = field(default_factory=MemoryCases)
    proposals: MemoryProposals = field(default_factory=MemoryProposals)
    corrections: MemoryCorrections = field(default_factory=MemoryCorrections)
    statements: MemoryStatements = field(default_factory=MemoryStatements)
    messages: MemoryMessages = field(default_factory=MemoryMessages)
    parcels: MemoryParcels = field(default_factory=MemoryParcels)
    sealed_parts: MemorySealedParts = field(default_factory=MemorySealedParts)
    sealed_approvals: MemorySealedApprovals = field(default_factory=MemorySealedApprovals)
    segments: MemorySegments = field(default_factory=MemorySegments)
    sent: MemorySent = field(default_factory=MemorySent)
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    backpacks: MemoryBackpacks = field(default_factory=MemoryBackpacks)
    findings: MemoryFindings = field(default_factory=MemoryFindings)
    audit: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    disclosures: MemoryDisclosures = field(default_factory=MemoryDisclosures)
    accesses: MemoryAccesses = field(default_factory=MemoryAccesses)
    log_positions: MemoryLogPositions = field(default_factory=MemoryLogPositions)
    cosigned: MemoryCosigned = field(default_factory=MemoryCosigned)
    witnessed: MemoryWitnessedLogs = field(default_factory=MemoryWitnessedLogs)
    log_findings: MemoryLogFindings = field(default_factory=MemoryLogFindings)
    errands: MemoryErrands = field(default_factory=MemoryErrands)
    checkpoints: MemoryCheckpoints = field(default_factory=MemoryCheckpoints)
    seen: MemorySeen = field(default_factory=MemorySeen)
    grants: MemoryGrants = field(default_factory=MemoryGrants)
    chains: MemoryChains = field(default_factory=MemoryChains)
    members: MemoryMembers = field(default_factory=MemoryMembers)
    locator: MemoryLocator = field(default_factory=MemoryLocator)
    holds: MemoryHolds = field(default_factory=MemoryHolds)
    flags: MemoryFlags = field(default_factory=MemoryFlags)
    safety_tasks: MemorySafetyTasks = field(default_factory=MemorySafetyTasks)
    emergencies: MemoryEmergencies = field(default_factory=MemoryEmergencies)
    reviews: MemoryReviews = field(default_factory=MemoryReviews)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    code_choices: MemoryCodeChoices = field(default_factory=MemoryCodeChoices)
    staff: MemoryStaff = field(default_factory=MemoryStaff)
    sessions: MemorySessions = field(default_factory=MemorySessions)
    contributions: MemoryContributions = field(default_factory=MemoryContributions)
    rosters: MemoryRosters = field(default_factory=MemoryRosters)
    letters: MemoryLetters = field(default_factory=MemoryLetters)
    uploads: MemoryUploads = field(default_factory=MemoryUploads)
    drafts: MemoryDrafts = field(default_factory=MemoryDrafts)

    def __post_init__(self) -> None:
        """Let the queue see the rows that it joins."""
        self.cases.transfers, self.cases.backpacks = self.transfers, self.backpacks
        self.corrections.join(self)
        self.findings.backpacks = self.backpacks

    def snapshot(self) -> "MemoryTx":
        """Return a copy that later changes do not touch."""
        tables = {table.name: copy(getattr(self, table.name)) for table in fields(self)}
        for table in tables.values():
            table.rows = copy(table.rows)
        return MemoryTx(**tables)


@dataclass
class _Disk:
    """What several stores share when they stand for several processes."""

    tx: MemoryTx = field(default_factory=MemoryTx)


class MemoryStore:
    """`ports.Store` without a database."""

    def __init__(self, disk: _Disk | None = None) -> None:
        self._disk = disk or _Disk()
        self._closed = False

    def beside(self) -> Self:
        """Return a store over the same rows, as another process would have it."""
        return type(self)(self._disk)

    async def close(self) -> None:
        """Take no more work."""
        self._closed = True

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run the work; an exception undoes it."""
        if self._closed:
            raise TryLater("the store is closed")
        before = self._disk.tx.snapshot()
        try:
            result = work(self._disk.tx)
        except BaseException:
            self._disk.tx = before
            raise
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run work that changes nothing; a change is refused."""
        if self._closed:
            raise TryLater("the store is closed")
        before = self._disk.tx.snapshot()
        result = work(self._disk.tx)
        if self._disk.tx != before:
            self._disk.tx = before
            raise TryLater("a read must not write")
        return result

    async def students(self) -> AsyncGenerator[StoredBackpack, None]:
        """Yield all students by local id."""
        for backpack in self._disk.tx.backpacks.ordered():
            yield backpack

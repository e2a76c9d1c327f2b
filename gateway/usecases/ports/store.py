"""Transactions over all that is kept."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from gateway.usecases.ports.agency import Locator, Members
from gateway.usecases.ports.casework import Cases, Proposals
from gateway.usecases.ports.contributions import Contributions
from gateway.usecases.ports.corrections import Corrections, Statements
from gateway.usecases.ports.disclosures import Accesses, Disclosures
from gateway.usecases.ports.drafts import Drafts
from gateway.usecases.ports.exchange import Messages, Parcels, Transfers
from gateway.usecases.ports.letters import Letters, Uploads
from gateway.usecases.ports.people import Sessions, Staff
from gateway.usecases.ports.proof import (
    AuditLog,
    Chains,
    Checkpoints,
    Cosigned,
    Errands,
    Grants,
    LogFindings,
    LogPositions,
    Seen,
    WitnessedLogs,
)
from gateway.usecases.ports.receiving import CodeChoices, Journal, Reviews
from gateway.usecases.ports.records import Archive, Backpacks, Findings, Segments, Sent
from gateway.usecases.ports.rosters import Rosters
from gateway.usecases.ports.safety import Emergencies, Flags, Holds, SafetyTasks
from gateway.usecases.ports.sealed import SealedApprovals, SealedParts

T = TypeVar("T")


class Tx(Protocol):
    """One transaction: plain synchronous calls, all or nothing."""

    @property
    def transfers(self) -> Transfers: ...  # noqa: D102
    @property
    def cases(self) -> Cases: ...  # noqa: D102
    @property
    def proposals(self) -> Proposals: ...  # noqa: D102
    @property
    def corrections(self) -> Corrections: ...  # noqa: D102
    @property
    def statements(self) -> Statements: ...  # noqa: D102
    @property
    def messages(self) -> Messages: ...  # noqa: D102
    @property
    def parcels(self) -> Parcels: ...  # noqa: D102
    @property
    def sealed_parts(self) -> SealedParts: ...  # noqa: D102
    @property
    def sealed_approvals(self) -> SealedApprovals: ...  # noqa: D102
    @property
    def segments(self) -> Segments: ...  # noqa: D102
    @property
    def sent(self) -> Sent: ...  # noqa: D102
    @property
    def archive(self) -> Archive: ...  # noqa: D102
    @property
    def backpacks(self) -> Backpacks: ...  # noqa: D102
    @property
    def findings(self) -> Findings: ...  # noqa: D102
    @property
    def audit(self) -> AuditLog: ...  # noqa: D102
    @property
    def disclosures(self) -> Disclosures: ...  # noqa: D102
    @property
    def accesses(self) -> Accesses: ...  # noqa: D102
    @property
    def checkpoints(self) -> Checkpoints: ...  # noqa: D102
    @property
    def log_positions(self) -> LogPositions: ...  # noqa: D102
    @property
    def cosigned(self) -> Cosigned: ...  # noqa: D102
    @property
    def witnessed(self) -> WitnessedLogs: ...  # noqa: D102
    @property
    def log_findings(self) -> LogFindings: ...  # noqa: D102
    @property
    def errands(self) -> Errands: ...  # noqa: D102
    @property
    def seen(self) -> Seen: ...  # noqa: D102
    @property
    def grants(self) -> Grants: ...  # noqa: D102
    @property
    def chains(self) -> Chains: ...  # noqa: D102
    @property
    def members(self) -> Members: ...  # noqa: D102
    @property
    def locator(self) -> Locator: ...  # noqa: D102
    @property
    def holds(self) -> Holds: ...  # noqa: D102
    @property
    def flags(self) -> Flags: ...  # noqa: D102
    @property
    def safety_tasks(self) -> SafetyTasks: ...  # noqa: D102
    @property
    def emergencies(self) -> Emergencies: ...  # noqa: D102
    @property
    def reviews(self) -> Reviews: ...  # noqa: D102
    @property
    def journal(self) -> Journal: ...  # noqa: D102
    @property
    def code_choices(self) -> CodeChoices: ...  # noqa: D102
    @property
    def staff(self) -> Staff: ...  # noqa: D102
    @property
    def sessions(self) -> Sessions: ...  # noqa: D102
    @property
    def contributions(self) -> Contributions: ...  # noqa: D102
    @property
    def rosters(self) -> Rosters: ...  # noqa: D102
    @property
    def letters(self) -> Letters: ...  # noqa: D102
    @property
    def uploads(self) -> Uploads: ...  # noqa: D102
    @property
    def drafts(self) -> Drafts: ...  # noqa: D102


class Store(Protocol):
    """Runs transactions. A transaction is a function, so that many share one commit."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run the work and return its result once it is durable; an exception undoes this work only."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run work that changes nothing."""

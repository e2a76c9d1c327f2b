"""The ports of a node: what its use-cases need from the world."""

from gateway.usecases.ports.agency import Locator, Member, Members
from gateway.usecases.ports.casework import Cases, Proposals, Queued, QueueFilter
from gateway.usecases.ports.contributions import Contributions
from gateway.usecases.ports.corrections import Corrections, Statements
from gateway.usecases.ports.disclosures import Accesses, Disclosures
from gateway.usecases.ports.drafts import Draft, Drafts
from gateway.usecases.ports.exchange import Messages, Parcel, Parcels, Transfers
from gateway.usecases.ports.identity import IdentityProvider, Proven
from gateway.usecases.ports.local_system import Import, Imports, Source
from gateway.usecases.ports.node import Node, Pace
from gateway.usecases.ports.peers import Directory, Peers, Status
from gateway.usecases.ports.people import Account, Session, Sessions, SignIn, Staff
from gateway.usecases.ports.proof import (
    AuditLog,
    Chains,
    Checkpoints,
    Cosigned,
    Errands,
    Grants,
    LogFindings,
    LogPositions,
    LogQuery,
    LogSigner,
    Seen,
    Witness,
    WitnessedLogs,
)
from gateway.usecases.ports.receiving import (
    CodeChoices,
    Entered,
    Journal,
    Review,
    Reviews,
    ReviewState,
)
from gateway.usecases.ports.records import (
    Archive,
    ArchivedRecord,
    Backpacks,
    FindingFilter,
    FindingPlace,
    Findings,
    FindingTally,
    Segment,
    Segments,
    Sent,
    SentSegment,
    StoredBackpack,
)
from gateway.usecases.ports.rosters import Rosters, TaughtClass
from gateway.usecases.ports.safety import Emergencies, Flags, Holds, SafetyTasks
from gateway.usecases.ports.sealed import SealedApprovals, SealedParts
from gateway.usecases.ports.seals import OpenedRecord, OpenedSegment, Seals, Vault
from gateway.usecases.ports.store import Store, Tx

__all__ = [
    "Accesses",
    "Account",
    "Archive",
    "ArchivedRecord",
    "AuditLog",
    "Backpacks",
    "Cases",
    "Chains",
    "Checkpoints",
    "CodeChoices",
    "Contributions",
    "Corrections",
    "Cosigned",
    "Directory",
    "Disclosures",
    "Draft",
    "Drafts",
    "Emergencies",
    "Entered",
    "Errands",
    "FindingFilter",
    "FindingPlace",
    "FindingTally",
    "Findings",
    "Flags",
    "Grants",
    "Holds",
    "IdentityProvider",
    "Import",
    "Imports",
    "Journal",
    "Locator",
    "LogFindings",
    "LogPositions",
    "LogQuery",
    "LogSigner",
    "Member",
    "Members",
    "Messages",
    "Node",
    "OpenedRecord",
    "OpenedSegment",
    "Pace",
    "Parcel",
    "Parcels",
    "Peers",
    "Proposals",
    "Proven",
    "QueueFilter",
    "Queued",
    "Review",
    "ReviewState",
    "Reviews",
    "Rosters",
    "SafetyTasks",
    "SealedApprovals",
    "SealedParts",
    "Seals",
    "Seen",
    "Segment",
    "Segments",
    "Sent",
    "SentSegment",
    "Session",
    "Sessions",
    "SignIn",
    "Source",
    "Staff",
    "Statements",
    "Status",
    "Store",
    "StoredBackpack",
    "TaughtClass",
    "Transfers",
    "Tx",
    "Vault",
    "Witness",
    "WitnessedLogs",
]

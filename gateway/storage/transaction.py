"""All repositories over one connection."""

from gateway.storage.access import SqlChains, SqlGrants, SqlSeen
from gateway.storage.agency import SqlLocator, SqlMembers
from gateway.storage.audit import SqlAuditLog, SqlCheckpoints
from gateway.storage.backpacks import SqlBackpacks
from gateway.storage.casework import SqlCases
from gateway.storage.contributions import SqlContributions
from gateway.storage.corrections import SqlCorrections, SqlStatements
from gateway.storage.db import Db
from gateway.storage.disclosures import SqlAccesses, SqlDisclosures
from gateway.storage.drafts import SqlDrafts
from gateway.storage.findings import SqlFindings
from gateway.storage.letters import SqlLetters, SqlUploads
from gateway.storage.log_evidence import (
    SqlCosigned,
    SqlErrands,
    SqlLogFindings,
    SqlLogPositions,
    SqlWitnessedLogs,
)
from gateway.storage.messages import SqlMessages
from gateway.storage.people import SqlSessions, SqlStaff
from gateway.storage.proposals import SqlProposals
from gateway.storage.receiving import SqlCodeChoices, SqlJournal, SqlReviews
from gateway.storage.records import SqlArchive, SqlParcels, SqlSegments, SqlSent
from gateway.storage.rosters import SqlRosters
from gateway.storage.safety import SqlEmergencies, SqlFlags, SqlHolds, SqlSafetyTasks
from gateway.storage.sealed import SqlSealedApprovals, SqlSealedParts
from gateway.storage.transfers import SqlTransfers


class SqlTx:
    """`ports.Tx`. The same object serves one unit of work after the other."""

    def __init__(self, db: Db) -> None:
        self.transfers = SqlTransfers(db)
        self.cases = SqlCases(db)
        self.corrections = SqlCorrections(db)
        self.statements = SqlStatements(db)
        self.proposals = SqlProposals(db)
        self.messages = SqlMessages(db)
        self.parcels = SqlParcels(db)
        self.sealed_parts = SqlSealedParts(db)
        self.sealed_approvals = SqlSealedApprovals(db)
        self.segments = SqlSegments(db)
        self.sent = SqlSent(db)
        self.archive = SqlArchive(db)
        self.backpacks = SqlBackpacks(db)
        self.findings = SqlFindings(db)
        self.checkpoints = SqlCheckpoints(db)
        self.audit = SqlAuditLog(db)
        self.log_positions = SqlLogPositions(db)
        self.cosigned = SqlCosigned(db)
        self.witnessed = SqlWitnessedLogs(db)
        self.log_findings = SqlLogFindings(db)
        self.errands = SqlErrands(db)
        self.disclosures = SqlDisclosures(db)
        self.accesses = SqlAccesses(db)
        self.seen = SqlSeen(db)
        self.grants = SqlGrants(db)
        self.chains = SqlChains(db)
        self.members = SqlMembers(db)
        self.locator = SqlLocator(db)
        self.holds = SqlHolds(db)
        self.flags = SqlFlags(db)
        self.safety_tasks = SqlSafetyTasks(db)
        self.emergencies = SqlEmergencies(db)
        self.reviews = SqlReviews(db)
        self.journal = SqlJournal(db)
        self.code_choices = SqlCodeChoices(db)
        self.staff = SqlStaff(db)
        self.sessions = SqlSessions(db)
        self.contributions = SqlContributions(db)
        self.rosters = SqlRosters(db)
        self.letters = SqlLetters(db)
        self.uploads = SqlUploads(db)
        self.drafts = SqlDrafts(db)

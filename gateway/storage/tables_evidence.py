"""Tables of what proves: what was sent to whom, disclosures, accesses, the tree of the audit log."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from gateway.domain.disclosures import DisclosureKind
from gateway.domain.reconciling import FindingKind, Side
from gateway.domain.witness import LogFault
from gateway.storage.columns import COUNTER, Choice, Json, Texts, Utc
from gateway.storage.metadata import metadata

sent_segments = Table(
    "sent_segments",
    metadata,
    Column("transfer", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("sections", Texts, nullable=False),
    Column("kept_back", Texts, nullable=False),
    sqlite_with_rowid=False,
)
Index("sent_segments_by_segment", sent_segments.c.segment)

disclosures = Table(
    "disclosures",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("student", Text, nullable=False),
    Column("kind", Choice(DisclosureKind), nullable=False),
    Column("at", Utc, nullable=False),
    Column("party", Text, nullable=False),
    Column("interest", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("sections", Texts, nullable=False),
    Column("transfer", Text),
    Column("ferpa_exempt", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("disclosures_by_student", disclosures.c.student)
Index("disclosures_by_transfer", disclosures.c.transfer)

accesses = Table(
    "accesses",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("at", Utc, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("sections", Texts, nullable=False),
    Column("student", Text),
    Column("transfer", Text),
    sqlite_autoincrement=True,
)
Index("accesses_by_student", accesses.c.student)
Index("accesses_by_transfer", accesses.c.transfer)

log_hashes = Table(
    "log_hashes",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)

log_positions = Table(
    "log_positions",
    metadata,
    Column("message", Text, primary_key=True),
    Column("transfer", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("fault", Text, nullable=False),
    Column("position", Json),
)
Index("log_positions_by_transfer", log_positions.c.transfer)
Index("log_positions_by_peer", log_positions.c.peer, log_positions.c.size)

cosigned_checkpoints = Table(
    "cosigned_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("note", Text, nullable=False),
)

witnessed_logs = Table(
    "witnessed_logs",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("fault", Choice(LogFault)),
    Column("refused_note", Text, nullable=False),
    Column("refused_at", Utc),
)

log_findings = Table(
    "log_findings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("peer", Text, nullable=False),
    Column("kind", Choice(FindingKind), nullable=False),
    Column("transfer", Text),
    Column("named", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("lacking", Choice(Side), nullable=False),
    Column("found_at", Utc, nullable=False),
    Column("settled_at", Utc),
)
Index("log_findings_by_peer", log_findings.c.peer, log_findings.c.settled_at)

errands = Table(
    "errands",
    metadata,
    Column("name", Text, primary_key=True),
    Column("due_at", Utc, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", Utc),
    Column("fault", Text, nullable=False),
)

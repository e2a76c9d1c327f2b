"""The desk's tables: a case for each transfer, its comments, and what waits for a second person."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from gateway.domain.proposals import ProposalState
from gateway.domain.transfer import Role
from gateway.storage.columns import COUNTER, Choice, Day, Json, Texts, Utc
from gateway.storage.metadata import metadata

cases = Table(
    "cases",
    metadata,
    Column("transfer", Text, ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("direction", Choice(Role), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("lanes", Texts, nullable=False),
    Column("school", Text),
    Column("owner", Text),
    Column("owner_name", Text),
    Column("taken_at", Utc),
    Column("snapshot_sent_at", Utc),
    Column("notice_basis", Text),
    Column("reminded", Integer, nullable=False),
    Column("kept_back", Json, nullable=False),
    Column("snapshot_by", Text),
    Column("snapshot_due_at", Utc),
    Column("confirmed_on", Day),
    Column("confirmed_at", Utc),
    sqlite_with_rowid=False,
)
Index("cases_by_opening", cases.c.opened_at, cases.c.transfer)

case_comments = Table(
    "case_comments",
    metadata,
    Column("seq", COUNTER, primary_key=True),
    Column("transfer", Text, ForeignKey("cases.transfer", ondelete="CASCADE"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("text", Text, nullable=False),
)
Index("case_comments_by_transfer", case_comments.c.transfer)

proposals = Table(
    "proposals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("state", Choice(ProposalState), nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_by_name", Text, nullable=False),
    Column("proposed_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("decided_by", Text),
    Column("decided_by_name", Text),
    Column("decided_at", Utc),
    Column("payload_digest", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", Json, nullable=False),
)
_open = proposals.c.state == ProposalState.OPEN
Index("proposals_by_object", proposals.c.object)
Index("proposals_open", proposals.c.proposed_at, sqlite_where=_open, postgresql_where=_open)

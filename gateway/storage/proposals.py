"""`ports.Proposals` in SQL: acts that wait for a second person."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, literal_column, select, update

from gateway.domain.errors import Conflict, Unknown
from gateway.domain.proposals import Proposal, ProposalState
from gateway.storage.db import Db
from gateway.storage.tables_casework import proposals

_PROPOSAL: Final = tuple(field.name for field in fields(Proposal))
_PROPOSALS = select(proposals)
_ONE_PROPOSAL = _PROPOSALS.where(proposals.c.id == bindparam("id"))
_SAVE_PROPOSAL = (
    update(proposals)
    .where(proposals.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _PROPOSAL if name != "id"})
)
_OF_OBJECT = _PROPOSALS.where(proposals.c.object == bindparam("object")).order_by(
    proposals.c.proposed_at.desc(), proposals.c.id
)
_OPEN = (
    _PROPOSALS.where(
        proposals.c.state == literal_column(f"'{ProposalState.OPEN}'"),
        proposals.c.expires_at > bindparam("now"),
    )
    .order_by(proposals.c.proposed_at, proposals.c.id)
    .limit(bindparam("limit"))
)


class SqlProposals:
    """What waits for a second person, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, proposal: Proposal) -> None:
        """Insert it; `Conflict` if its id is there already."""
        if not self._db.add(proposals, _proposal_values(proposal)):
            raise Conflict("this proposal is there already")

    def get(self, id_: str) -> Proposal:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE_PROPOSAL, {"id": id_})
        if row is None:
            raise Unknown("there is no such proposal")
        return Proposal(**row)

    def save(self, proposal: Proposal) -> None:
        """Overwrite one that is there, or raise `Unknown`."""
        if self._db.run(_SAVE_PROPOSAL, {**_proposal_values(proposal), "b_id": proposal.id}) != 1:
            raise Unknown("there is no such proposal")

    def of(self, object_: str) -> Sequence[Proposal]:
        """Return what was proposed for an object, newest first."""
        return [Proposal(**row) for row in self._db.all(_OF_OBJECT, {"object": object_})]

    def open(self, now: datetime, limit: int = 200) -> Sequence[Proposal]:
        """Return what waits for a second person and has not expired, oldest first."""
        return [Proposal(**row) for row in self._db.all(_OPEN, {"now": now, "limit": limit})]


def _proposal_values(proposal: Proposal) -> dict[str, Any]:
    return {name: getattr(proposal, name) for name in _PROPOSAL}

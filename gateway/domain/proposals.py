"""Acts that need two persons: one proposes, another confirms, and the act uses the proposal up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

import orjson

from gateway.domain.errors import Conflict, Forbidden
from gateway.domain.ids import Digest, digest

PROPOSAL_LIFE: Final = timedelta(days=3)
"""What nobody confirmed and used within this time must be proposed anew."""


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An act that one person asks for and another must confirm. Immutable."""

    id: str
    action: str
    """What is to be done; an action of the policy."""
    object: str
    """To what: a transfer id, a local student id. May be personal data: not for logs."""
    payload: Mapping[str, Any]
    """How it is to be done; the act must say the same."""
    payload_digest: Digest
    reason: str
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_by_name: str | None = None
    decided_at: datetime | None = None
    state: ProposalState = ProposalState.OPEN
    expires_at: datetime

    def at(self, now: datetime) -> Self:
        """Return the proposal as it stands at that moment: one whose time is over has expired."""
        waits = self.state in {ProposalState.OPEN, ProposalState.CONFIRMED}
        return replace(self, state=ProposalState.EXPIRED) if waits and now >= self.expires_at else self

    def confirmed(self, person: str, name: str, *, at: datetime) -> Self:
        """Return it with the word of a second person.

        Raises:
            Forbidden: it is the person who proposed it.
            Conflict: it was decided already, or its time is over.
        """
        if person == self.proposed_by:
            raise Forbidden("another person than the one who proposed it must confirm it")
        return self._decided(ProposalState.CONFIRMED, person, name, at)

    def declined(self, person: str, name: str, *, at: datetime) -> Self:
        """Return it refused by a second person, or taken back by the first. `Conflict` as above."""
        return self._decided(ProposalState.DECLINED, person, name, at)

    def used(self, *, at: datetime) -> Self:
        """Return it used up by its act, which can be done once only.

        Raises:
            Forbidden: no second person has confirmed it, or it is used up or too old.
        """
        if self.at(at).state is not ProposalState.CONFIRMED or self.decided_by == self.proposed_by:
            raise Forbidden(NEEDS_SECOND)
        return replace(self, state=ProposalState.USED)

    def _decided(self, state: ProposalState, person: str, name: str, at: datetime) -> Self:
        now = self.at(at)
        if now.state is not ProposalState.OPEN:
            raise Conflict(f"this proposal is {now.state}")
        return replace(self, state=state, decided_by=person, decided_by_name=name, decided_at=at)


NEEDS_SECOND: Final = "a second person must confirm this first"


def payload_digest(payload: Mapping[str, Any]) -> Digest:
    """Return the digest of a payload, whatever the order of its members."""
    return digest(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS))

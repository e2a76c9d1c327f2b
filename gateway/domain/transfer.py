"""One student's move as one node sees it: its states and the only steps between them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self

from gateway.domain.errors import Conflict
from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId


class Role(StrEnum):
    """Which end of the move this node is."""

    REQUESTER = "requester"
    HOLDER = "holder"


class State(StrEnum):
    """Where a transfer stands. The holder's states come first, then those that only a requester has."""

    RECEIVED = "received"
    MATCHING = "matching"
    NEEDS_INFO = "needs_info"
    NO_MATCH = "no_match"
    REVIEW = "review"
    HELD = "held"
    NOTICE = "notice"
    APPROVED = "approved"
    PACKAGED = "packaged"
    RELEASED = "released"
    FETCHED = "fetched"
    ACKED = "acked"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    RECALLED = "recalled"
    CORRECTED = "corrected"
    """What was taken in is to be corrected: a new one-time key is needed before the record can be sent."""
    CLOSED = "closed"

    DRAFTED = "drafted"
    """The wish is stored; the holder has not answered yet."""
    REQUESTED = "requested"
    """The holder has it."""
    VERIFIED = "verified"
    """Opened and proven; waits for the registrar to import it."""
    REJECTED = "rejected"
    """What came could not be used; the holder was told and may send a new version."""
    IMPORTED = "imported"
    """Written to the local import folder; the receipt is on its way."""
    RETURNED = "returned"
    """A school outside the network sent something; waits for the registrar."""
    RECEIPTED = "receipted"
    """The holder has the receipt."""


_S = State
_ENDS: Final = frozenset({_S.WITHDRAWN, _S.EXPIRED})

STEPS: Final[Mapping[Role, Mapping[State, frozenset[State]]]] = {
    Role.HOLDER: {
        _S.RECEIVED: _ENDS | {_S.MATCHING, _S.DENIED},
        _S.MATCHING: _ENDS | {_S.REVIEW, _S.NEEDS_INFO, _S.NO_MATCH},
        _S.NEEDS_INFO: _ENDS | {_S.MATCHING},
        _S.NO_MATCH: _ENDS | {_S.CLOSED, _S.MATCHING},
        _S.REVIEW: _ENDS | {_S.NOTICE, _S.APPROVED, _S.DENIED, _S.HELD},
        _S.HELD: _ENDS | {_S.REVIEW, _S.DENIED},
        _S.NOTICE: _ENDS | {_S.APPROVED, _S.DENIED, _S.HELD},
        _S.APPROVED: _ENDS | {_S.PACKAGED, _S.HELD, _S.REVOKED, _S.REVIEW, _S.CORRECTED, _S.ACKED},
        _S.PACKAGED: _ENDS | {_S.RELEASED, _S.REVOKED, _S.ACKED},
        _S.RELEASED: _ENDS | {_S.FETCHED, _S.REVOKED, _S.APPROVED, _S.ACKED},
        _S.FETCHED: frozenset({_S.ACKED, _S.APPROVED, _S.REVOKED, _S.RECALLED, _S.WITHDRAWN, _S.CLOSED}),
        _S.ACKED: frozenset({_S.APPROVED, _S.RECALLED, _S.CLOSED}),
        _S.CORRECTED: frozenset({_S.APPROVED, _S.ACKED, _S.RECALLED}),
        _S.CLOSED: frozenset({_S.APPROVED}),
        _S.WITHDRAWN: frozenset({_S.RECALLED}),
    },
    Role.REQUESTER: {
        _S.DRAFTED: _ENDS | {_S.REQUESTED, _S.DENIED},
        _S.REQUESTED: _ENDS | {_S.NEEDS_INFO, _S.RELEASED, _S.DENIED, _S.REVOKED, _S.RETURNED},
        _S.RETURNED: frozenset({_S.REQUESTED, _S.CLOSED, _S.WITHDRAWN}),
        _S.NEEDS_INFO: _ENDS | {_S.REQUESTED, _S.RELEASED, _S.DENIED, _S.REVOKED},
        _S.RELEASED: _ENDS | {_S.FETCHED, _S.REVOKED, _S.REQUESTED, _S.RECEIPTED, _S.RECALLED},
        _S.FETCHED: frozenset({_S.VERIFIED, _S.REJECTED, _S.RECALLED}),
        _S.REJECTED: _ENDS | {_S.RELEASED, _S.REVOKED, _S.DENIED, _S.RECALLED, _S.RECEIPTED},
        _S.VERIFIED: frozenset({_S.IMPORTED, _S.REJECTED, _S.RECALLED, _S.RELEASED}),
        _S.IMPORTED: frozenset({_S.RECEIPTED, _S.RECALLED, _S.RELEASED, _S.CORRECTED}),
        _S.RECEIPTED: frozenset({_S.RECALLED, _S.CLOSED, _S.CORRECTED}),
        _S.CORRECTED: frozenset({_S.RELEASED, _S.RECEIPTED, _S.RECALLED}),
        _S.CLOSED: frozenset({_S.CORRECTED}),
    },
}
"""From each state, the states that may follow. A state that is not a key is an end."""


class Reason(StrEnum):
    """Why a transfer stands where it stands: a closed list, free of personal data."""

    POLICY = "policy"
    NOT_ENROLLED = "not_enrolled"
    NO_MATCH = "no_match"
    SAFETY = "safety"
    LEGAL_HOLD = "legal_hold"
    DUPLICATE = "duplicate"
    NO_ANSWER = "no_answer"
    NOT_FETCHED = "not_fetched"
    WRONG_STUDENT = "wrong_student"
    COURT_ORDER = "court_order"
    NOT_NEEDED = "not_needed"
    REFUSED_BY_PEER = "refused_by_peer"
    NOT_VERIFIED = "not_verified"
    PEER_SUSPENDED = "peer_suspended"
    GAVE_UP = "gave_up"
    STUDENT_HOLD = "student_hold"
    """A hold on the student's record stops it; lifting that hold puts it under review again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The attributes that name the student in a request. Personal data: never logged."""

    given_name: str
    family_name: str
    birth_date: date
    state_id: str | None = None
    middle_name: str | None = None
    birth_city: str | None = None
    guardian_name: str | None = None
    previous_school: str | None = None


def adds_only(before: Subject, after: Subject) -> bool:
    """Whether the later subject says what the earlier one said, and perhaps more."""
    said = {name: value for name, value in asdict(before).items() if value is not None}
    return said.items() <= asdict(after).items()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer row. Immutable: `to` makes the next one, the store swaps them if nobody was faster."""

    id: TransferId
    role: Role
    peer: EntityId
    state: State
    revision: int = 0
    """Counts every change; the compare-and-set key."""
    subject: Subject
    sections: tuple[str, ...]
    """The sections asked for."""
    purpose: str
    legal_basis: str
    actor: str
    """Who asked, as a pairwise pseudonym."""
    enrolled_on: date | None = None
    """The day of the enrolment that the request rests on."""
    student: LocalStudentId | None = None
    """Holder: the matched student."""
    remote_id: TransferId | None = None
    """Requester: the holder's id of the same transfer."""
    request_jti: str | None = None
    request_digest: Digest | None = None
    """Digest of the exact request JWS: ties the answer to the question."""
    response_key: str | None = None
    """Requester: the one-time private key. Holder: the one-time public key. JSON; gone after the receipt."""
    version: int = 0
    """The record's version: how often it was packaged."""
    accepted_version: int = 0
    """Holder: the version that was receipted as accepted. Requester: the one taken in. 0: none yet."""
    record_digest: Digest | None = None
    parcel_digest: Digest | None = None
    """Digest of the JWE as served."""
    reason: Reason | None = None
    needs: tuple[str, ...] = ()
    """Names of attributes that would settle the match; from a fixed list, never depending on data."""
    rounds: int = 0
    fetches: int = 0
    approved_by: str | None = None
    approved_at: datetime | None = None
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    next_try_at: datetime | None
    """When the loop looks at it next; None while a human or the peer must act first."""
    tries: int = 0

    def to(self, state: State, *, at: datetime, **changes: Any) -> Self:
        """Return the transfer one step on.

        Raises:
            Conflict: no such step exists from here.
        """
        if state not in STEPS[self.role].get(self.state, frozenset()):
            raise Conflict(f"a transfer that is {self.state} cannot become {state}")
        return self._changed(at=at, state=state, tries=0, **changes)

    def stay(self, *, at: datetime, **changes: Any) -> Self:
        """Return the transfer changed, in the same state."""
        return self._changed(at=at, **changes)

    def _changed(self, *, at: datetime, **changes: Any) -> Self:
        return replace(self, revision=self.revision + 1, changed_at=at, **changes)

    @property
    def ended(self) -> bool:
        """Whether nothing can follow, but for a correction of what was taken in."""
        return self.state is State.CLOSED or self.state not in STEPS[self.role]


_PUBLIC: Final = {
    _S.RECEIVED: "received",
    _S.NEEDS_INFO: "needs_info",
    _S.RELEASED: "released",
    _S.FETCHED: "fetched",
    _S.ACKED: "acked",
    _S.DENIED: "denied",
    _S.CLOSED: "denied",
    _S.WITHDRAWN: "withdrawn",
    _S.REVOKED: "revoked",
    _S.EXPIRED: "expired",
    _S.RECALLED: "recalled",
    _S.CORRECTED: "corrected",
}


def public_state(transfer: Transfer) -> str:
    """Return what the requester may know: found, not found and held are all `pending`.

    A closed transfer that was receipted stays `acked`. One that ended without a record reads as denied,
    whether nobody was found, somebody kept it back or nobody decided. What was taken in stays `acked` until
    its correction asks for a new one-time key.
    """
    if transfer.accepted_version and transfer.state in {State.APPROVED, State.PACKAGED}:
        return "pending" if transfer.response_key else "acked"
    if transfer.state is State.CLOSED and transfer.version:
        return "acked"
    if transfer.state is State.EXPIRED and not transfer.version:
        return "denied"
    return _PUBLIC.get(transfer.state, "pending")

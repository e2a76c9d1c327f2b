"""What a district's desk knows of a transfer beside the exchange itself: lanes, due day, owner, comments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self

from gateway.domain.errors import Conflict, Malformed
from gateway.domain.ids import TransferId
from gateway.domain.policy.release import WithheldReason
from gateway.domain.transfer import Role, State

MAX_COMMENT: Final = 2000
"""Characters of a comment."""


class Lane(StrEnum):
    """Why a student's record must not wait: a closed list, stated by the requester."""

    IEP = "iep"
    """An individualized education program or a section 504 plan (34 CFR 300.323(g))."""
    FOSTER = "foster"
    """In foster care (20 USC 6311(g)(1)(E))."""
    HOMELESS = "homeless"
    """Without fixed housing (42 USC 11432(g)(3)(C))."""
    MILITARY = "military"
    """A child of a military family (the interstate compact)."""
    MIGRANT = "migrant"
    """Migratory (34 CFR 200.85)."""
    ENGLISH_LEARNER = "english_learner"


ORDINARY: Final = 2
"""The urgency of a transfer in no lane; 0 is the most urgent."""


def lanes_of(names: Iterable[str]) -> tuple[Lane, ...]:
    """Return the lanes among the names, each once, in the order of `Lane`. Unknown names are passed over."""
    named = frozenset(names)
    return tuple(lane for lane in Lane if lane in named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A transfer on the desk. Immutable; every method returns the next one."""

    transfer: TransferId
    direction: Role
    """Which end of the move this district is."""
    lanes: tuple[Lane, ...] = ()
    urgency: int = ORDINARY
    """0 is the most urgent."""
    opened_at: datetime
    due_on: date
    """The last day on which the answer is in time."""
    school: str | None = None
    """This district's school that it concerns; a local id."""
    owner: str | None = None
    """The id of the person who works on it."""
    owner_name: str | None = None
    taken_at: datetime | None = None
    snapshot_by: str | None = None
    """Holder: who lets the day-1 snapshot go ahead of the record, as a pseudonym."""
    snapshot_due_at: datetime | None = None
    """Holder: when it leaves; until then it can be taken back."""
    snapshot_sent_at: datetime | None = None
    """When it left here, or came here."""
    confirmed_on: date | None = None
    """The day of the student's enrollment at the new district, as that district confirmed it."""
    confirmed_at: datetime | None = None
    notice_basis: str | None = None
    """What tells the family of the release; a code of the pack."""
    kept_back: Mapping[str, WithheldReason] = field(default_factory=dict)
    """Sections that a person keeps back at the holder, each with the reason that the other side is told."""
    reminded: int = 0
    """The share of the clock, in percent, that people were last reminded of."""

    def taken_by(self, person: str, name: str, *, at: datetime) -> Self:
        """Return the case with this owner.

        Raises:
            Conflict: somebody else has it; who that is, is told.
        """
        if self.owner not in {None, person}:
            raise Conflict(f"{self.owner_name} has this request; ask for it to be handed over")
        return replace(self, owner=person, owner_name=name, taken_at=at)

    def handed_to(self, person: str, name: str, *, at: datetime) -> Self:
        """Return the case with another owner, whoever had it."""
        return replace(self, owner=person, owner_name=name, taken_at=at)

    @property
    def snapshot_waits(self) -> bool:
        """Whether a snapshot is to leave and has not."""
        return self.snapshot_by is not None and self.snapshot_sent_at is None

    def released(self) -> Self:
        """Return the case without an owner: anybody may take it."""
        return replace(self, owner=None, owner_name=None, taken_at=None)


def new_case(
    transfer: TransferId,
    direction: Role,
    *,
    at: datetime,
    due_on: date,
    urgency: int = ORDINARY,
    lanes: tuple[Lane, ...] = (),
    school: str | None = None,
) -> Case:
    """Return the case of a transfer that has just been made; its pack says when it is due and how urgent."""
    return Case(
        transfer=transfer,
        direction=direction,
        lanes=lanes,
        urgency=urgency,
        opened_at=at,
        due_on=due_on,
        school=school,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A note between colleagues. It never leaves the district; families may read it on request."""

    at: datetime
    by: str
    by_name: str
    text: str


def comment_text(text: str) -> str:
    """Return the text without spaces around it, or raise `Malformed` if it is empty or too long."""
    stripped = text.strip()
    if not stripped:
        raise Malformed("a comment says something")
    if len(stripped) > MAX_COMMENT:
        raise Malformed(f"a comment has at most {MAX_COMMENT} characters")
    return stripped


class Group(StrEnum):
    """Whose turn it is, as the queue groups transfers."""

    TO_DO = "to_do"
    """A person of this district must act."""
    WAITING = "waiting"
    """The node, the other district, the family or a clock must act."""
    DONE = "done"


_TO_DO: Final[Mapping[Role, frozenset[State]]] = {
    Role.HOLDER: frozenset({State.NO_MATCH, State.REVIEW, State.HELD}),
    Role.REQUESTER: frozenset({State.NEEDS_INFO, State.VERIFIED, State.RETURNED}),
}
_DONE: Final[Mapping[Role, frozenset[State]]] = {
    Role.HOLDER: frozenset(
        {
            *(State.ACKED, State.DENIED, State.WITHDRAWN, State.REVOKED),
            *(State.EXPIRED, State.RECALLED, State.CLOSED),
        }
    ),
    Role.REQUESTER: frozenset(
        {
            *(State.RECEIPTED, State.DENIED, State.WITHDRAWN, State.REVOKED),
            *(State.EXPIRED, State.RECALLED, State.CLOSED),
        }
    ),
}
_ALL: Final[Mapping[Role, frozenset[State]]] = {
    Role.HOLDER: frozenset(
        {
            *(State.RECEIVED, State.MATCHING, State.NEEDS_INFO, State.NOTICE),
            *(State.APPROVED, State.PACKAGED, State.RELEASED, State.FETCHED, State.CORRECTED),
        }
    )
    | _TO_DO[Role.HOLDER]
    | _DONE[Role.HOLDER],
    Role.REQUESTER: frozenset(
        {
            *(State.DRAFTED, State.REQUESTED, State.RELEASED, State.FETCHED),
            *(State.REJECTED, State.IMPORTED, State.CORRECTED),
        }
    )
    | _TO_DO[Role.REQUESTER]
    | _DONE[Role.REQUESTER],
}


TAKEN_IN: Final = frozenset({State.IMPORTED, State.RECEIPTED})
"""Where a requester has the record, and the former district waits for word of the enrollment."""


def states_of(group: Group, role: Role) -> frozenset[State]:
    """Return the states in which a transfer of that side belongs to the group."""
    if group is Group.TO_DO:
        return _TO_DO[role]
    if group is Group.DONE:
        return _DONE[role]
    return _ALL[role] - _TO_DO[role] - _DONE[role]


def group_of(role: Role, state: State) -> Group:
    """Return whose turn it is in that state."""
    return next(group for group in Group if state in states_of(group, role))

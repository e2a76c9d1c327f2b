"""Two nodes compare what each knows of the transfers between them: digests of signed messages, no more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.domain.ids import Digest, EntityId, TransferId
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.transfer import Role, State, Transfer

TRANSFERS_AT_ONCE: Final = 100
"""How many one question names at most."""
GRACE: Final = timedelta(minutes=5)
"""What is younger may be on its way still."""

_NOT_COMPARED: Final = frozenset({MessageType.EVENT, MessageType.LOCATE})
"""Hints and questions to the agency: no evidence of the transfer, and kept by one side only."""
_RECORD_PROVEN: Final = {
    Role.HOLDER: frozenset({State.ACKED, State.RECALLED, State.CLOSED}),
    Role.REQUESTER: frozenset({State.VERIFIED, State.IMPORTED, State.RECEIPTED, State.RECALLED}),
}


class Side(StrEnum):
    """Whose log lacks an entry."""

    HERE = "here"
    THERE = "there"
    NEITHER = "neither"
    """Both have one, and they differ; or the fault is of another kind."""


class FindingKind(StrEnum):
    """What the logs, or a log and its witness, disagree about."""

    MISSING = "missing"
    DIFFERS = "differs"
    POSITION = "position"
    """The other side's word about its log, in a receipt or its answer, proves nothing."""
    PEER_LOG = "peer_log"
    """The other side's log is not the one that it proved before."""
    OWN_LOG = "own_log"
    """The agency refused to witness this node's log."""
    MEMBER_LOG = "member_log"
    """An agency: a member's log is not the one that was witnessed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a node knows of a transfer."""

    kind: str
    """The `typ` of the signed message. A record counts as one, by what was served."""
    digest: Digest
    version: int = 0
    """Of a record; 0 for other messages."""
    sure: bool
    """Whether the other side must know it too: it came from there, or has arrived there."""
    at: datetime | None = None
    """When it was stored; this node's own items only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One entry that the two sides do not share."""

    kind: FindingKind
    what: str
    """The `typ` of the message."""
    version: int
    digest: Digest
    lacking: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """A disagreement that a person must look at, until a later comparison finds it settled."""

    peer: EntityId
    kind: FindingKind
    transfer: TransferId | None
    """This node's id of it; None where it knows none."""
    named: str
    """What the other side calls the transfer, or why a log was refused."""
    what: str
    version: int
    digest: str
    lacking: Side
    found_at: datetime
    settled_at: datetime | None = None

    @property
    def id(self) -> str:
        """Return the key: the same disagreement found again is the same finding."""
        place = self.transfer or self.named
        return "|".join((self.peer, self.kind, place, self.what, str(self.version), self.digest))


def items_of(transfer: Transfer, messages: Iterable[Message]) -> list[Item]:
    """Return what this node knows of a transfer: each signed message, and the record."""
    said = [
        Item(
            kind=one.type,
            digest=one.digest,
            sure=one.direction is Direction.IN or one.outcome == "arrived",
            at=one.at,
        )
        for one in messages
        if one.type not in _NOT_COMPARED
    ]
    return said + _record(transfer)


def _record(transfer: Transfer) -> list[Item]:
    proven = transfer.state in _RECORD_PROVEN[transfer.role] and transfer.record_digest is not None
    served = proven or transfer.state in {State.FETCHED, State.CORRECTED} or transfer.version > 1
    if transfer.parcel_digest is None or not served:
        return []
    return [
        Item(
            kind=MessageType.RECORD,
            digest=transfer.parcel_digest,
            version=transfer.version,
            sure=proven,
            at=transfer.changed_at,
        )
    ]


def differences(mine: Sequence[Item], theirs: Sequence[Item], *, before: datetime) -> list[Difference]:
    """Return what one side is sure of and the other does not know.

    What this node stored later than `before` is left out: the other side's list may be older.
    """
    due = [one for one in mine if one.sure and (one.at is None or one.at < before)]
    lacking_there = [one for one in due if not _knows(theirs, one)]
    lacking_here = [one for one in theirs if one.sure and not _knows(mine, one)]
    pairs = {
        (one.kind, one.version)
        for one in lacking_there
        if any((one.kind, one.version) == (other.kind, other.version) for other in lacking_here)
    }
    found = [_difference(one, Side.THERE, pairs) for one in lacking_there]
    return found + [
        _difference(one, Side.HERE, pairs) for one in lacking_here if (one.kind, one.version) not in pairs
    ]


def _knows(items: Iterable[Item], wanted: Item) -> bool:
    """Whether the item is among them, or a later version of a record: only the newest is listed."""
    return any(
        one.kind == wanted.kind and (one.digest == wanted.digest or one.version > wanted.version)
        for one in items
    )


def _difference(item: Item, lacking: Side, pairs: set[tuple[str, int]]) -> Difference:
    differs = (item.kind, item.version) in pairs
    return Difference(
        kind=FindingKind.DIFFERS if differs else FindingKind.MISSING,
        what=item.kind,
        version=item.version,
        digest=item.digest,
        lacking=Side.NEITHER if differs else lacking,
    )

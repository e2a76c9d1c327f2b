"""Sealed parts: sections of a record that travel apart, for one named role at the other end.

A part is the entries of one section that a jurisdiction pack routes to a role (`packs.Routing`). It is signed
and encrypted by itself, fetched by itself and answered with a receipt of its own. Everybody else sees its
number, its role and the name of its section.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self

from gateway.domain.errors import Conflict
from gateway.domain.ids import Digest, LocalStudentId, TransferId
from gateway.domain.packs import Pack, Routing
from gateway.domain.policy.people import StaffRole

RECEIPT_DAYS: Final = 5
"""School days within which a part is opened and confirmed, where the pack does not say."""


class PartState(StrEnum):
    """Where a sealed part stands; the first two are the holder's, the third the receiver's."""

    PACKAGED = "packaged"
    FETCHED = "fetched"
    ARRIVED = "arrived"
    """It is here and proven, and nobody of its role has confirmed it yet."""
    CONFIRMED = "confirmed"
    """Somebody of its role has opened and confirmed it; the holder has, or will have, the receipt."""
    REFUSED = "refused"
    """It could not be used; the holder has, or will have, a receipt that says why."""


class PartFault(StrEnum):
    """Why a part is refused: a closed list, without personal data."""

    NOT_SERVED = "not_served"
    """The holder announced it and did not hand it over."""
    NOT_PROVEN = "not_proven"
    """Its signature, digests or encryption do not hold."""
    NOT_ANSWERING = "not_answering"
    """It is not the part that the record names."""
    UNKNOWN_ROLE = "unknown_role"
    """No role here is called so."""
    WRONG_STUDENT = "wrong_student"
    """A person of its role says that it is about somebody else."""
    UNREADABLE = "unreadable"
    """A person of its role cannot use it."""


BY_PERSON: Final = (PartFault.WRONG_STUDENT, PartFault.UNREADABLE)
"""Why a person may refuse a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPart:
    """A sealed part as either end keeps it, without what is in it. Immutable."""

    transfer: TransferId
    """This node's id of the transfer."""
    version: int
    n: int
    """From 1, in the order of the record's list."""
    role: str
    """Who opens it, a `StaffRole`; as the holder wrote it where the part was refused for that."""
    sections: tuple[str, ...]
    digest: Digest
    """Of the signed part."""
    jwe_digest: Digest
    """Of the encrypted part as served."""
    state: PartState
    at: datetime
    """Since when it stands so."""
    due_on: date
    """The last day on which its receipt is in time."""
    fetches: int = 0
    opened_at: datetime | None = None
    """When somebody of its role first opened it here."""
    fault: PartFault | None = None
    receipt: Digest | None = None
    """Of the signed receipt, sent or received."""
    reminded: bool = False
    """Whether people were told that its receipt is late."""

    def opened(self, *, at: datetime) -> Self:
        """Return it as opened; the first time counts."""
        return self if self.opened_at else replace(self, opened_at=at)

    def fetched(self, *, at: datetime) -> Self:
        """Return it as handed over once more; what was answered stays answered."""
        again = replace(self, fetches=self.fetches + 1)
        return replace(again, state=PartState.FETCHED, at=at) if not self.settled else again

    def answered(self, receipt: Digest, *, at: datetime, fault: PartFault | None = None) -> Self:
        """Return it as confirmed, or as refused for that fault.

        Raises:
            Conflict: it was answered otherwise before.
        """
        state = PartState.REFUSED if fault else PartState.CONFIRMED
        if self.settled and (self.state, self.fault) != (state, fault):
            raise Conflict(f"this part is {self.state} already")
        return replace(self, state=state, at=at, fault=fault, receipt=receipt)

    @property
    def settled(self) -> bool:
        """Whether it was answered."""
        return self.state in {PartState.CONFIRMED, PartState.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedApproval:
    """That two people let a sealed section of one student go with one transfer."""

    transfer: TransferId
    section: str
    student: LocalStudentId
    by: str
    """Who asked, and who agreed, as pseudonyms."""
    second: str
    at: datetime


def routing_of(pack: Pack, section: str) -> Routing | None:
    """Return how a section is sealed, or None if it travels openly."""
    routing = pack.sections.get(section)
    return routing if routing and routing.sealed else None


def sealed_entries(
    pack: Pack, sections: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Mapping[str, tuple[int, ...]]:
    """Return by section the positions of the entries that travel sealed; only sections that have any."""
    found = {name: tuple(_routed(routing_of(pack, name), entries)) for name, entries in sections.items()}
    return {name: positions for name, positions in found.items() if positions}


def _routed(routing: Routing | None, entries: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    if routing is None:
        return
    for position, entry in enumerate(entries):
        if not routing.kinds or _kind(entry) in routing.kinds:
            yield position


def _kind(entry: Mapping[str, Any]) -> str | None:
    kind = entry.get("kind")
    code = kind.get("code") if isinstance(kind, Mapping) else kind
    return code if isinstance(code, str) else None


def known_role(name: str) -> StaffRole | None:
    """Return the role of that name here, if there is one."""
    return StaffRole(name) if name in set(StaffRole) else None

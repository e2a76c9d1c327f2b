"""Flags on a student: what must be kept in mind whatever is done with the record."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Flag as PolicyFlag
from gateway.domain.policy import PersonId


class FlagKind(StrEnum):
    """What a flag says: a closed list."""

    ADDRESS_CONFIDENTIAL = "address_confidential"
    """In an address confidentiality programme; nothing tells where the student is."""
    MISSING_CHILD = "missing_child"
    """The state says that the student is missing."""
    PROTECTED = "protected"
    """At risk from somebody; nothing tells where the student is."""
    COURT_RESTRICTION = "court_restriction"
    """A court restricts what a parent may do. Being without custody is no restriction (34 CFR 99.4)."""


HIDES_PLACE: Final = frozenset({FlagKind.ADDRESS_CONFIDENTIAL, FlagKind.PROTECTED})
NEEDS_DOCUMENT: Final = frozenset({FlagKind.COURT_RESTRICTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag on a student. Kept after it is cleared.

    What protects takes effect at once, whoever sets it; what takes a right from a parent takes effect when a
    second person has read the document.
    """

    id: str
    student: LocalStudentId
    kind: FlagKind
    since: date
    until: date | None = None
    """First day on which it no longer counts."""
    document: str | None = None
    """Where the order, notice or certificate is kept."""
    substitute: Mapping[str, Any] | None = None
    """The address that a confidentiality programme gave, as `Address` of the schema."""
    set_by: PersonId
    set_by_name: str
    set_at: datetime
    confirmed_by: PersonId | None = None
    confirmed_at: datetime | None = None
    cleared_by: PersonId | None = None
    cleared_at: datetime | None = None

    def in_force(self, today: date) -> bool:
        """Whether it counts. What hides a place counts until it is cleared: it never lapses."""
        if self.kind in HIDES_PLACE:
            return self.cleared_at is None
        counts = self.confirmed_by is not None or self.kind not in NEEDS_DOCUMENT
        runs = self.since <= today and (self.until is None or today < self.until)
        return counts and runs and self.cleared_at is None


def hides_place(flags: Collection[Flag]) -> bool:
    """Whether nothing may tell where the student of these flags in force is."""
    return any(flag.kind in HIDES_PLACE for flag in flags)


def substitute_of(flags: Collection[Flag]) -> Mapping[str, Any] | None:
    """Return the address that stands in place of the student's own, if a programme gave one."""
    return next((flag.substitute for flag in flags if flag.substitute), None)


_POLICY: Final = {
    FlagKind.ADDRESS_CONFIDENTIAL: PolicyFlag.ADDRESS_CONFIDENTIAL,
    FlagKind.PROTECTED: PolicyFlag.ADDRESS_CONFIDENTIAL,
    FlagKind.MISSING_CHILD: PolicyFlag.MISSING,
    FlagKind.COURT_RESTRICTION: PolicyFlag.COURT_ORDER,
}


def for_policy(flags: Collection[Flag]) -> frozenset[PolicyFlag]:
    """Return the flags in force as rules ask for them."""
    return frozenset(_POLICY[flag.kind] for flag in flags)

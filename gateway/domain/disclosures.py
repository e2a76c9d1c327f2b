"""Who asked for a student's record and who got it (34 CFR 99.32), and which members of staff read it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.ids import LocalStudentId, TransferId


class DisclosureKind(StrEnum):
    """What became of a request for a record. Denied and partly met ones are kept as well."""

    REQUEST = "request"
    RELEASE = "release"
    PARTIAL = "partial"
    """Released, but not all that was asked for and is on file."""
    DENIAL = "denial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A line of a student's record of disclosures (34 CFR 99.32(a)). Never changed; kept with the record."""

    id: str
    """128 random bits."""
    student: LocalStudentId
    kind: DisclosureKind
    at: datetime
    party: str
    """Entity id or name of who asked or received (99.32(a)(3)(i))."""
    interest: str
    """The party's legitimate interest: the purpose of its request (99.32(a)(3)(ii))."""
    basis: str
    """The paragraph of the law that permits it."""
    sections: tuple[str, ...] = ()
    """Asked for, in a request or denial; else what left."""
    transfer: TransferId | None = None
    ferpa_exempt: bool = False
    """Whether 99.32(d) would not ask for this line."""
    reason: str = ""
    """Why not, or not all; from a closed list."""


_EXEMPT_BASES: Final = frozenset({"34CFR99.30", "34CFR99.31(a)(1)", "34CFR99.31(a)(11)"})


def is_exempt(basis: str) -> bool:
    """Whether FERPA asks for no line (99.32(d)): consent, school officials, directory information."""
    return basis in _EXEMPT_BASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One reading of a student's record by a person of this district (special education: 34 CFR 300.614)."""

    id: str
    """128 random bits."""
    at: datetime
    person: str
    """Who, as this district names its staff."""
    role: str
    why: str
    """Purpose: an action of the product (`student.show`), and what the person said where one must say it."""
    sections: tuple[str, ...]
    student: LocalStudentId | None = None
    """Whose record, where it is this district's own."""
    transfer: TransferId | None = None
    """With which transfer the record came or is to go."""

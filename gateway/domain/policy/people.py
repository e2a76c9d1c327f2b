"""Members of staff and their roles."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

PersonId = NewType("PersonId", str)
"""Issuer and subject of the identity provider, or the name of a local account; never an e-mail address."""

STEP_UP_LIFE: Final = timedelta(minutes=5)
"""A strong sign-in counts as fresh for so long."""


class StaffRole(StrEnum):
    """What a member of staff is at a district. A person may have several."""

    REGISTRAR = "registrar"
    """Asks for records, answers requests, takes records in."""
    RECORDS_OFFICER = "records_officer"
    """Approves what leaves, for the whole district."""
    PRIVACY_OFFICER = "privacy_officer"
    """Holds, disclosures, corrections; is told of every emergency access."""
    SAFETY_OFFICER = "safety_officer"
    """Missing-child notices, address confidentiality: the only role that sees silent holds."""
    COUNSELOR = "counselor"
    NURSE = "nurse"
    SPECIAL_EDUCATION = "special_education"
    PRINCIPAL = "principal"
    TEACHER = "teacher"
    IT_ADMIN = "it_admin"
    """Runs the node; reads no record."""
    AUDITOR = "auditor"
    """Reads the log; reads no record."""
    OBSERVER = "observer"
    """Sees how the node is set up; changes nothing, reads no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff who acts. `name` is personal: it is shown, never logged."""

    id: PersonId
    name: str
    roles: frozenset[StaffRole]
    schools: frozenset[str] = frozenset()
    """Where the person works, by school id; empty: the whole district."""
    signed_in_at: datetime
    strong: bool = False
    """Signed in with more than a password."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person proved lately, and strongly, who he or she is."""
        return self.strong and now - self.signed_in_at <= STEP_UP_LIFE

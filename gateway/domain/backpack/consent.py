"""Consents, and the log of disclosures that travels with a record (FERPA, 34 CFR 99.30 and 99.32)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime

from gateway.domain.backpack.base import CodedValue, Entry, OrgRef, Part, Period, PersonRef, about, held


class Scope(Part):
    """What a consent covers. An empty list covers nothing of its kind; one that is absent, everything."""

    sections: tuple[str, ...] | None = None
    """Sections of the backpack."""
    labels: tuple[str, ...] | None = None
    """Labels of fields."""
    fields: tuple[str, ...] | None = None
    """Paths of fields, `section.field`."""
    recipients: tuple[str, ...] | None = None
    """Ids or roles of those who may receive it."""
    purposes: tuple[str, ...] | None = None
    """What for."""


class Consent(Entry):
    """Who allowed what, or refused it. SIF: PersonPrivacyObligationDocument; PESC: ReleaseAuthorized."""

    given: bool | None = None
    """Whether it was given; false where it was refused, as an opt-out from directories."""
    grantor: Annotated[PersonRef | None, about("", "", None, "location")] = None
    """Who decided."""
    capacity: Literal["parent", "guardian", "eligibleStudent", "authorisedOfficial", "court"] | None = None
    """As what."""
    legal_basis: CodedValue
    """Consent, directory information, transfer, health or safety and others."""
    scope: Annotated[Scope, held("E", "directoryOptOut")]
    """What it covers."""
    period: Period | None = None
    """When it holds."""
    revoked_at: AwareDatetime | None = None
    """When it was taken back."""
    evidence: str | None = None
    """The entry in `documents`, or a signed token."""
    conditions: tuple[Literal["noRedisclosure", "deleteAfter", "viewOnly"], ...] = ()
    """What the recipient must keep to (34 CFR 99.33)."""


class Disclosure(Entry):
    """One disclosure of the record (34 CFR 99.32)."""

    when: AwareDatetime
    """When."""
    recipient: Annotated[OrgRef, about("", "", None, "location")]
    """To whom."""
    basis: CodedValue | None = None
    """On which ground."""
    purpose: str | None = None
    """What for."""
    sections: tuple[str, ...] = ()
    """What of it."""
    digest: str | None = None
    """SHA-256 of what was sent."""
    receipt: str | None = None
    """What the recipient answered."""

"""Guardians and other contacts: entries about somebody else, never part of a copy that the learner holds."""

from typing import Annotated, Literal

from gateway.domain.backpack.base import CodedValue, Entry, Part, Text, held


class Phone(Part):
    """CEDS 000279, 000280. Ed-Fi: Telephone."""

    type: CodedValue | None = None
    value: Text
    sms_capable: bool | None = None


class Email(Part):
    """CEDS 000088. Ed-Fi: ElectronicMail."""

    type: CodedValue | None = None
    value: Text


class ContactName(Part):
    """CEDS 000115, 000184, 000172."""

    given: str | None = None
    middle: str | None = None
    family: str | None = None


class Restriction(Part):
    """What a contact may not do: it survives every mapping or blocks it. CEDS 001424."""

    kind: Literal["noContact", "noPickup", "noRecords", "courtOrder"]
    text: str | None = None


class Contact(Entry):
    """A contact of the learner and how the two are related. Ed-Fi: Contact, StudentContactAssociation."""

    contact: str
    """The contact's own id at the district, the same for siblings."""
    name: Annotated[ContactName, held("E", "thirdParty")]
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    preferred_language: CodedValue | None = None
    relation: CodedValue | None = None
    """CEDS 000425. Ed-Fi: RelationDescriptor."""
    legal_guardian: bool | None = None
    """CEDS 000329."""
    lives_with: bool | None = None
    emergency_contact: bool | None = None
    primary_contact: bool | None = None
    priority: int | None = None
    restrictions: Annotated[tuple[Restriction, ...], held("R", "safety")] = ()
    education_rights_holder: bool | None = None

"""Guardians and other contacts: entries about somebody else, never part of a copy that the learner holds."""

from typing import Annotated, Literal

from gateway.domain.backpack.base import (
    Address,
    CodedValue,
    Entry,
    EntryRef,
    Part,
    Period,
    PersonIdentifier,
    about,
    held,
)
from gateway.domain.backpack.identity import Email, Phone


class ContactName(Part):
    """A contact's name. CEDS 000115, 000184, 000172."""

    prefix: Annotated[str | None, about("000212", "personalTitlePrefix")] = None
    """Title before the name."""
    given: Annotated[str | None, about("000115", "firstName")] = None
    """First name."""
    middle: Annotated[str | None, about("000184", "middleName")] = None
    """Middle names or initials."""
    family: Annotated[str | None, about("000172", "lastSurname")] = None
    """Surname."""
    suffix: Annotated[str | None, about("000121", "generationCodeSuffix")] = None
    """Jr, III."""


class Restriction(Part):
    """What a contact may not do: it survives every mapping or blocks it. CEDS 001424."""

    kind: Literal["noContact", "noPickup", "noRecords", "courtOrder"]
    """What is forbidden."""
    text: Annotated[str | None, about("001424", "contactRestrictions")] = None
    """In the words of the local system."""
    document: EntryRef | None = None
    """The entry in `documents` that orders it."""
    period: Period | None = None
    """When it holds."""


class Contact(Entry):
    """A contact of the learner and how the two are related. Ed-Fi: Contact, StudentContactAssociation.

    Person and relationship are one entry: a contact of two siblings stands in the backpack of each, under
    the same `contact`.
    """

    contact: Annotated[str, about(edfi="contactUniqueId")]
    """The contact's own id at the district, the same for siblings."""
    name: Annotated[
        ContactName, about("000115 000172", "Contact.firstName, lastSurname", "E", "thirdParty", "location")
    ]
    """The contact's name."""
    identifiers: Annotated[tuple[PersonIdentifier, ...], held("E", "thirdParty")] = ()
    """Numbers in other lists; never a social security number."""
    phones: Annotated[tuple[Phone, ...], about("000279", "telephones", None, "location")] = ()
    """In the order in which they are tried."""
    emails: Annotated[tuple[Email, ...], about("000088", "electronicMails", None, "location")] = ()
    """In the order in which they are tried."""
    addresses: Annotated[tuple[Address, ...], about("000269", "addresses", None, "location")] = ()
    """Where the contact lives and gets mail."""
    preferred_language: Annotated[CodedValue | None, about("000317", "languages")] = None
    """ISO 639-2 or 639-3."""
    interpreter_needed: bool | None = None
    """Whether conversations need an interpreter."""
    sex: Annotated[CodedValue | None, about("000255", "sexDescriptor", "R", "thirdParty")] = None
    """As the district reports it."""
    highest_education: Annotated[
        CodedValue | None, about("", "highestCompletedLevelOfEducationDescriptor", "R", "thirdParty")
    ] = None
    """Highest level of education that the contact completed."""
    occupation: Annotated[str | None, held("R", "thirdParty")] = None
    """What the contact works as."""
    employer: Annotated[str | None, held("R", "thirdParty", "location")] = None
    """Whom the contact works for."""
    relation: Annotated[CodedValue | None, about("000425", "relationDescriptor")] = None
    """Mother, foster parent, court-appointed guardian and others."""
    legal_guardian: Annotated[bool | None, about("000329", "legalGuardian")] = None
    """Whether the contact is a legal guardian."""
    custodial: Annotated[bool | None, about("000329")] = None
    """Whether the contact has custody."""
    lives_with: Annotated[bool | None, about("001425", "livesWith")] = None
    """Whether the learner lives with the contact."""
    emergency_contact: Annotated[bool | None, about("001341", "emergencyContactStatus")] = None
    """Whether to call in an emergency."""
    primary_contact: Annotated[bool | None, about("001428", "primaryContactStatus")] = None
    """Whether to call first."""
    priority: Annotated[int | None, about("001423", "contactPriority")] = None
    """In which order to call, from 1."""
    restrictions: Annotated[
        tuple[Restriction, ...], about("001424", "contactRestrictions", "R", "safety")
    ] = ()
    """What the contact may not do."""
    pickup_allowed: bool | None = None
    """Whether the contact may fetch the learner."""
    receives_mail: bool | None = None
    """Whether the school's mail goes to the contact."""
    portal_access: bool | None = None
    """Whether the contact may read the school's portal."""
    education_rights_holder: bool | None = None
    """Whether the contact holds the rights of FERPA and IDEA, which pass to the learner at 18."""

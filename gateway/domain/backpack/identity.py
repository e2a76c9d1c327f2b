"""Who the learner is. Apart from demographics, as in Ed-Fi 6: the border is one of sensitivity."""

from datetime import date
from typing import Annotated, Literal

from gateway.domain.backpack.base import (
    Address,
    AttachmentRef,
    CodedValue,
    Entry,
    OrgRef,
    Part,
    Period,
    Text,
    about,
    held,
)


class Identifier(Part):
    """A learner's number in a system. CEDS 001071, 001075. Ed-Fi: StudentIdentificationCode.

    Never a social security number.
    """

    system: Annotated[CodedValue, about("001075", "studentIdentificationSystemDescriptor")]
    """State, district, school, local, migrant and others."""
    value: Annotated[Text, about("001071", "identificationCode")]
    """The number, with its leading zeros."""
    assigner: Annotated[OrgRef | None, about(edfi="assigningOrganizationIdentificationCode")] = None
    """Who gave it."""
    period: Period | None = None
    """When it held."""


class Name(Part):
    """One name. CEDS 000115, 000184, 000172, 000121. Ed-Fi: firstName, middleName, lastSurname."""

    use: Annotated[
        Literal["legal", "preferred", "previousLegal", "alias", "birth"],
        about("000634", "otherNameTypeDescriptor"),
    ]
    """Which of the learner's names it is."""
    prefix: Annotated[str | None, about("000212", "personalTitlePrefix")] = None
    """Title before the name."""
    given: Annotated[str | None, about("000115", "firstName")] = None
    """First name."""
    middle: Annotated[str | None, about("000184", "middleName")] = None
    """Middle names or initials."""
    family: Annotated[str | None, about("000172", "lastSurname")] = None
    """Surname; of two, the first (MSIX: Last Name 1)."""
    family2: str | None = None
    """The second surname (MSIX: Last Name 2)."""
    suffix: Annotated[str | None, about("000121", "generationCodeSuffix")] = None
    """Jr, III."""
    phonetic: str | None = None
    """As it is spoken or, in Japan, written in kana."""


class BirthPlace(Part):
    """Where the learner was born. CEDS 000426, 000427, 000051."""

    city: Annotated[str | None, about("000426", "birthCity")] = None
    """Town."""
    state: Annotated[str | None, about("000427", "birthStateAbbreviationDescriptor")] = None
    """USPS abbreviation in the United States."""
    country: Annotated[str | None, about("000051", "birthCountryDescriptor")] = None
    """ISO 3166-1, or the local system's name."""


class Login(Part):
    """An account name; its password is never read. CEDS 001170."""

    system: str | None = None
    """Where the account is."""
    value: Annotated[Text, about("001170", "loginId")]
    """The account's name."""


class Phone(Part):
    """A telephone number. CEDS 000279, 000280. Ed-Fi: Telephone."""

    type: Annotated[CodedValue | None, about("000280", "telephoneNumberTypeDescriptor")] = None
    """Home, mobile, work, emergency."""
    value: Annotated[Text, about("000279", "telephoneNumber")]
    """The number as it was written."""
    primary: Annotated[bool | None, about("000219", "orderOfPriority")] = None
    """Whether it is tried first."""
    sms_capable: Annotated[bool | None, about(edfi="textMessageCapabilityIndicator")] = None
    """Whether it takes text messages."""
    do_not_publish: Annotated[bool | None, about(edfi="doNotPublishIndicator")] = None
    """The family asked that it be kept out of directories."""


class Email(Part):
    """A mail address. CEDS 000088. Ed-Fi: ElectronicMail."""

    type: Annotated[CodedValue | None, about("000089", "electronicMailTypeDescriptor")] = None
    """Home, work, organisation."""
    value: Annotated[Text, about("000088", "electronicMailAddress")]
    """The address."""
    primary: Annotated[bool | None, about(edfi="primaryEmailAddressIndicator")] = None
    """Whether it is tried first."""
    do_not_publish: Annotated[bool | None, about(edfi="doNotPublishIndicator")] = None
    """The family asked that it be kept out of directories."""


class Learner(Entry):
    """The learner, once in each district's part of the backpack. CEDS 001572. Ed-Fi: Student."""

    identifiers: Annotated[
        tuple[Identifier, ...], about("001071 001075", "studentIdentificationCodes", "E", "pii.direct")
    ] = ()
    """Numbers by which systems know the learner."""
    names: Annotated[tuple[Name, ...], about("000115 000172", "firstName, lastSurname, otherNames")] = ()
    """Every name, the legal one first."""
    birth_date: Annotated[date | None, about("000033", "Student.birthDate")] = None
    """Day of birth. Many districts keep it out of their directories."""
    birth_place: Annotated[BirthPlace | None, about("000426 000427 000051", "Student.birthCity", "E")] = None
    """Where the learner was born."""
    multiple_birth: Annotated[bool | None, about(edfi="Student.multipleBirthStatus", level="E")] = None
    """A twin, triplet and so on: the same birth date and surname are not the same person."""
    pronouns: Annotated[str | None, held("S")] = None
    """As the learner wants them. OneRoster 1.2: pronouns."""
    photo: Annotated[AttachmentRef | None, about("", "profileThumbnail", None, "location")] = None
    """A picture of the learner."""
    login_ids: Annotated[tuple[Login, ...], about("001170", "loginId", "E", "location")] = ()
    """Accounts; never passwords."""
    addresses: Annotated[
        tuple[Address, ...], about("000269", "StudentDirectory.addresses", None, "location")
    ] = ()
    """Where the learner lives and gets mail."""
    phones: Annotated[
        tuple[Phone, ...], about("000279", "StudentDirectory.telephones", None, "location")
    ] = ()
    """The learner's own numbers; those of the family are in `contacts`."""
    emails: Annotated[
        tuple[Email, ...], about("000088", "StudentDirectory.electronicMails", None, "location")
    ] = ()
    """The learner's own addresses."""

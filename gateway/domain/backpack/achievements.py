"""What the learner achieved, comments of those who teach, and activities beside lessons."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from gateway.domain.backpack.base import (
    AttachmentRef,
    CodedValue,
    Day,
    Entry,
    EntryRef,
    Level,
    Number,
    OrgRef,
    Part,
    PersonRef,
    Score,
    StandardRef,
    Text,
    about,
)

_LONGEST_CREDENTIAL = 1_400_000


class Credential(Part):
    """A signed credential, byte for byte: the entry's fields are an index of it."""

    format: Literal["ob3-jsonld", "ob3-jwt", "clr2-jsonld", "clr2-jwt", "ob2"]
    """Open Badges 3.0 or 2.0, Comprehensive Learner Record 2.0; embedded proof or JWT."""
    payload: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", min_length=4, max_length=_LONGEST_CREDENTIAL)
    ]
    """Base64 (RFC 4648, 4) of the bytes as they came; up to 1 MiB."""
    verification: Literal["verified", "failed", "notTried"] | None = None
    """What came of checking the proof at the sender."""
    verified_at: AwareDatetime | None = None
    """When."""


class Revocation(Part):
    """Where to see whether the credential was revoked. CEDS 001751."""

    status_list: str | None = None
    """URI of the status list (W3C BitstringStatusList, 1EdTech revocation list)."""
    status: Literal["valid", "revoked", "suspended"] | None = None
    """What it said when the sender looked."""


class Achievement(Entry):
    """A badge, an award, a portfolio piece, a personal best. Ed-Fi: StudentAcademicRecord.recognitions."""

    type: Annotated[CodedValue | None, about("000892", "achievementCategoryDescriptor")] = None
    """Badge, certificate, competency and others (CLR 2.0), `ext:PersonalBest`, `ext:PortfolioPiece`."""
    title: Annotated[Text, about("000893", "achievementTitle")]
    """As it is called."""
    description: Annotated[str | None, about("000895")] = None
    """What it is."""
    criteria: Annotated[str | None, about("000896", "criteria, criteriaURL")] = None
    """What had to be done, or where that is said."""
    issuer: Annotated[OrgRef | None, about("000898", "issuerName, issuerOriginURL")] = None
    """Who gave it."""
    issued_on: Annotated[Day | None, about("001163", "recognitionAwardDate")] = None
    """When."""
    expires: Annotated[Day | None, about("001164", "recognitionAwardExpiresDate")] = None
    """Until when it counts."""
    results: Annotated[tuple[Score, ...], about("000901")] = ()
    """What was reached."""
    alignments: Annotated[tuple[StandardRef, ...], about("000874")] = ()
    """Standards that it shows."""
    evidence: Annotated[tuple[AttachmentRef, ...], about("000901", "evidenceStatement")] = ()
    """What it rests on."""
    endorsements: tuple[str, ...] = ()
    """Endorsements in words, or where they are."""
    image: Annotated[AttachmentRef | None, about("000894", "imageURL")] = None
    """Its picture."""
    credential: Credential | None = None
    """The signed credential, if there is one."""
    learner_reflection: str | None = None
    """What the learner says of it."""
    revocation: Annotated[Revocation | None, about("001751")] = None
    """Whether it was taken back."""


class Comment(Entry):
    """A comment about the learner. Never a teacher's private note, which is no education record."""

    text: Annotated[Text, about("001573", "diagnosticStatement")]
    """The words."""
    language: str | None = None
    """BCP 47 tag of the words."""
    author: PersonRef | None = None
    """Whose words."""
    date: Annotated[Day | None, about(edfi="eventDate")] = None
    """When."""
    category: Annotated[CodedValue | None, about("001573", "gradeEarnedDescription")] = None
    """Academic, strength, concern, wellbeing, strategy, handover, report card."""
    about_records: Annotated[tuple[EntryRef, ...], Field(alias="about")] = ()
    """The entries that it is about."""
    visibility: Literal["teachers", "team", "family", "learner"] | None = None
    """Who may read it, those before in the list included."""


class Activity(Entry):
    """Clubs, athletics, service, work-based learning. CEDS 000006. Ed-Fi: StudentCohortAssociation."""

    base: ClassVar[Level] = "D"

    title: Annotated[Text, about("000009", "programReference")]
    """As it is called."""
    type: Annotated[CodedValue | None, about("000006", "programTypeDescriptor")] = None
    """Co-curricular, athletics, service, work-based learning, internship."""
    role: Annotated[str | None, about("000007")] = None
    """As what."""
    begin: Annotated[Day | None, about("000008", "beginDate")] = None
    """First day."""
    end: Annotated[Day | None, about("000008", "endDate")] = None
    """Last day, inclusive."""
    hours: Annotated[Number | None, about("001527")] = None
    """Hours in all."""
    level: Annotated[str | None, about("001499")] = None
    """School, district, state; varsity."""
    organisation: Annotated[OrgRef | None, about("", "", None, "location")] = None
    """Where."""

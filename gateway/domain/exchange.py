"""What the signed messages between nodes say, field by field.

Top-level claims that are not known are ignored; inside an authorization detail they are refused
(RFC 9396, 5).
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from gateway.domain.policy import RAR_TYPE

_ONE_LINE = r"^[^\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+$"
Text = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=_ONE_LINE)
]
"""One line without control characters or changes of direction. Joiners stay: some names need them."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Jti = Annotated[str, StringConstraints(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9._~-]+$")]
DigestText = Annotated[str, StringConstraints(pattern=r"^sha-256:[A-Za-z0-9_-]{43}$")]
Seconds = Annotated[int, Field(ge=0, le=4_102_444_800)]
"""Seconds since 1970, until the year 2100 (RFC 7519, 2, NumericDate)."""
TokenText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[int, Field(ge=1, le=1000)]
PartNumber = Annotated[int, Field(ge=1, le=64)]
RecordVersion = Annotated[int, Field(ge=0, le=1000)]
"""0 is the day-1 snapshot, which comes before the record."""


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    iss: str
    aud: str
    iat: Seconds
    jti: Jti


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LocateClaims(_Claims):
    """A question to the locator: who may hold the record behind one of these keyed tokens."""

    exp: Seconds
    purpose: Text
    actor: "Actor"
    tokens: Annotated[tuple[TokenText, ...], Field(min_length=1, max_length=2)]


class SubjectMatch(_Part):
    """Who is meant. Full name and birth date always; the more of the rest, the surer."""

    given_name: Text
    family_name: Text
    birth_date: date
    state_id: Text | None = None
    middle_name: Text | None = None
    birth_city: Text | None = None
    guardian_name: Text | None = None
    previous_school: Text | None = None


class RequestSubject(_Part):
    """The student whose record is asked for."""

    match: SubjectMatch


class TransferDetail(_Part):
    """The authorization detail of a transfer (RFC 9396, type `urn:backpack:rar:transfer:1`)."""

    type: Literal["urn:backpack:rar:transfer:1"] = RAR_TYPE
    actions: tuple[Literal["fetch"]] = ("fetch",)
    datatypes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]
    """The sections asked for."""
    purpose: Text
    legal_basis: Text
    subject: RequestSubject
    not_after: date | None = None


class Actor(_Part):
    """Who acts at the sender, as a pseudonym that only the sender can resolve."""

    id: Text
    role: Text
    acr: Text | None = None
    auth_time: Seconds | None = None
    approved_by: tuple[Text, ...] = ()


class Basis(_Part):
    """What the request rests on."""

    enrollment_date: date | None = None
    consent: Text | None = None
    parent_notified: date | None = None


class ResponseEncryption(_Part):
    """The one-time key that the record is to be sealed to."""

    jwk: dict[str, Any]
    alg: Literal["ECDH-ES+A256KW"] = "ECDH-ES+A256KW"
    enc: Literal["A256GCM"] = "A256GCM"


class RequestClaims(_Claims):
    """A request for a record: the evidence of who asked what and why."""

    exp: Seconds
    authorization_details: tuple[TransferDetail]
    actor: Actor
    basis: Basis = Basis()
    response_encryption: ResponseEncryption
    formats: tuple[Text, ...] = ("application/vnd.backpack+json;v=1",)
    priority: Literal["normal", "urgent"] = "normal"
    lanes: Annotated[tuple[Text, ...], Field(max_length=16)] = ()
    """Why it must not wait, of `casework.Lane`; names that are not known are passed over."""


class InformationClaims(_Claims):
    """More attributes of the student, as the holder asked for."""

    transfer: Text
    request_digest: DigestText
    match: SubjectMatch


class WithdrawalClaims(_Claims):
    """The requester no longer needs the record."""

    transfer: Text
    reason: Text = "not_needed"


class ReceiptClaims(_Claims):
    """What became of a record, or of a sealed part of it, at the requester."""

    transfer: Text
    version: Version
    part: PartNumber | None = None
    """Of which sealed part; the digests are then that part's. Absent: of the record."""
    record_digest: DigestText | None = None
    """Absent when the parcel could not be opened."""
    jwe_digest: DigestText
    outcome: Literal["accepted", "rejected", "quarantined", "deleted", "refused"]
    problems: tuple[dict[str, str], ...] = ()
    log: dict[str, Any] | None = None
    """Where the record stands in the requester's log (`log_positions`); a receipt stands without it."""


class EnrollmentClaims(_Claims):
    """The new district's word that the student is enrolled there. It names no school and no student."""

    transfer: Text
    request_digest: DigestText
    enrolled_on: date


class RekeyClaims(_Claims):
    """A new one-time key, for a correction of a record whose first key is gone."""

    transfer: Text
    request_digest: DigestText
    response_encryption: ResponseEncryption


class RecordSegment(_Part):
    """A segment on its way: the signed digests and those disclosures that may be seen."""

    jws: str
    disclosures: dict[Name, tuple[str, ...]]


class RecordBody(_Part):
    """The backpack."""

    schema_version: Annotated[str, Field(alias="schema")]
    segments: Annotated[tuple[RecordSegment, ...], Field(min_length=1, max_length=64)]


class KeptBack(BaseModel):
    """A section that did not travel, or not whole."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    datatype: Name
    reason: Name
    entries: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Granted(BaseModel):
    """What of one district's segment travels."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: Text
    datatypes: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    withheld: Annotated[tuple[KeptBack, ...], Field(max_length=64)] = ()


class ListedPart(BaseModel):
    """What a record says of a sealed part of it: for whom it is and how to know it, not what is in it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    n: PartNumber
    role: Name
    """Which role at the receiver opens it."""
    datatypes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]
    """Its sections."""
    media_type: Text
    bytes: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)]
    """As served: what the padding leaves of its size."""
    digest: DigestText
    """Of the signed part."""
    jwe_digest: DigestText
    """Of the encrypted part as served."""


class PartClaims(_Claims):
    """A sealed part: a record of its own, of the same transfer and version, for one role."""

    transfer: Text
    request_digest: DigestText
    version: Version
    n: PartNumber
    role: Name
    datatypes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]
    record: RecordBody


class Change(BaseModel):
    """Why there is another version of a record, and where it differs."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    reason: Name
    pointers: Annotated[tuple[Text, ...], Field(max_length=1000)] = ()
    """Section and field, such as `/grades/grade.letter`; a section alone where an entry came or went."""


class RecordClaims(_Claims):
    """A released record, tied to the request that it answers."""

    transfer: Text
    request_digest: DigestText
    version: RecordVersion
    replaces: DigestText | None = None
    """Of the record that this one corrects."""
    change: Change | None = None
    """Why and where a corrected record is another one."""
    approved: dict[str, Any]
    basis: dict[str, Any] = {}
    """Legal basis and notice basis, as the holder states them; empty from a node that states none."""
    granted: Annotated[tuple[Granted, ...], Field(max_length=64)]
    record: RecordBody
    parts: Annotated[tuple[ListedPart, ...], Field(max_length=64)] = ()
    """What goes apart, sealed for a role."""

    @model_validator(mode="after")
    def _numbers_each_part_once(self) -> Self:
        if len({part.n for part in self.parts}) != len(self.parts):
            msg = "two parts have the same number"
            raise ValueError(msg)
        return self


class ListedItem(BaseModel):
    """One thing that the sender knows of a transfer (`reconciling.Item`)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Text
    digest: DigestText
    version: Annotated[int, Field(ge=0, le=1000)] = 0
    sure: bool


class ListedTransfer(BaseModel):
    """What the sender knows of one transfer between the two nodes."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    transfer: Text
    """As its holder calls it."""
    request: Jti
    """`jti` of the request that made it."""
    held: bool
    """Whether the sender is its holder."""
    items: Annotated[tuple[ListedItem, ...], Field(max_length=256)]


class LogProof(BaseModel):
    """How the sender's log stands, and that it continues what it proved before."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    checkpoint: Annotated[str, Field(max_length=16 * 1024)]
    proof: Annotated[tuple[Annotated[str, Field(max_length=44)], ...], Field(max_length=63)] = ()


class ReconcileClaims(_Claims):
    """A question: this is what the sender knows of these transfers; what does the receiver know?"""

    exp: Seconds
    transfers: Annotated[tuple[ListedTransfer, ...], Field(max_length=100)]
    log_size: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """The largest size of the receiver's log that was proven to the sender; 0: none."""


class ReconciledClaims(_Claims):
    """The answer, about those of the transfers that are known and are between the two nodes."""

    question: DigestText
    transfers: Annotated[tuple[ListedTransfer, ...], Field(max_length=100)]
    log: LogProof | None = None


class EventClaims(_Claims):
    """A security event token (RFC 8417)."""

    txn: Text | None = None
    events: Annotated[dict[str, dict[str, Any]], Field(min_length=1, max_length=1)]

"""The words in which credentials and what came of checking them are spoken of."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from gateway.domain.errors import Malformed

Document = Mapping[str, Any]
"""A JSON object, as its text says it."""

BASE_CONTEXTS: Final = ("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1")
"""One of them is the first context of every verifiable credential."""

OB2_CONTEXTS: Final = ("https://w3id.org/openbadges/v2", "https://w3id.org/openbadges/v1")


class Format(StrEnum):
    """How a credential is written down and secured."""

    OB3_JSONLD = "ob3-jsonld"
    OB3_JWT = "ob3-jwt"
    CLR2_JSONLD = "clr2-jsonld"
    CLR2_JWT = "clr2-jwt"
    OB2 = "ob2"


class VerifyStatus(StrEnum):
    """What was found when the proof was checked."""

    VERIFIED = "verified"
    """A key that is known to be the issuer's signed all that was read."""

    UNKNOWN_ISSUER = "unknownIssuer"
    """Nobody at this node said which keys are the issuer's."""

    NOT_VERIFIED = "notVerified"
    """It could not be checked here."""

    INVALID = "invalid"
    """It was changed, or was never what it seems."""


class Reason(StrEnum):
    """Why a credential is not verified; a closed list."""

    NONE = ""
    NO_PROOF = "noProof"
    UNSUPPORTED_PROOF = "unsupportedProof"
    UNKNOWN_CONTEXT = "unknownContext"
    NEEDS_NETWORK = "needsNetwork"
    ISSUER_NOT_PINNED = "issuerNotPinned"
    KEY_NOT_PINNED = "keyNotPinned"
    BAD_PROOF = "badProof"
    BAD_SIGNATURE = "badSignature"
    UNSIGNED_TERMS = "unsignedTerms"
    CLAIMS_DIFFER = "claimsDiffer"
    TOO_COMPLEX = "tooComplex"


class Validity(StrEnum):
    """What the credential says of a point in time."""

    VALID = "valid"
    NOT_YET = "notYetValid"
    EXPIRED = "expired"


_LONGEST_TIME: Final = 40


def listed(value: Any) -> list[Any]:
    """Return the value as JSON-LD means it: one thing and a list of one thing are the same."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """Return text, also of a JSON-LD value object; of anything else nothing."""
    if isinstance(value, Mapping):
        value = value.get("@value")
    return value if isinstance(value, str) else ""


def instant(text: str) -> datetime:
    """Return a point in time (RFC 3339; a date alone is its first moment in UTC).

    Raises:
        Malformed: it is none.
    """
    try:
        found = datetime.fromisoformat(text[:_LONGEST_TIME])
    except ValueError:
        raise Malformed("a time is not written as RFC 3339 says") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

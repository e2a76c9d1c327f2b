"""Documents: files that belong to the record, with what is known of them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from gateway.domain.backpack.base import CodedValue, Entry, Part, PersonRef, Sha256, about

_LONGEST_INLINE = 1_400_000


class ExtractedText(Part):
    """The words of a scanned file."""

    text: Annotated[str, Field(max_length=1_000_000)]
    """The words."""
    engine: str | None = None
    """What read them."""
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None
    """How sure it is, from 0 to 1."""


class Signature(Part):
    """A signature in the file."""

    kind: Literal["PAdES", "CMS", "other"]
    """What it is made with."""
    verification: Literal["verified", "failed", "notTried"] | None = None
    """What came of checking it at the sender."""


class Document(Entry):
    """A file that belongs to the record. CEDS 001593.

    Its class goes by its kind: a file of a kind that nobody here knows is restricted.
    """

    kind: Annotated[
        CodedValue,
        about(
            "001593",
            "identificationDocumentUseDescriptor",
            "R",
            unless={
                "birthCertificate": "E",
                "transcriptPDF": "E",
                "reportCard": "E",
                "portfolio": "E",
                "consentForm": "E",
                "immunizationCard": "S",
            },
        ),
    ]
    """Birth certificate, IEP, 504 plan, transcript, report card, immunisation card, court order, other."""
    title: str | None = None
    """As it is called."""
    media_type: Annotated[str | None, Field(max_length=255)] = None
    """IANA media type."""
    size: Annotated[int | None, Field(ge=0)] = None
    """In bytes."""
    sha256: Sha256 | None = None
    """Of the file's bytes."""
    pages: Annotated[int | None, Field(ge=0)] = None
    """How many."""
    created: AwareDatetime | None = None
    """When the file was made."""
    author: PersonRef | None = None
    """Who made it."""
    inline: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=_LONGEST_INLINE),
        about("", "", None, "location"),
    ] = None
    """Base64 (RFC 4648, 4) of a file of up to 1 MiB."""
    member: Annotated[str | None, about("", "", None, "location")] = None
    """Name of the file that travels beside the backpack."""
    uri: Annotated[str | None, about("", "", None, "location")] = None
    """Where it lies; `sha256` says what must lie there."""
    extracted_text: Annotated[ExtractedText | None, about("", "", None, "location")] = None
    """The words of a scanned file."""
    signature: Signature | None = None
    """A signature in it."""

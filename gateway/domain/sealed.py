"""Sealed parts: sections that only a named role may read, at either end (protocol, 3.6, `parts`).

A record names its parts; their content travels apart. Each part is a signed message of its own
(`backpack-part+jwt`), sealed to the one-time key of the request, fetched at
`transfers/{id}/versions/{version}/parts/{n}` and receipted by a receipt that names it. The receiver
fetches the parts before it sends the receipt of the record: then the one-time key is destroyed.
"""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.exchange import Claims, DigestText, Name, PartNumber, Text, Version

PART_MEDIA_TYPE: Final = "application/vnd.backpack.part+jose"


class PartSegment(BaseModel):
    """Entries of one segment of the record: its disclosures that stand in no other place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    segment: DigestText
    """Digest of the segment's JWS, which is in the record."""
    disclosures: Annotated[dict[Name, tuple[str, ...]], Field(min_length=1, max_length=64)]


class PartClaims(Claims):
    """What a part says."""

    transfer: Text
    version: Version
    part: PartNumber
    role: Name
    """Who may read it at the receiver, a `StaffRole`."""
    segments: Annotated[tuple[PartSegment, ...], Field(min_length=1, max_length=64)]

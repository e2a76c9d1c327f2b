"""Opens a signed record: who signed it, under which chain, at which moment, and what its segments say."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from gateway.crypto import disclosures, jws, seals
from gateway.crypto.chains import ChainCache
from gateway.crypto.keys import parse_jwks
from gateway.domain.errors import Malformed, Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.trust import Listing
from gateway.usecases.ports import OpenedSegment

MAX_MESSAGE_BYTES: Final = 256 * 1024
_SECTION: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecord:
    """A record whose signature, chain and segments hold."""

    issuer: Listing
    """As the chain in the record's header says, at the moment of signing."""
    claims: Mapping[str, Any]
    signed_at: datetime
    segments: tuple[OpenedSegment, ...]


def open_record(
    record: str, chains: ChainCache, *, now: datetime, typ: jws.Typ = jws.Typ.RECORD
) -> SignedRecord:
    """Verify a record, or a sealed part, under the chain in its own header, at the time of its signing.

    So it can be opened when its issuer has changed its keys, or is gone.

    Raises:
        Untrusted: a signature, chain or disclosure does not hold, or something comes from the future.
        Malformed: this is no record.
    """
    peeked = jws.peek(record, max_bytes=seals.MAX_RECORD_BYTES)
    signed_at = _time(peeked.claims, now)
    issuer = chains.verify(
        _chain(peeked.header), now=signed_at, subject=EntityId(str(peeked.claims.get("iss")))
    )
    claims = jws.verify(
        record,
        typ=typ,
        keys=parse_jwks(issuer.evidence_jwks),
        max_bytes=seals.MAX_RECORD_BYTES,
        allow_trust_chain=True,
    ).claims
    return SignedRecord(
        issuer=issuer,
        claims=claims,
        signed_at=signed_at,
        segments=_open_segments(claims, chains, signed_at),
    )


def open_message(text: str, typ: jws.Typ, chains: ChainCache, *, now: datetime) -> SignedRecord:
    """Verify a message that carries its chain, at the time when it was signed; it has no segments.

    Raises:
        Untrusted, Malformed: as `open_record`.
    """
    peeked = jws.peek(text, max_bytes=MAX_MESSAGE_BYTES)
    signed_at = _time(peeked.claims, now)
    issuer = chains.verify(
        _chain(peeked.header), now=signed_at, subject=EntityId(str(peeked.claims.get("iss")))
    )
    claims = jws.verify(
        text,
        typ=typ,
        keys=parse_jwks(issuer.evidence_jwks),
        max_bytes=MAX_MESSAGE_BYTES,
        allow_trust_chain=True,
    ).claims
    return SignedRecord(issuer=issuer, claims=claims, signed_at=signed_at, segments=())


def _open_segments(claims: Mapping[str, Any], chains: ChainCache, now: datetime) -> tuple[OpenedSegment, ...]:
    """Verify every segment of a record under the chain in its own header, at the time it was signed.

    Raises:
        Untrusted: a chain, signature or disclosure does not hold, or a segment is from the future.
        Malformed: the record is not shaped like one, or has no segment.
    """
    record = claims.get("record")
    parts = record.get("segments") if isinstance(record, dict) else None
    if not isinstance(parts, list) or not parts:
        raise Malformed("the record holds no segment")
    return tuple(_open_segment(part, chains, now) for part in parts)


def _open_segment(part: Any, chains: ChainCache, now: datetime) -> OpenedSegment:
    if not isinstance(part, dict) or not isinstance(part.get("jws"), str):
        raise Malformed("a segment has no JWS")
    token: str = part["jws"]
    shown = part.get("disclosures")
    if not isinstance(shown, dict) or not all(_are_texts(texts) for texts in shown.values()):
        raise Malformed("a segment's disclosures are not lists of text")
    peeked = jws.peek(token, max_bytes=disclosures.MAX_SEGMENT_BYTES)
    at = _time(peeked.claims, now)
    issuer = EntityId(str(peeked.claims.get("iss")))
    listing = chains.verify(_chain(peeked.header), now=at, subject=issuer)
    if not all(_SECTION.fullmatch(name) for name in shown):
        raise Malformed("a segment has a section of an odd name")
    opened = disclosures.open_segment(token, shown, parse_jwks(listing.evidence_jwks))
    return OpenedSegment(
        jws=token,
        issuer=issuer,
        learner=_learner(opened.claims),
        as_of=_as_of(opened.claims),
        sections=opened.sections,
        disclosures=shown,
        undisclosed={name: count for name, count in opened.withheld.items() if count},
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _chain(header: Mapping[str, Any]) -> Sequence[str]:
    chain = header.get("trust_chain")
    if not isinstance(chain, list) or not _are_texts(chain):
        raise Untrusted("no_chain", "it carries no chain of its own")
    return chain


def _time(claims: Mapping[str, Any], now: datetime) -> datetime:
    jws.check_times(claims, now=now)
    if claims["iat"] < 0:
        raise Untrusted("no_time")
    return datetime.fromtimestamp(int(claims["iat"]), UTC)


def _learner(claims: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(str(claims.get("learner")).removeprefix("urn:uuid:")))
    except ValueError:
        raise Malformed("a segment's learner is not a UUID") from None


def _as_of(claims: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(str(claims.get("as_of")))
    except ValueError:
        raise Malformed("a segment's as_of is not a date") from None

"""Proves a received record years later, with no network: only the anchor's public key is needed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from gateway.crypto import jws, records, seals
from gateway.crypto.chains import Anchors, ChainCache, ChainRules
from gateway.crypto.keys import thumbprint
from gateway.domain.errors import Malformed
from gateway.domain.exchange import EnrollmentClaims, RecordClaims
from gateway.domain.ids import Digest, EntityId, digest
from gateway.domain.trust import Jwks, Listing
from gateway.usecases.ports import OpenedSegment


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenRecord:
    """What an archived record proves."""

    issuer: Listing
    """The district that released it, as its chain said on that day."""
    receiver: EntityId
    signed_at: datetime
    transfer: str
    version: int
    digest: Digest
    approved: Mapping[str, Any]
    segments: tuple[OpenedSegment, ...]


def prove(record: str, anchors: Anchors, *, now: datetime, allow_loopback_http: bool = False) -> ProvenRecord:
    """Verify a record JWS and every segment in it at the times when they were signed.

    Args:
        record: The compact JWS, as archived.
        anchors: The agencies to believe, by their pinned keys.
        now: To refuse what claims to come from the future.
        allow_loopback_http: Accept nodes of a demonstration.

    Raises:
        Untrusted: a signature or chain does not hold, or ends at another anchor.
        Malformed: this is no record.
    """
    text = record.strip()
    chains = ChainCache(ChainRules(anchors=anchors, allow_loopback_http=allow_loopback_http))
    opened = records.open_record(text, chains, now=now)
    try:
        claims = RecordClaims.model_validate(opened.claims)
    except ValidationError:
        raise Malformed("the claims do not have the shape of a record") from None
    return ProvenRecord(
        issuer=opened.issuer,
        receiver=EntityId(claims.aud),
        signed_at=opened.signed_at,
        transfer=claims.transfer,
        version=claims.version,
        digest=digest(text.encode()),
        approved=claims.approved,
        segments=opened.segments,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenEnrollment:
    """What a confirmation of enrollment proves."""

    issuer: Listing
    receiver: EntityId
    signed_at: datetime
    transfer: str
    enrolled_on: date
    digest: Digest


def is_enrollment(text: str) -> bool:
    """Tell whether a message says of itself that it is a confirmation of enrollment."""
    header = jws.peek(text.strip(), max_bytes=seals.MAX_RECORD_BYTES).header
    return header.get("typ") == jws.Typ.ENROLLMENT


def prove_enrollment(
    message: str, anchors: Anchors, *, now: datetime, allow_loopback_http: bool = False
) -> ProvenEnrollment:
    """Verify a confirmation of enrollment at the time when it was signed; arguments and errors as `prove`."""
    text = message.strip()
    chains = ChainCache(ChainRules(anchors=anchors, allow_loopback_http=allow_loopback_http))
    opened = records.open_message(text, jws.Typ.ENROLLMENT, chains, now=now)
    try:
        claims = EnrollmentClaims.model_validate(opened.claims)
    except ValidationError:
        raise Malformed("the claims do not have the shape of a confirmation of enrollment") from None
    return ProvenEnrollment(
        issuer=opened.issuer,
        receiver=EntityId(claims.aud),
        signed_at=opened.signed_at,
        transfer=claims.transfer,
        enrolled_on=claims.enrolled_on,
        digest=digest(text.encode()),
    )


def anchor_of(record: str) -> EntityId:
    """Return the anchor that a record's own chain names, unproven: to know whose key to give."""
    chain = jws.peek(record.strip(), max_bytes=seals.MAX_RECORD_BYTES).header.get("trust_chain")
    if not isinstance(chain, list) or not chain or not isinstance(chain[-1], str):
        raise Malformed("the record carries no trust chain")
    last = jws.peek(chain[-1], max_bytes=seals.MAX_RECORD_BYTES)
    return EntityId(str(last.claims.get("iss")))


def pinned(text: str) -> Jwks:
    """Read a file of pinned keys: a JWK set, or one JWK (RFC 7517).

    Raises:
        Malformed: it is neither, or holds a private key.
    """
    try:
        read = json.loads(text)
    except ValueError:
        raise Malformed("the anchor's keys are not JSON") from None
    keys = read.get("keys", [read]) if isinstance(read, dict) else []
    if not keys or not all(isinstance(key, dict) and key.get("kty") == "EC" for key in keys):
        raise Malformed("the anchor's keys are no JSON Web Key Set with EC keys")
    if any("d" in key for key in keys):
        raise Malformed("this file holds a private key; ask for the public keys, and tell its owner")
    return {"keys": [{**key, "kid": key.get("kid") or thumbprint(key)} for key in keys]}

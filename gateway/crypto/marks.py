"""Trust marks: that an agency has found a node to meet some criteria (OpenID Federation 1.0, 7)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pydantic import ValidationError

from gateway.crypto import jws
from gateway.crypto.keys import Keys
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.entity_statements import Limits, MarkEntry, Statement, TrustMark
from gateway.domain.errors import Malformed, TooLarge, Untrusted
from gateway.domain.ids import EntityId

Carried = Mapping[str, datetime | ChainFault]
"""By type: when the mark ends, or what is wrong with it."""

_FAULTS = {
    "unknown_key": ChainFault.UNKNOWN_KEY,
    "bad_signature": ChainFault.BAD_SIGNATURE,
}


def judge(
    subject: Statement,
    anchor: Statement,
    issuers: Mapping[EntityId, Keys],
    *,
    now: datetime,
    limits: Limits,
) -> Carried:
    """Judge every mark in the subject's configuration by itself.

    An issuer counts if the anchor's configuration lists it for that type and its keys are proven:
    pinned, or stated by its superior within the same chain. An empty list admits nobody. Delegated
    marks are not part of the profile and never valid.
    """
    carried: dict[str, datetime | ChainFault] = {}
    for entry in subject.trust_marks:
        verdict = _verdict(entry, subject, anchor, issuers, now=now, limits=limits)
        if not isinstance(carried.get(entry.trust_mark_type), datetime):
            carried[entry.trust_mark_type] = verdict
    return carried


def require(types: Iterable[str], carried: Carried) -> None:
    """Check that the marks are there and valid.

    Raises:
        Untrusted: `trust_mark_missing`, `trust_mark_expired` or `trust_mark_invalid`.
    """
    for type_ in sorted(types):
        verdict = carried.get(type_, ChainFault.MARK_MISSING)
        if isinstance(verdict, ChainFault):
            refuse(verdict, type_)


def valid_types(carried: Carried) -> frozenset[str]:
    """Return the types of the marks that hold."""
    return frozenset(type_ for type_, verdict in carried.items() if isinstance(verdict, datetime))


def ends(carried: Carried) -> list[datetime]:
    """Return when the valid marks end."""
    return [verdict for verdict in carried.values() if isinstance(verdict, datetime)]


def verify(token: str, typ: jws.Typ, keys: Keys, limits: Limits) -> None:
    """Verify a federation signature: a statement's or a mark's.

    Raises:
        Untrusted: `statement_header`, `unknown_key`, `bad_signature`, `statement_too_large` or
            `statement_unreadable`.
    """
    try:
        jws.verify(token, typ=typ, keys=keys, max_bytes=limits.statement_bytes)
    except Untrusted as error:
        refuse(_FAULTS.get(error.reason, ChainFault.BAD_HEADER))
    except TooLarge:
        refuse(ChainFault.TOO_LARGE)
    except Malformed:
        refuse(ChainFault.UNREADABLE)


def _verdict(
    entry: MarkEntry,
    subject: Statement,
    anchor: Statement,
    issuers: Mapping[EntityId, Keys],
    *,
    now: datetime,
    limits: Limits,
) -> datetime | ChainFault:
    try:
        mark = _claims(entry, limits)
        if not _fits(mark, entry, subject, anchor):
            return ChainFault.MARK_INVALID
        verify(entry.trust_mark, jws.Typ.TRUST_MARK, issuers.get(mark.iss, Keys({})), limits)
    except Untrusted:
        return ChainFault.MARK_INVALID
    return _verdict_on_times(mark, now=now, limits=limits)


def _claims(entry: MarkEntry, limits: Limits) -> TrustMark:
    try:
        claims = jws.peek(entry.trust_mark, max_bytes=limits.statement_bytes).claims
        mark = TrustMark.model_validate(claims)
    except (Malformed, TooLarge, ValidationError):
        refuse(ChainFault.MARK_INVALID)
    if "delegation" in claims:
        refuse(ChainFault.MARK_INVALID)
    return mark


def _fits(mark: TrustMark, entry: MarkEntry, subject: Statement, anchor: Statement) -> bool:
    type_ = entry.trust_mark_type
    return (
        mark.sub == subject.sub
        and mark.trust_mark_type == type_
        and mark.iss in anchor.trust_mark_issuers.get(type_, ())
        and type_ not in anchor.trust_mark_owners
    )


def _verdict_on_times(mark: TrustMark, *, now: datetime, limits: Limits) -> datetime | ChainFault:
    begins, ends_ = datetime.fromtimestamp(mark.iat, UTC), datetime.fromtimestamp(mark.exp, UTC)
    if ends_ <= now - limits.skew:
        return ChainFault.MARK_EXPIRED
    if begins > now + limits.skew or ends_ - begins > limits.longest_mark:
        return ChainFault.MARK_INVALID
    return ends_

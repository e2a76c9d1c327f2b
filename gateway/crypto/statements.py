"""Issues entity statements, trust marks and an agency's signed answers (OpenID Federation 1.0)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from gateway.crypto import jws
from gateway.crypto.keys import SIGNING_ALG, KeyRing, Purpose
from gateway.crypto.node_metadata import DISTRICT_POLICY, ENTITY_TYPES, federation_endpoints
from gateway.domain.ids import EntityId
from gateway.domain.trust import Jwks

SUBORDINATE_LIFE = timedelta(hours=6)
"""Of a superior's statement. Renew at half of it."""

CONFIGURATION_LIFE = timedelta(hours=24)
"""Of a node's statement about itself."""

ANCHOR_LIFE = timedelta(days=7)
"""Of a trust anchor's statement about itself."""

MARK_LIFE = timedelta(days=365)
"""Of a trust mark, at most."""

HISTORICAL_KEYS_TYP = "jwk-set+jwt"
MARK_STATUS_TYP = "trust-mark-status-response+jwt"


MarkStatus = Literal["active", "expired", "revoked", "invalid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredKey:
    """A federation key that signs no more."""

    jwk: Mapping[str, Any]
    expired_at: datetime
    revoked_at: datetime | None = None
    reason: Literal["unspecified", "compromised", "superseded"] | None = None


def entity_configuration(
    id_: EntityId,
    *,
    keys: KeyRing,
    metadata: Mapping[str, Any],
    now: datetime,
    superiors: Sequence[EntityId],
    anchors: Sequence[EntityId] = (),
    trust_marks: Mapping[str, str] | None = None,
) -> str:
    """Return the statement of a district (or a region) about itself, good for 24 h.

    Args:
        id_: Who speaks.
        keys: Whose federation keys sign and are announced.
        metadata: As one of the builders here makes it.
        now: When it is signed.
        superiors: Who vouches for it, one or more (`authority_hints`).
        anchors: The anchors that it can be proven to (`trust_anchor_hints`).
        trust_marks: The marks that it carries, by type.
    """
    claims = {
        **_claims(id_, id_, keys.public_jwks(Purpose.FEDERATION), now, CONFIGURATION_LIFE),
        "authority_hints": list(superiors),
        "metadata": metadata,
    }
    if anchors:
        claims["trust_anchor_hints"] = list(anchors)
    if trust_marks:
        claims["trust_marks"] = [{"trust_mark_type": t, "trust_mark": m} for t, m in trust_marks.items()]
    return _signed(claims, keys)


def anchor_configuration(
    id_: EntityId,
    *,
    keys: KeyRing,
    metadata: Mapping[str, Any],
    now: datetime,
    trust_mark_issuers: Mapping[str, Sequence[EntityId]],
    superiors: Sequence[EntityId] = (),
    announced: Jwks | None = None,
) -> str:
    """Return the statement of a trust anchor about itself, good for 7 days.

    `superiors` are other anchors that cross-list this one. `announced` are the federation keys to
    publish, where the successor is offline and not in `keys`.
    """
    jwks = announced or keys.public_jwks(Purpose.FEDERATION)
    claims = {
        **_claims(id_, id_, jwks, now, ANCHOR_LIFE),
        "metadata": metadata,
        "trust_mark_issuers": {type_: list(issuers) for type_, issuers in trust_mark_issuers.items()},
    }
    if superiors:
        claims["authority_hints"] = list(superiors)
    return _signed(claims, keys)


def district_statement(
    issuer: EntityId,
    subject: EntityId,
    *,
    keys: KeyRing,
    subject_jwks: Jwks,
    name: str,
    lea_ids: Mapping[str, str],
    host: str,
    now: datetime,
) -> str:
    """Return the word of an agency (or region) about a district, good for 6 h.

    It states the district's name and identifiers, which no district states for itself, and ties the
    district to its one host.
    """
    return subordinate_statement(
        issuer,
        subject,
        keys=keys,
        subject_jwks=subject_jwks,
        metadata={
            "oauth_resource": {"backpack_lea": dict(lea_ids)},
            "federation_entity": {"organization_name": name},
        },
        constraints=constraints(max_path_length=0, permitted=[host]),
        now=now,
    )


def subordinate_statement(
    issuer: EntityId,
    subject: EntityId,
    *,
    keys: KeyRing,
    subject_jwks: Jwks,
    constraints: Mapping[str, Any],
    now: datetime,
    metadata: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] = DISTRICT_POLICY,
) -> str:
    """Return the word of one entity about another, good for 6 h: a district, a region, another state."""
    claims = {
        **_claims(issuer, subject, subject_jwks, now, SUBORDINATE_LIFE),
        "source_endpoint": federation_endpoints(issuer)["federation_fetch_endpoint"],
        "metadata": dict(metadata or {}),
        "constraints": constraints,
        "metadata_policy": policy,
    }
    return _signed(claims, keys)


def constraints(
    *,
    max_path_length: int,
    permitted: Sequence[str],
    excluded: Sequence[str] = (),
    entity_types: Sequence[str] = ENTITY_TYPES,
) -> dict[str, Any]:
    """Return a `constraints` claim. It holds for the subject too, so its own host must be permitted."""
    names = {"permitted": list(permitted)} | ({"excluded": list(excluded)} if excluded else {})
    return {
        "max_path_length": max_path_length,
        "naming_constraints": names,
        "allowed_entity_types": list(entity_types),
    }


def trust_mark(
    issuer: EntityId,
    subject: EntityId,
    type_: str,
    *,
    keys: KeyRing,
    now: datetime,
    life: timedelta = MARK_LIFE,
) -> str:
    """Return a trust mark, good for `life`, a year at most."""
    times = _times(now, min(life, MARK_LIFE))
    claims = {"iss": issuer, "sub": subject, "trust_mark_type": type_, **times}
    return jws.sign(jws.Typ.TRUST_MARK, claims, keys.current(Purpose.FEDERATION))


def historical_keys(issuer: EntityId, *, keys: KeyRing, retired: Iterable[RetiredKey], now: datetime) -> str:
    """Return the signed list of the federation keys that sign no more, for whoever verifies old chains."""
    claims = {"iss": issuer, "iat": _seconds(now), "keys": [_retired(old) for old in retired]}
    return _answer(HISTORICAL_KEYS_TYP, claims, keys)


def trust_mark_status(
    issuer: EntityId, mark: str, status: MarkStatus, *, keys: KeyRing, now: datetime
) -> str:
    """Return the signed answer to whether a trust mark still stands (8.4)."""
    claims = {"iss": issuer, "iat": _seconds(now), "trust_mark": mark, "status": status}
    return _answer(MARK_STATUS_TYP, claims, keys)


def _retired(key: RetiredKey) -> dict[str, Any]:
    entry: dict[str, Any] = {**key.jwk, "exp": _seconds(key.expired_at)}
    if key.revoked_at is not None:
        entry["revoked"] = {"revoked_at": _seconds(key.revoked_at), "reason": key.reason or "unspecified"}
    return entry


def _claims(iss: EntityId, sub: EntityId, jwks: Jwks, now: datetime, life: timedelta) -> dict[str, Any]:
    return {"iss": iss, "sub": sub, **_times(now, life), "jwks": jwks}


def _times(now: datetime, life: timedelta) -> dict[str, int]:
    return {"iat": _seconds(now), "exp": _seconds(now + life)}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _signed(claims: Mapping[str, Any], keys: KeyRing) -> str:
    return jws.sign(jws.Typ.ENTITY_STATEMENT, claims, keys.current(Purpose.FEDERATION))


def _answer(typ: str, claims: Mapping[str, Any], keys: KeyRing) -> str:
    key = keys.current(Purpose.FEDERATION)
    return jws.sign_with({"alg": SIGNING_ALG, "typ": typ, "kid": key.kid}, claims, key)

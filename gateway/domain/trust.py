"""What the trust chain says of a node, and a node that was proven for one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.ids import EntityId, TransferId

Jwks = Mapping[str, Any]
"""A JWK set, `{"keys": [...]}` (RFC 7517, 5), public keys only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a valid trust chain says of one node (OpenID Federation 1.0, 10)."""

    id: EntityId
    anchor: EntityId
    """The pinned agency that the chain ends at."""
    organization_name: str
    """As the agency states it, not as the node calls itself."""
    lea_ids: Mapping[str, str]
    """District identifiers by system (`nces`, `state`), asserted by the agency alone."""
    entity_types: frozenset[str]
    client_jwks: Jwks
    """Verify client assertions, and nothing else."""
    evidence_jwks: Jwks
    """Verify requests, records, receipts and events, and nothing else."""
    encryption_jwks: Jwks
    token_endpoint: str
    resource: str
    """Base of the exchange API, also the `resource` of a token request (RFC 8707)."""
    events_endpoint: str | None
    trust_marks: frozenset[str]
    """Types of the valid marks that the node carries."""
    log_key: str | None = None
    """The verifier key of the node's audit log (C2SP signed-note)."""
    witness_key: str | None = None
    """The verifier key by which an agency witnesses the logs of its members."""
    stated_at: datetime
    """When the nearest superior last stated that it vouches for this node."""
    expires_at: datetime
    """The earliest end among the statements of the chain."""
    chain: tuple[str, ...]
    """The statements, the node's own configuration first, the anchor's last."""

    def is_fresh(self, now: datetime, max_age: timedelta) -> bool:
        """Whether the superior's word is recent enough for what is about to happen."""
        return now - self.stated_at <= max_age and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an access token permits (RFC 6749, RFC 9396)."""

    client: EntityId
    scope: str
    transfer: TransferId | None
    """The one transfer that a `backpack.fetch` token is good for."""
    key_thumbprint: str
    """Thumbprint of the DPoP key that the token is bound to (RFC 9449, 6)."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another node, proven for this request: token, proof of possession, chain and marks hold.

    Made by the guard in `gateway.http.auth` and nowhere else.
    """

    listing: Listing
    grant: Grant

    @property
    def id(self) -> EntityId:
        """The proven node."""
        return self.listing.id

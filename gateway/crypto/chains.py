"""Trust chains: proves, offline, what the agency says of a node (OpenID Federation 1.0, 10.2).

Only pinned keys speak for an anchor. A key that an anchor's configuration announces counts if it is
pinned too, so a new anchor key needs both: the announcement, and an operator who pinned it.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from types import MappingProxyType
from typing import Any

import orjson

from gateway.crypto import jws, marks
from gateway.crypto.keys import Keys, parse_jwks
from gateway.crypto.listings import listing_of
from gateway.domain import federation
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.entity_statements import Limits, Statement, read_statement
from gateway.domain.errors import Malformed, TooLarge
from gateway.domain.ids import Digest, EntityId, digest
from gateway.domain.trust import Jwks, Listing

Anchors = Mapping[EntityId, Jwks]
"""The pinned keys of each trust anchor: the active one and its successor."""

_NOT_CONTENT = frozenset({"iat", "exp", "jti"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """That an entity said something of another at a moment. Kept, it exposes replayed older statements."""

    iss: EntityId
    sub: EntityId
    issued_at: datetime
    content: Digest
    """Of all claims but the times: a statement that was merely renewed has the same content."""


Newest = Callable[[EntityId, EntityId], Sighting | None]
"""The newest sighting of an issuer's word about a subject, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorConfiguration:
    """An anchor's own statement, verified with its pins."""

    statement: Statement
    keys: Keys
    """Pinned and announced: these verify what the anchor signs."""
    unpinned: frozenset[str]
    """`kid`s that it announces and this node has not pinned: an operator should compare and pin."""


@dataclass(frozen=True, slots=True)
class _Proof:
    listing: Listing
    sightings: tuple[Sighting, ...]
    holds_from: datetime
    holds_until: datetime

    def holds(self, now: datetime) -> bool:
        return self.holds_from <= now < self.holds_until


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRules:
    """What a node has decided about whom to trust."""

    anchors: Anchors
    required_marks: frozenset[str] = frozenset()
    """Types of the trust marks without which a chain is refused."""
    limits: Limits = field(default_factory=Limits)
    allow_loopback_http: bool = False
    """For tests and demonstrations: entities at `http://127.0.0.1:...`."""


def verify_chain(
    chain: Sequence[str],
    *,
    rules: ChainRules,
    now: datetime,
    subject: EntityId | None = None,
    newest: Newest | None = None,
) -> Listing:
    """Return what the chain proves of its subject, or refuse it whole.

    Args:
        chain: The subject's configuration, its superiors' statements, the anchor's configuration.
            For an anchor itself, its configuration alone. Needs no network.
        rules: Anchors, marks and limits.
        now: The moment to judge at. To judge an archived message, the moment when it was signed.
        subject: Whom the chain must be about, if that is known.
        newest: What was seen before. Leave out to judge the past.

    Raises:
        Untrusted: with a `ChainFault` as its reason.
    """
    return _accepted(_prove(_tokens(chain), rules, now), subject, newest)


class ChainCache:
    """Verifies chains, and the same chain again for the price of a dictionary look-up.

    Holds the chains used last, each until its first statement or mark ends. What was seen since is
    asked every time.
    """

    def __init__(self, rules: ChainRules, *, size: int = 512) -> None:
        """Keep at most `size` chains, some 20 kB each."""
        self._rules = rules
        self._size = size
        self._proofs: OrderedDict[tuple[str, ...], _Proof] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._proofs)

    def verify(
        self,
        chain: Sequence[str],
        *,
        now: datetime,
        subject: EntityId | None = None,
        newest: Newest | None = None,
    ) -> Listing:
        """Do as `verify_chain` does."""
        key = _tokens(chain)
        proof = self._proofs.get(key)
        if proof is None or not proof.holds(now):
            proof = _prove(key, self._rules, now)
        self._keep(key, proof)
        return _accepted(proof, subject, newest)

    def _keep(self, key: tuple[str, ...], proof: _Proof) -> None:
        with self._lock:
            self._proofs[key] = proof
            self._proofs.move_to_end(key)
            if len(self._proofs) > self._size:
                self._proofs.popitem(last=False)


def verify_anchor_configuration(
    token: str,
    *,
    anchor: EntityId,
    rules: ChainRules,
    now: datetime,
) -> AnchorConfiguration:
    """Check an anchor's own configuration, as fetched from it, against its pins.

    Raises:
        Untrusted: with a `ChainFault` as its reason.
    """
    _, (statement,) = _read(_tokens([token]), rules)
    if statement.sub != anchor or not statement.is_configuration:
        refuse(ChainFault.WRONG_SUBJECT)
    keys = _anchor_keys(statement, rules.anchors)
    _verify(token, keys, rules.limits)
    federation.check_times([statement], now=now, limits=rules.limits)
    federation.check_endpoints(statement.metadata, anchor)
    announced = parse_jwks(statement.jwks)
    return AnchorConfiguration(
        statement=statement, keys=keys, unpinned=frozenset(announced.without(keys).members)
    )


def sightings_of(chain: Sequence[str], *, limits: Limits | None = None) -> tuple[Sighting, ...]:
    """Return what to remember of a chain that was verified."""
    most = (limits or Limits()).statement_bytes
    claims = [jws.peek(token, max_bytes=most).claims for token in chain]
    return tuple(_sighting(said, Statement.model_validate(said)) for said in claims)


def _prove(chain: tuple[str, ...], rules: ChainRules, now: datetime) -> _Proof:
    claims, statements = _read(chain, rules)
    federation.check_links(statements)
    issuers = _verify_signatures(chain, statements, rules)
    federation.check_times(statements, now=now, limits=rules.limits)
    federation.check_constraints(statements)
    metadata = federation.resolve_metadata(statements)
    federation.check_endpoints(metadata, statements[0].sub)
    carried = marks.judge(statements[0], statements[-1], issuers, now=now, limits=rules.limits)
    if len(statements) > 1:
        marks.require(rules.required_marks, carried)
    listing = listing_of(chain, statements, metadata, marks.valid_types(carried))
    ends = [listing.expires_at, *marks.ends(carried)]
    begins = max(statement.issued_at for statement in statements)
    return _Proof(listing, tuple(map(_sighting, claims, statements)), begins, min(ends))


def _accepted(proof: _Proof, subject: EntityId | None, newest: Newest | None) -> Listing:
    if subject is not None and proof.listing.id != subject:
        refuse(ChainFault.WRONG_SUBJECT)
    if newest is not None and any(_is_superseded(said, newest) for said in proof.sightings):
        refuse(ChainFault.SUPERSEDED)
    return proof.listing


def _is_superseded(said: Sighting, newest: Newest) -> bool:
    later = newest(said.iss, said.sub)
    return later is not None and later.issued_at > said.issued_at and later.content != said.content


def _read(chain: Sequence[str], rules: ChainRules) -> tuple[list[dict[str, Any]], list[Statement]]:
    limits, http = rules.limits, rules.allow_loopback_http
    if not 1 <= len(chain) <= limits.statements:
        refuse(ChainFault.CHAIN_LENGTH)
    claims = [_claims(token, limits) for token in chain]
    return claims, [read_statement(said, limits=limits, allow_loopback_http=http) for said in claims]


def _tokens(chain: Sequence[object]) -> tuple[str, ...]:
    """Refuse what a header's `trust_chain` may hold besides strings, before anything is done with it."""
    tokens = tuple(token for token in chain if isinstance(token, str))
    if len(tokens) != len(chain):
        refuse(ChainFault.UNREADABLE)
    return tokens


def _claims(token: str, limits: Limits) -> dict[str, Any]:
    try:
        return jws.peek(token, max_bytes=limits.statement_bytes).claims
    except TooLarge:
        refuse(ChainFault.TOO_LARGE)
    except Malformed:
        refuse(ChainFault.UNREADABLE)


def _verify_signatures(
    chain: Sequence[str], statements: Sequence[Statement], rules: ChainRules
) -> Mapping[EntityId, Keys]:
    """Verify from the anchor down, and return the proven keys of everybody who may issue marks."""
    anchor = statements[-1]
    keys = _anchor_keys(anchor, rules.anchors)
    issuers = {id_: parse_jwks(pins) for id_, pins in rules.anchors.items()} | {anchor.sub: keys}
    _verify(chain[-1], keys, rules.limits)
    for token, statement in zip(chain[-2:0:-1], statements[-2:0:-1], strict=True):
        _verify(token, keys, rules.limits)
        keys = issuers.setdefault(statement.sub, parse_jwks(statement.jwks))
    if len(chain) > 1:
        _verify(chain[0], _common(keys, parse_jwks(statements[0].jwks)), rules.limits)
    return issuers


def _anchor_keys(anchor: Statement, anchors: Anchors) -> Keys:
    if anchor.sub not in anchors:
        refuse(ChainFault.UNKNOWN_ANCHOR)
    return _common(parse_jwks(anchors[anchor.sub]), parse_jwks(anchor.jwks))


def _common(one: Keys, other: Keys) -> Keys:
    return Keys(MappingProxyType({k: key for k, key in one.members.items() if k in other.members}))


def _verify(token: str, keys: Keys, limits: Limits) -> None:
    marks.verify(token, jws.Typ.ENTITY_STATEMENT, keys, limits)


def _sighting(claims: Mapping[str, Any], statement: Statement) -> Sighting:
    content = {name: value for name, value in claims.items() if name not in _NOT_CONTENT}
    return Sighting(
        iss=statement.iss,
        sub=statement.sub,
        issued_at=statement.issued_at,
        content=digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)),
    )

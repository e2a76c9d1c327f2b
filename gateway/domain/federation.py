"""What a chain of entity statements must satisfy, apart from its signatures (OpenID Federation 1.0).

The profile that this project uses. Nothing here proves anything by itself: `gateway.crypto.chains`
verifies the signatures and asks these functions in the right order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from gateway.domain import entity_ids
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.entity_statements import Limits, Statement
from gateway.domain.ids import EntityId
from gateway.domain.metadata_policy import apply_policy, merge_policies, parse_policy

FEDERATION_ENTITY = "federation_entity"
"""The entity type that everybody has and no constraint removes (6.2.3)."""


def check_links(chain: Sequence[Statement]) -> None:
    """Check that the statements lead from a subject's configuration to an anchor's (4, 10.2).

    Raises:
        Untrusted: `chain_length`, `chain_broken`, `chain_loops` or `superior_not_hinted`.
    """
    if len(chain) in {0, 2}:
        refuse(ChainFault.CHAIN_LENGTH)
    if [s.is_configuration for s in chain] != [i in {0, len(chain) - 1} for i in range(len(chain))]:
        refuse(ChainFault.BROKEN_LINK, "configurations belong at the two ends, and only there")
    if any(lower.iss != upper.sub for lower, upper in pairwise(chain)):
        refuse(ChainFault.BROKEN_LINK, "an issuer is not the next subject")
    entities = entities_of(chain)
    if len(set(entities)) != len(entities):
        refuse(ChainFault.LOOP)
    if len(chain) > 1 and chain[1].iss not in (chain[0].authority_hints or ()):
        refuse(ChainFault.NOT_HINTED)


def entities_of(chain: Sequence[Statement]) -> list[EntityId]:
    """Return the entities of a linked chain: the subject, the intermediates, the anchor."""
    return [chain[0].sub, *(statement.iss for statement in chain[1:-1])]


def check_times(chain: Sequence[Statement], *, now: datetime, limits: Limits) -> None:
    """Check that every statement holds now.

    Raises:
        Untrusted: `not_yet_valid`, `chain_expired` or `lifetime_too_long`.
    """
    for statement in chain:
        if statement.issued_at > now + limits.skew:
            refuse(ChainFault.NOT_YET_VALID)
        if statement.expires_at <= now - limits.skew:
            refuse(ChainFault.EXPIRED)
        if statement.exp - statement.iat > limits.longest_life.total_seconds():
            refuse(ChainFault.LIFETIME)


def check_constraints(chain: Sequence[Statement]) -> None:
    """Apply each superior's path length and naming constraints, each by itself (6.2).

    They hold for the statement's subject and for everything under it.

    Raises:
        Untrusted: `path_too_long` or `name_not_permitted`.
    """
    entities = entities_of(chain)
    for intermediates, statement in enumerate(chain[1:-1]):
        limit = statement.constraints.max_path_length
        if limit is not None and intermediates > limit:
            refuse(ChainFault.PATH_LENGTH)
        below = entities[: intermediates + 1]
        if not all(statement.constraints.naming_constraints.permit(entity_ids.host_of(e)) for e in below):
            refuse(ChainFault.NAME)


def resolve_metadata(chain: Sequence[Statement]) -> dict[str, dict[str, Any]]:
    """Return the subject's metadata as its superiors leave it (6.1.4.2, 6.2.3).

    District identifiers and the name of the organization are the superior's to state: what a
    subordinate says of itself there is dropped.

    Raises:
        Untrusted: `metadata_policy`.
    """
    own = chain[0].metadata
    if len(chain) == 1:
        return own
    stated = _without(_without(own, "oauth_resource", "backpack_lea"), FEDERATION_ENTITY, "organization_name")
    overlaid = {kind: {**values, **chain[1].metadata.get(kind, {})} for kind, values in stated.items()}
    superiors = chain[1:-1]
    allowed = {kind: values for kind, values in overlaid.items() if _all_allow(superiors, kind)}
    return apply_policy(merge_policies(parse_policy(s.metadata_policy) for s in reversed(superiors)), allowed)


def check_endpoints(metadata: Mapping[str, Mapping[str, Any]], entity: EntityId) -> None:
    """Check that the entity speaks of its own endpoints only, so that none points at a victim.

    Every `*_endpoint`, the `resource` and the `authorization_servers` must share its origin, and
    `issuer` must be the entity itself. Links for people (`*_uri`) may lead anywhere: no node follows them.

    Raises:
        Untrusted: `foreign_endpoint`.
    """
    for values in metadata.values():
        _check_endpoints(values, entity)


def _check_endpoints(values: Mapping[str, Any], entity: EntityId) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            _check_endpoints(value, entity)
        elif not _is_own(name, value, entity):
            refuse(ChainFault.FOREIGN_ENDPOINT, repr(name[:48]))


def _is_own(name: str, value: Any, entity: EntityId) -> bool:
    if name == "issuer":
        return bool(value == entity)
    if name == "authorization_servers":
        return isinstance(value, list) and all(entity_ids.shares_origin(url, entity) for url in value)
    if name == "resource" or name.endswith("_endpoint"):
        return entity_ids.shares_origin(value, entity)
    return True


def _all_allow(superiors: Sequence[Statement], kind: str) -> bool:
    limits = [s.constraints.allowed_entity_types for s in superiors]
    return kind == FEDERATION_ENTITY or all(allowed is None or kind in allowed for allowed in limits)


def _without(metadata: Mapping[str, Mapping[str, Any]], kind: str, name: str) -> dict[str, dict[str, Any]]:
    return {k: {n: v for n, v in values.items() if (k, n) != (kind, name)} for k, values in metadata.items()}

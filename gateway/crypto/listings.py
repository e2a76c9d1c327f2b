"""From a proven chain's metadata to a listing: each key in the one role that it is published for."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.crypto.keys import Keys, parse_jwks
from gateway.crypto.notes import NoteKey
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.entity_statements import Statement
from gateway.domain.errors import Malformed
from gateway.domain.federation import FEDERATION_ENTITY
from gateway.domain.ids import EntityId
from gateway.domain.trust import Jwks, Listing

Metadata = Mapping[str, Mapping[str, Any]]


def listing_of(
    chain: tuple[str, ...], statements: Sequence[Statement], metadata: Metadata, trust_marks: frozenset[str]
) -> Listing:
    """Return what a chain says of its subject. The chain must have been verified, its metadata resolved.

    Raises:
        Untrusted: `metadata_incomplete`, `shared_key` or `bad_key_set`.
    """
    client, evidence, encryption = _roles(statements, metadata)
    resource = metadata.get("oauth_resource", {})
    return Listing(
        id=statements[0].sub,
        anchor=statements[-1].sub,
        organization_name=_text(metadata, FEDERATION_ENTITY, "organization_name"),
        lea_ids=_lea_ids(resource.get("backpack_lea", {})),
        entity_types=frozenset(metadata),
        client_jwks=client,
        evidence_jwks=evidence,
        encryption_jwks=encryption,
        token_endpoint=_text(metadata, "oauth_authorization_server", "token_endpoint"),
        resource=_text(metadata, "oauth_resource", "resource"),
        events_endpoint=_events_endpoint(resource.get("backpack", {})),
        log_key=_note_key(resource, "log_key", statements[0].sub),
        witness_key=_note_key(resource, "witness_key", statements[0].sub),
        trust_marks=trust_marks,
        stated_at=statements[1 if len(statements) > 1 else 0].issued_at,
        expires_at=min(statement.expires_at for statement in statements),
        chain=chain,
    )


def _roles(statements: Sequence[Statement], metadata: Metadata) -> tuple[Jwks, Jwks, Jwks]:
    """Return client, evidence and encryption keys; refuse a key that has two of the roles.

    The evidence keys stand in the client's set too, so that a client's metadata shows all its keys.
    """
    of_client, of_resource, of_server = (
        _published(metadata, kind)
        for kind in ("oauth_client", "oauth_resource", "oauth_authorization_server")
    )
    evidence = _of_use(of_resource, "sig")
    client = {kid: jwk for kid, jwk in _of_use(of_client, "sig").items() if kid not in evidence}
    encryption = _of_use(of_client, "enc") | _of_use(of_resource, "enc")
    federation = {kid for statement in statements for kid in parse_jwks(statement.jwks).members}
    roles = [set(client), set(evidence), set(encryption), set(of_server), federation]
    if len(set().union(*roles)) != sum(map(len, roles)):
        refuse(ChainFault.SHARED_KEY)
    if not evidence:
        refuse(ChainFault.METADATA, "oauth_resource.jwks")
    return _jwks(client), _jwks(evidence), _jwks(encryption)


def _published(metadata: Metadata, kind: str) -> Mapping[str, dict[str, Any]]:
    """Return a role's inline keys by `kid`. `jwks_uri` is never followed, whatever a policy left of it."""
    jwks = metadata.get(kind, {}).get("jwks")
    keys = Keys({}) if jwks is None else parse_jwks(jwks)
    return {kid: dict(key.as_dict(private=False)) for kid, key in keys.members.items()}


def _of_use(jwks: Mapping[str, dict[str, Any]], use: str) -> dict[str, dict[str, Any]]:
    return {kid: jwk for kid, jwk in jwks.items() if jwk["use"] == use}


def _jwks(by_kid: Mapping[str, dict[str, Any]]) -> Jwks:
    return {"keys": list(by_kid.values())}


def _text(metadata: Metadata, kind: str, name: str) -> str:
    value = metadata.get(kind, {}).get(name)
    if not isinstance(value, str) or not value:
        refuse(ChainFault.METADATA, f"{kind}.{name}")
    return value


def _lea_ids(stated: object) -> Mapping[str, str]:
    if not isinstance(stated, dict) or not all(isinstance(value, str) for value in stated.values()):
        refuse(ChainFault.METADATA, "oauth_resource.backpack_lea")
    return stated


def _note_key(resource: Mapping[str, Any], name: str, id_: EntityId) -> str | None:
    """Return a verifier key that the node publishes for a log of its own name; None for any other."""
    backpack = resource.get("backpack")
    text = backpack.get(name) if isinstance(backpack, dict) else None
    try:
        key = NoteKey.parse(text) if isinstance(text, str) else None
    except Malformed:
        return None
    own = key is not None and key.name.startswith(f"{id_.partition('://')[2]}/")
    return str(key) if own else None


def _events_endpoint(backpack: object) -> str | None:
    endpoint = backpack.get("events_endpoint") if isinstance(backpack, dict) else None
    return endpoint if isinstance(endpoint, str) else None

"""What a node publishes of itself, and what its superiors demand of it (OpenID Federation 1.0, 5 and 6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.crypto.keys import SIGNING_ALG, KeyRing, Purpose
from gateway.domain.ids import EntityId
from gateway.domain.trust import Jwks

ENTITY_TYPES = ("oauth_client", "oauth_authorization_server", "oauth_resource")
"""What a district may be, besides a federation entity."""

TRANSFER_TYPE = "urn:backpack:rar:transfer:1"
"""The only type of `authorization_details` (RFC 9396)."""

SCOPES = ("backpack.locate", "backpack.request", "backpack.fetch", "backpack.log")

_REMOVED = {"value": None}

DISTRICT_POLICY: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "oauth_client": {
        "token_endpoint_auth_method": {"value": "private_key_jwt"},
        "token_endpoint_auth_signing_alg": {"value": SIGNING_ALG},
        "grant_types": {"value": ["client_credentials"]},
        "client_registration_types": {"value": ["automatic"]},
        "dpop_bound_access_tokens": {"value": True},
        "scope": {"subset_of": list(SCOPES)},
        "authorization_details_types": {"subset_of": [TRANSFER_TYPE]},
        "jwks": {"essential": True},
        "jwks_uri": _REMOVED,
        "signed_jwks_uri": _REMOVED,
        "redirect_uris": _REMOVED,
    },
    "oauth_authorization_server": {
        "grant_types_supported": {"subset_of": ["client_credentials"]},
        "token_endpoint_auth_methods_supported": {"subset_of": ["private_key_jwt"]},
        "dpop_signing_alg_values_supported": {"subset_of": [SIGNING_ALG]},
        "jwks_uri": _REMOVED,
        "signed_jwks_uri": _REMOVED,
    },
    "oauth_resource": {
        "dpop_bound_access_tokens_required": {"value": True},
        "jwks": {"essential": True},
        "jwks_uri": _REMOVED,
        "signed_jwks_uri": _REMOVED,
    },
}
"""What a superior demands of every node below it: one suite, nothing negotiated, no key by URL."""


def district_metadata(
    id_: EntityId,
    *,
    name: str,
    contacts: Sequence[str],
    keys: KeyRing,
    formats: Sequence[str],
    log_key: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Return a district's metadata, as it speaks of itself.

    `formats` are media types of records, `log_key` is the verifier key of its audit log.
    """
    metadata = {
        "federation_entity": {"organization_name": name, "contacts": list(contacts)},
        "oauth_client": _client(keys),
        "oauth_authorization_server": _server(id_),
        "oauth_resource": _resource(id_, keys.public_jwks(Purpose.EVIDENCE), "exchange"),
    }
    metadata["oauth_resource"]["backpack"] = {
        "versions": ["1"],
        "formats": list(formats),
        "events_endpoint": f"{id_}/exchange/v1/events",
    } | ({"log_key": log_key} if log_key else {})
    return metadata


def agency_metadata(
    id_: EntityId, *, name: str, contacts: Sequence[str], keys: KeyRing, witness_key: str | None = None
) -> dict[str, dict[str, Any]]:
    """Return an agency's metadata: trust anchor, OAuth server, resource for its locator and as witness."""
    scopes = ["backpack.locate", "backpack.log"]
    federation = {"organization_name": name, "contacts": list(contacts), **federation_endpoints(id_)}
    return {
        "federation_entity": federation,
        "oauth_authorization_server": {**_server(id_), "scopes_supported": scopes},
        "oauth_resource": {
            **_resource(id_, keys.public_jwks(Purpose.EVIDENCE, Purpose.ENCRYPTION), "agency"),
            "scopes_supported": scopes,
            **({"backpack": {"witness_key": witness_key}} if witness_key else {}),
        },
    }


def federation_endpoints(id_: EntityId) -> dict[str, str]:
    """Return where an agency or region answers for its subordinates (5.1.1)."""
    return {
        "federation_fetch_endpoint": f"{id_}/federation/fetch",
        "federation_list_endpoint": f"{id_}/federation/list",
        "federation_trust_mark_status_endpoint": f"{id_}/federation/trust-mark-status",
        "federation_trust_mark_endpoint": f"{id_}/federation/trust-mark",
        "federation_historical_keys_endpoint": f"{id_}/federation/historical-keys",
    }


def _client(keys: KeyRing) -> dict[str, Any]:
    return {
        "client_registration_types": ["automatic"],
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": SIGNING_ALG,
        "dpop_bound_access_tokens": True,
        "scope": " ".join(SCOPES),
        "authorization_details_types": [TRANSFER_TYPE],
        "jwks": keys.public_jwks(Purpose.CLIENT, Purpose.EVIDENCE, Purpose.ENCRYPTION),
    }


def _server(id_: EntityId) -> dict[str, Any]:
    return {
        "issuer": id_,
        "token_endpoint": f"{id_}/oauth/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [SIGNING_ALG],
        "dpop_signing_alg_values_supported": [SIGNING_ALG],
        "client_registration_types_supported": ["automatic"],
        "authorization_details_types_supported": [TRANSFER_TYPE],
    }


def _resource(id_: EntityId, jwks: Jwks, api: str) -> dict[str, Any]:
    return {
        "resource": f"{id_}/{api}/v1",
        "authorization_servers": [id_],
        "bearer_methods_supported": ["header"],
        "dpop_bound_access_tokens_required": True,
        "resource_signing_alg_values_supported": [SIGNING_ALG],
        "jwks": jwks,
    }

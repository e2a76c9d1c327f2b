"""What a node publishes of itself: its entity configuration, and the same in the form of other standards."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.crypto import jws
from gateway.domain.errors import Unknown
from gateway.http.answers import ENTITY_STATEMENT, json_answer, token_answer
from gateway.http.site import SITE, Site

MAX_CONFIGURATION_BYTES: Final = 256 * 1024


async def entity_configuration(request: web.Request) -> web.Response:
    """Return the signed entity configuration (OpenID Federation 1.0, 9)."""
    statement = await request.app[SITE].publisher.entity_configuration()
    return token_answer(statement, ENTITY_STATEMENT)


async def authorization_server(request: web.Request) -> web.Response:
    """Return the authorization server's metadata for generic clients (RFC 8414). The chain wins."""
    return json_answer(await _metadata(request, "oauth_authorization_server"))


async def protected_resource(request: web.Request) -> web.Response:
    """Return the resource's metadata for generic clients (RFC 9728). The chain wins."""
    return json_answer(await _metadata(request, "oauth_resource"))


async def own_claims(site: Site) -> Mapping[str, Any]:
    """Return what this node's own configuration says; it is this process that signed it."""
    statement = await site.publisher.entity_configuration()
    return jws.peek(statement, max_bytes=MAX_CONFIGURATION_BYTES).claims


async def _metadata(request: web.Request, entity_type: str) -> Any:
    claims = await own_claims(request.app[SITE])
    metadata = claims.get("metadata", {})
    if entity_type not in metadata:
        raise Unknown
    return metadata[entity_type]

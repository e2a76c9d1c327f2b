"""Whom a registrar can ask for a record."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from gateway.domain.errors import PeerUnavailable, Untrusted
from gateway.domain.ids import EntityId
from gateway.http.desk import Districts
from gateway.http.site import node_of

DISTRICTS: Final[web.AppKey[Districts]] = web.AppKey("districts")


async def districts_of(request: web.Request) -> Sequence[tuple[EntityId, str]]:
    """Return the other districts by name; none while the agency cannot be asked."""
    try:
        found = await request.app[DISTRICTS]()
    except (PeerUnavailable, Untrusted):
        return []
    return [(id_, name) for id_, name in found if id_ != node_of(request).id]

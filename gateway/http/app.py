"""All routes of a node, on one page."""

import logging
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from gateway.http import discovery, oauth, operations
from gateway.http.agency import federation, locator, witness
from gateway.http.auth import FETCH, GRANTS, LOCATE, LOG, REQUEST, Grants, peer
from gateway.http.details import TRANSFER_ID
from gateway.http.exchange import events, reconciliation, transfers
from gateway.http.metrics import METRICS, Metrics
from gateway.http.middleware import Handler, every_request
from gateway.http.site import SITE, Site
from gateway.http.staff.app import add_desk

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than a node's own client keeps an idle connection."""
SHUTDOWN_SECONDS: Final = 5
LINGER_SECONDS: Final = 2
"""How long the rest of a body that was refused is let run out, so that its sender sees the answer."""
MAX_LINE_BYTES: Final = 8190

_PROTOCOL_LOG: Final = logging.getLogger("gateway.http.protocol")
_PROTOCOL_LOG.addFilter(lambda record: record.exc_info is None)
_TRANSFER: Final = f"/exchange/v1/transfers/{{id:{TRANSFER_ID}}}"
_VERSION: Final = "{version:0|[1-9][0-9]{0,2}}"
_PART: Final = "{part:[1-9][0-9]?}"


def make_app(site: Site) -> web.Application:
    """Return the application of a district or of an agency."""
    app = web.Application(middlewares=[every_request])
    app[SITE] = site
    app[GRANTS] = Grants()
    app[METRICS] = Metrics()
    app[oauth.TOKEN_SERVER] = oauth.token_server(site)
    app.add_routes(_every_node())
    app.add_routes(_agency() if site.agency else _district())
    if site.desk is not None:
        add_desk(app, site.desk)
    return app


def make_runner(site: Site) -> web.AppRunner:
    """Return what serves the application on a socket.

    It decompresses nothing, writes no access log (the path of a request is nobody's business) and does
    not quote to a log what broke the protocol.
    """
    return web.AppRunner(
        make_app(site),
        access_log=None,
        logger=_PROTOCOL_LOG,
        auto_decompress=False,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        lingering_time=LINGER_SECONDS,
        shutdown_timeout=SHUTDOWN_SECONDS,
        max_line_size=MAX_LINE_BYTES,
        max_field_size=MAX_LINE_BYTES,
    )


def _every_node() -> Iterable[web.RouteDef]:
    resource = "/.well-known/oauth-protected-resource"
    return (
        _get("/.well-known/openid-federation", discovery.entity_configuration),
        _get("/.well-known/oauth-authorization-server", discovery.authorization_server),
        _get(resource, discovery.protected_resource),
        _get(f"{resource}/exchange/v1", discovery.protected_resource),
        web.post("/oauth/token", oauth.token),
        _get("/healthz", operations.healthz),
        _get("/readyz", operations.readyz),
        _get("/metrics", operations.metrics),
    )


def _district() -> Iterable[web.RouteDef]:
    return (
        web.post("/exchange/v1/transfers", peer(REQUEST, transfers.post_transfer)),
        _get(_TRANSFER, peer(REQUEST, transfers.get_transfer)),
        _get(f"{_TRANSFER}/versions/{_VERSION}", peer(FETCH, transfers.get_version)),
        _get(f"{_TRANSFER}/versions/{_VERSION}/parts/{_PART}", peer(FETCH, transfers.get_part)),
        web.post(f"{_TRANSFER}/receipts", peer(REQUEST, transfers.post_receipt)),
        web.post(f"{_TRANSFER}/information", peer(REQUEST, transfers.post_information)),
        web.post(f"{_TRANSFER}/enrollment", peer(REQUEST, transfers.post_enrollment)),
        web.post(f"{_TRANSFER}/withdrawal", peer(REQUEST, transfers.post_withdrawal)),
        web.post("/exchange/v1/reconciliation", peer(LOG, reconciliation.post_question)),
        web.post(f"{_TRANSFER}/rekeys", peer(REQUEST, transfers.post_rekey)),
        web.post("/exchange/v1/events", events.post_event),
    )


def _agency() -> Iterable[web.RouteDef]:
    return (
        _get("/federation/fetch", federation.fetch),
        _get("/federation/list", federation.list_members),
        _get("/federation/trust-mark", federation.trust_mark),
        _get("/federation/trust-mark-status", federation.trust_mark_status),
        web.post("/federation/trust-mark-status", federation.trust_mark_status),
        _get("/federation/historical-keys", federation.historical_keys),
        web.post("/agency/v1/locate", peer(LOCATE, locator.post_locate)),
        web.put("/agency/v1/locator/tokens", peer(LOCATE, locator.put_tokens)),
        web.post("/agency/v1/witness/add-checkpoint", peer(LOG, witness.add_checkpoint)),
    )


def _get(path: str, handler: Handler) -> web.RouteDef:
    return web.get(path, handler, allow_head=False)

"""Security event tokens that other nodes push (RFC 8935)."""

from typing import Final

from aiohttp import web

from gateway.crypto import jws
from gateway.domain.errors import Forbidden, GatewayError, Malformed, TryLater, Untrusted
from gateway.domain.ids import EntityId
from gateway.http.answers import json_answer
from gateway.http.bodies import SECEVENT, read_token
from gateway.http.site import SITE, node_of
from gateway.usecases.receive_event import receive_event

_ERRORS: Final = {
    "wrong_audience": "invalid_audience",
    "wrong_issuer": "invalid_issuer",
    "unknown_sender": "invalid_issuer",
    "unknown_key": "invalid_key",
    "bad_signature": "invalid_key",
}
"""RFC 8935, 2.4, by the reason that the token is not trusted."""


async def post_event(request: web.Request) -> web.Response:
    """Take an event: 202 and nothing else, or 400 and why not. The event's own signature is its proof."""
    token = await read_token(request, SECEVENT, limit=request.app[SITE].limits.event)
    try:
        await receive_event(node_of(request), token, _issuer(token, request))
    except TryLater:
        raise
    except GatewayError as error:
        return _refusal(error)
    return web.Response(status=202)


def _issuer(token: str, request: web.Request) -> EntityId:
    """Return who the token says it is from: proven by nothing yet."""
    issuer = jws.peek(token, max_bytes=request.app[SITE].limits.event).claims.get("iss")
    if not isinstance(issuer, str):
        raise Malformed("no iss")
    return EntityId(issuer)


def _refusal(error: GatewayError) -> web.Response:
    code, reason = "invalid_request", error.code
    if isinstance(error, Untrusted):
        code, reason = _ERRORS.get(error.reason, "authentication_failed"), error.reason
    elif isinstance(error, Forbidden):
        code = "access_denied"
    return json_answer({"err": code, "description": reason}, status=400, headers={"Content-Language": "en"})

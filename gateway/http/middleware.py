"""What happens to every request: an id, a log line, a measurement, safe headers, and errors as problems."""

import re
import traceback
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import web
from structlog.contextvars import bind_contextvars, clear_contextvars

from gateway.domain.errors import GatewayError, Misconfigured
from gateway.http.metrics import METRICS
from gateway.http.pages.frame import FRAME
from gateway.http.pages.problems import page_of_error, page_of_status
from gateway.http.problems import problem_of, problem_of_status, unexpected

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUEST_ID: Final = "X-Request-Id"
_TRUSTED_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
"""A UUID or 128 bits in hexadecimal: nobody's word gets into a log by way of an id."""
_TRANSFER_ID: Final = re.compile(r"[TR]-[A-Za-z0-9_-]{22}", re.ASCII)
"""An id as this project makes it."""
_log = structlog.get_logger("http")


@web.middleware
async def every_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request whatever happens, and leave a trace without personal data."""
    started = perf_counter()
    id_ = _request_id(request)
    route = route_of(request)
    clear_contextvars()
    bind_contextvars(request_id=id_, route=f"{request.method} {route}")
    transfer = request.match_info.get("id", "")
    if _TRANSFER_ID.fullmatch(transfer):
        bind_contextvars(transfer=transfer)
    response = await _answer(request, handler)
    seconds = perf_counter() - started
    _log.info("request", status=response.status, ms=round(seconds * 1000, 1))
    request.app[METRICS].observe(request.method, route, response.status, seconds)
    response.headers[REQUEST_ID] = id_
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Server"] = "backpack"
    return response


def route_of(request: web.Request) -> str:
    """Return the route's template, never the path itself."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unmatched"


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    for_people = FRAME in request.app and request.path.startswith("/desk")
    try:
        return await handler(request)
    except web.HTTPException as error:
        return page_of_status(request, error.status) if for_people else problem_of_status(error)
    except GatewayError as error:
        if isinstance(error, Misconfigured):
            _log.error("misconfigured", problem=str(error))
        return page_of_error(request, error) if for_people else problem_of(error)
    except Exception as error:  # noqa: BLE001 - the edge: nothing internal may leave
        _log.error("unexpected", error=type(error).__qualname__, at=_places(error))
        return page_of_status(request, 500) if for_people else unexpected()


def _request_id(request: web.Request) -> str:
    sent = request.headers.get(REQUEST_ID, "")
    return sent if _TRUSTED_ID.fullmatch(sent) else uuid4().hex


def _places(error: Exception) -> list[str]:
    """Say where it happened. Messages and values of unexpected errors may hold personal data: left out."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]

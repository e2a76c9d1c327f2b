"""Errors as pages: what happened, and what to do next, in plain words."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.domain.errors import Forbidden, GatewayError, Misconfigured, Unknown
from gateway.http.pages.frame import FRAME
from gateway.http.problems import retry_after, status_of

_WORDED: Final = frozenset({400, 401, 403, 404, 409, 410, 413, 429, 500, 503})
"""Statuses with words of their own; another is worded as 400 or 500."""


def page_of_error(request: web.Request, error: GatewayError) -> web.Response:
    """Return the page of an error of a use-case. Only its status and, of a rule, its name are shown."""
    told = "" if isinstance(error, Unknown | Misconfigured) else str(error)
    response = page_of_status(request, status_of(error), told, rule=isinstance(error, Forbidden))
    if (seconds := retry_after(error)) is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def page_of_status(request: web.Request, status: int, told: str = "", *, rule: bool = False) -> web.Response:
    """Return the page of a status. `told` is what the program says of it, in English."""
    worded = status if status in _WORDED else (500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 400)
    return request.app[FRAME].page(
        request, "problem.html", status=status, worded=str(worded), told=told, rule=rule
    )

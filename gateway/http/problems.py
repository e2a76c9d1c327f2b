"""Errors as problem documents (RFC 9457): one table, one shape."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web

from gateway.domain import errors
from gateway.domain.errors import GatewayError

STATUS: Final[Mapping[type[GatewayError], int]] = {
    errors.Malformed: 400,
    errors.TooLarge: 413,
    errors.Untrusted: 403,
    errors.Forbidden: 403,
    errors.Unknown: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Refused: 400,
    errors.OverBudget: 429,
    errors.PeerUnavailable: 503,
    errors.Moved: 503,
    errors.TryLater: 503,
    errors.Misconfigured: 500,
    GatewayError: 500,
}
"""The status of each error; a class that is not named takes its nearest base's."""

PROBLEM_TYPE: Final = "application/problem+json"

_SILENT: Final = (errors.Unknown, errors.Misconfigured)
"""Errors whose message stays here: it would tell two unknowns apart, or speaks to the operator."""

_RETRY_AFTER: Final = {errors.OverBudget: 300, errors.PeerUnavailable: 60, errors.Moved: 1}


def status_of(error: GatewayError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[class_] for class_ in type(error).__mro__ if class_ in STATUS)


def problem(status: int, code: str, title: str, *, detail: str = "", reason: str = "") -> web.Response:
    """Return a problem document. `code` is stable; `reason` refines it from a closed list."""
    document = {"type": f"urn:backpack:problem:{code}", "title": title, "status": status, "code": code}
    document |= {name: value for name, value in (("detail", detail), ("reason", reason)) if value}
    return web.Response(status=status, body=orjson.dumps(document), content_type=PROBLEM_TYPE)


def problem_of(error: GatewayError) -> web.Response:
    """Return the problem document of an error; nothing internal, and no two unknowns differ."""
    response = problem(
        status_of(error),
        error.code,
        error.title,
        detail="" if isinstance(error, _SILENT) else str(error),
        reason=error.reason if isinstance(error, errors.Untrusted) else "",
    )
    if (seconds := retry_after(error)) is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def retry_after(error: GatewayError) -> int | None:
    """Return after how many seconds to try again, if trying again helps."""
    if not isinstance(error, errors.TryLater):
        return None
    return next((_RETRY_AFTER[class_] for class_ in type(error).__mro__ if class_ in _RETRY_AFTER), 30)


def problem_of_status(error: web.HTTPException) -> web.Response:
    """Return the problem document of what the HTTP library raised, such as a method that is not allowed."""
    if error.status == HTTPStatus.NOT_FOUND:
        return problem_of(errors.Unknown())
    phrase = HTTPStatus(error.status).phrase
    response = problem(error.status, phrase.lower().replace(" ", "_"), phrase)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def unexpected() -> web.Response:
    """Return what the caller learns of a fault in this program: nothing."""
    return problem(500, GatewayError.code, GatewayError.title)

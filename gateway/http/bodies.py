"""Request bodies: the exact type, within a limit, within a time."""

import asyncio
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.domain.errors import Malformed, TooLarge
from gateway.http.site import SITE

JOSE: Final = "application/jose"
SECEVENT: Final = "application/secevent+jwt"
OCTETS: Final = "application/octet-stream"
FORM: Final = "application/x-www-form-urlencoded"

_FORM_TYPES: Final = (FORM, f"{FORM};charset=utf-8")
"""Browsers and most clients name the charset of a form; it must be this one."""

_MAX_FIELDS: Final = 32
_CHUNK: Final = 64 * 1024


async def read_token(request: web.Request, content_type: str, *, limit: int) -> str:
    """Return the body, a signed token.

    Raises:
        HTTPUnsupportedMediaType: it is sent as anything else, a charset included.
        Malformed: it is empty, not ASCII, or ends in the middle.
        TooLarge: it has more than `limit` bytes; no more than that was read.
    """
    body = await read_body(request, (content_type,), limit=limit)
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("the message is not ASCII") from None


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; a field without a value is as if it was not sent (RFC 6749, 3.2).

    Raises:
        HTTPUnsupportedMediaType, TooLarge: as `read_token`.
        Malformed: it is not a form in UTF-8, or has a field twice; then the message names the field.
    """
    body = await read_body(request, _FORM_TYPES, limit=request.app[SITE].limits.form)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise Malformed("the body is not a form") from None
    return unique(pairs)


def unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return parameters by name, or raise `Malformed` if one comes twice. Empty ones are left out."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("a parameter comes twice")
    return {name: value for name, value in fields.items() if value}


async def read_body(
    request: web.Request,
    content_types: tuple[str, ...],
    *,
    limit: int,
    within: timedelta | None = None,
    may_be_empty: bool = False,
) -> bytes:
    """Return the bytes of the body; errors as of `read_token`."""
    _check_type(request, content_types)
    if (request.content_length or 0) > limit:
        raise TooLarge(f"more than {limit} bytes")
    time = within or request.app[SITE].limits.read_timeout
    try:
        async with asyncio.timeout(time.total_seconds()):
            body = await _read(request, limit)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except web.RequestPayloadError:
        raise Malformed("the body is broken off or wrongly framed") from None
    if not body and not may_be_empty:
        raise Malformed("the body is empty")
    return body


def _check_type(request: web.Request, content_types: tuple[str, ...]) -> None:
    sent = request.headers.getall("Content-Type", [])
    plain = request.headers.get("Content-Encoding", "identity") == "identity"
    if len(sent) != 1 or sent[0].replace(" ", "").lower() not in content_types or not plain:
        raise web.HTTPUnsupportedMediaType


async def _read(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"more than {limit} bytes")
    return bytes(body)

"""Answers: JSON without a charset parameter, and signed tokens under their exact type."""

from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web

ENTITY_STATEMENT: Final = "application/entity-statement+jwt"
TRUST_MARK: Final = "application/trust-mark+jwt"
TRUST_MARK_STATUS: Final = "application/trust-mark-status-response+jwt"
JWK_SET: Final = "application/jwk-set+jwt"


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a JSON response (RFC 8259: always UTF-8, so no charset)."""
    return web.Response(
        status=status, body=orjson.dumps(value), content_type="application/json", headers=headers
    )


def token_answer(token: str, content_type: str) -> web.Response:
    """Return a signed token. Public ones may be kept for a little while."""
    headers = {"Cache-Control": "public, max-age=60"}
    return web.Response(body=token.encode("ascii"), content_type=content_type, headers=headers)

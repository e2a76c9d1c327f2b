"""The agency's locator: which node may hold the record behind keyed tokens."""

import asyncio
from typing import Final

import orjson
from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.trust import Peer
from gateway.http.bodies import JOSE, OCTETS, read_body, read_token
from gateway.http.site import SITE, node_of
from gateway.usecases.agency import TOKEN_BYTES, answer_locate, replace_tokens

ANSWER_BYTES: Final = 1024
"""Every answer has this size, whatever it says."""


async def post_locate(request: web.Request, peer: Peer) -> web.Response:
    """Answer a signed question with `{"holder": <entity id> | null}`, padded with spaces to one size."""
    message = await read_token(request, JOSE, limit=request.app[SITE].limits.message)
    holder = await answer_locate(node_of(request), peer, message)
    body = orjson.dumps({"holder": holder}).ljust(ANSWER_BYTES)
    return web.Response(body=body, content_type="application/json")


async def put_tokens(request: web.Request, peer: Peer) -> web.Response:
    """Take a district's tokens, 32 bytes each, one after the other, in place of its earlier ones."""
    limits = request.app[SITE].limits
    body = await read_body(
        request, (OCTETS,), limit=limits.tokens, within=limits.upload_timeout, may_be_empty=True
    )
    if len(body) % TOKEN_BYTES:
        raise Malformed(f"the body is not a row of {TOKEN_BYTES}-byte tokens")
    await replace_tokens(node_of(request), peer, await asyncio.to_thread(_tokens, body))
    return web.Response(status=204)


def _tokens(body: bytes) -> list[bytes]:
    return [body[start : start + TOKEN_BYTES] for start in range(0, len(body), TOKEN_BYTES)]

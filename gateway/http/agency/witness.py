"""The agency as witness of its members' logs (C2SP tlog-witness; members alone, under a token)."""

from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed, Untrusted
from gateway.domain.trust import Peer
from gateway.domain.witness import LogFault, read_submission
from gateway.http.bodies import OCTETS, read_body
from gateway.http.problems import problem
from gateway.http.site import SITE, node_of
from gateway.usecases.witness import witness

SIZE: Final = "text/x.tlog.size"


async def add_checkpoint(request: web.Request, peer: Peer) -> web.Response:
    """Answer with the cosignature; 409 and the size that is known; or 422 where the history was changed."""
    body = await read_body(request, (OCTETS,), limit=request.app[SITE].limits.event)
    try:
        shown = read_submission(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Malformed("the checkpoint is not UTF-8") from None
    try:
        answer = await witness(node_of(request), peer, shown)
    except Untrusted as fault:
        if fault.reason not in set(LogFault):
            raise
        return problem(422, fault.code, fault.title, detail=fault.reason, reason=fault.reason)
    if answer.cosignature is None:
        return web.Response(status=409, body=f"{answer.size}\n".encode(), content_type=SIZE)
    return web.Response(text=answer.cosignature)

"""What this node and a partner know of the transfers between them, compared."""

from aiohttp import web

from gateway.domain.trust import Peer
from gateway.http.bodies import JOSE, read_token
from gateway.http.site import SITE, node_of
from gateway.usecases.answer_reconcile import answer_reconcile


async def post_question(request: web.Request, peer: Peer) -> web.Response:
    """Answer a signed question with a signed list."""
    question = await read_token(request, JOSE, limit=request.app[SITE].limits.message)
    answer = await answer_reconcile(node_of(request), peer, question)
    return web.Response(body=answer.encode("ascii"), content_type=JOSE)

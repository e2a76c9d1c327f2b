"""The guard of every route that only another node may call. It alone makes a `Peer`."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import web
from structlog.contextvars import bind_contextvars

from gateway.crypto.tokens import Proof, handle_digest, verify_proof
from gateway.domain.errors import GatewayError, Unknown, Untrusted
from gateway.domain.policy import check_marks
from gateway.domain.trust import Grant, Peer
from gateway.http.middleware import Handler
from gateway.http.problems import problem, problem_of
from gateway.http.site import SITE, node_of, now_of
from gateway.usecases.ports import Node, Tx

LOCATE: Final = "backpack.locate"
REQUEST: Final = "backpack.request"
FETCH: Final = "backpack.fetch"
LOG: Final = "backpack.log"

PROOF_KEPT: Final = timedelta(seconds=180)
"""How long the id of a proof is remembered, from its `iat` on."""

CHALLENGE: Final = 'DPoP algs="ES256"'
_CREDENTIALS: Final = re.compile(r"DPoP +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE | re.ASCII)
_MOST_GRANTS: Final = 10_000

PeerHandler = Callable[[web.Request, Peer], Awaitable[web.StreamResponse]]

_SCOPES: Final[WeakKeyDictionary[Handler, str]] = WeakKeyDictionary()


class Grants:
    """Grants that this process has looked up, until they expire. Nothing revokes a grant before."""

    def __init__(self) -> None:
        self._kept: dict[str, Grant] = {}

    async def find(self, node: Node, token: str) -> Grant | None:
        """Return what the token permits now, or None."""
        now, key = node.now(), handle_digest(token)
        grant = self._kept.get(key) or await node.store.read(lambda tx: tx.grants.get(key, now))
        if grant is None or grant.expires_at <= now:
            self._kept.pop(key, None)
            return None
        self._keep(key, grant, now)
        return grant

    def _keep(self, key: str, grant: Grant, now: datetime) -> None:
        if len(self._kept) >= _MOST_GRANTS:
            self._kept = {k: kept for k, kept in self._kept.items() if kept.expires_at > now}
        if len(self._kept) < _MOST_GRANTS:
            self._kept[key] = grant


GRANTS: Final = web.AppKey("grants", Grants)


class _Refusal(Exception):
    """A challenge to send (RFC 9449, 7.1): a status and an error code; no code if nothing was presented."""

    def __init__(self, error: str, *, status: int = 401, more: str = "") -> None:
        self.error = error
        self.status = status
        self.more = more
        super().__init__(error)


def peer(scope: str, handler: PeerHandler) -> Handler:
    """Return the handler behind its guard: it runs for a node that is proven and has this scope."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request, await _prove(request, scope))
        except _Refusal as refusal:
            response = _challenge(refusal)
        except GatewayError as error:
            response = problem_of(error)
        response.headers["DPoP-Nonce"] = request.app[SITE].nonces.issue(now_of(request))
        return response

    _SCOPES[guarded] = scope
    return guarded


def scope_of(handler: Handler) -> str | None:
    """Return the scope that a guarded handler asks for, None for one that has no guard."""
    return _SCOPES.get(handler)


def check_proof(request: web.Request, access_token: str | None) -> Proof:
    """Return the one DPoP proof of the request; its `jti` is still to be consumed.

    The URL that it must name is this node's configured one, whatever host the request names.

    Raises:
        GatewayError: there is none, or it does not hold.
    """
    proofs = request.headers.getall("DPoP", [])
    if len(proofs) != 1:
        raise Untrusted("no_proof")
    return verify_proof(
        proofs[0],
        method=request.method,
        url=request.app[SITE].base_url + request.rel_url.raw_path,
        now=now_of(request),
        access_token=access_token,
    )


def consume_proof(tx: Tx, proof: Proof) -> bool:
    """Use up the proof; False if that was done before, by whichever process."""
    return tx.seen.first("dpop", proof.jkt, proof.jti, expires_at=proof.iat + PROOF_KEPT)


async def _prove(request: web.Request, scope: str) -> Peer:
    node = node_of(request)
    token = _token(request)
    proof = _proof(request, token)
    grant = _permitted(await request.app[GRANTS].find(node, token), proof, scope)
    if scope == FETCH and grant.transfer != request.match_info["id"]:
        raise Unknown
    if not await node.store.write(lambda tx: consume_proof(tx, proof)):
        raise _Refusal("invalid_dpop_proof")
    listing = await node.directory.listing(grant.client)
    check_marks(node.rules, listing.trust_marks)
    bind_contextvars(peer=grant.client)
    return Peer(listing=listing, grant=grant)


def _token(request: web.Request) -> str:
    sent = request.headers.getall("Authorization", [])
    credentials = _CREDENTIALS.fullmatch(sent[0]) if len(sent) == 1 else None
    if credentials is None:
        raise _Refusal("")
    return credentials[1]


def _proof(request: web.Request, token: str) -> Proof:
    try:
        proof = check_proof(request, token)
    except GatewayError:
        raise _Refusal("invalid_dpop_proof") from None
    if not request.app[SITE].nonces.accepts(proof.nonce, now_of(request)):
        raise _Refusal("use_dpop_nonce")
    return proof


def _permitted(grant: Grant | None, proof: Proof, scope: str) -> Grant:
    """Return the grant if it is bound to the proof's key and has the scope."""
    if grant is None or grant.key_thumbprint != proof.jkt:
        raise _Refusal("invalid_token")
    if grant.scope != scope:
        raise _Refusal("insufficient_scope", status=403, more=f', scope="{scope}"')
    return grant


def _challenge(refusal: _Refusal) -> web.Response:
    what = refusal.error or "no_token"
    response = problem(refusal.status, Untrusted.code, Untrusted.title, detail=what, reason=what)
    named = f', error="{refusal.error}"{refusal.more}' if refusal.error else ""
    response.headers["WWW-Authenticate"] = CHALLENGE + named
    return response

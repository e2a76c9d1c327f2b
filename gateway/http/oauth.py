"""The token endpoint (RFC 6749, 3.2): private_key_jwt, DPoP, opaque tokens for one thing each."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from aiohttp import web
from structlog.contextvars import bind_contextvars

from gateway.crypto import jws
from gateway.crypto.tokens import MAX_ASSERTION_BYTES, Assertion, Proof, handle_digest, new_handle
from gateway.domain.errors import Forbidden, GatewayError, Malformed, TryLater, Unknown, Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.policy import check_marks
from gateway.domain.trust import Grant, Listing
from gateway.http.answers import json_answer
from gateway.http.auth import FETCH, LOCATE, LOG, REQUEST, check_proof, consume_proof
from gateway.http.authorization import (
    TOKEN_LIFE_SECONDS,
    AccessDenied,
    InvalidClientError,
    InvalidDpopProof,
    InvalidRequestError,
    OAuth2Error,
    TokenRequest,
    TokenServer,
    UnauthorizedClientError,
    UseDpopNonce,
    reason_of,
)
from gateway.http.bodies import read_form
from gateway.http.details import transfer_of
from gateway.http.site import SITE, Site, node_of, now_of
from gateway.usecases.answer_peer import grant_check
from gateway.usecases.ports import Node, Tx

ASSERTION_KEPT: Final = timedelta(seconds=60)
"""How long the id of an assertion is remembered after the assertion's end."""

TOKEN_SERVER: Final = web.AppKey("token_server", TokenServer)
_ID_CHARS: Final = 2048


def token_server(site: Site) -> TokenServer:
    """Return the server of this node: an agency answers questions, a district hands over records."""
    scopes = frozenset({LOCATE, LOG}) if site.agency else frozenset({REQUEST, FETCH, LOG})
    return TokenServer(issuer=site.node.id, resource=site.resource, scopes=scopes)


async def token(request: web.Request) -> web.Response:
    """Grant a token, or refuse as RFC 6749, 5.2 says. Every answer brings a DPoP nonce."""
    try:
        response = json_answer(await _granted(request))
    except OAuth2Error as error:
        response = _refusal(error)
    response.headers["DPoP-Nonce"] = request.app[SITE].nonces.issue(now_of(request))
    return response


async def _granted(request: web.Request) -> Mapping[str, Any]:
    """Return the members of the response.

    The proof is checked first and the assertion consumed last: a client may send the same assertion
    again when it was told the nonce.
    """
    form = await _form(request)
    proof = _proof(request)
    node, uri = node_of(request), f"{request.app[SITE].base_url}/oauth/token"
    asked = TokenRequest(uri, form, listing=await _client(node, form), now=now_of(request))
    members = request.app[TOKEN_SERVER].check(asked)
    listing, assertion = asked.proven
    await _check_client(node, listing, asked)
    grant = Grant(
        client=listing.id,
        scope=form["scope"],
        transfer=transfer_of(asked.detail),
        key_thumbprint=proof.jkt,
        expires_at=asked.now + timedelta(seconds=TOKEN_LIFE_SECONDS),
    )
    return {"access_token": await _store(node, grant, proof, assertion), **members}


async def _form(request: web.Request) -> dict[str, str]:
    if "Authorization" in request.headers:
        raise InvalidClientError(description="only private_key_jwt is taken", status_code=401)
    try:
        form = await read_form(request)
    except Malformed as error:
        raise InvalidRequestError(description=str(error)) from None
    if "grant_type" not in form:
        raise InvalidRequestError(description="grant_type is missing")
    return form


def _proof(request: web.Request) -> Proof:
    try:
        proof = check_proof(request, None)
    except GatewayError as error:
        raise InvalidDpopProof(description=reason_of(error)) from None
    if not request.app[SITE].nonces.accepts(proof.nonce, now_of(request)):
        raise UseDpopNonce(description="the proof needs the nonce that comes with this answer")
    return proof


async def _client(node: Node, form: Mapping[str, str]) -> Listing | None:
    """Return what the client's chain says of it: the one in the assertion's header, else the directory's."""
    if not (assertion := form.get("client_assertion")):
        return None
    try:
        return await _listing(node, jws.peek(assertion, max_bytes=MAX_ASSERTION_BYTES))
    except TryLater:
        raise
    except GatewayError as error:
        raise InvalidClientError(description=reason_of(error)) from None


async def _listing(node: Node, peeked: jws.Peeked) -> Listing:
    client, chain = peeked.claims.get("sub"), peeked.header.get("trust_chain")
    if not isinstance(client, str) or len(client) > _ID_CHARS:
        raise Malformed("no sub")
    if chain is None:
        return await node.directory.listing(EntityId(client))
    if not isinstance(chain, list) or not all(isinstance(statement, str) for statement in chain):
        raise Untrusted("bad_header")
    return await node.directory.accept(EntityId(client), chain)


async def _check_client(node: Node, listing: Listing, asked: TokenRequest) -> None:
    """Check what this node's own rules and rows say, now that the client is proven."""
    bind_contextvars(peer=listing.id)
    transfer = transfer_of(asked.detail)
    try:
        check_marks(node.rules, listing.trust_marks)
    except Forbidden:
        raise UnauthorizedClientError(description="a required trust mark is missing") from None
    try:
        if transfer:
            await grant_check(node, listing.id, transfer)
    except (Forbidden, Unknown):
        raise AccessDenied(description="there is nothing to fetch") from None


async def _store(node: Node, grant: Grant, proof: Proof, assertion: Assertion) -> str:
    """Use up proof and assertion and keep the grant, in one transaction; return the new token."""
    handle = new_handle()

    def store(tx: Tx) -> None:
        if not consume_proof(tx, proof):
            raise InvalidDpopProof(description="replayed")
        until = assertion.expires_at + ASSERTION_KEPT
        if not tx.seen.first("assertion", grant.client, assertion.jti, expires_at=until):
            raise InvalidClientError(description="replayed")
        tx.grants.add(handle_digest(handle), grant)

    await node.store.write(store)
    return handle


def _refusal(error: OAuth2Error) -> web.Response:
    bind_contextvars(oauth_error=error.error, oauth_reason=error.description)
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return json_answer(dict(error.get_body()), status=error.status_code, headers=headers)

"""The federation endpoints of an agency (OpenID Federation 1.0, 8). Anybody may ask."""

from functools import wraps
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.crypto.statements import MarkStatus
from gateway.domain.errors import GatewayError, Malformed, Misconfigured, TryLater, Unknown, Untrusted
from gateway.domain.ids import EntityId
from gateway.http.answers import (
    ENTITY_STATEMENT,
    JWK_SET,
    TRUST_MARK,
    TRUST_MARK_STATUS,
    json_answer,
    token_answer,
)
from gateway.http.bodies import read_form, unique
from gateway.http.middleware import Handler
from gateway.http.problems import status_of
from gateway.http.site import SITE, AgencyPublisher, node_of
from gateway.usecases.agency import member, members
from gateway.usecases.ports import Node

_MEMBER_TYPES: Final = frozenset({"oauth_client", "oauth_authorization_server", "oauth_resource"})


def federation(handler: Handler) -> Handler:
    """Return the handler with errors in the form that the federation endpoints use (8.9)."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (TryLater, Misconfigured):
            raise
        except GatewayError as error:
            return _refusal(error)

    return answered


@federation
async def fetch(request: web.Request) -> web.Response:
    """Return the statement about one member (8.1)."""
    sub = _required(_query(request), "sub")
    if sub == node_of(request).id:
        raise Malformed("sub is this entity itself")
    statement = await _publisher(request).statement(await member(node_of(request), EntityId(sub)))
    return token_answer(statement, ENTITY_STATEMENT)


@federation
async def list_members(request: web.Request) -> web.Response:
    """Return the ids of the members, filtered as asked (8.2)."""
    query = _query(request)
    mark, type_ = query.get("trust_mark_type"), query.get("entity_type")
    only_marked = _flag(query, "trust_marked")
    if _flag(query, "intermediate") or type_ not in _MEMBER_TYPES | {None}:
        return json_answer([])
    found = await members(node_of(request))
    return json_answer(
        [one.id for one in found if (mark is None or mark in one.marks) and (not only_marked or one.marks)]
    )


@federation
async def trust_mark(request: web.Request) -> web.Response:
    """Return a member's mark (8.6)."""
    query = _query(request)
    sub, type_ = _required(query, "sub"), _required(query, "trust_mark_type")
    holder = await member(node_of(request), EntityId(sub))
    if type_ not in holder.marks:
        raise Unknown
    return token_answer(await _publisher(request).trust_mark(holder, type_), TRUST_MARK)


@federation
async def trust_mark_status(request: web.Request) -> web.Response:
    """Say, signed, whether a mark still holds (8.4). By GET too, for whoever cannot POST."""
    asked = await read_form(request) if request.method == "POST" else _query(request)
    mark, publisher = _required(asked, "trust_mark"), _publisher(request)
    status = await _status(node_of(request), publisher, mark)
    return token_answer(await publisher.mark_status(mark, status), TRUST_MARK_STATUS)


@federation
async def historical_keys(request: web.Request) -> web.Response:
    """Return the keys that signed earlier (8.7)."""
    return token_answer(await _publisher(request).historical_keys(), JWK_SET)


async def _status(node: Node, publisher: AgencyPublisher, mark: str) -> MarkStatus:
    try:
        holder, type_ = await publisher.read_mark(mark)
    except Untrusted as error:
        return "expired" if error.reason == "expired" else "invalid"
    try:
        return "active" if type_ in (await member(node, holder)).marks else "revoked"
    except Unknown:
        return "revoked"


def _publisher(request: web.Request) -> AgencyPublisher:
    publisher = request.app[SITE].agency
    if publisher is None:
        raise Unknown
    return publisher


def _query(request: web.Request) -> dict[str, str]:
    return unique(list(request.query.items()))


def _required(parameters: dict[str, str], name: str) -> str:
    if name not in parameters:
        raise Malformed(f"{name} is missing")
    return parameters[name]


def _flag(query: dict[str, str], name: str) -> bool:
    if query.get(name, "false") not in {"true", "false"}:
        raise Malformed(f"{name} is neither true nor false")
    return query.get(name) == "true"


def _refusal(error: GatewayError) -> web.Response:
    status = status_of(error)
    code = "not_found" if status == HTTPStatus.NOT_FOUND else "invalid_request"
    text = error.title if isinstance(error, Unknown) else str(error)
    return json_answer({"error": code, "error_description": text}, status=status)

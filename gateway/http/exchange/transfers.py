"""Transfers, as their requester sees them: the other node asks, this one holds the record."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from gateway.domain.ids import TransferId, b64url, digest
from gateway.domain.trust import Peer
from gateway.http.answers import json_answer
from gateway.http.bodies import JOSE, read_token
from gateway.http.site import SITE, node_of
from gateway.usecases.answer_parts import hand_over_part
from gateway.usecases.answer_peer import (
    hand_over,
    hand_over_snapshot,
    receive_information,
    receive_receipt,
    receive_rekey,
    receive_withdrawal,
    report_status,
)
from gateway.usecases.confirm_enrollment import receive_confirmation
from gateway.usecases.ports import Node, Parcel, Status
from gateway.usecases.receive_request import receive_request

_Receive = Callable[[Node, Peer, TransferId, str], Awaitable[Status]]


async def post_transfer(request: web.Request, peer: Peer) -> web.Response:
    """Take a signed request. The same bytes again get the same answer."""
    message = await _message(request)
    node = node_of(request)
    status = await receive_request(node, peer, message)
    body = _body(status) | {
        "request_digest": digest(message.encode()),
        "poll_after": int(node.pace.poll_interval.total_seconds()),
    }
    location = f"{request.app[SITE].resource}/transfers/{status.transfer}"
    return json_answer(body, status=202, headers={"Location": location})


async def get_transfer(request: web.Request, peer: Peer) -> web.Response:
    """Return how the transfer stands, or 304 if that is what the requester knows.

    The tag is made of what the answer says: a counter of internal steps would tell found from not found.
    """
    status = await report_status(node_of(request), peer, _id(request))
    answer = json_answer(body := _body(status))
    tag = b64url(hashlib.sha256(orjson.dumps(body)).digest())
    if any(known.value in {tag, "*"} for known in request.if_none_match or ()):
        answer = web.Response(status=304)
    answer.etag = tag
    return answer


async def get_version(request: web.Request, peer: Peer) -> web.Response:
    """Return the sealed record, with its digest (RFC 9530)."""
    version = int(request.match_info["version"])
    hand = hand_over if version else hand_over_snapshot
    return _sealed(await hand(node_of(request), peer, _id(request), version))


async def get_part(request: web.Request, peer: Peer) -> web.Response:
    """Return a sealed part of the record in the same way."""
    version, n = int(request.match_info["version"]), int(request.match_info["part"])
    return _sealed(await hand_over_part(node_of(request), peer, _id(request), version, n))


def _sealed(parcel: Parcel) -> web.Response:
    sha256 = base64.b64encode(hashlib.sha256(parcel.jwe).digest()).decode("ascii")
    headers = {"Content-Digest": f"sha-256=:{sha256}:", "ETag": f'"{parcel.digest}"'}
    return web.Response(body=parcel.jwe, content_type=JOSE, headers=headers)


async def post_receipt(request: web.Request, peer: Peer) -> web.Response:
    """Take the signed receipt for a record."""
    return await _take(request, peer, receive_receipt)


async def post_enrollment(request: web.Request, peer: Peer) -> web.Response:
    """Take the new school's word that the student is enrolled there."""
    return await _take(request, peer, receive_confirmation)


async def post_information(request: web.Request, peer: Peer) -> web.Response:
    """Take more attributes of the student, as this node asked for."""
    return await _take(request, peer, receive_information)


async def post_withdrawal(request: web.Request, peer: Peer) -> web.Response:
    """Take back a request."""
    return await _take(request, peer, receive_withdrawal)


async def post_rekey(request: web.Request, peer: Peer) -> web.Response:
    """Take a new one-time key for a corrected record."""
    return await _take(request, peer, receive_rekey)


async def _take(request: web.Request, peer: Peer, receive: _Receive) -> web.Response:
    message = await _message(request)
    return json_answer(_body(await receive(node_of(request), peer, _id(request), message)))


async def _message(request: web.Request) -> str:
    """Return the signed message; it may have come encrypted to this node."""
    token = await read_token(request, JOSE, limit=request.app[SITE].limits.message)
    return node_of(request).seals.unwrap(token)


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])


def _body(status: Status) -> dict[str, Any]:
    """Return a status as it travels (protocol, 3.4); what is not said is left out. Times are NumericDates."""
    expires_at = int(status.expires_at.timestamp()) if status.expires_at else None
    members = {
        "transfer": status.transfer,
        "state": status.state,
        "version": status.version,
        "needs": list(status.needs),
        "reason": status.reason,
        "snapshot": status.snapshot,
        "expires_at": expires_at,
        "log": status.log,
    }
    return {name: value for name, value in members.items() if value}

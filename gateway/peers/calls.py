"""One HTTP call to another node, with every limit in place."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    InvalidURL,
)
from multidict import CIMultiDictProxy
from yarl import URL

from gateway.crypto import strict_json
from gateway.domain.errors import GatewayError, PeerUnavailable, TooLarge, Untrusted
from gateway.domain.ids import EntityId
from gateway.peers.addresses import Outbound, is_loopback_host
from gateway.peers.connector import ForbiddenAddress

MAX_ANSWER_BYTES = 256 * 1024
"""An answer that is not a sealed record."""

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    max_bytes: int = MAX_ANSWER_BYTES
    seconds: float | None = None
    """For all of it; None for the session's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whole and within its limit. From somebody else: nothing in it is proven."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    sha256: bytes
    """Of the body, taken while it was read."""

    @property
    def media_type(self) -> str:
        """Return the media type without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object, or an empty one if it holds none: a reader then misses a member."""
        try:
            return strict_json.load_object(self.body, max_bytes=MAX_ANSWER_BYTES)
        except GatewayError:
            return {}


class Caller:
    """Makes calls over the shared session. Repeats nothing, follows nothing."""

    def __init__(self, session: ClientSession, rules: Outbound) -> None:
        self._session = session
        self._rules = rules

    async def send(self, call: Call) -> Answer:
        """Return the answer, whatever its status.

        Raises:
            Untrusted: `bad_url`: not `https`, or it carries a password.
            PeerUnavailable: no connection, no permitted address, no whole answer in time.
            TooLarge: the answer has more than `max_bytes`.
        """
        url = self._checked(call.url)
        try:
            async with self._session.request(
                call.method,
                url,
                headers=call.headers,
                data=call.body,
                allow_redirects=False,
                timeout=self._timeout(call),
            ) as response:
                return await _read(response, call.max_bytes)
        except InvalidURL:
            raise Untrusted("bad_url") from None
        except (ClientError, OSError, RuntimeError) as error:
            raise PeerUnavailable(f"{url.host} {_why(error)}") from None

    def _checked(self, text: str) -> URL:
        try:
            url = URL(text)
        except ValueError:
            raise Untrusted("bad_url") from None
        plain = url.scheme == "http" and self._rules.allow_loopback and is_loopback_host(url.host or "")
        if not url.host or url.user or url.password or not (url.scheme == "https" or plain):
            raise Untrusted("bad_url")
        return url

    def _timeout(self, call: Call) -> ClientTimeout:
        return ClientTimeout(
            total=call.seconds or self._rules.answer_seconds,
            sock_connect=self._rules.connect_seconds,
            sock_read=self._rules.answer_seconds,
        )


def check_origin(url: str, id_: EntityId) -> None:
    """Refuse a URL that is not of the entity's own origin: no node can point at another's endpoint.

    Raises:
        Untrusted: `other_origin`.
    """
    try:
        same = URL(url).origin() == URL(id_).origin()
    except ValueError:
        same = False
    if not same:
        raise Untrusted("other_origin")


def _why(error: Exception) -> str:
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress):
        return "is at an address that this node may not call"
    return f"gave no answer ({type(error).__name__})"


async def _read(response: ClientResponse, max_bytes: int) -> Answer:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise PeerUnavailable(f"{response.url.host} answered in an encoding that was not asked for")
    if (response.content_length or 0) > max_bytes:
        response.close()
        raise TooLarge(f"the answer of {response.url.host} has more than {max_bytes} bytes")
    body, hash_ = bytearray(), hashlib.sha256()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            response.close()
            raise TooLarge(f"the answer of {response.url.host} has more than {max_bytes} bytes")
        hash_.update(chunk)
    return Answer(status=response.status, headers=response.headers, body=bytes(body), sha256=hash_.digest())

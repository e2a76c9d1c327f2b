"""Calls to the REST interface of a local system, made again where its server asks for it."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import (
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from adapters._rest_calls import Answer, Calls, Request, retry_after, same_origin
from adapters._rest_tokens import Tokens
from gateway.adapter_api import Malformed, Misconfigured, TooLarge, TryLater

_CHUNK: Final = 64 * 1024
_GZIP: Final = 31
_UNAUTHORIZED: Final = 401
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LEFT_TO_THE_CALLER: Final = frozenset({200, 400, 403, 404, 405, 501})
_MOST_REDIRECTS: Final = 3


class Client:
    """Sends a token along, repeats what a server cannot answer now, and follows nobody to another host."""

    def __init__(self, session: ClientSession, calls: Calls, tokens: Tokens) -> None:
        self._session = session
        self._calls = calls
        self._tokens = tokens

    async def get(
        self, url: URL, resource: str, query: Mapping[str, str] | None = None, *, open_to_all: bool = False
    ) -> Answer:
        """Return the answer: 200, or a status that says what the server lacks (400, 403, 404, 405, 501).

        Raises:
            Misconfigured: the token is refused, or the server points to another host.
            TooLarge: the answer passes its limit.
            TryLater: no whole answer after all tries.
        """
        target = url.extend_query(query or {})
        renewed = open_to_all
        for _ in range(_MOST_REDIRECTS + 2):
            headers = {} if open_to_all else {"Authorization": f"Bearer {await self._tokens.current(self)}"}
            answer = await self.send(
                Request(
                    url=target,
                    resource=resource,
                    headers=headers,
                    max_bytes=self._calls.max_response_bytes,
                )
            )
            if answer.status == _UNAUTHORIZED and not renewed:
                renewed = True
                self._tokens.drop()
            elif answer.status in _REDIRECTS:
                target = _followed(target, answer)
            else:
                return _understood(answer)
        raise Misconfigured(f"{resource}: the server redirects without end")

    async def send(self, request: Request) -> Answer:
        """Return the answer to one call, made again while the server cannot give one.

        Raises:
            TooLarge: the answer passes its limit.
            TryLater: no whole answer after all tries, or the server asks for more patience than we have.
        """
        wait, why = self._calls.first_wait_seconds, ""
        for attempt in range(self._calls.attempts):
            if attempt:
                await asyncio.sleep(wait)
                wait = min(wait * 2, self._calls.longest_wait_seconds)
            try:
                answer = await self._once(request)
            except (ClientError, OSError, RuntimeError) as error:
                why = type(error).__name__
                continue
            if answer.status not in _AGAIN:
                return answer
            why = f"status {answer.status}"
            asked = retry_after(answer.headers)
            wait = wait if asked is None else asked
            if wait > self._calls.longest_wait_seconds:
                break
        raise TryLater(f"{request.resource}: {request.url.host} gives no answer now ({why})")

    async def _once(self, request: Request) -> Answer:
        async with self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.form,
            allow_redirects=False,
        ) as response:
            body = await _read(response, request)
            return Answer(response.status, response.headers, body, request.resource)


@asynccontextmanager
async def open_client(calls: Calls, tokens: Tokens, ca_file: Path | None) -> AsyncIterator[Client]:
    """Open a client that checks certificates, keeps no cookies and follows no proxy of the environment.

    Raises:
        Misconfigured: the file of certificate authorities cannot be used.
    """
    try:
        tls = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Misconfigured(f"ca_file cannot be used: {type(error).__name__}") from None
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    async with ClientSession(
        connector=TCPConnector(ssl=tls),
        cookie_jar=DummyCookieJar(),
        headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
        auto_decompress=False,
        trust_env=False,
        timeout=ClientTimeout(total=calls.request_seconds, sock_connect=min(20, calls.request_seconds)),
    ) as session:
        yield Client(session, calls, tokens)


async def _read(response: ClientResponse, request: Request) -> bytes:
    """Return the body, unpacked; what is too large is left at the limit, packed or not."""
    unpacked = _unpacking(response, request)
    body = bytearray()
    try:
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += unpacked.decompress(chunk, request.max_bytes - len(body) + 1) if unpacked else chunk
            if len(body) > request.max_bytes:
                response.close()
                raise TooLarge(
                    f"{request.resource}: an answer has more than {request.max_bytes} bytes: lower page_size"
                )
    except zlib.error:
        raise Malformed(f"{request.resource}: the answer cannot be unpacked") from None
    if unpacked and body and not unpacked.eof:
        raise ClientPayloadError("a packed answer breaks off")
    return bytes(body)


def _unpacking(response: ClientResponse, request: Request) -> "zlib._Decompress | None":
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise Malformed(f"{request.resource}: the answer is packed in a way that was not asked for")
    return zlib.decompressobj(wbits=_GZIP) if encoding == "gzip" else None


def _understood(answer: Answer) -> Answer:
    if answer.status == _UNAUTHORIZED:
        raise Misconfigured(f"{answer.resource}: the server refuses the token that it gave: check the scopes")
    if answer.status in _LEFT_TO_THE_CALLER:
        return answer
    raise Misconfigured(f"{answer.resource}: the server answers with status {answer.status}")


def _followed(url: URL, answer: Answer) -> URL:
    try:
        target = url.join(URL(answer.headers.get("Location", "")))
        same = same_origin(url, target)
    except ValueError:
        same = False
    if not same:
        raise Misconfigured(
            f"{answer.resource}: the server redirects to another host, which is not followed: name that URL"
        )
    return target

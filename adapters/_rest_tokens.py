"""Access tokens of a local system, by client credentials (RFC 6749, 4.4)."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from yarl import URL

from adapters._rest_calls import Answer, Request, count
from gateway.adapter_api import Misconfigured

_TOKEN_BYTES: Final = 64 * 1024
_SECRET_BYTES: Final = 4096
_EARLY: Final = timedelta(seconds=60)
"""A token is not used this close to its end."""
_OK: Final = 200


def read_secret(path: Path, setting: str) -> str:
    """Return what stands in a file, without white space around it.

    Raises:
        Misconfigured: it cannot be read, is empty, or is no short text.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_SECRET_BYTES + 1)
        found = text.decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{setting} cannot be read: {type(error).__name__}") from None
    if not found or len(text) > _SECRET_BYTES or not found.isprintable():
        raise Misconfigured(f"{setting} must hold one line of text")
    return found


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the token endpoint (RFC 6749, 4.4)."""

    token_url: URL
    id: str
    secret: str
    scope: str = ""
    in_body: bool = False
    """Whether id and secret go into the form, for servers that do not take HTTP Basic."""

    def __repr__(self) -> str:
        return f"Credentials(token_url={self.token_url!r})"


class Sender(Protocol):
    """Whoever can make a call."""

    async def send(self, request: Request) -> Answer:
        """Return the answer."""


class Tokens:
    """The access token of one client; outlives the sessions that use it."""

    def __init__(self, credentials: Callable[[], Credentials], now: Callable[[], datetime]) -> None:
        """`credentials` is called for each new token: files with secrets change."""
        self._credentials = credentials
        self._now = now
        self._token = ""
        self._until = now()

    async def current(self, sender: Sender) -> str:
        """Return a token that is good for a while.

        Raises:
            Misconfigured: the server does not know the client.
            TryLater: it gives no token now.
        """
        if not self._token or self._now() >= self._until:
            await self._renew(sender)
        return self._token

    def drop(self) -> None:
        """Forget the token: the server did not take it."""
        self._token = ""

    async def _renew(self, sender: Sender) -> None:
        answer = await sender.send(_asked(self._credentials()))
        if answer.status != _OK:
            raise Misconfigured(
                f"the token endpoint refuses this client ({answer.status}): check id, secret and scopes"
            )
        said = answer.json()
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7E]{1,16384}", token):
            raise Misconfigured("the token endpoint gives no access_token: is token_url right?")
        self._token = token
        self._until = self._now() + max(timedelta(seconds=_seconds(said.get("expires_in"))) - _EARLY, _EARLY)


def _asked(credentials: Credentials) -> Request:
    form = {"grant_type": "client_credentials"}
    headers = {"Accept": "application/json"}
    if credentials.scope:
        form["scope"] = credentials.scope
    if credentials.in_body:
        form |= {"client_id": credentials.id, "client_secret": credentials.secret}
    else:
        pair = f"{credentials.id}:{credentials.secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return Request(
        method="POST",
        url=credentials.token_url,
        resource="token_url",
        max_bytes=_TOKEN_BYTES,
        headers=headers,
        form=form,
    )


def _seconds(value: object) -> int:
    """Return the life of a token; ten minutes where the server does not say."""
    return min(count(str(value)) or 600, 86_400)

"""What is asked of the REST interface of a local system, what comes back, and the limits on both."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from multidict import CIMultiDictProxy
from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from gateway.adapter_api import Malformed, Misconfigured

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PLAIN_TYPES: Final = frozenset({"", "text/plain", "application/octet-stream"})
"""What some servers call the JSON that they send."""


class Calls(BaseModel):
    """Limits on calls to a server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page_size: int = Field(default=500, ge=2, le=10_000)
    """Records asked for at a time. A server may give fewer."""

    max_response_bytes: int = Field(default=64 * 1024**2, gt=0)
    """Of one answer."""

    max_records: int = Field(default=20_000_000, gt=0)
    """Of one resource."""

    request_seconds: float = Field(default=120, gt=0)
    """For one answer."""

    attempts: int = Field(default=6, ge=1, le=20)
    """Tries of one call that the server cannot answer now."""

    first_wait_seconds: float = Field(default=1, ge=0)
    """Before the second try; it doubles from try to try. A server's own `Retry-After` goes before."""

    longest_wait_seconds: float = Field(default=120, ge=0)
    """A server that asks for more patience than this is left for later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole and within its limit. From somebody else: nothing in it is proven."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    resource: str

    def json(self) -> Any:
        """Return the body's value, with each number as the text that stands in it.

        Raises:
            Misconfigured: it is of a type that is not JSON, such as a page that asks for a login.
            Malformed: it is no JSON, or nested too deeply.
        """
        media_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if "json" not in media_type and media_type not in _PLAIN_TYPES:
            raise Misconfigured(
                f"{self.resource}: the server answers with {media_type[:60]!r}, not JSON: is the URL right?"
            )
        try:
            return json.loads(self.body, parse_float=str, parse_int=str, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Malformed(f"{self.resource}: the answer is no JSON that can be read") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `resource` is what messages call it: they never show the query."""

    url: URL
    resource: str
    max_bytes: int
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)


def checked_url(text: str, setting: str) -> URL:
    """Return an `https` URL, or an `http` one of this machine.

    Raises:
        Misconfigured: it is neither.
    """
    try:
        url = URL(text)
    except ValueError:
        raise Misconfigured(f"{setting} is no URL") from None
    plain = url.scheme == "http" and url.host in _LOOPBACK
    if not url.host or url.user or url.password or not (url.scheme == "https" or plain):
        raise Misconfigured(f"{setting} must be an https URL without a name or password in it")
    return url


def same_origin(one: URL, other: URL) -> bool:
    """Tell whether two URLs have the same scheme, host and port."""
    return one.origin() == other.origin()


def count(text: str | None) -> int | None:
    """Return a number that a header gives, or None."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text.strip(), re.ASCII) else None


def server_time(headers: CIMultiDictProxy[str]) -> datetime | None:
    """Return what time it is by the server's clock (RFC 9110, 6.6.1)."""
    return _http_date(headers.get("Date", ""))


def retry_after(headers: CIMultiDictProxy[str]) -> float | None:
    """Return the seconds that the server asks to wait (RFC 9110, 10.2.3), counted by its own clock."""
    text = headers.get("Retry-After", "")
    if (seconds := count(text)) is not None:
        return float(seconds)
    until = _http_date(text)
    if until is None:
        return None
    now = server_time(headers) or datetime.now(UTC)
    return max((until - now).total_seconds(), 0.0)


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _no_number(text: str) -> str:
    raise ValueError(text)

"""What the HTTP side of a node is built from, and the keys under which an application keeps it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Protocol

from aiohttp import web

from gateway.crypto.statements import MarkStatus
from gateway.crypto.tokens import Nonces
from gateway.domain.ids import EntityId
from gateway.http.desk import Desk
from gateway.usecases.agency import MAX_TOKENS, TOKEN_BYTES
from gateway.usecases.ports import Member, Node

_KIB: Final = 1024
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Publisher(Protocol):
    """What every node says of itself."""

    async def entity_configuration(self) -> str:
        """Return the signed entity configuration, kept and renewed by age (OpenID Federation 1.0, 9)."""


class AgencyPublisher(Protocol):
    """What an agency signs about others. Who is a member was asked before."""

    async def statement(self, member: Member) -> str:
        """Return the subordinate statement (OpenID Federation 1.0, 8.1)."""

    async def trust_mark(self, member: Member, type_: str) -> str:
        """Return a mark that the member carries (8.6)."""

    async def read_mark(self, mark: str) -> tuple[EntityId, str]:
        """Return the holder and the type of a mark that this agency signed.

        Raises:
            Malformed: it is no token.
            Untrusted: `expired`, or any other reason: this agency did not sign it.
        """

    async def mark_status(self, mark: str, status: MarkStatus) -> str:
        """Return the signed answer about a mark (8.4)."""

    async def historical_keys(self) -> str:
        """Return the signed set of former keys (8.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that is read of a request, in bytes, and for how long."""

    message: int = 256 * _KIB
    """A signed message; a request carries a trust chain."""
    event: int = 64 * _KIB
    form: int = 512 * _KIB
    """A token request; its assertion carries a trust chain."""
    tokens: int = TOKEN_BYTES * MAX_TOKENS
    """An upload to the locator: as many tokens as one district may have."""
    read_timeout: timedelta = timedelta(seconds=30)
    upload_timeout: timedelta = timedelta(minutes=5)


async def _nothing() -> Mapping[str, float]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A node, and what its HTTP side needs besides."""

    node: Node
    base_url: str
    """The public URL of this node, no slash at its end. What a request says of its host is never used."""
    nonces: Nonces
    publisher: Publisher
    agency: AgencyPublisher | None = None
    """Present at an agency, absent at a district."""
    desk: Desk | None = None
    """The pages for members of staff, at a district that has a way to sign in."""
    limits: Limits = Limits()
    started_at: datetime
    loop_alive: Callable[[], bool] = lambda: True
    """Whether the reconciliation loop made a turn lately."""
    measures: Callable[[], Awaitable[Mapping[str, float]]] = _nothing
    """Further gauges by name, such as `outbox_messages`; they appear as `backpack_<name>`."""
    operators: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK
    """From where `/metrics` may be read."""

    @property
    def resource(self) -> str:
        """Return what tokens of this node are for (RFC 8707), as its metadata says."""
        return f"{self.base_url}/{'agency' if self.agency else 'exchange'}/v1"


SITE: Final = web.AppKey("site", Site)


def node_of(request: web.Request) -> Node:
    """Return the node that the request came to."""
    return request.app[SITE].node


def now_of(request: web.Request) -> datetime:
    """Return the time by the node's clock."""
    return request.app[SITE].node.now()

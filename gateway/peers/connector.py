"""Outgoing HTTP: one shared session that reaches only what a node may call."""

import ssl
from importlib.metadata import version
from pathlib import Path
from socket import AddressFamily, SocketKind, socket
from typing import Any

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver

from gateway.domain.errors import Misconfigured
from gateway.peers.addresses import Outbound, may_call

KEEP_ALIVE_SECONDS = 30
"""Shorter than any server's, so that a call does not meet a connection that the other side is closing."""

CONNECTIONS = 100
CONNECTIONS_TO_ONE = 16

_AddressInfo = tuple[int | AddressFamily, int | SocketKind, int, str, tuple[Any, ...]]


class ForbiddenAddress(OSError):
    """The name leads to an address that this node may not call."""


def open_session(rules: Outbound, *, resolver: AbstractResolver | None = None) -> ClientSession:
    """Return the session that all calls of a process share. To be called inside a running loop.

    It follows no proxy of the environment, keeps no cookies, decompresses nothing, and looks at every
    address at the moment of connecting, whichever way a name or a literal led to it.

    Raises:
        Misconfigured: the file of certificate authorities cannot be used.
    """
    return ClientSession(
        connector=_GuardedConnector(rules, resolver),
        cookie_jar=DummyCookieJar(),
        headers={
            "User-Agent": f"backpack-gateway/{version('backpack-gateway')}",
            "Accept-Encoding": "identity",
        },
        auto_decompress=False,
        trust_env=False,
        raise_for_status=False,
        timeout=ClientTimeout(
            total=rules.answer_seconds, sock_connect=rules.connect_seconds, sock_read=rules.answer_seconds
        ),
    )


class _GuardedConnector(TCPConnector):
    def __init__(self, rules: Outbound, resolver: AbstractResolver | None) -> None:
        super().__init__(
            ssl=_tls(rules.ca_file),
            resolver=resolver,
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_TO_ONE,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            socket_factory=lambda found: _guarded_socket(found, rules),
        )


def _guarded_socket(found: _AddressInfo, rules: Outbound) -> socket:
    family, kind, protocol, _, address = found
    if not may_call(str(address[0]), rules):
        raise ForbiddenAddress("this node may not call that address")
    return socket(family, kind, protocol)


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Misconfigured(
            f"cannot use {ca_file} as the file of certificate authorities: {error}"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

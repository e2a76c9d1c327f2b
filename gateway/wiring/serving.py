"""A node as a process: listens, turns the loop, stops when told to."""

import asyncio
import contextlib
import gc
import signal
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_network
from typing import Final

import structlog
from aiohttp import web

from gateway import logs
from gateway.crypto.publishing import AgencyPublisher
from gateway.crypto.tokens import Nonces
from gateway.domain.errors import GatewayError, Misconfigured
from gateway.http.app import make_runner
from gateway.http.site import LOOPBACK, Site
from gateway.settings import Settings
from gateway.usecases import loop
from gateway.wiring.desk import make_desk
from gateway.wiring.node_secrets import nonce_secret
from gateway.wiring.nodes import Opened, now, open_node

_log = structlog.get_logger()

EVERYBODY: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))
GC_THRESHOLD: Final = 20_000
"""New objects between two collections; a record makes thousands that are not garbage yet."""
STALE_AFTER: Final = 60.0
"""Seconds without a turn of the loop after which the node is not ready."""


async def serve(settings: Settings, ready: Callable[[str, str], None]) -> None:
    """Run the node until it is told to stop (SIGTERM or SIGINT).

    Args:
        settings: The node's settings.
        ready: Called once the node listens, with its public address and the one that it listens on.

    Raises:
        Misconfigured: as `open_node`; or the address cannot be listened on.
    """
    logs.configure(level=settings.logs.level)
    async with open_node(settings, serving=True) as opened:
        turned = _Turned()
        site = _site(opened, turned)
        runner = make_runner(site)
        await runner.setup()
        listening = await _listen(runner, settings)
        stop = _stop_event()
        turning = asyncio.create_task(_turn_for_ever(opened, turned))
        _settle_memory()
        ready(settings.id, listening)
        _log.info("node.listening", url=settings.id, at=listening, role=settings.role)
        try:
            await stop.wait()
        finally:
            turning.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await turning
            await runner.cleanup()
            _log.info("node.stopped")


def _settle_memory() -> None:
    """Keep the collector from walking over what was loaded at the start again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


class _Turned:
    """When the loop last showed that it is alive."""

    def __init__(self) -> None:
        self.at = time.monotonic()

    def note(self) -> None:
        """Note a turn."""
        self.at = time.monotonic()

    def alive(self) -> bool:
        """Tell whether there was a turn lately."""
        return time.monotonic() - self.at < STALE_AFTER


async def _turn_for_ever(opened: Opened, turned: _Turned) -> None:
    """Run the loop; a store that fails for a while does not end it."""
    while True:
        try:
            await loop.run(opened.node, opened.woken, turned.note)
        except GatewayError as fault:
            _log.error("loop.failed", fault=fault.code)
        except Exception:  # noqa: BLE001  the process serves on; the log says why
            _log.exception("loop.failed")
        await asyncio.sleep(opened.node.pace.tick.total_seconds())


def _site(opened: Opened, turned: _Turned) -> Site:
    return Site(
        node=opened.node,
        base_url=opened.settings.id,
        nonces=Nonces(nonce_secret(opened.settings.path(opened.settings.keys.folder) / "nonces.key")),
        publisher=opened.publisher,
        agency=opened.publisher if isinstance(opened.publisher, AgencyPublisher) else None,
        started_at=now(),
        loop_alive=turned.alive,
        measures=_measures(opened),
        desk=make_desk(opened.settings, opened.caller, now, opened.members.members),
        operators=EVERYBODY if opened.settings.server.metrics_public else LOOPBACK,
    )


def _measures(opened: Opened) -> Callable[[], Awaitable[Mapping[str, float]]]:
    async def read() -> Mapping[str, float]:
        stats = opened.store.stats
        outbox = await opened.store.read(lambda tx: tx.messages.outbox())
        findings = await opened.store.read(lambda tx: tx.log_findings.count())
        oldest = (now() - outbox[0].at).total_seconds() if outbox else 0.0
        return {
            "outbox_messages": len(outbox),
            "outbox_oldest_seconds": oldest,
            "log_findings": findings,
            "store_units": stats.units,
            "store_commits": stats.commits,
            "store_statements": stats.statements,
        }

    return read


async def _listen(runner: web.AppRunner, settings: Settings) -> str:
    server = settings.server
    context = None
    if server.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(
            settings.path(server.certificate),
            settings.path(server.private_key) if server.private_key else None,
        )
    site = web.TCPSite(runner, server.host, server.port, ssl_context=context, backlog=512)
    try:
        await site.start()
    except OSError as error:
        raise Misconfigured(f"cannot listen on {server.host}:{server.port}: {error.strerror}") from None
    host, port = runner.addresses[0][:2]
    return f"{host}:{port}"


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop.set)
    return stop

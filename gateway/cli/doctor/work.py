"""Checks of the running node and of the work that waits."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.doctor.checks import Check, fail, ok, warn
from gateway.cli.next_steps import is_stuck
from gateway.cli.output import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.cli.doctor.checks import NodeCheck
    from gateway.usecases.ports import Tx
    from gateway.wiring import Opened

_SECONDS: Final = 3.0
_STALE_RUN: Final = timedelta(days=2)
_MOST: Final = 2000
_GAVE_UP: Final = "gave up"
_MAX_BYTES: Final = 256 * 1024


async def _listening(opened: "Opened") -> Check:
    """Ask who listens at the node's port: this node, another program, or nobody."""
    server = opened.settings.server
    if server.port == 0:
        return ok("listening", "port 0: a free port each time")
    place = f"{server.host}:{server.port}"
    try:
        said, ready = await asyncio.wait_for(_ask_node(opened), _SECONDS)
    except OSError:
        return warn("listening", f"nobody listens on {place}: the node is not running", "backpack serve")
    except (ValueError, TimeoutError):
        said, ready = None, {}
    if said != opened.node.id:
        return fail("listening", f"another program listens on {place}", "stop it, or change [server] port")
    if not ready.get("ready"):
        missing = [name for name, well in ready.get("checks", {}).items() if not well]
        return fail(
            "listening", f"the node runs and is not ready: {', '.join(missing)}", "read its log, restart it"
        )
    return ok("listening", f"the node runs on {place}")


async def _ask_node(opened: "Opened") -> tuple[Any, Any]:
    from aiohttp import ClientError, ClientSession

    from gateway.crypto import jws
    from gateway.domain.errors import GatewayError

    server = opened.settings.server
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)  # noqa: S104  compared, not bound
    base = f"{'https' if server.certificate else 'http'}://{host}:{server.port}"
    try:
        async with ClientSession() as session:
            async with session.get(f"{base}/.well-known/openid-federation", ssl=False) as answer:
                said = jws.peek(await answer.text(), max_bytes=_MAX_BYTES).claims.get("sub")
            async with session.get(f"{base}/readyz", ssl=False) as answer:
                return said, await answer.json()
    except (GatewayError, UnicodeDecodeError) as error:
        raise ValueError from error
    except ClientError as error:
        if isinstance(error, OSError):
            raise
        raise ValueError from error


async def _transfers(opened: "Opened") -> Check:
    stuck = [
        one
        for one in await opened.node.store.read(lambda tx: tx.transfers.list(limit=_MOST))
        if is_stuck(one)
    ]
    if stuck:
        return warn(
            "transfers", f"{len(stuck)} stuck, such as {stuck[0].id}", "backpack transfer list --stuck"
        )
    counts = await opened.node.store.read(lambda tx: tx.transfers.counts())
    return ok("transfers", f"{sum(counts.values())}, none stuck")


async def _outbox(opened: "Opened") -> Check:
    waiting, given_up = await opened.node.store.read(lambda tx: tuple(map(len, _unsent(tx))))
    if given_up:
        return warn(
            "outbox",
            f"{given_up} messages were given up",
            "`backpack transfer show ID` names the peer; ask it",
        )
    return ok("outbox", f"{waiting} messages wait")


def _unsent(tx: "Tx") -> tuple[list[str], list[str]]:
    waiting: list[str] = []
    given_up: list[str] = []
    for outcome, jti in _outcomes(tx):
        if outcome == "pending":
            waiting.append(jti)
        elif outcome == _GAVE_UP:
            given_up.append(jti)
    return waiting, given_up


def _outcomes(tx: "Tx") -> "Iterator[tuple[str, str]]":
    for transfer in tx.transfers.list(limit=_MOST):
        if not transfer.ended:
            yield from ((message.outcome, message.jti) for message in tx.messages.of(transfer.id))


async def _last_run(opened: "Opened") -> Check:
    leaves = await opened.node.store.read(lambda tx: tx.audit.list(object_=opened.node.id, limit=1_000_000))
    runs = [leaf.at for _, leaf in leaves if leaf.action == "students.mapped"]
    if not runs:
        return warn("last mapping run", "none", "backpack map run")
    count = await opened.node.store.read(lambda tx: tx.backpacks.count())
    found = f"{moment(runs[-1])}, {count} students"
    if opened.node.now() - runs[-1] > _STALE_RUN:
        return warn("last mapping run", found, "let `backpack map run` run every night")
    return ok("last mapping run", found)


_DATABASE = "look at the database above"

SHARED_CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("listening", _listening, "check [server] in the settings"),
    ("transfers", _transfers, _DATABASE),
    ("outbox", _outbox, _DATABASE),
)
DISTRICT_CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("last mapping run", _last_run, _DATABASE),
)

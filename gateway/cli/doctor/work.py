"""Checks of the running node and of the work that waits."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.doctor.checks import Check, fail, ok, warn
from gateway.cli.next_steps import is_stuck
from gateway.cli.output import moment

if TYPE_CHECKING:
    from gateway.cli.doctor.checks import NodeCheck
    from gateway.domain.audit import Checkpoint
    from gateway.wiring import Opened

_SECONDS: Final = 3.0
_MOST: Final = 2000
_OFTEN: Final = 3
"""Tries after which somebody should look."""
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
    waiting = await opened.node.store.read(lambda tx: tx.messages.outbox())
    late = [message for message in waiting if message.tries >= _OFTEN]
    if late:
        return warn(
            "outbox",
            f"{len(late)} of {len(waiting)} messages were tried {_OFTEN} times or more",
            f"ask {late[0].peer} whether its node runs",
        )
    return ok("outbox", f"{len(waiting)} messages wait")


async def _last_run(opened: "Opened") -> Check:
    from gateway.usecases.source_quality import freshness

    found = await opened.node.store.read(lambda tx: freshness(opened.node, tx))
    if found.run_at is None:
        return warn("last mapping run", "none", "backpack map run")
    told = f"{moment(found.run_at)}, {found.students} students"
    if found.stale:
        return warn("last mapping run", told, "let `backpack map run` run every night")
    return ok("last mapping run", told)


_DATABASE = "look at the database above"


async def _log(opened: "Opened") -> Check:
    from gateway.usecases.log import faults_in_log

    if faults := await faults_in_log(opened.node):
        return fail("log chain", f"{faults[0]}; {len(faults)} in all", _LOG_FIX)
    return ok("log chain", "intact")


async def _findings(opened: "Opened") -> Check:
    count = await opened.node.store.read(lambda tx: tx.log_findings.count())
    if count:
        return fail("log comparison", f"{count} findings are open", _FINDINGS_FIX)
    return ok("log comparison", "nothing is open")


async def _witness(opened: "Opened") -> Check:
    """Look when the agency cosigned last, and whether a checkpoint has waited for it longer than it may."""
    last, cosigned, errand = await opened.node.store.read(
        lambda tx: (tx.checkpoints.latest(), tx.cosigned.latest(), tx.errands.get("witness"))
    )
    if last is None or (cosigned and cosigned.size == last.size):
        return ok("log witness", "the newest checkpoint is cosigned" if last else "no checkpoint yet")
    if opened.node.now() - last.at < _UNWITNESSED:
        return ok("log witness", f"{last.size} lines are to be cosigned soon")
    why = errand.fault if errand and errand.fault else "the agency publishes no witness key"
    return warn("log witness", f"not cosigned since {_when(cosigned)}: {why}", "ask the agency")


def _when(cosigned: "Checkpoint | None") -> str:
    return moment(cosigned.at) if cosigned else "ever"


_FINDINGS_FIX: Final = "`backpack log reconcile` or, at an agency, `backpack log witness` says what to do"
_UNWITNESSED: Final = timedelta(hours=6)
_LOG_FIX: Final = "keep the store as it is, tell the privacy officer; `backpack log verify` names all faults"

SHARED_CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("listening", _listening, "check [server] in the settings"),
    ("transfers", _transfers, _DATABASE),
    ("outbox", _outbox, _DATABASE),
    ("log chain", _log, _LOG_FIX),
    ("log comparison", _findings, _DATABASE),
)
DISTRICT_CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("last mapping run", _last_run, _DATABASE),
    ("log witness", _witness, _DATABASE),
)

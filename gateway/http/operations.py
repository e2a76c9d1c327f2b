"""What operators and their machines ask: is it up, is it ready, how is it doing."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Final

from aiohttp import web

from gateway.domain.errors import Unknown
from gateway.http.answers import json_answer
from gateway.http.discovery import own_claims
from gateway.http.metrics import METRICS
from gateway.http.site import SITE, Site, now_of

RENEWED_BEFORE: Final = timedelta(minutes=10)
"""An own statement that ends sooner should have been renewed."""

_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "Via")


async def healthz(request: web.Request) -> web.Response:
    """Say that the process is up, and for how many seconds."""
    up = now_of(request) - request.app[SITE].started_at
    return json_answer({"status": "up", "seconds": int(up.total_seconds())})


async def readyz(request: web.Request) -> web.Response:
    """Say whether the node can do its work now; 503 if not, with what is missing."""
    site = request.app[SITE]
    checks = {
        "store": await _store_answers(site),
        "loop": site.loop_alive(),
        "statement": await _statement_lasts(site),
    }
    ready = all(checks.values())
    return json_answer({"ready": ready, "checks": checks}, status=200 if ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """Return the measurements for Prometheus, to those who may see them."""
    site = request.app[SITE]
    if not _may_see(request, site):
        raise Unknown
    kept = request.app[METRICS]
    transfers, findings = await site.node.store.read(lambda tx: (tx.transfers.counts(), tx.findings.counts()))
    kept.set_transfers(transfers)
    kept.set_findings(findings)
    for name, value in (await site.measures()).items():
        kept.set_measure(name, value)
    body, content_type = kept.text()
    return web.Response(body=body, headers={"Content-Type": content_type})


def _may_see(request: web.Request, site: Site) -> bool:
    """Judge by the address of the connection; one that a proxy forwarded is not the operator's own."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        caller = ip_address(request.remote or "")
    except ValueError:
        return False
    return any(caller in network for network in site.operators)


async def _store_answers(site: Site) -> bool:
    try:
        await site.node.store.read(lambda tx: tx.chains.newest(site.node.id))
    except Exception:  # noqa: BLE001 - whatever is wrong with the store, the node is not ready
        return False
    return True


async def _statement_lasts(site: Site) -> bool:
    try:
        ends = (await own_claims(site))["exp"]
    except Exception:  # noqa: BLE001 - a statement that cannot be made or read is as good as none
        return False
    return bool(ends > (site.node.now() + RENEWED_BEFORE).timestamp())

"""What both of the straw-man's nodes have: a key, the peer's key, a server, a session, counters."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import uvloop
from aiohttp import web
from joserfc.jwk import ECKey

from tests.bench.strawman_store import Store

_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the two are; the folder holds a key file for each, and what they store."""

    folder: Path
    holder: str
    requester: str

    def key(self, name: str) -> ECKey:
        """Return a node's key."""
        return ECKey.import_key(orjson.loads((self.folder / f"{name}.jwk.json").read_bytes()))


class Node:
    """A straw-man's node; its kind adds routes."""

    tables: str

    def __init__(self, name: str, places: Places) -> None:
        self.name = name
        self.places = places
        self.key = places.key(name)
        self.requests = 0
        self.store: Store
        self.session: aiohttp.ClientSession

    @property
    def url(self) -> str:
        """Return this node's address."""
        return str(getattr(self.places, self.name))

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the kind's routes."""
        raise NotImplementedError

    async def counters(self, _request: web.Request) -> web.Response:
        """Answer what was counted so far."""
        told = {"commits": self.store.commits, "statements": self.store.statements, "requests": self.requests}
        return json(told)

    def run(self) -> None:
        """Serve until the process is told to stop."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.add_routes([web.get("/counters", self.counters), *self.routes()])
        app.cleanup_ctx.append(self._opened)
        port = int(self.url.rpartition(":")[2])
        loop = uvloop.new_event_loop()
        web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=loop)

    async def _opened(self, _app: web.Application) -> Any:
        self.store = Store(self.places.folder / f"{self.name}.db", self.tables)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit_per_host=16)) as self.session:
            yield


def json(value: Any, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


def background(tasks: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
    """Keep a task until it is done."""
    tasks.add(task)
    task.add_done_callback(tasks.discard)

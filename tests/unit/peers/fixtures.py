"""A node under test, `me`, between a played agency and a played district."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import count
from typing import Any

import pytest_asyncio
from aiohttp import ClientSession

from gateway.crypto import node_metadata, statements
from gateway.crypto.chains import ChainRules
from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.ids import EntityId
from gateway.domain.trust import Listing
from gateway.peers.addresses import Outbound
from gateway.peers.calls import Caller
from gateway.peers.connector import open_session
from gateway.peers.directory import FederationDirectory
from gateway.peers.node_client import NodeClient
from gateway.peers.oauth_client import OAuthClient
from gateway.peers.statement_client import StatementClient
from tests.unit.peers.played import ChainStore, Clock, PlayedAgency, PlayedDistrict

ME = EntityId("http://127.0.0.1:9")
LOOPBACK = Outbound(allow_loopback=True)


class Me:
    """This node: the client side that is tested, over a real session."""

    def __init__(self, session: ClientSession, agency: PlayedAgency, store: ChainStore) -> None:
        self.agency = agency
        self.clock = agency.clock
        self.store = store
        self.keys = KeyRing.generate()
        self._signed: tuple[datetime, bytes] | None = None
        self.rules = ChainRules(anchors=agency.anchors, allow_loopback_http=True)
        self.caller = Caller(session, LOOPBACK)
        self.statements = StatementClient(self.caller, limits=self.rules.limits, allow_loopback_http=True)
        self.directory = self.new_directory()
        ids = count(1)
        self.oauth = OAuthClient(
            self.caller,
            id_=ME,
            client_key=lambda: self.keys.current(Purpose.CLIENT),
            chains=self.directory,
            now=self.clock,
            new_id=lambda: f"jti-{next(ids)}",
        )
        self.peers = NodeClient(self.caller, self.oauth, LOOPBACK)

    def new_directory(self, **rules: Any) -> FederationDirectory:
        """Return a directory as after a restart: same store, empty memory."""
        return FederationDirectory(
            self.statements,
            self.store.as_port(),
            id_=ME,
            agency=self.agency.id,
            configuration=self.configuration,
            rules=ChainRules(anchors=self.agency.anchors, allow_loopback_http=True, **rules),
            now=self.clock,
            jitter=lambda: 0.0,
        )

    async def configuration(self) -> bytes:
        """Return this node's configuration, signed anew each hour."""
        hour = self.clock().replace(minute=0)
        if self._signed is None or self._signed[0] != hour:
            self._signed = hour, self._sign()
        return self._signed[1]

    def _sign(self) -> bytes:
        return statements.entity_configuration(
            ME,
            keys=self.keys,
            metadata=node_metadata.district_metadata(ME, name="Me", contacts=[], keys=self.keys, formats=[]),
            now=self.clock(),
            superiors=[self.agency.id],
        ).encode()

    async def listing(self, district: PlayedDistrict) -> Listing:
        return await self.directory.listing(district.id)

    async def close(self) -> None:
        await self.directory.close()
        await self.peers.close()


@pytest_asyncio.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as open_things:
        yield open_things


@pytest_asyncio.fixture
async def agency(stack: AsyncExitStack) -> PlayedAgency:
    played = PlayedAgency(Clock())
    await played.start()
    stack.push_async_callback(played.stop)
    return played


@pytest_asyncio.fixture
async def me(stack: AsyncExitStack, agency: PlayedAgency) -> Me:
    session = await stack.enter_async_context(open_session(LOOPBACK))
    node = Me(session, agency, ChainStore())
    agency.admit(ME, node.keys, "Me")
    stack.push_async_callback(node.close)
    return node


StartDistrict = Callable[[], Awaitable[PlayedDistrict]]


@pytest_asyncio.fixture
async def start_district(stack: AsyncExitStack, agency: PlayedAgency, me: Me) -> StartDistrict:
    """Start another district, admitted by the agency, that knows `me` as a client."""

    async def start() -> PlayedDistrict:
        district = PlayedDistrict(agency.clock, [agency.id])
        await district.start()
        stack.push_async_callback(district.stop)
        agency.admit(district.id, district.keys)
        district.clients[ME] = me.keys.public_jwks(Purpose.CLIENT)
        return district

    return start


@pytest_asyncio.fixture
async def maple(start_district: StartDistrict) -> PlayedDistrict:
    return await start_district()


async def background(directory: FederationDirectory) -> None:
    """Wait until what was begun in the background has ended."""
    await asyncio.gather(*directory._flights._under_way.values(), return_exceptions=True)


__all__ = ["LOOPBACK", "ME", "Me", "StartDistrict", "agency", "maple", "me", "stack", "start_district"]

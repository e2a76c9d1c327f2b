"""A district and an agency, served on real sockets."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.http.callers import Caller
from tests.unit.http.nodes import Live, World, serving


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def maple(world: World) -> AsyncIterator[Live]:
    """The district that is called."""
    async with serving(world.site(world.maple)) as live:
        yield live


@pytest.fixture
async def agency(world: World) -> AsyncIterator[Live]:
    async with serving(world.site(world.agency)) as live:
        yield live


@pytest.fixture
def oak(world: World, maple: Live) -> Caller:
    """A district that asks maple for a record."""
    return Caller(maple, world.oak, world.directory.chains[world.oak.id], world.clock)


@pytest.fixture
def elm(world: World, maple: Live) -> Caller:
    """Another one."""
    return Caller(maple, world.elm, world.directory.chains[world.elm.id], world.clock)

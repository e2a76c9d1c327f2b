"""Each contract test runs on the fake and on the real store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.storage.store import SqlStore
from tests.harness.memory_store import MemoryStore

AnyStore = SqlStore | MemoryStore


@pytest.fixture(params=["memory", "sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[AnyStore, AnyStore]]:
    """A store, and the same one as another process has it."""
    one: AnyStore
    other: AnyStore
    if request.param == "memory":
        one = MemoryStore()
        other = one.beside()
    else:
        one = await SqlStore.open(tmp_path / "node.db")
        other = await SqlStore.open(tmp_path / "node.db", checkpointer=False)
    yield one, other
    await other.close()
    await one.close()


@pytest.fixture
def store(stores: tuple[AnyStore, AnyStore]) -> AnyStore:
    """An empty store."""
    return stores[0]

"""The audit log's newest word."""

from dataclasses import replace
from datetime import timedelta

from tests.contracts.conftest import AnyStore
from tests.harness.store_rows import for_each, leaf


async def test_the_latest_leaf_of_an_object_and_action_is_found(store: AnyStore) -> None:
    first = leaf()
    second = replace(first, at=first.at + timedelta(hours=1))
    other = replace(second, action="something.else")

    await store.write(for_each((first, second, other), lambda tx: tx.audit.add))

    assert await store.read(lambda tx: tx.audit.latest(first.object, first.action)) == second
    assert await store.read(lambda tx: tx.audit.latest("nothing", first.action)) is None

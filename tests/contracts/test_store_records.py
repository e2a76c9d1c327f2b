"""Sealed records, segments and the archive."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Parcel, Segment, Tx
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import (
    for_each,
    minutes,
    record,
    segment,
)

AnyStore = SqlStore | MemoryStore


async def test_a_parcel_is_replaced_by_version_and_dropped_by_transfer(store: AnyStore) -> None:
    def parcel(name: str, version: int, jwe: bytes) -> Parcel:
        return Parcel(transfer=TransferId(name), version=version, jwe=jwe, digest=digest(jwe))

    parcels = [
        parcel("T-1", 1, b"\x00old"),
        parcel("T-1", 1, b"\xffnew"),
        parcel("T-2", 1, b"other"),
    ]
    await store.write(for_each(parcels, lambda tx: tx.parcels.put))
    found = await store.read(lambda tx: tx.parcels.get(TransferId("T-1"), 1))

    await store.write(lambda tx: tx.parcels.drop(TransferId("T-1")))

    assert found == parcel("T-1", 1, b"\xffnew")
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.parcels.get(TransferId("T-1"), 1))
    assert await store.read(lambda tx: tx.parcels.get(TransferId("T-2"), 1)) == parcel("T-2", 1, b"other")


async def test_received_segments_are_found_by_both_keys_oldest_first(store: AnyStore) -> None:
    def work(tx: Tx) -> None:
        tx.segments.put(segment("s-2", at=minutes(2), state_id="00427"))
        tx.segments.put(segment("s-1", at=minutes(1)))
        tx.segments.put(segment("s-3", birth_date=date(2014, 3, 1)))
        tx.segments.put(segment("own", received_with=None, student="S-1", fingerprint=digest(b"content")))

    await store.write(work)

    born = date(2014, 2, 28)
    found = await store.read(lambda tx: tx.segments.received(state_id="0042-7", birth_date=born))
    assert list(found) == [segment("s-1", at=minutes(1)), segment("s-2", at=minutes(2), state_id="00427")]
    assert not await store.read(lambda tx: tx.segments.received(state_id=None, birth_date=born))
    assert not await store.read(lambda tx: tx.segments.received(state_id="0042-7", birth_date=None))
    assert not await store.read(lambda tx: tx.segments.received(state_id="-", birth_date=born))


async def test_the_newest_own_segment_of_unchanged_content_is_found(store: AnyStore) -> None:
    own = segment("own", received_with=None, student="S-1", fingerprint=digest(b"content"))
    newer = replace(own, digest=digest(b"newer"), learner="learner-2", at=minutes(1))
    await store.write(for_each((newer, own), lambda tx: tx.segments.put))

    async def found(content: bytes) -> Segment | None:
        return await store.read(lambda tx: tx.segments.own(LocalStudentId("S-1"), digest(content)))

    assert await found(b"content") == newer
    assert await found(b"other") is None


async def test_a_segment_that_comes_again_adds_its_disclosures_and_its_transfer(store: AnyStore) -> None:
    again = segment(
        disclosures={"identity": ["d2", "d3"], "health": ["h1"]},
        received_with=TransferId("T-2"),
        at=minutes(9),
    )
    await store.write(lambda tx: tx.segments.put(segment()))

    await store.write(lambda tx: tx.segments.put(again))

    merged = {"identity": ["d1", "d2", "d3"], "health": ["h1"]}
    expected = segment(disclosures=merged)
    first = await store.read(lambda tx: tx.segments.with_transfer(TransferId("T-1")))
    second = await store.read(lambda tx: tx.segments.with_transfer(TransferId("T-2")))
    assert list(first) == [expected]
    assert list(second) == [replace(expected, received_with=TransferId("T-2"))]
    assert not await store.read(lambda tx: tx.segments.with_transfer(TransferId("T-3")))


async def test_an_archived_record_stays_as_it_first_came(store: AnyStore) -> None:
    records = (record(1), record(2), record(2, jws="other.bytes.signed"))
    await store.write(for_each(records, lambda tx: tx.archive.put))

    assert await store.read(lambda tx: tx.archive.get(TransferId("T-1"))) == record(2)
    assert await store.read(lambda tx: tx.archive.get(TransferId("T-1"), 1)) == record(1)
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.archive.get(TransferId("T-1"), 3))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.archive.get(TransferId("T-2")))


async def test_a_recall_forgets_what_came_with_that_transfer_alone(store: AnyStore) -> None:
    """A segment that came with another transfer too stays."""
    shared = segment(received_with=TransferId("R-1"))
    alone = segment("s-2", received_with=TransferId("R-1"))
    again = replace(shared, received_with=TransferId("R-2"))
    await store.write(for_each((shared, alone, again), lambda tx: tx.segments.put))

    await store.write(lambda tx: tx.segments.recall(TransferId("R-1")))

    assert not await store.read(lambda tx: tx.segments.with_transfer(TransferId("R-1")))
    kept = await store.read(lambda tx: tx.segments.with_transfer(TransferId("R-2")))
    assert [one.digest for one in kept] == [shared.digest]

"""Sealed parts and who let them go: the real store and the one in memory do the same."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.domain.sealed import PartFault, PartState, SealedApproval, SealedPart
from gateway.usecases.ports import Parcel, Store
from tests.harness.store_rows import for_each

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ONE = TransferId("T-1")
PART = SealedPart(
    transfer=ONE,
    version=1,
    n=1,
    role="nurse",
    sections=("health",),
    digest=digest(b"part"),
    jwe_digest=digest(b"sealed"),
    state=PartState.ARRIVED,
    at=NOW,
    due_on=date(2026, 11, 30),
)


async def test_a_part_is_kept_by_transfer_version_and_number(store: Store) -> None:
    parts = [replace(PART, version=2), replace(PART, n=2), PART, replace(PART, transfer=TransferId("T-2"))]
    await store.write(for_each(parts, lambda tx: tx.sealed_parts.put))
    settled = PART.answered(digest(b"receipt"), at=NOW, fault=PartFault.UNREADABLE)
    await store.write(lambda tx: tx.sealed_parts.put(settled))

    assert await store.read(lambda tx: tx.sealed_parts.get(ONE, 1, 1)) == settled
    found = await store.read(lambda tx: tx.sealed_parts.of(ONE))
    assert [(one.version, one.n) for one in found] == [(1, 1), (1, 2), (2, 1)]
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.sealed_parts.get(ONE, 3, 1))


async def test_what_waits_for_a_receipt_is_listed_by_the_day_it_is_due(store: Store) -> None:
    late = replace(PART, n=2, due_on=date(2026, 11, 24))
    fetched = replace(PART, n=3, state=PartState.FETCHED)
    done = replace(PART, n=4, state=PartState.CONFIRMED)
    await store.write(for_each([PART, late, fetched, done], lambda tx: tx.sealed_parts.put))

    found = await store.read(
        lambda tx: tx.sealed_parts.standing({PartState.ARRIVED, PartState.FETCHED}, limit=2)
    )

    assert list(found) == [late, PART]


async def test_what_is_in_a_part_is_kept_apart_from_it_and_deleted_with_its_transfer(store: Store) -> None:
    other = replace(PART, n=2)
    await store.write(for_each([PART, other], lambda tx: tx.sealed_parts.put))
    await store.write(lambda tx: tx.sealed_parts.keep(PART, b"\x00locked"))
    await store.write(lambda tx: tx.sealed_parts.put(PART.opened(at=NOW)))

    assert await store.read(lambda tx: tx.sealed_parts.content(PART)) == b"\x00locked"
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.sealed_parts.content(other))
    await store.write(lambda tx: tx.sealed_parts.empty(ONE))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.sealed_parts.content(PART))
    assert len(await store.read(lambda tx: tx.sealed_parts.of(ONE))) == 2


async def test_a_part_that_another_version_replaced_is_gone_with_what_was_in_it(store: Store) -> None:
    await store.write(lambda tx: tx.sealed_parts.put(PART))
    await store.write(lambda tx: tx.sealed_parts.keep(PART, b"locked"))

    await store.write(lambda tx: tx.sealed_parts.remove(PART))

    assert list(await store.read(lambda tx: tx.sealed_parts.of(ONE))) == []
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.sealed_parts.content(PART))


async def test_a_parcel_of_a_part_stands_beside_that_of_its_record(store: Store) -> None:
    record = Parcel(transfer=ONE, version=1, jwe=b"record", digest=digest(b"record"))
    part = replace(record, part=1, jwe=b"part")
    await store.write(for_each([record, part], lambda tx: tx.parcels.put))

    assert await store.read(lambda tx: tx.parcels.get(ONE, 1)) == record
    assert await store.read(lambda tx: tx.parcels.get(ONE, 1, 1)) == part
    await store.write(lambda tx: tx.parcels.drop(ONE))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.parcels.get(ONE, 1, 1))


async def test_approvals_are_listed_by_section_and_withdrawn(store: Store) -> None:
    health = SealedApproval(
        transfer=ONE, section="health", student=LocalStudentId("1001"), by="p-1", second="p-2", at=NOW
    )
    programs = replace(health, section="programs")
    await store.write(for_each([programs, health], lambda tx: tx.sealed_approvals.put))

    assert list(await store.read(lambda tx: tx.sealed_approvals.of(ONE))) == [health, programs]
    await store.write(lambda tx: tx.sealed_approvals.withdraw(ONE, "health"))
    assert list(await store.read(lambda tx: tx.sealed_approvals.of(ONE))) == [programs]

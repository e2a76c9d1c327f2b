"""Transfers and messages."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.domain.errors import Conflict, Moved, Unknown
from gateway.domain.ids import EntityId, TransferId, digest
from gateway.domain.messages import Direction, MessageType
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Tx
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import (
    CEDAR,
    LEASE,
    MAPLE,
    NOON,
    for_each,
    message,
    minutes,
    transfer,
)

AnyStore = SqlStore | MemoryStore

FULL = transfer(
    "T-full",
    role=Role.REQUESTER,
    state=State.RELEASED,
    student="S-9",
    remote_id="T-theirs",
    response_key='{"kty":"EC"}',
    enrolled_on=date(2026, 8, 1),
    version=2,
    record_digest=digest(b"record"),
    parcel_digest=digest(b"parcel"),
    reason=Reason.SAFETY,
    needs=("state_id", "middle_name"),
    rounds=1,
    fetches=3,
    approved_by="p-8",
    approved_at=minutes(5),
    next_try_at=None,
    tries=4,
)


async def add(store: AnyStore, *transfers: Transfer) -> None:
    await store.write(for_each(transfers, lambda tx: tx.transfers.add))


@pytest.mark.parametrize("kept", [FULL, transfer()], ids=["all fields", "few fields"])
async def test_a_transfer_comes_back_as_it_was(store: AnyStore, kept: Transfer) -> None:
    await add(store, kept)

    found = await store.read(lambda tx: tx.transfers.get(kept.id))

    assert found == kept
    assert found.created_at.utcoffset() == timedelta(0)


async def test_a_transfer_that_is_not_there_is_unknown(store: AnyStore) -> None:
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.transfers.get(TransferId("T-none")))
    with pytest.raises(Moved):
        await store.write(lambda tx: tx.transfers.move(transfer(), transfer().stay(at=NOON)))


async def test_the_same_id_or_the_same_request_makes_no_second_transfer(store: AnyStore) -> None:
    await add(store, transfer("T-1", request_jti="r-1"))

    for twin in (transfer("T-1", request_jti="r-2"), transfer("T-2", request_jti="r-1")):
        with pytest.raises(Conflict):
            await add(store, twin)

    await add(store, transfer("T-3", peer=MAPLE, request_jti="r-1"))
    await add(store, transfer("T-4", role=Role.REQUESTER, state=State.DRAFTED, request_jti="r-1"))
    await add(store, transfer("T-5", request_jti=None), transfer("T-6", request_jti=None))
    assert len(await store.read(lambda tx: tx.transfers.list())) == 5


async def test_a_peer_sees_its_own_transfers_only(store: AnyStore) -> None:
    await add(store, transfer("T-1"), transfer("T-2", role=Role.REQUESTER, state=State.DRAFTED))

    assert await store.read(lambda tx: tx.transfers.get_of(TransferId("T-1"), CEDAR)) == transfer("T-1")
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.transfers.get_of(TransferId("T-1"), MAPLE))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.transfers.get_of(TransferId("T-2"), CEDAR))


async def test_a_requesters_transfer_is_found_by_the_holders_id_of_it(store: AnyStore) -> None:
    await add(store, FULL, transfer("T-1", remote_id="T-other"))

    found = await store.read(lambda tx: tx.transfers.by_remote(TransferId("T-theirs"), CEDAR))

    assert found == FULL
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.transfers.by_remote(TransferId("T-theirs"), MAPLE))
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.transfers.by_remote(TransferId("T-other"), CEDAR))


async def test_a_transfer_is_found_by_the_request_that_made_it(store: AnyStore) -> None:
    await add(store, transfer("T-1", request_jti="r-1"))

    assert await store.read(lambda tx: tx.transfers.by_request(CEDAR, "r-1")) == transfer(
        "T-1", request_jti="r-1"
    )
    assert await store.read(lambda tx: tx.transfers.by_request(MAPLE, "r-1")) is None


async def test_transfers_are_counted_by_peer_state_and_time(store: AnyStore) -> None:
    await add(
        store,
        transfer("T-1", created_at=minutes(-61)),
        transfer("T-2", created_at=minutes(-60)),
        transfer("T-3", peer=MAPLE),
        transfer("T-4", role=Role.REQUESTER, state=State.DRAFTED),
    )

    assert await store.read(lambda tx: tx.transfers.count_since(CEDAR, minutes(-60))) == 1
    assert await store.read(lambda tx: tx.transfers.has_with(MAPLE))
    assert not await store.read(lambda tx: tx.transfers.has_with(EntityId(MAPLE + "/other")))
    assert await store.read(lambda tx: tx.transfers.counts()) == {
        (Role.HOLDER, State.RECEIVED): 3,
        (Role.REQUESTER, State.DRAFTED): 1,
    }


async def test_transfers_are_listed_newest_first(store: AnyStore) -> None:
    await add(
        store,
        transfer("T-1", created_at=minutes(1)),
        transfer("T-3", created_at=minutes(2), state=State.REVIEW),
        transfer("T-2", created_at=minutes(2), state=State.HELD),
        transfer("T-4", created_at=minutes(3), role=Role.REQUESTER, state=State.DRAFTED),
    )

    def ids(found: object) -> list[str]:
        assert isinstance(found, list)
        return [row.id for row in found]

    assert ids(await store.read(lambda tx: tx.transfers.list())) == ["T-4", "T-2", "T-3", "T-1"]
    assert ids(await store.read(lambda tx: tx.transfers.list(role=Role.HOLDER, limit=2))) == ["T-2", "T-3"]
    states = (State.REVIEW, State.RECEIVED)
    assert ids(await store.read(lambda tx: tx.transfers.list(states=states))) == ["T-3", "T-1"]


async def test_a_move_swaps_every_field(store: AnyStore) -> None:
    before = transfer("T-full", role=Role.REQUESTER, state=State.REQUESTED, request_jti="r-9")
    await add(store, before)
    after = replace(FULL, revision=1, subject=replace(before.subject, middle_name="Luz"))

    await store.write(lambda tx: tx.transfers.move(before, after))

    assert await store.read(lambda tx: tx.transfers.get(before.id)) == after


async def test_a_change_within_the_same_state_is_lost_to_one_that_was_faster(store: AnyStore) -> None:
    before = transfer()
    await add(store, before)
    await store.write(lambda tx: tx.transfers.move(before, before.stay(at=minutes(1), rounds=1)))

    with pytest.raises(Moved):
        await store.write(lambda tx: tx.transfers.move(before, before.stay(at=minutes(2), fetches=1)))

    stored = await store.read(lambda tx: tx.transfers.get(before.id))
    assert (stored.rounds, stored.fetches, stored.revision) == (1, 0, 1)


async def test_a_move_ends_a_lease_that_it_does_not_know_of(store: AnyStore) -> None:
    before = transfer()
    await add(store, before)
    await store.write(lambda tx: tx.transfers.claim(NOON, LEASE, 1))

    await store.write(lambda tx: tx.transfers.move(before, before.stay(at=minutes(1))))

    assert (await store.read(lambda tx: tx.transfers.get(before.id))).next_try_at == before.next_try_at


async def test_what_is_due_is_claimed_by_one_the_longest_due_first(
    stores: tuple[AnyStore, AnyStore],
) -> None:
    one, other = stores
    await add(
        one,
        transfer("T-1", next_try_at=minutes(-1)),
        transfer("T-2", next_try_at=minutes(-3)),
        transfer("T-3", next_try_at=minutes(0)),
        transfer("T-4", next_try_at=minutes(1)),
        transfer("T-5", next_try_at=None),
    )

    first = await one.write(lambda tx: tx.transfers.claim(NOON, LEASE, 2))
    second = await other.write(lambda tx: tx.transfers.claim(NOON, LEASE, 2))
    third = await one.write(lambda tx: tx.transfers.claim(NOON, LEASE, 2))

    assert [[row.id for row in claimed] for claimed in (first, second, third)] == [
        ["T-2", "T-1"],
        ["T-3"],
        [],
    ]
    assert {row.next_try_at for row in first} == {NOON + LEASE}


async def test_what_nobody_moved_is_due_again_when_the_lease_ends(store: AnyStore) -> None:
    await add(store, transfer())
    await store.write(lambda tx: tx.transfers.claim(NOON, LEASE, 9))

    early = await store.write(
        lambda tx: tx.transfers.claim(NOON + LEASE - timedelta(microseconds=1), LEASE, 9)
    )
    late = await store.write(lambda tx: tx.transfers.claim(NOON + LEASE, LEASE, 9))

    assert (list(early), [row.id for row in late]) == ([], ["T-1"])


async def test_a_claim_does_not_stand_in_the_way_of_a_human(store: AnyStore) -> None:
    before = transfer()
    await add(store, before)
    claimed = await store.write(lambda tx: tx.transfers.claim(NOON, LEASE, 9))

    await store.write(lambda tx: tx.transfers.move(before, before.to(State.DENIED, at=NOON)))

    with pytest.raises(Moved):
        await store.write(lambda tx: tx.transfers.move(claimed[0], claimed[0].to(State.MATCHING, at=NOON)))


async def test_a_message_is_kept_as_it_is(store: AnyStore) -> None:
    sent, other = message(), message("m-2", transfer=None, next_try_at=None, outcome="arrived", tries=2)
    received = message(direction=Direction.IN, peer=MAPLE, next_try_at=None, outcome="received")
    await store.write(for_each((sent, other, received), lambda tx: tx.messages.add))

    assert await store.read(lambda tx: tx.messages.get("m-1")) == sent
    assert await store.read(lambda tx: tx.messages.get("m-2")) == other
    assert await store.read(lambda tx: tx.messages.of(TransferId("T-1"))) == [sent, received]


async def test_the_outbox_is_what_has_not_arrived(store: AnyStore) -> None:
    waiting, arrived = message("m-1"), message("m-2", next_try_at=None)
    await store.write(for_each((waiting, arrived), lambda tx: tx.messages.add))

    assert await store.read(lambda tx: tx.messages.outbox()) == [waiting]


async def test_only_a_message_that_this_node_sent_is_found_by_its_id(store: AnyStore) -> None:
    await store.write(lambda tx: tx.messages.add(message(direction=Direction.IN, next_try_at=None)))

    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.messages.get("m-1"))


async def test_the_same_message_twice_is_a_conflict_another_senders_is_not(store: AnyStore) -> None:
    received = message(direction=Direction.IN, next_try_at=None)
    await store.write(lambda tx: tx.messages.add(received))

    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.messages.add(replace(received, body="other.bytes.signed")))

    await store.write(lambda tx: tx.messages.add(replace(received, peer=MAPLE)))
    assert len(await store.read(lambda tx: tx.messages.of(TransferId("T-1")))) == 2


async def test_the_messages_of_a_transfer_go_out_one_after_the_other(store: AnyStore) -> None:
    def work(tx: Tx) -> None:
        tx.messages.add(message("m-2", at=minutes(1)))
        tx.messages.add(message("m-1", at=minutes(0)))
        tx.messages.add(message("m-3", transfer=TransferId("T-2"), at=minutes(2)))
        tx.messages.add(message("m-4", transfer=None, at=minutes(3)))
        tx.messages.add(message("m-5", transfer=None, at=minutes(4)))
        tx.messages.add(message("m-6", transfer=None, next_try_at=minutes(1)))

    await store.write(work)

    first = await store.write(lambda tx: tx.messages.claim(NOON, LEASE, 3))
    second = await store.write(lambda tx: tx.messages.claim(NOON, LEASE, 3))
    await store.write(lambda tx: tx.messages.settle(first[0], outcome="arrived"))
    third = await store.write(lambda tx: tx.messages.claim(NOON, LEASE, 3))

    claimed = [[row.jti for row in batch] for batch in (first, second, third)]
    assert claimed == [["m-1", "m-3", "m-4"], ["m-5"], ["m-2"]]
    assert first[0] == message("m-1", next_try_at=NOON + LEASE)


async def test_a_message_that_must_wait_holds_back_the_later_ones_of_its_transfer(store: AnyStore) -> None:
    await store.write(lambda tx: tx.messages.add(message("m-1", next_try_at=minutes(5))))
    await store.write(lambda tx: tx.messages.add(message("m-2", at=minutes(1))))

    early = await store.write(lambda tx: tx.messages.claim(minutes(4), LEASE, 9))
    late = await store.write(lambda tx: tx.messages.claim(minutes(5), LEASE, 9))

    assert (list(early), [row.jti for row in late]) == ([], ["m-1"])


async def test_a_try_to_send_is_settled(store: AnyStore) -> None:
    await store.write(lambda tx: tx.messages.add(message()))
    await store.write(
        lambda tx: tx.messages.settle(message(), outcome="pending", next_try_at=minutes(2), tries=1)
    )
    waiting = await store.read(lambda tx: tx.messages.get("m-1"))

    await store.write(lambda tx: tx.messages.settle(waiting, outcome="refused: conflict"))

    assert waiting == message(next_try_at=minutes(2), tries=1)
    settled = await store.read(lambda tx: tx.messages.get("m-1"))
    assert settled == message(next_try_at=None, outcome="refused: conflict")


async def test_what_waits_can_be_dropped_and_stays_dropped(store: AnyStore) -> None:
    def work(tx: Tx) -> None:
        tx.messages.add(message("m-1", type=MessageType.REQUEST))
        tx.messages.add(message("m-2", type=MessageType.REQUEST, next_try_at=None, outcome="arrived"))
        tx.messages.add(message("m-3", type=MessageType.RECEIPT))
        tx.messages.add(message("m-4", type=MessageType.REQUEST, transfer=TransferId("T-2")))
        tx.messages.drop_pending(TransferId("T-1"), MessageType.REQUEST)
        tx.messages.settle(message("m-1"), outcome="pending", next_try_at=NOON)

    await store.write(work)

    left = await store.read(lambda tx: tx.messages.of(TransferId("T-1")))
    assert [row.jti for row in left] == ["m-2", "m-3"]
    assert (await store.read(lambda tx: tx.messages.get("m-4"))).next_try_at == NOON

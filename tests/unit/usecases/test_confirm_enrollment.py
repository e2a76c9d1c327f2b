"""The new school confirms the enrollment; the former one has the proof that its leaver arrived."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.casework import Group
from gateway.domain.errors import Conflict, Forbidden, Malformed, Unknown
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.messages import MessageType
from gateway.domain.policy import PersonId, StaffRole
from gateway.domain.safety.flags import Flag, FlagKind
from gateway.domain.transfer import State, Subject, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases.answer_peer import report_status
from gateway.usecases.confirm_enrollment import confirm_enrollment, read_proof, receive_confirmation
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import QueueFilter
from tests.harness.pair import ANA, CEDAR, backpack, peer
from tests.harness.staff import clerk, person
from tests.unit.usecases.test_transfer_cycle import Pair

DAY = date(2026, 11, 17)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    await stores[0].write(lambda tx: tx.backpacks.put([backpack()]))
    yield Pair(stores)
    for store in stores:
        await store.close()


async def asked(pair: Pair, subject: Subject = ANA) -> Transfer:
    await pair.ask(subject)
    await pair.settle()
    return await pair.at_cedar()


async def test_the_former_school_has_the_signed_word_of_the_new_one(pair: Pair) -> None:
    transfer = await asked(pair)

    await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, DAY)
    await pair.settle()

    held = await pair.at_maple()
    proof = await read_proof(pair.maple, clerk("otto"), held.id)
    assert (proof.enrolled_on, proof.other, proof.masked) == (DAY, "Cedar.Test", False)
    assert pair.maple.seals.read(MessageType.ENROLLMENT, proof.message.body, peer(CEDAR).listing)
    assert (held.state, (await pair.at_cedar()).state) == (State.REVIEW, State.REQUESTED)


async def test_the_last_word_counts_and_the_same_again_changes_nothing(pair: Pair) -> None:
    transfer = await asked(pair)
    await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, DAY)
    await pair.settle()
    await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, date(2026, 11, 18))
    await pair.settle()

    held = await pair.at_maple()
    proof = await read_proof(pair.maple, clerk("otto"), held.id)
    await receive_confirmation(pair.maple, peer(CEDAR), held.id, proof.message.body)

    sent = await pair.maple.store.read(lambda tx: tx.messages.of(held.id))
    assert [one.type for one in sent].count(MessageType.ENROLLMENT) == 2
    assert proof.enrolled_on == date(2026, 11, 18)


async def test_a_confirmation_does_not_tell_found_from_not_found(pair: Pair) -> None:
    stranger = Subject(given_name="Nobody", family_name="Here", birth_date=date(2013, 1, 1))
    await asked(pair, stranger)
    transfer = await pair.at_cedar()
    before = await report_status(pair.maple, peer(CEDAR), TransferId(transfer.remote_id or ""))

    await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, DAY)
    await pair.settle()

    assert await report_status(pair.maple, peer(CEDAR), TransferId(transfer.remote_id or "")) == before
    with pytest.raises(Unknown):
        await read_proof(pair.maple, clerk("otto"), (await pair.at_maple()).id)


async def test_where_a_protected_student_went_is_masked_for_a_registrar(pair: Pair) -> None:
    transfer = await asked(pair)
    await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, DAY)
    await pair.settle()
    now = pair.maple.now()
    flag = Flag(
        id="F-1",
        student=LocalStudentId("1001"),
        kind=FlagKind.ADDRESS_CONFIDENTIAL,
        since=now.date(),
        set_by=PersonId("sam"),
        set_by_name="Sam",
        set_at=now,
    )
    await pair.maple.store.write(lambda tx: tx.flags.put(flag))

    held = await pair.at_maple()
    registrar = person("rita", StaffRole.REGISTRAR, schools=frozenset({"Maple High"}))
    proof = await read_proof(pair.maple, registrar, held.id)

    assert (proof.masked, proof.other) == (True, "another school district")


async def test_a_day_to_come_and_a_request_that_was_refused_are_not_confirmed(pair: Pair) -> None:
    transfer = await asked(pair)

    with pytest.raises(Malformed):
        await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, date(2027, 1, 4))
    with pytest.raises(Forbidden):
        await confirm_enrollment(pair.cedar, person("ann", StaffRole.AUDITOR), transfer.id, DAY)
    other = await pair.ask()
    with pytest.raises(Conflict):
        await confirm_enrollment(pair.cedar, clerk("rosa"), other.id, DAY)


async def test_the_queue_shows_what_was_taken_in_and_not_confirmed(pair: Pair) -> None:
    pair.rule(automatic_approval=True)
    transfer = await asked(pair)
    await pair.settle()
    which = QueueFilter(groups=frozenset({Group.WAITING, Group.DONE}), unconfirmed=True)
    assert await pair.cedar.store.read(lambda tx: tx.cases.queue(which)) == []
    await import_reviewed(pair.cedar, transfer.id, person=clerk("rosa"))
    await pair.settle()

    (line,) = await pair.cedar.store.read(lambda tx: tx.cases.queue(which))
    assert line.transfer.id == transfer.id

    await confirm_enrollment(pair.cedar, clerk("rosa"), transfer.id, DAY)
    assert await pair.cedar.store.read(lambda tx: tx.cases.queue(which)) == []

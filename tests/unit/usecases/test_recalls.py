"""A record is taken back: nobody reads it any more, who got it is told, and each answers for itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.cli.map_reverse import _received
from gateway.domain.casework import Group
from gateway.domain.confidentiality import ELSEWHERE
from gateway.domain.errors import Conflict, Forbidden, Gone, Malformed
from gateway.domain.ids import TransferId
from gateway.domain.messages import MessageType
from gateway.domain.policy import StaffRole
from gateway.domain.recalls import RecallAnswer
from gateway.domain.safety.flags import FlagKind
from gateway.domain.safety.tasks import TaskKind
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.usecases.answer_peer import receive_receipt
from gateway.usecases.answer_recall import answer_recall, read_recall
from gateway.usecases.casework import read_queue
from gateway.usecases.decide_release import recall
from gateway.usecases.disclosures import read_disclosures
from gateway.usecases.evidence import receipt
from gateway.usecases.flags import FlagWish, set_flag
from gateway.usecases.ports import Node, QueueFilter, Segment
from gateway.usecases.timeline import read_timeline
from gateway.usecases.watch_safety import list_tasks, settle_task
from tests.harness.pair import CEDAR, MAPLE, backpack, peer
from tests.harness.staff import person
from tests.harness.town import WILLOW, Town

OTTO = person("otto", StaffRole.RECORDS_OFFICER)


@pytest.fixture
async def town() -> Town:
    """Maple's record is at Cedar, and from there at Willow."""
    town = Town(MAPLE, CEDAR, WILLOW)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    await town.ask(CEDAR, MAPLE)
    await town.settle()
    await town[CEDAR].store.write(lambda tx: tx.backpacks.put([backpack()]))
    await town.ask(WILLOW, CEDAR)
    await town.settle()
    return town


async def only(node: Node, role: Role) -> Transfer:
    (one,) = await node.store.read(lambda tx: tx.transfers.list(role=role))
    return one


async def take_back(town: Town) -> TransferId:
    """Maple recalls; return Cedar's id of the transfer."""
    sent = await only(town[MAPLE], Role.HOLDER)
    await recall(town[MAPLE], sent.id, person=OTTO, reason=Reason.WRONG_STUDENT)
    await town.settle()
    return (await only(town[CEDAR], Role.REQUESTER)).id


async def segments(node: Node, id_: TransferId) -> list[Segment]:
    return list(await node.store.read(lambda tx: tx.segments.with_transfer(id_)))


async def steps(node: Node, id_: TransferId) -> list[tuple[str, str]]:
    leaves = await node.store.read(lambda tx: tx.audit.list(object_=id_))
    return [(leaf.action, leaf.rule) for _, leaf in leaves]


async def test_a_recall_goes_hop_by_hop_and_nobody_reads_the_record_any_more(town: Town) -> None:
    came = await take_back(town)

    for place in (CEDAR, WILLOW):
        transfer = await only(town[place], Role.REQUESTER)
        assert transfer.state is State.RECALLED, place
        assert await segments(town[place], transfer.id) == []
        tasks = await list_tasks(town[place], OTTO)
        assert [(one.kind, one.about) for one in tasks] == [(TaskKind.RECALLED, "wrong_student")]
    found = await read_recall(town[CEDAR], OTTO, came)
    assert [one.peer for one in found.onward] == [WILLOW]
    assert found.kept


@pytest.mark.parametrize("answer", list(RecallAnswer))
async def test_the_holder_gets_a_signed_answer(town: Town, answer: RecallAnswer) -> None:
    came = await take_back(town)

    await answer_recall(town[CEDAR], OTTO, came, answer, why="It is this student's")
    await town.settle()

    sent = await only(town[MAPLE], Role.HOLDER)
    assert sent.state is State.RECALLED
    assert ("recall.answered", answer) in await steps(town[MAPLE], sent.id)
    assert await list_tasks(town[CEDAR], OTTO) == []


async def test_what_is_deleted_is_gone_and_cannot_be_answered_otherwise(town: Town) -> None:
    came = await take_back(town)
    await answer_recall(town[CEDAR], OTTO, came, RecallAnswer.REFUSED, why="It is ours")
    await answer_recall(town[CEDAR], OTTO, came, RecallAnswer.DELETED)

    found = await read_recall(town[CEDAR], OTTO, came)

    assert (found.kept, found.task.tracking) == (False, "deleted")
    with pytest.raises(Conflict, match="deleted already"):
        await answer_recall(town[CEDAR], OTTO, came, RecallAnswer.QUARANTINED)


async def test_a_refusal_says_why_and_a_task_is_not_waved_through(town: Town) -> None:
    came = await take_back(town)

    for why in ("", " ", "x" * 201):
        with pytest.raises(Malformed, match="why the record is kept"):
            await answer_recall(town[CEDAR], OTTO, came, RecallAnswer.REFUSED, why=why)
    (task,) = await list_tasks(town[CEDAR], OTTO)
    with pytest.raises(Forbidden, match="answered"):
        await settle_task(town[CEDAR], OTTO, task.id)
    with pytest.raises(Forbidden):
        await answer_recall(town[CEDAR], person("t", StaffRole.TEACHER), came, RecallAnswer.DELETED)


async def test_only_a_recalled_record_is_answered_for_and_only_by_who_received_it(town: Town) -> None:
    received = await only(town[CEDAR], Role.REQUESTER)
    sent = await only(town[MAPLE], Role.HOLDER)
    with pytest.raises(Conflict, match="not recalled"):
        await answer_recall(town[CEDAR], OTTO, received.id, RecallAnswer.DELETED)

    await take_back(town)

    with pytest.raises(Conflict, match="received the record"):
        await read_recall(town[MAPLE], OTTO, sent.id)


async def test_an_answer_to_a_recall_that_was_never_made_is_refused(town: Town) -> None:
    received = await only(town[CEDAR], Role.REQUESTER)
    forged: Any = receipt(town[CEDAR], received, RecallAnswer.DELETED)
    await town[CEDAR].store.write(lambda tx: tx.messages.add(forged))

    await town.settle()

    sent = await only(town[MAPLE], Role.HOLDER)
    assert sent.state is State.ACKED
    assert "recall.answered" not in {action for action, _ in await steps(town[MAPLE], sent.id)}


async def test_the_same_answer_twice_is_one(town: Town) -> None:
    came = await take_back(town)
    for _ in range(2):
        await answer_recall(town[CEDAR], OTTO, came, RecallAnswer.QUARANTINED)
        await town.settle()
    await town.settle()

    sent = await only(town[MAPLE], Role.HOLDER)
    told = [action for action, _ in await steps(town[MAPLE], sent.id)]
    assert told.count("recall.answered") == 1


async def test_a_receipt_that_crosses_a_recall_is_kept_as_evidence() -> None:
    town = Town(MAPLE, CEDAR, automatic_import=False)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    came = await town.ask(CEDAR, MAPLE)
    await town.settle()
    received = await town[CEDAR].store.read(lambda tx: tx.transfers.get(came))
    crossing = receipt(town[CEDAR], received, "accepted")
    sent = await only(town[MAPLE], Role.HOLDER)
    await recall(town[MAPLE], sent.id, person=OTTO, reason=Reason.WRONG_STUDENT)

    await receive_receipt(town[MAPLE], peer(CEDAR), sent.id, crossing.body)

    after = await only(town[MAPLE], Role.HOLDER)
    kept = await town[MAPLE].store.read(lambda tx: tx.messages.of(sent.id))
    assert after.state is State.RECALLED
    assert MessageType.RECEIPT in {one.type for one in kept}


async def test_no_command_opens_a_recalled_record(town: Town) -> None:
    came = await take_back(town)

    with pytest.raises(Gone):
        await _received(SimpleNamespace(node=town[CEDAR]), came, "otto")  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [StaffRole.PRIVACY_OFFICER, StaffRole.REGISTRAR])
async def test_where_a_student_with_a_confidential_address_went_is_not_named(
    town: Town, role: StaffRole
) -> None:
    sent = await only(town[MAPLE], Role.HOLDER)
    assert sent.student is not None
    sam = person("sam", StaffRole.SAFETY_OFFICER)
    wish = FlagWish(student=sent.student, kind=FlagKind.ADDRESS_CONFIDENTIAL, why="programme")
    await set_flag(town[MAPLE], sam, wish)

    told = await read_timeline(town[MAPLE], person("p", role), sent.id)
    record = await read_disclosures(town[MAPLE], sent.student, person=person("p", StaffRole.PRIVACY_OFFICER))

    queue = await read_queue(town[MAPLE], person("p", role), QueueFilter(groups=frozenset(Group)))
    assert sent.id in queue.masked
    assert (told.other.name, told.positions) == (ELSEWHERE, ())
    assert {one.party for one in record.disclosures} == {ELSEWHERE}
    assert set(record.parties) == {ELSEWHERE}

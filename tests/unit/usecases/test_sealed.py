"""Sealed sections: let go by two people, carried as parts, opened by one role, each with its own receipt."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import Conflict, Forbidden, Gone, Unknown, Untrusted
from gateway.domain.exchange import RecordClaims
from gateway.domain.ids import TransferId, digest
from gateway.domain.messages import Direction, MessageType
from gateway.domain.policy import StaffRole, WithheldReason
from gateway.domain.sealed import PartFault, PartState, SealedPart
from gateway.domain.transfer import Reason, State, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release
from gateway.usecases.answer_parts import hand_over_part
from gateway.usecases.answer_peer import receive_receipt
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import Node
from gateway.usecases.preview_release import preview_release
from gateway.usecases.remind import remind_of_parts
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.sealed_reading import Which, answer_part, list_received, read_part, waiting_parts
from gateway.usecases.sealed_release import keep_sealed, let_sealed_go, list_sealed, read_sealed
from tests.harness.pair import ANA, CEDAR, MAPLE, PlainSeals, backpack, peer
from tests.harness.sealed import SECRET, with_sealed
from tests.harness.staff import clerk, person
from tests.unit.usecases.test_transfer_cycle import Pair

ASKED = ("identity", "grades", "health", "programs")
NURSE = person("nora", StaffRole.NURSE)
TEACHER_OF_MANY = person("sam", StaffRole.SPECIAL_EDUCATION)
REGISTRAR = person("rita", StaffRole.REGISTRAR)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    await stores[0].write(lambda tx: tx.backpacks.put([with_sealed(backpack())]))
    yield Pair(stores)
    for store in stores:
        await store.close()


async def under_review(pair: Pair) -> Transfer:
    await request_backpack(pair.cedar, Wish(holder=MAPLE, subject=ANA, sections=ASKED, person=clerk("rita")))
    await pair.settle()
    return await pair.at_maple()


async def let_go(pair: Pair, held: Transfer, *sections: str) -> None:
    for section in sections:
        await let_sealed_go(pair.maple, held.id, section, person=clerk("otto"), why="the new school asks")
        await let_sealed_go(pair.maple, held.id, section, person=clerk("rosa"))


async def sent(pair: Pair) -> TransferId:
    """Let health and programs go with the record, up to where a registrar may import it."""
    held = await under_review(pair)
    await let_go(pair, held, "health", "programs")
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()
    return (await pair.at_cedar()).id


async def parts_of(node: Node, id_: TransferId) -> Sequence[SealedPart]:
    return await node.store.read(lambda tx: tx.sealed_parts.of(id_))


def health_of(id_: TransferId) -> Which:
    return Which(id_, 1, 1)


async def test_sealed_entries_go_in_parts_of_their_own_and_not_in_the_record(pair: Pair) -> None:
    id_ = await sent(pair)

    archived = await pair.cedar.store.read(lambda tx: tx.archive.get(id_))
    record = await pair.cedar.seals.open_record(archived.jws, MAPLE)
    claims = RecordClaims.model_validate(record.claims)
    assert set(record.segments[-1].sections) == {"identity", "grades"}
    assert [(one.n, one.role, one.datatypes) for one in claims.parts] == [
        (1, "nurse", ("health",)),
        (2, "special_education", ("programs",)),
    ]
    told = {(one.datatype, one.reason) for one in claims.granted[-1].withheld}
    assert {("health", "sealed"), ("programs", "sealed"), ("programs", "restricted")} <= told
    health = await read_part(pair.cedar, NURSE, health_of(id_))
    assert [one["kind"] for one in health.segments[-1]["sections"]["health"]] == ["allergy", "condition"]
    programs = await read_part(pair.cedar, TEACHER_OF_MANY, Which(id_, 1, 2))
    kinds = [one["kind"]["code"] for one in programs.segments[-1]["sections"]["programs"]]
    assert kinds == ["IEP"], "a programme that the pack does not seal stays, restricted"


async def test_a_record_leaves_only_when_everything_sealed_is_decided(pair: Pair) -> None:
    held = await under_review(pair)
    await let_go(pair, held, "health")

    with pytest.raises(Conflict, match="goes or stays: programs"):
        await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await keep_sealed(
        *(pair.maple, held.id, "programs", WithheldReason.NOT_SENT),
        person=person("sam", StaffRole.SPECIAL_EDUCATION),
        why="an old plan",
    )
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()

    asked = await pair.at_cedar()
    assert [one.sections for one in await parts_of(pair.cedar, asked.id)] == [("health",)]


async def test_one_person_alone_lets_nothing_sealed_go(pair: Pair) -> None:
    held = await under_review(pair)

    for _ in range(2):
        assert not await let_sealed_go(pair.maple, held.id, "health", person=NURSE, why="asked for")
    [health, _] = (await list_sealed(pair.maple, REGISTRAR, held.id)).sections
    assert (health.waiting and health.waiting.proposed_by, health.decided) == ("nora", False)

    approval = await let_sealed_go(pair.maple, held.id, "health", person=clerk("otto"))

    assert approval is not None
    assert approval.by != approval.second


async def test_a_registrar_lets_nothing_sealed_go_and_reads_nothing(pair: Pair) -> None:
    held = await under_review(pair)

    with pytest.raises(Forbidden):
        await let_sealed_go(pair.maple, held.id, "health", person=REGISTRAR, why="please")
    with pytest.raises(Forbidden):
        await read_sealed(pair.maple, REGISTRAR, held.id, "health")
    shown = await preview_release(pair.maple, REGISTRAR, held.id)
    assert SECRET not in repr([one.leaving() for one in shown.segments])
    assert shown.sealed == {"health": False, "programs": False}


async def test_the_role_that_lets_it_go_reads_it_first_and_that_is_on_record(pair: Pair) -> None:
    held = await under_review(pair)

    entries = await read_sealed(pair.maple, NURSE, held.id, "health")

    assert SECRET in repr(entries)
    [access] = await pair.maple.store.read(lambda tx: tx.accesses.of_transfer(held.id))
    assert (access.person, access.sections, access.student) == ("nora", ("health",), held.student)


async def test_a_record_with_sealed_sections_never_leaves_by_itself(pair: Pair) -> None:
    pair.rule(automatic_approval=True)

    await under_review(pair)
    await pair.settle()

    assert (await pair.at_maple()).state is State.REVIEW


@pytest.mark.parametrize("role", [*StaffRole])
async def test_a_part_opens_for_its_role_and_for_no_other(pair: Pair, role: StaffRole) -> None:
    id_ = await sent(pair)
    somebody = person("somebody", role)

    if role is StaffRole.NURSE:
        assert SECRET in repr(await read_part(pair.cedar, somebody, health_of(id_)))
        return
    with pytest.raises(Forbidden):
        await read_part(pair.cedar, somebody, health_of(id_))
    with pytest.raises(Forbidden):
        await answer_part(pair.cedar, health_of(id_), person=somebody)


async def test_who_works_on_the_transfer_sees_that_a_part_exists_and_not_what_is_in_it(pair: Pair) -> None:
    id_ = await sent(pair)

    found = await list_received(pair.cedar, REGISTRAR, id_)

    assert [(one.n, one.role, one.sections, one.state) for one in found.parts] == [
        (1, "nurse", ("health",), "arrived"),
        (2, "special_education", ("programs",), "arrived"),
    ]
    assert SECRET not in repr(found)


async def test_a_part_waits_for_those_of_its_role_and_school(pair: Pair) -> None:
    id_ = await sent(pair)

    waiting = [one.part.sections for one in await waiting_parts(pair.cedar, NURSE)]
    elsewhere = replace(NURSE, schools=frozenset({"another"}))
    await pair.cedar.store.write(lambda tx: tx.cases.save(replace(tx.cases.get(id_), school="Cedar Middle")))

    assert waiting == [("health",)]
    assert list(await waiting_parts(pair.cedar, elsewhere)) == []
    with pytest.raises(Forbidden, match=r"records\.sealed-elsewhere"):
        await read_part(pair.cedar, elsewhere, health_of(id_))


async def test_each_part_has_a_receipt_of_its_own_and_the_record_has_one(pair: Pair) -> None:
    id_ = await sent(pair)
    await read_part(pair.cedar, NURSE, health_of(id_))
    await answer_part(pair.cedar, health_of(id_), person=NURSE)
    await pair.settle()

    held = await pair.at_maple()
    states = [one.state for one in await parts_of(pair.maple, held.id)]
    assert states == [PartState.CONFIRMED, PartState.FETCHED]
    assert (held.state, (await pair.at_cedar()).state) == (State.FETCHED, State.VERIFIED)

    await import_reviewed(pair.cedar, id_, person=clerk("rita"))
    await pair.settle()
    assert ((await pair.at_maple()).state, (await pair.at_cedar()).state) == (State.ACKED, State.RECEIPTED)
    assert (await pair.at_cedar()).response_key is None

    await read_part(pair.cedar, TEACHER_OF_MANY, Which(id_, 1, 2))
    await answer_part(pair.cedar, Which(id_, 1, 2), person=TEACHER_OF_MANY, fault=PartFault.WRONG_STUDENT)
    await pair.settle()
    last = (await parts_of(pair.maple, held.id))[1]
    assert (last.state, last.fault) == (PartState.REFUSED, PartFault.WRONG_STUDENT)
    receipts = await pair.maple.store.read(lambda tx: tx.messages.of(held.id))
    assert sum(one.type is MessageType.RECEIPT for one in receipts) == 3


async def test_a_part_is_confirmed_after_it_was_opened_and_once(pair: Pair) -> None:
    id_ = await sent(pair)

    with pytest.raises(Conflict, match="open it before"):
        await answer_part(pair.cedar, health_of(id_), person=NURSE)
    await read_part(pair.cedar, NURSE, health_of(id_))
    first = await answer_part(pair.cedar, health_of(id_), person=NURSE)
    second = await answer_part(pair.cedar, health_of(id_), person=NURSE)

    assert first == second
    with pytest.raises(Conflict, match="confirmed already"):
        await answer_part(pair.cedar, health_of(id_), person=NURSE, fault=PartFault.UNREADABLE)
    messages = await pair.cedar.store.read(lambda tx: tx.messages.of(id_))
    assert sum(one.type is MessageType.RECEIPT and one.direction is Direction.OUT for one in messages) == 1


async def test_a_part_is_a_disclosure_when_it_is_handed_over_and_not_before(pair: Pair) -> None:
    await sent(pair)
    held = await pair.at_maple()

    lines = await pair.maple.store.read(lambda tx: tx.disclosures.of_transfer(held.id))
    sealed = [one.sections for one in lines if one.reason == "sealed"]
    assert sealed == [("health",), ("programs",)]
    assert not {"health", "programs"} & {
        name for one in lines if one.kind != "request" and one.reason != "sealed" for name in one.sections
    }


async def test_what_is_in_a_part_is_locked_in_the_receivers_database(pair: Pair, tmp_path: Path) -> None:
    id_ = await sent(pair)

    assert SECRET.encode() not in _stored(tmp_path)
    content = await pair.cedar.store.read(
        lambda tx: tx.sealed_parts.content(tx.sealed_parts.get(*health_of(id_)))
    )
    with pytest.raises(Untrusted, match="cannot_open"):
        pair.maple.vault.unlock(content, label=id_)


def _stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("cedar.db*"))


@pytest.mark.parametrize("fate", ["answer lost", "twice", "lost"])
async def test_a_part_that_is_fetched_again_is_the_same_part_once(pair: Pair, fate: str) -> None:
    fates = [fate, "ok"]
    pair.network.fate = lambda kind: fates.pop(0) if kind == "fetch part" and fates else "ok"

    id_ = await sent(pair)
    for _ in range(4):
        pair.clock.forward(minutes=6)
        await pair.settle()

    assert [one.state for one in await parts_of(pair.cedar, id_)] == [PartState.ARRIVED] * 2
    assert (await pair.at_cedar()).state is State.VERIFIED
    disclosed = await pair.maple.store.read(
        lambda tx: tx.disclosures.of_transfer((tx.transfers.list())[0].id)
    )
    assert sum(one.reason == "sealed" for one in disclosed) == 2


@pytest.mark.parametrize("fate", ["answer lost", "twice", "lost"])
async def test_a_receipt_that_is_lost_or_repeated_settles_the_part_once(pair: Pair, fate: str) -> None:
    id_ = await sent(pair)
    await read_part(pair.cedar, NURSE, health_of(id_))
    fates = [fate]
    pair.network.fate = lambda kind: fates.pop() if kind == MessageType.RECEIPT and fates else "ok"

    await answer_part(pair.cedar, health_of(id_), person=NURSE)
    for _ in range(3):
        await pair.settle()
        pair.clock.forward(minutes=6)

    held = await pair.at_maple()
    assert (await parts_of(pair.maple, held.id))[0].state is PartState.CONFIRMED
    leaves = await pair.maple.store.read(lambda tx: tx.audit.list(object_=held.id))
    assert sum(leaf.action == "sealed.confirmed" for _, leaf in leaves) == 1


async def test_a_part_that_is_never_handed_over_is_refused_and_does_not_block_the_record(pair: Pair) -> None:
    pair.network.fate = lambda kind: "lost" if kind == "fetch part" else "ok"

    id_ = await sent(pair)
    for _ in range(8):
        pair.clock.forward(hours=7)
        await pair.settle()

    assert (await pair.at_cedar()).state is State.VERIFIED
    held = await pair.at_maple()
    for node, whose in ((pair.cedar, id_), (pair.maple, held.id)):
        faults = [(one.state, one.fault) for one in await parts_of(node, whose)]
        assert faults == [(PartState.REFUSED, PartFault.NOT_SERVED)] * 2
    with pytest.raises(Unknown):
        await read_part(pair.cedar, NURSE, health_of(id_))


class Forger(PlainSeals):
    """A holder whose parts say something else than what its record lists."""

    def __init__(self, lie: dict[str, Any]) -> None:
        super().__init__(MAPLE)
        self._lie = lie

    def sign(self, type_: MessageType, claims: Any, chain: Sequence[str] = ()) -> str:
        told = {**claims, **self._lie} if type_ is MessageType.PART else claims
        return super().sign(type_, told, chain)


@pytest.mark.parametrize(
    ("lie", "fault"),
    [
        ({"aud": "https://elm.test"}, PartFault.NOT_PROVEN),
        ({"iss": CEDAR}, PartFault.NOT_PROVEN),
        ({"role": "teacher"}, PartFault.NOT_ANSWERING),
        ({"request_digest": digest(b"another")}, PartFault.NOT_ANSWERING),
        ({"version": 2}, PartFault.NOT_ANSWERING),
        ({"n": 9}, PartFault.NOT_ANSWERING),
        ({"transfer": "T-another"}, PartFault.NOT_ANSWERING),
        ({"datatypes": ["grades"]}, PartFault.NOT_ANSWERING),
    ],
)
async def test_a_bad_part_is_refused_by_a_receipt_and_the_record_is_imported(
    pair: Pair, lie: dict[str, Any], fault: PartFault
) -> None:
    pair.maple = pair.network.nodes[MAPLE] = replace(pair.maple, seals=Forger(lie))

    id_ = await sent(pair)

    assert {one.fault for one in await parts_of(pair.cedar, id_)} == {fault}
    held = await pair.at_maple()
    assert {one.fault for one in await parts_of(pair.maple, held.id)} == {fault}
    await import_reviewed(pair.cedar, id_, person=clerk("rita"))
    await pair.settle()
    assert (await pair.at_maple()).state is State.ACKED


async def test_a_part_is_handed_over_to_its_requester_only_while_its_record_is(pair: Pair) -> None:
    id_ = await sent(pair)
    held = await pair.at_maple()

    for other, version, n in ((MAPLE, 1, 1), (CEDAR, 2, 1), (CEDAR, 1, 3)):
        with pytest.raises(Unknown):
            await hand_over_part(pair.maple, peer(other), held.id, version, n)
    await import_reviewed(pair.cedar, id_, person=clerk("rita"))
    await pair.settle()
    with pytest.raises((Unknown, Gone)):
        await hand_over_part(pair.maple, peer(CEDAR), held.id, 1, 1)
    with pytest.raises(Unknown):
        await pair.maple.store.read(lambda tx: tx.parcels.get(held.id, 1, 1))


async def test_a_receipt_for_another_part_settles_nothing(pair: Pair) -> None:
    id_ = await sent(pair)
    held = await pair.at_maple()
    [health, programs] = await parts_of(pair.cedar, id_)
    claims = {
        "iss": CEDAR,
        "aud": MAPLE,
        "iat": 0,
        "jti": "j" * 22,
        "transfer": held.id,
        "version": 1,
        "part": health.n,
        "record_digest": programs.digest,
        "jwe_digest": programs.jwe_digest,
        "outcome": "accepted",
    }

    with pytest.raises(Conflict, match="another part"):
        await receive_receipt(
            pair.maple, peer(CEDAR), held.id, pair.cedar.seals.sign(MessageType.RECEIPT, claims)
        )


async def test_people_are_told_once_of_a_receipt_that_is_late_at_either_end(pair: Pair) -> None:
    id_ = await sent(pair)
    held = await pair.at_maple()

    assert await remind_of_parts(pair.cedar) == 0
    pair.clock.forward(days=20)
    for node, whose in ((pair.cedar, id_), (pair.maple, held.id)):
        assert [await remind_of_parts(node) for _ in range(2)] == [2, 0]
        leaves = await node.store.read(lambda tx, whose=whose: tx.audit.list(object_=whose))  # type: ignore[misc]
        assert sum(leaf.action == "sealed.late" for _, leaf in leaves) == 2


async def test_a_recall_destroys_what_is_in_the_parts(pair: Pair) -> None:
    id_ = await sent(pair)
    held = await pair.at_maple()

    await decide_release.recall(pair.maple, held.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.RECALLED
    with pytest.raises(Unknown):
        await read_part(pair.cedar, NURSE, health_of(id_))

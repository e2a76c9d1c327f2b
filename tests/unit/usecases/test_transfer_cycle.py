"""The whole cycle between two nodes in memory: the good way, and each way that it may end otherwise."""

from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest

from gateway.domain.errors import Conflict, Refused
from gateway.domain.ids import LocalStudentId
from gateway.domain.importing.plan import Choices
from gateway.domain.messages import Direction, MessageType
from gateway.domain.policy import Rules
from gateway.domain.transfer import Reason, State, Subject, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release, follow_transfer, loop
from gateway.usecases.answer_peer import hand_over, receive_information, report_status
from gateway.usecases.evidence import outgoing
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import Node
from gateway.usecases.receive_request import receive_request
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.review_import import decide_import
from tests.harness.pair import (
    ANA,
    CEDAR,
    MAPLE,
    SECTIONS,
    Clock,
    Imports,
    Network,
    PlainDirectory,
    backpack,
    make_node,
    peer,
)
from tests.harness.staff import clerk


class Pair:
    """Cedar asks, Maple holds."""

    def __init__(self, stores: tuple[SqlStore, SqlStore]) -> None:
        self.clock = Clock()
        self.network = Network()
        self.directory = PlainDirectory()
        self.maple = self.node(MAPLE, stores[0])
        self.cedar = self.node(CEDAR, stores[1])

    def node(self, id_: str, store: SqlStore, rules: Rules | None = None) -> Node:
        return make_node(
            MAPLE if id_ == MAPLE else CEDAR,
            store=store,
            network=self.network,
            clock=self.clock,
            directory=self.directory,
            rules=rules,
        )

    def rule(self, **rules: object) -> None:
        """Give both nodes these rules."""
        self.maple = self.network.nodes[MAPLE] = replace(self.maple, rules=Rules(**rules))  # type: ignore[arg-type]
        self.cedar = self.network.nodes[CEDAR] = replace(self.cedar, rules=Rules(**rules))  # type: ignore[arg-type]

    async def ask(self, subject: Subject = ANA) -> Transfer:
        wish = Wish(holder=MAPLE, subject=subject, sections=SECTIONS, person=clerk("rita"))
        return await request_backpack(self.cedar, wish)

    async def settle(self, *, turns: int = 12) -> None:
        """Turn both loops until nothing is due."""
        for _ in range(turns):
            if not await loop.turn(self.cedar) + await loop.turn(self.maple):
                return

    async def at_cedar(self) -> Transfer:
        return (await self.cedar.store.read(lambda tx: tx.transfers.list()))[0]

    async def at_maple(self) -> Transfer:
        return (await self.maple.store.read(lambda tx: tx.transfers.list()))[0]

    @property
    def imports(self) -> Imports:
        assert isinstance(self.cedar.imports, Imports)
        return self.cedar.imports


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    pair = Pair(stores)
    await stores[0].write(lambda tx: tx.backpacks.put([backpack()]))
    yield pair
    for store in stores:
        await store.close()


async def released(pair: Pair) -> Transfer:
    """Bring a transfer to where the record is released and not yet fetched."""
    await pair.ask()
    await pair.settle()
    await decide_release.approve(pair.maple, (await pair.at_maple()).id, person=clerk("otto"))
    await loop.turn(pair.maple)
    return await pair.at_maple()


async def test_receipt_and_answer_prove_to_each_other_where_they_stand_in_both_logs(pair: Pair) -> None:
    """Each side keeps the other's position, checked with the key that the other publishes."""
    pair.rule(automatic_approval=True, automatic_import=True)
    await pair.ask()
    await pair.settle()
    asked, held = await pair.at_cedar(), await pair.at_maple()

    at_maple = await pair.maple.store.read(lambda tx: tx.log_positions.of(held.id))
    at_cedar = await pair.cedar.store.read(lambda tx: tx.log_positions.of(asked.id))

    assert [one.fault for one in (*at_maple, *at_cedar)] == ["", ""]
    assert at_maple[0].position is not None
    assert at_cedar[0].position is not None
    assert orjson.loads(at_maple[0].position.leaf)["action"] == "request.verified"
    assert orjson.loads(at_cedar[0].position.leaf)["action"] == "release.acked"


async def test_a_receipt_whose_answer_was_lost_is_answered_with_the_same_leaf(pair: Pair) -> None:
    """The holder took it; the requester asks again, and gets the proof all the same."""
    pair.rule(automatic_approval=True, automatic_import=True)
    lost = iter(["answer lost"])
    pair.network.fate = lambda kind: next(lost, "ok") if kind == MessageType.RECEIPT else "ok"
    await pair.ask()
    await pair.settle()
    pair.clock.forward(minutes=1)
    await pair.settle()
    asked = await pair.at_cedar()

    (kept,) = await pair.cedar.store.read(lambda tx: tx.log_positions.of(asked.id))

    assert (asked.state, kept.fault) == (State.RECEIPTED, "")


async def test_a_record_moves_once_and_is_receipted(pair: Pair) -> None:
    """The good way, with a person at both ends."""
    asked = await pair.ask()
    await pair.settle()
    held = await pair.at_maple()
    assert held.state is State.REVIEW

    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()
    assert (await pair.at_cedar()).state is State.VERIFIED
    await import_reviewed(pair.cedar, asked.id, person=clerk("rita"))
    await pair.settle()

    assert (await pair.at_cedar()).state is State.RECEIPTED
    assert (await pair.at_maple()).state is State.ACKED
    assert list(pair.imports.written) == [(asked.id, 1)]


async def test_only_what_was_asked_for_and_is_not_restricted_travels(pair: Pair) -> None:
    """Sections nobody asked for stay; so do restricted entries; what is not held is named."""
    pair.rule(automatic_approval=True, automatic_import=True)

    await pair.ask()
    await pair.settle()

    record = next(iter(pair.imports.written.values())).document
    received = record["segments"][-1]["sections"]
    assert {name: len(entries) for name, entries in received.items()} == {"identity": 1, "grades": 1}
    withheld = {(w["datatype"], w["reason"]) for w in record["granted"][-1]["withheld"]}
    assert withheld == {("contacts", "not_asked"), ("grades", "restricted"), ("goals", "not_held")}


async def test_earlier_segments_travel_unchanged_to_the_third_school(pair: Pair) -> None:
    """What Maple signed reaches whoever asks Cedar next, byte for byte."""
    pair.rule(automatic_approval=True, automatic_import=True)
    await pair.ask()
    await pair.settle()
    first = (
        await pair.cedar.store.read(
            lambda tx: tx.segments.received(state_id="TX0042", birth_date=ANA.birth_date)
        )
    )[0]
    await pair.cedar.store.write(lambda tx: tx.backpacks.put([backpack("C-7")]))
    maple_asks = Wish(holder=CEDAR, subject=ANA, sections=SECTIONS, person=clerk("otto"))

    await request_backpack(pair.maple, maple_asks)
    await pair.settle()

    assert isinstance(pair.maple.imports, Imports)
    second = next(iter(pair.maple.imports.written.values()))
    segments = second.document["segments"]
    assert [segment["issuer"] for segment in segments] == [MAPLE, CEDAR]
    assert orjson.loads(second.jws)["claims"]["record"]["segments"][0]["jws"] == first.jws
    assert {segment["learner"] for segment in segments} == {first.learner}


async def test_the_one_time_key_and_the_parcel_are_gone_after_the_receipt(pair: Pair) -> None:
    pair.rule(automatic_approval=True, automatic_import=True)

    await pair.ask()
    await pair.settle()

    for node, transfer in ((pair.cedar, await pair.at_cedar()), (pair.maple, await pair.at_maple())):
        assert transfer.response_key is None
        with pytest.raises(Refused):
            await node.store.read(lambda tx, t=transfer: tx.parcels.get(t.id, 1))  # type: ignore[misc]


async def test_an_unknown_student_and_one_under_review_look_alike(pair: Pair) -> None:
    """The requester sees `pending` in both cases, with the same fields."""
    await pair.ask()
    await pair.ask(
        replace(ANA, given_name="Nobody", family_name="Here", state_id="TX9999", birth_date=date(2010, 1, 1))
    )
    await pair.settle()

    transfers = await pair.maple.store.read(lambda tx: tx.transfers.list())
    assert {transfer.state for transfer in transfers} == {State.REVIEW, State.NO_MATCH}
    answers = [await report_status(pair.maple, peer(CEDAR), t.id) for t in transfers]
    assert [replace(answer, transfer=transfers[0].id) for answer in answers] == [
        replace(answers[0], transfer=transfers[0].id)
    ] * 2


async def test_more_attributes_settle_a_match(pair: Pair) -> None:
    """Name and birth date alone are not enough; the guardian's name settles it."""
    asked = await pair.ask(replace(ANA, state_id=None))
    await pair.settle()
    pair.clock.forward(minutes=16)
    await pair.settle()
    assert (await pair.at_cedar()).state is State.NEEDS_INFO
    assert "guardian_name" in (await pair.at_cedar()).needs

    more = replace(ANA, state_id=None, guardian_name="rosa ortiz")
    await follow_transfer.provide_information(pair.cedar, asked.id, more, person=clerk("rita"))
    await pair.settle()

    held = await pair.at_maple()
    assert (held.state, held.student) == (State.REVIEW, "1001")


async def test_information_about_another_child_is_refused(pair: Pair) -> None:
    """A request cannot be turned into one for somebody else, at either end."""
    asked = await pair.ask(replace(ANA, state_id=None))
    await pair.settle()
    pair.clock.forward(minutes=16)
    await pair.settle()
    other = replace(ANA, state_id=None, given_name="Zed", guardian_name="rosa ortiz")

    with pytest.raises(Conflict):
        await follow_transfer.provide_information(pair.cedar, asked.id, other, person=clerk("rita"))

    held = await pair.at_maple()
    claims = {"transfer": held.id, "request_digest": held.request_digest, "match": _match(other)}
    lie = outgoing(pair.cedar, await pair.at_cedar(), MessageType.INFORMATION, claims)
    with pytest.raises(Conflict):
        await receive_information(pair.maple, peer(CEDAR), held.id, lie.body)


def _match(subject: Subject) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(subject).items() if value is not None}


async def test_what_is_asked_for_does_not_tell_who_is_on_file(pair: Pair) -> None:
    """A near miss and nobody at all look the same; too little is asked about whoever it names."""
    near = replace(ANA, given_name="Eva")
    nobody = replace(near, family_name="Here", state_id="TX9", birth_date=date(2010, 1, 1))
    little = [replace(one, state_id=None) for one in (ANA, nobody)]
    for subject in (near, nobody, *little):
        await pair.ask(subject)
    await pair.settle()

    transfers = await pair.maple.store.read(lambda tx: tx.transfers.list())
    states = {one.subject: (await report_status(pair.maple, peer(CEDAR), one.id)).state for one in transfers}
    assert states == {near: "pending", nobody: "pending", little[0]: "needs_info", little[1]: "needs_info"}


async def test_a_record_that_does_not_say_whom_it_is_about_travels_no_further(pair: Pair) -> None:
    """The holder leaves the identity out; nothing is filed under the student who was asked for."""
    pair.rule(automatic_approval=True, automatic_import=True)
    silent = backpack()
    sections = orjson.loads(silent.sections)
    del sections["identity"]
    await pair.maple.store.write(
        lambda tx: tx.backpacks.put([replace(silent, sections=orjson.dumps(sections))])
    )
    asked = await pair.ask()
    await pair.settle()

    assert (await pair.at_cedar()).reason is Reason.WRONG_STUDENT
    await decide_import(pair.cedar, asked.id, Choices(new_student=True), person=clerk("rita"))
    await import_reviewed(pair.cedar, asked.id, person=clerk("rita"))

    (written,) = pair.imports.written.values()
    assert written.summary[0] == "Look closely: the record does not say whom it is about."
    keys = {"state_id": ANA.state_id, "birth_date": ANA.birth_date}
    assert not await pair.cedar.store.read(lambda tx: tx.segments.received(**keys))  # type: ignore[arg-type]


async def test_a_record_that_was_fetched_and_withdrawn_can_be_recalled(pair: Pair) -> None:
    """A requester that says it no longer needs the record has seen it all the same."""
    held = await released(pair)
    await hand_over(pair.maple, peer(CEDAR), held.id, 1)
    await follow_transfer.withdraw(pair.cedar, (await pair.at_cedar()).id, person=clerk("rita"))
    await pair.settle()
    assert (await pair.at_maple()).state is State.WITHDRAWN

    await decide_release.recall(pair.maple, held.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)

    assert (await pair.at_maple()).state is State.RECALLED


async def test_a_denied_request_ends_at_both_sides(pair: Pair) -> None:
    await pair.ask()
    await pair.settle()

    await decide_release.deny(
        pair.maple, (await pair.at_maple()).id, person=clerk("otto"), reason=Reason.POLICY
    )
    await pair.settle()

    assert (await pair.at_maple()).state is State.DENIED
    assert (await pair.at_cedar()).state is State.DENIED
    assert (await pair.at_cedar()).reason is None


async def test_what_was_held_for_safety_goes_on_when_two_agree(pair: Pair) -> None:
    await pair.ask()
    await pair.settle()
    held = await pair.at_maple()
    olga = clerk("olga")
    await decide_release.hold(pair.maple, held.id, person=olga, reason=Reason.SAFETY)

    for _ in range(2):
        await decide_release.lift(pair.maple, held.id, person=olga, why="settled")
        assert (await pair.at_maple()).state is State.HELD
    await decide_release.lift(pair.maple, held.id, person=clerk("otto"))

    assert (await pair.at_maple()).state is State.REVIEW


async def test_a_held_request_still_looks_pending_and_goes_on_after_the_hold(pair: Pair) -> None:
    await pair.ask()
    await pair.settle()
    held = await pair.at_maple()

    await decide_release.hold(pair.maple, held.id, person=clerk("otto"), reason=Reason.POLICY)
    pair.clock.forward(minutes=16)
    await pair.settle()
    assert (await pair.at_cedar()).state is State.REQUESTED
    await decide_release.lift(pair.maple, held.id, person=clerk("olga"))
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()

    assert (await pair.at_cedar()).state is State.VERIFIED


async def test_a_notice_period_delays_the_release(pair: Pair) -> None:
    pair.rule(notice=timedelta(days=3))
    await pair.ask()
    await pair.settle()

    await decide_release.approve(pair.maple, (await pair.at_maple()).id, person=clerk("otto"))
    await pair.settle()
    assert (await pair.at_maple()).state is State.NOTICE
    pair.clock.forward(days=3)
    await pair.settle()

    assert (await pair.at_maple()).state is State.FETCHED


async def test_a_withdrawn_request_cannot_be_released(pair: Pair) -> None:
    asked = await pair.ask()
    await pair.settle()

    await follow_transfer.withdraw(pair.cedar, asked.id, person=clerk("rita"))
    await pair.settle()

    held = await pair.at_maple()
    assert held.state is State.WITHDRAWN
    with pytest.raises(Conflict):
        await decide_release.approve(pair.maple, held.id, person=clerk("otto"))


async def test_a_revoked_release_cannot_be_fetched(pair: Pair) -> None:
    held = await released(pair)
    assert held.state is State.RELEASED

    await decide_release.revoke(pair.maple, held.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.REVOKED
    assert not pair.imports.written


async def test_a_recalled_record_is_marked_at_its_receiver(pair: Pair) -> None:
    pair.rule(automatic_approval=True, automatic_import=True)
    asked = await pair.ask()
    await pair.settle()

    held = await pair.at_maple()
    await decide_release.recall(pair.maple, held.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.RECALLED
    assert pair.imports.recalled == [asked.id]


async def test_a_release_that_nobody_fetches_expires(pair: Pair) -> None:
    held = await released(pair)
    pair.network.fate = lambda _: "lost"

    pair.clock.forward(days=15)
    await pair.settle()

    assert held.state is State.RELEASED
    assert (await pair.at_maple()).state is State.EXPIRED


async def test_nothing_is_released_to_a_suspended_node(pair: Pair) -> None:
    """Threat F7: suspended between approval and release."""
    await pair.ask()
    await pair.settle()
    held = await pair.at_maple()

    pair.directory.suspended.add(CEDAR)
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()

    assert (await pair.at_maple()).state is State.PACKAGED
    pair.directory.suspended.clear()
    pair.clock.forward(minutes=5)
    await pair.settle()
    assert (await pair.at_maple()).state is State.FETCHED


async def test_nothing_is_released_while_the_agency_cannot_be_asked(pair: Pair) -> None:
    """Threat F11: fail closed for releases."""
    await pair.ask()
    await pair.settle()
    pair.directory.agency_is_away = True

    await decide_release.approve(pair.maple, (await pair.at_maple()).id, person=clerk("otto"))
    await pair.settle()

    assert (await pair.at_maple()).state is State.PACKAGED


async def test_the_same_request_again_is_one_transfer_and_other_bytes_are_a_conflict(pair: Pair) -> None:
    await pair.ask()
    await pair.settle()
    messages = await pair.cedar.store.read(lambda tx: tx.messages.of(tx.transfers.list()[0].id))
    request = next(m for m in messages if m.type is MessageType.REQUEST)
    before = await pair.at_maple()

    again = await receive_request(pair.maple, peer(CEDAR), request.body)
    with pytest.raises(Conflict):
        await receive_request(pair.maple, peer(CEDAR), request.body + " ")

    assert again.transfer == before.id
    assert len(await pair.maple.store.read(lambda tx: tx.transfers.list())) == 1


async def test_a_peer_that_asks_too_often_is_told_to_wait(pair: Pair) -> None:
    """Its requests stay with it and go on the next day."""
    pair.rule(requests_per_peer_per_day=2)

    for number in range(3):
        await pair.ask(replace(ANA, state_id=f"TX{number}"))
    await pair.settle()

    assert len(await pair.maple.store.read(lambda tx: tx.transfers.list())) == 2
    states = sorted(t.state for t in await pair.cedar.store.read(lambda tx: tx.transfers.list()))
    assert states == [State.DRAFTED, State.REQUESTED, State.REQUESTED]
    (waiting,) = await pair.cedar.store.read(lambda tx: tx.messages.outbox())
    assert waiting.outcome == "pending: over_budget"


async def test_a_request_that_arrives_too_late_is_signed_anew(pair: Pair) -> None:
    """The holder was away for an hour: the old signature has expired, the transfer goes on."""
    pair.network.fate = lambda _: "lost"
    await pair.ask()
    await pair.settle()
    pair.network.fate = lambda _: "ok"

    pair.clock.forward(hours=1)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.REQUESTED
    assert (await pair.at_maple()).state is State.REVIEW


async def test_a_record_that_does_not_verify_is_rejected_and_packaged_anew(pair: Pair) -> None:
    """The parcel was damaged at the holder; the second version is good."""
    held = await released(pair)
    parcel = await pair.maple.store.read(lambda tx: tx.parcels.get(held.id, 1))
    broken = orjson.dumps({**orjson.loads(parcel.jwe), "to": "another key"})

    def damage(tx: object) -> None:
        from gateway.domain.ids import digest

        tx.parcels.put(replace(parcel, jwe=broken, digest=digest(broken)))  # type: ignore[attr-defined]
        before = tx.transfers.get(held.id)  # type: ignore[attr-defined]
        after = before.stay(at=pair.clock(), parcel_digest=digest(broken))
        tx.transfers.move(before, after)  # type: ignore[attr-defined]

    await pair.maple.store.write(damage)
    await pair.settle()
    pair.clock.forward(minutes=16)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.VERIFIED
    assert (await pair.at_cedar()).version == 2


async def test_a_person_may_choose_the_student_where_the_matcher_could_not(pair: Pair) -> None:
    await pair.ask(replace(ANA, state_id="TX9999", birth_date=date(2014, 5, 3)))
    await pair.settle()
    held = await pair.at_maple()
    assert held.state is State.NO_MATCH

    await decide_release.choose_student(pair.maple, held.id, LocalStudentId("1001"), person=clerk("otto"))

    assert (await pair.at_maple()).state is State.REVIEW


async def test_every_step_leaves_an_audit_leaf_and_no_name(pair: Pair) -> None:
    pair.rule(automatic_approval=True, automatic_import=True)
    await pair.ask()
    await pair.settle()

    leaves = [leaf for _, leaf in await pair.maple.store.read(lambda tx: tx.audit.list())]

    assert [leaf.action for leaf in leaves] == [
        f"release.{state}"
        for state in (
            "received",
            "review",
            "approved",
            "packaged",
            "released",
            "fetched",
            "acked",
        )
    ]
    assert not {word for leaf in leaves for word in ("Ana", "Ortiz", "2014") if word in repr(leaf)}


async def test_every_message_is_kept_byte_for_byte_at_both_sides(pair: Pair) -> None:
    pair.rule(automatic_approval=True, automatic_import=True)
    await pair.ask()
    await pair.settle()

    sent = await pair.cedar.store.read(lambda tx: tx.messages.of(tx.transfers.list()[0].id))
    got = await pair.maple.store.read(lambda tx: tx.messages.of(tx.transfers.list()[0].id))

    out = {(m.type, m.digest) for m in sent if m.direction is Direction.OUT}
    assert out == {(m.type, m.digest) for m in got if m.direction is Direction.IN}
    assert {type_ for type_, _ in out} == {MessageType.REQUEST, MessageType.RECEIPT}


async def test_a_record_imported_after_three_weeks_is_receipted(pair: Pair) -> None:
    """A registrar may take longer than a release waits to be fetched."""
    asked = await pair.ask()
    await pair.settle()
    await decide_release.approve(pair.maple, (await pair.at_maple()).id, person=clerk("otto"))
    await pair.settle()

    pair.clock.forward(days=21)
    await pair.settle()
    await import_reviewed(pair.cedar, asked.id, person=clerk("rita"))
    await pair.settle()

    assert (await pair.at_cedar()).state is State.RECEIPTED
    assert (await pair.at_maple()).state is State.ACKED


async def test_a_recall_is_seen_without_its_event(pair: Pair) -> None:
    """The hint was lost for good: the requester asks once a day anyhow."""
    pair.rule(automatic_approval=True, automatic_import=True)
    await pair.ask()
    await pair.settle()
    pair.network.fate = lambda call: "lost" if call == "event" else "ok"

    held = await pair.at_maple()
    await decide_release.recall(pair.maple, held.id, person=clerk("otto"), reason=Reason.COURT_ORDER)
    pair.clock.forward(days=1, minutes=1)
    await pair.settle()

    assert (await pair.at_cedar()).state is State.RECALLED


async def test_a_third_rejection_ends_at_both_sides(pair: Pair) -> None:
    """Every version is sealed to a key that does not fit."""
    asked = await pair.ask()
    await pair.settle()
    other_key = pair.cedar.seals.response_key()
    before = await pair.at_cedar()
    broken = before.stay(at=pair.clock(), response_key=other_key)
    await pair.cedar.store.write(lambda tx: tx.transfers.move(before, broken))

    await decide_release.approve(pair.maple, (await pair.at_maple()).id, person=clerk("otto"))
    for _ in range(5):
        await pair.settle()
        pair.clock.forward(minutes=16)

    assert (await pair.at_maple()).state is State.REVOKED
    assert (await pair.at_maple()).version == 3
    assert (await pair.at_cedar()).state is State.REVOKED
    assert asked.id == (await pair.at_cedar()).id


async def test_a_recalled_segment_travels_no_further(pair: Pair) -> None:
    """A wrong student's record must not reach the third school."""
    pair.rule(automatic_approval=True, automatic_import=True)
    await pair.ask()
    await pair.settle()
    held = await pair.at_maple()
    await decide_release.recall(pair.maple, held.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await pair.settle()
    await pair.cedar.store.write(lambda tx: tx.backpacks.put([backpack("C-7")]))

    await request_backpack(
        pair.maple, Wish(holder=CEDAR, subject=ANA, sections=SECTIONS, person=clerk("otto"))
    )
    await pair.settle()

    assert isinstance(pair.maple.imports, Imports)
    (got,) = pair.maple.imports.written.values()
    assert [segment["issuer"] for segment in got.document["segments"]] == [CEDAR]


async def test_a_record_about_another_child_waits_for_a_person_and_travels_no_further(pair: Pair) -> None:
    """A holder chose the wrong student by hand; its identity section says so."""
    pair.rule(automatic_import=True)
    other = replace(ANA, given_name="Ben", state_id="TX7777")
    await pair.maple.store.write(lambda tx: tx.backpacks.put([backpack("2002", other)]))
    asked = await pair.ask(replace(ANA, state_id="TX0099", birth_date=date(2014, 5, 3)))
    await pair.settle()
    held = await pair.at_maple()
    await decide_release.choose_student(pair.maple, held.id, LocalStudentId("2002"), person=clerk("otto"))
    await decide_release.approve(pair.maple, held.id, person=clerk("otto"))
    await pair.settle()
    pair.clock.forward(days=2)
    await pair.settle()

    got = await pair.at_cedar()
    assert (got.state, got.reason) == (State.VERIFIED, Reason.WRONG_STUDENT)
    await decide_import(pair.cedar, asked.id, Choices(new_student=True), person=clerk("rita"))
    await import_reviewed(pair.cedar, asked.id, person=clerk("rita"))

    (written,) = pair.imports.written.values()
    assert written.summary[0].startswith("Look closely")
    for state_id, born in (("TX7777", ANA.birth_date), ("TX0099", date(2014, 5, 3))):
        kept = await pair.cedar.store.read(
            lambda tx, i=state_id, b=born: tx.segments.received(state_id=i, birth_date=b)  # type: ignore[misc]
        )
        assert not kept


async def test_a_twin_is_not_taken_for_the_other(pair: Pair) -> None:
    """The state id has a typo that makes it the twin's; the birth date is the same."""
    await pair.ask(replace(ANA, given_name="Eva"))
    await pair.settle()

    assert (await pair.at_maple()).state is State.NO_MATCH


async def test_a_transfer_that_nobody_decides_ends_as_denied_for_its_requester(pair: Pair) -> None:
    """Held and unknown students end alike."""
    await pair.ask()
    await pair.ask(
        replace(ANA, given_name="Nobody", family_name="Here", state_id="TX9", birth_date=date(2010, 1, 1))
    )
    await pair.settle()

    pair.clock.forward(days=31)
    await pair.settle()

    answers = {
        (await report_status(pair.maple, peer(CEDAR), one.id)).state
        for one in await pair.maple.store.read(lambda tx: tx.transfers.list())
    }
    assert answers == {"denied"}


async def test_what_was_released_is_not_approved_again(pair: Pair) -> None:
    await pair.ask()
    await pair.settle()
    id_ = (await pair.at_maple()).id
    await decide_release.approve(pair.maple, id_, person=clerk("otto"))
    await pair.settle()

    with pytest.raises(Conflict, match="under review"):
        await decide_release.approve(pair.maple, id_, person=clerk("otto"))

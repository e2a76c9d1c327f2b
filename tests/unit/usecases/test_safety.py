"""Holds, flags, automatic releases, alarms and emergencies at a district, and what nobody may notice."""

import random
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.domain.errors import Forbidden, Malformed, Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Person, Rules, StaffRole
from gateway.domain.safety.emergencies import Threat
from gateway.domain.safety.flags import FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.safety.pace import Limits, Pace, alarm_at, is_drawn, next_batch
from gateway.domain.safety.tasks import TaskKind
from gateway.domain.transfer import Reason, State, Subject, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases import decide_release, loop
from gateway.usecases.answer_peer import report_status
from gateway.usecases.emergencies import break_glass
from gateway.usecases.flags import FlagWish, clear_flag, confirm_flag, list_flags, set_flag
from gateway.usecases.holds import HoldWish, lift_hold, list_holds, place_hold
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, StoredBackpack
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.safety import about_student
from gateway.usecases.watch_safety import list_tasks, settle_task, watch_safety
from gateway.usecases.wholes import read_whole, sections_of
from tests.harness.pair import ANA, CEDAR, MAPLE, SECTIONS, START, Clock, Network, backpack, make_node, peer
from tests.harness.staff import clerk, person

STUDENT = LocalStudentId("1001")
STREET, PHONE = "17 Quillfeather Row", "(202) 555-0143"
SAFETY, PRIVACY = StaffRole.SAFETY_OFFICER, StaffRole.PRIVACY_OFFICER
SAM, PIA = person("sam", SAFETY), person("pia", SAFETY, PRIVACY)
OTTO, RITA = person("otto", StaffRole.RECORDS_OFFICER), person("rita", StaffRole.RECORDS_OFFICER)


class Town:
    """Cedar asks, Maple holds."""

    def __init__(self, maple: SqlStore, cedar: SqlStore) -> None:
        self.clock, self.network = Clock(), Network()
        self.maple = make_node(MAPLE, store=maple, network=self.network, clock=self.clock)
        self.cedar = make_node(CEDAR, store=cedar, network=self.network, clock=self.clock)

    def rule(self, **rules: Any) -> None:
        self.maple = self.network.nodes[MAPLE] = replace(self.maple, rules=Rules(**rules), now=self.clock)

    async def ask(self, subject: Subject = ANA) -> Transfer:
        wish = Wish(holder=MAPLE, subject=subject, sections=(*SECTIONS, "contacts"), person=clerk("rita"))
        return await request_backpack(self.cedar, wish)

    async def settle(self, turns: int = 12) -> None:
        for _ in range(turns):
            if not await loop.turn(self.cedar) + await loop.turn(self.maple):
                return

    async def held(self) -> Transfer:
        return (await self.maple.store.read(lambda tx: tx.transfers.list()))[0]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    stores = await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db")
    town = Town(*stores)
    await stores[0].write(lambda tx: tx.backpacks.put([located()]))
    yield town
    for store in stores:
        await store.close()


def located() -> StoredBackpack:
    """Return a backpack that tells where its student lives."""
    plain = backpack()
    sections = orjson.loads(plain.sections)
    sections["identity"][0] |= {"addresses": [{"line1": STREET}], "phones": [{"value": PHONE}]}
    return replace(plain, sections=orjson.dumps(sections))


async def hold(node: Node, who: Person, kind: HoldKind = HoldKind.LEGAL, **more: Any) -> str:
    wish = HoldWish(student=STUDENT, kind=kind, reason="a suit is pending", **more)
    return (await place_hold(node, who, wish)).id


async def messages_of(town: Town, transfer: Transfer) -> list[tuple[str, str]]:
    found = await town.maple.store.read(lambda tx: tx.messages.of(transfer.id))
    return [(one.type, one.direction) for one in found]


async def test_a_hold_stops_what_is_under_review_and_what_comes(town: Town) -> None:
    await town.ask()
    await town.settle()
    await hold(town.maple, OTTO)
    assert (await town.held()).state is State.HELD

    await town.ask()
    await town.settle()

    found = await town.maple.store.read(lambda tx: tx.transfers.list())
    assert [(one.state, one.reason) for one in found] == [(State.HELD, Reason.STUDENT_HOLD)] * 2


async def test_a_hold_is_lifted_by_two_people_and_then_all_is_under_review_again(town: Town) -> None:
    id_ = await hold(town.maple, OTTO)
    await town.ask()
    await town.settle()

    assert await lift_hold(town.maple, OTTO, id_, why="settled") is None
    assert await lift_hold(town.maple, OTTO, id_, why="settled") is None
    assert (await town.held()).state is State.HELD
    assert await lift_hold(town.maple, RITA, id_) is not None

    assert (await town.held()).state is State.REVIEW
    assert await list_holds(town.maple, OTTO) == []


async def test_only_the_role_that_the_hold_names_lifts_it(town: Town) -> None:
    id_ = await hold(town.maple, OTTO, may_lift=PRIVACY)

    with pytest.raises(Forbidden, match="privacy officer"):
        await lift_hold(town.maple, OTTO, id_, why="settled")


async def test_a_fee_holds_nothing_that_goes_from_school_to_school(town: Town) -> None:
    town.rule(automatic_approval=True)
    await hold(town.maple, OTTO, HoldKind.FEE)

    await town.ask()
    await town.settle()

    assert (await town.held()).state in {State.RELEASED, State.FETCHED}


async def test_one_who_may_not_place_a_hold_is_refused(town: Town) -> None:
    with pytest.raises(Forbidden):
        await hold(town.maple, person("it", StaffRole.IT_ADMIN))
    with pytest.raises(Forbidden):
        await hold(town.maple, OTTO, HoldKind.MISSING_CHILD, silent=True)


async def test_a_silently_held_request_looks_like_any_other_to_the_other_district(town: Town) -> None:
    """Bytes of the answers, events and the times of the next look are the same with and without the hold."""
    seen = []
    for silent in (False, True):
        if silent:
            await hold(town.maple, SAM, HoldKind.MISSING_CHILD, silent=True)
        await town.ask()
        await town.settle()
        held = await town.held()
        status = await report_status(town.maple, peer(CEDAR), held.id)
        events = await messages_of(town, held)
        unlike = {"id", "transfer", "request_jti", "request_digest", "response_key"}
        facts = [asdict(status), asdict(held)]
        seen.append((events, [{k: v for k, v in fact.items() if k not in unlike} for fact in facts]))
        town.clock.at = START

    assert seen[0] == seen[1]


async def test_nobody_but_the_safety_officer_learns_of_a_silent_hold(town: Town) -> None:
    id_ = await hold(town.maple, SAM, HoldKind.MISSING_CHILD, silent=True)
    await town.ask()
    await town.settle()
    await watch_safety(town.maple)

    for role in set(StaffRole) - {SAFETY}:
        other = person("other", role)
        assert await list_holds(town.maple, other) == []
        assert await list_holds(town.maple, other, student=STUDENT) == []
        assert await list_tasks(town.maple, other) == []
        with pytest.raises(Unknown):
            await lift_hold(town.maple, other, id_, why="curious")
    assert [one.id for one in await list_holds(town.maple, SAM)] == [id_]
    assert (await town.held()).state is State.REVIEW
    leaves = await town.maple.store.read(lambda tx: tx.audit.list())
    assert not [leaf for _, leaf in leaves if "silent" in leaf.action or "hold" in leaf.action]


async def test_what_a_registrar_approves_waits_while_it_is_silently_held(town: Town) -> None:
    id_ = await hold(town.maple, SAM, HoldKind.MISSING_CHILD, silent=True)
    await town.ask()
    await town.settle()
    await decide_release.approve(town.maple, (await town.held()).id, person=clerk("otto"))
    await town.settle()
    assert (await town.held()).state is State.APPROVED

    await lift_hold(town.maple, SAM, id_, why="found safe")
    await lift_hold(town.maple, PIA, id_)
    await town.settle()

    assert (await town.held()).state in {State.RELEASED, State.FETCHED}


async def test_a_request_for_a_missing_child_becomes_one_report_with_a_number(town: Town) -> None:
    await set_flag(town.maple, SAM, FlagWish(student=STUDENT, kind=FlagKind.MISSING_CHILD, why="notice 17"))
    await town.ask()
    await town.settle()

    assert await watch_safety(town.maple) == 1
    assert await watch_safety(town.maple) == 0

    (report,) = [one for one in await list_tasks(town.maple, SAM) if one.kind is TaskKind.REPORT]
    assert report.peer == CEDAR
    with pytest.raises(Forbidden, match="number"):
        await settle_task(town.maple, SAM, report.id)
    assert (await settle_task(town.maple, SAM, report.id, tracking="MC-9")).tracking == "MC-9"
    assert await list_flags(town.maple, OTTO, student=STUDENT) == []


async def test_what_is_kept_of_a_protected_student_no_longer_tells_the_place(town: Town) -> None:
    wish = FlagWish(
        student=STUDENT,
        kind=FlagKind.ADDRESS_CONFIDENTIAL,
        why="certificate 5",
        substitute={"line1": "PO Box 17370", "city": "Saint Paul"},
    )
    await set_flag(town.maple, SAM, wish)

    stored = await town.maple.store.read(lambda tx: tx.backpacks.get(STUDENT))
    read = sections_of(await town.maple.store.read(lambda tx: read_whole(tx, STUDENT)))
    assert STREET.encode() not in stored.sections
    assert PHONE.encode() not in stored.sections
    assert stored.candidate.guardian_names == frozenset()
    assert "contacts" not in read
    assert read["identity"][0]["addresses"] == [{"line1": "PO Box 17370", "city": "Saint Paul"}]


async def test_a_protected_students_record_leaves_without_the_place_and_never_by_itself(town: Town) -> None:
    town.rule(automatic_approval=True)
    await town.ask()
    await set_flag(town.maple, SAM, FlagWish(student=STUDENT, kind=FlagKind.PROTECTED, why="order 7"))
    await town.settle()
    assert (await town.held()).state is State.REVIEW

    id_ = (await town.held()).id
    await decide_release.approve(town.maple, id_, person=clerk("otto"), why="the order was read")
    await decide_release.approve(town.maple, id_, person=clerk("rosa"))
    await loop.turn(town.maple)

    held = await town.held()
    parcel = await town.maple.store.read(lambda tx: tx.parcels.get(held.id, 1))
    record = orjson.loads(parcel.jwe)["record"]
    own = orjson.loads(record)["claims"]["record"]["segments"][-1]
    assert "contacts" not in own["disclosures"]
    told = orjson.dumps(sections_of(await town.maple.store.read(lambda tx: read_whole(tx, STUDENT))))
    assert STREET.encode() not in told


async def test_a_flag_is_cleared_by_two_people_and_the_record_is_mapped_again(town: Town) -> None:
    flag = await set_flag(town.maple, SAM, FlagWish(student=STUDENT, kind=FlagKind.PROTECTED, why="order"))

    assert await clear_flag(town.maple, SAM, flag.id, why="lapsed") is None
    assert await clear_flag(town.maple, PIA, flag.id) is not None

    assert await town.maple.store.read(lambda tx: tx.flags.standing()) == []


async def test_a_restriction_names_its_document_and_counts_when_a_second_person_read_it(town: Town) -> None:
    wish = FlagWish(student=STUDENT, kind=FlagKind.COURT_RESTRICTION, why="order")
    with pytest.raises(Malformed, match="document"):
        await set_flag(town.maple, SAM, wish)

    flag = await set_flag(town.maple, SAM, replace(wish, document="D-17"))
    assert not flag.in_force(date(2026, 11, 21))
    with pytest.raises(Forbidden, match="another person"):
        await confirm_flag(town.maple, SAM, flag.id)
    assert (await confirm_flag(town.maple, PIA, flag.id)).in_force(date(2026, 11, 21))


async def test_a_record_is_opened_in_an_emergency_for_a_day_and_the_privacy_officer_is_told(
    town: Town,
) -> None:
    nurse = person("nan", StaffRole.NURSE, schools=frozenset({"Oak"}))
    with pytest.raises(Forbidden):
        await _reads(town, nurse)
    with pytest.raises(Malformed):
        await break_glass(town.maple, nurse, STUDENT, Threat.MEDICAL, "fainted")

    words = "fainted in class, takes medicine that nobody here knows"
    await break_glass(town.maple, nurse, STUDENT, Threat.MEDICAL, words)

    await _reads(town, nurse)
    with pytest.raises(Forbidden):
        await _reads(town, person("ned", StaffRole.NURSE, schools=frozenset({"Oak"})))
    assert [one.kind for one in await list_tasks(town.maple, person("pri", PRIVACY))] == [TaskKind.EMERGENCY]
    town.clock.forward(hours=24)
    with pytest.raises(Forbidden):
        await _reads(town, nurse)


async def _reads(town: Town, somebody: Person) -> None:
    object_ = await town.maple.store.read(lambda tx: about_student(tx, town.maple, STUDENT))
    await permit(town.maple, somebody, Action.STUDENT_READ, object_)


async def test_a_district_that_asks_five_hundred_times_an_hour_gets_nothing_by_itself(town: Town) -> None:
    every = timedelta(hours=4)
    town.rule(automatic_approval=True, batch=every, requests_per_peer_per_day=1000)
    for _ in range(500):
        await town.ask()
    await town.settle(turns=60)

    town.clock.at = next_batch(town.clock.at, every)
    await town.settle(turns=60)

    states = {one.state for one in await town.maple.store.read(lambda tx: tx.transfers.list())}
    assert states == {State.REVIEW}
    alarms = [one for one in await list_tasks(town.maple, PIA) if one.kind is TaskKind.ALARM]
    assert {one.about for one in alarms} == {"district_velocity", "person_velocity"}


@pytest.mark.parametrize(
    ("pace", "alarm"),
    [
        (Pace(peer_last_hour=120, actor_last_hour=60, peer_last_day=19, misses_last_day=19), None),
        (
            Pace(peer_last_hour=121, actor_last_hour=0, peer_last_day=0, misses_last_day=0),
            "district_velocity",
        ),
        (Pace(peer_last_hour=61, actor_last_hour=61, peer_last_day=0, misses_last_day=0), "person_velocity"),
        (Pace(peer_last_hour=1, actor_last_hour=1, peer_last_day=20, misses_last_day=11), "misses"),
        (Pace(peer_last_hour=1, actor_last_hour=1, peer_last_day=20, misses_last_day=10), None),
    ],
)
def test_what_is_out_of_the_ordinary_is_named(pace: Pace, alarm: str | None) -> None:
    assert alarm_at(pace, Limits()) == alarm


def test_batches_are_at_fixed_times_and_never_now() -> None:
    every = timedelta(hours=4)
    noon = START.replace(hour=12)

    assert next_batch(noon, every) == noon + every
    assert next_batch(noon + timedelta(seconds=1), every) == noon + every


def test_the_lot_falls_on_about_its_share() -> None:
    lots = random.Random(7)
    drawn = sum(is_drawn(f"{lots.getrandbits(128):032x}", 0.05) for _ in range(20_000))

    assert 900 < drawn < 1100


async def test_at_a_batch_the_silently_held_wait_as_those_drawn_by_lot_do(town: Town) -> None:
    """Nothing of a row tells a silent hold from the lot: state, reason, and when it is looked at next."""
    every = timedelta(hours=4)
    town.rule(automatic_approval=True, batch=every, manual_share=0.3, limits=Limits(peer_per_hour=1000))
    for _ in range(40):
        await town.ask()
    await town.settle(turns=20)
    await hold(town.maple, SAM, HoldKind.MISSING_CHILD, silent=True)
    lots = {
        one.id: is_drawn(town.maple.pseudonym("draw", one.id), 0.3)
        for one in await town.maple.store.read(lambda tx: tx.transfers.list())
    }
    assert len(set(lots.values())) == 2

    town.clock.at = next_batch(town.clock.at, every)
    await town.settle(turns=20)

    rows = await town.maple.store.read(lambda tx: tx.transfers.list())
    shown = {drawn: {_shown(one) for one in rows if lots[one.id] is drawn} for drawn in (True, False)}
    assert shown[True] == shown[False]
    assert len(shown[True]) == 1


def _shown(transfer: Transfer) -> tuple[object, ...]:
    waits = transfer.next_try_at == transfer.expires_at
    return transfer.state, transfer.reason, transfer.revision, transfer.tries, waits


async def test_only_the_safety_officer_places_what_a_missing_child_needs(town: Town) -> None:
    officer = person("ina", PRIVACY)
    notice = FlagWish(student=STUDENT, kind=FlagKind.MISSING_CHILD, why="notice 12")
    open_hold = HoldWish(student=STUDENT, kind=HoldKind.MISSING_CHILD, reason="notice 12")

    with pytest.raises(Forbidden):
        await set_flag(town.maple, officer, notice)
    with pytest.raises(Forbidden):
        await place_hold(town.maple, officer, open_hold)

    assert await town.maple.store.read(lambda tx: tx.flags.standing()) == []
    assert (await place_hold(town.maple, SAM, open_hold)).silent


async def test_a_missing_child_notice_is_unknown_to_who_has_its_id_and_not_the_role(town: Town) -> None:
    notice = FlagWish(student=STUDENT, kind=FlagKind.MISSING_CHILD, why="notice 12")
    flag = await set_flag(town.maple, SAM, notice)
    officer = person("ina", PRIVACY)

    for id_ in (flag.id, "S-nobody-made-this"):
        with pytest.raises(Unknown):
            await confirm_flag(town.maple, officer, id_)
        with pytest.raises(Unknown):
            await clear_flag(town.maple, officer, id_, why="found")

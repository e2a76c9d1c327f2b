"""A correction arrives: what changed beside what is here, local edits kept, undone; and what liars try."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.domain.corrections import ChangeReason
from gateway.domain.errors import Conflict, Forbidden, Refused, Untrusted
from gateway.domain.ids import digest
from gateway.domain.importing.plan import Standing, Verb
from gateway.domain.messages import EventType, MessageType
from gateway.domain.policy import PersonId, StaffRole
from gateway.domain.safety.flags import Flag, FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.transfer import Reason, State
from gateway.usecases.answer_peer import receive_receipt, receive_rekey, report_status
from gateway.usecases.correct_record import Wanted, correct, take_back
from gateway.usecases.decide_release import recall
from gateway.usecases.evidence import outgoing
from gateway.usecases.follow_transfer import withdraw
from gateway.usecases.holds import HoldWish, place_hold
from gateway.usecases.import_backpack import replaced
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import OpenedRecord, OpenedSegment
from gateway.usecases.receive_event import receive_event
from gateway.usecases.review_import import review_import
from gateway.usecases.statements import NewStatement, attach_statement, read_statements
from gateway.usecases.undo_import import undo_import
from tests.harness.pair import CEDAR, MAPLE, PlainSeals, backpack, listing, peer
from tests.harness.staff import clerk, person
from tests.harness.town import WILLOW, Town
from tests.unit.usecases.test_corrections import (
    ANAS,
    CORRECTION,
    OFFICER,
    Sections,
    asked_by,
    better_grade,
    held_by,
    remapped,
)

STATEMENT = NewStatement(
    section="grades",
    record="",
    text="She handed the work in on time.",
    by="Rosa Ortiz, mother",
    made_on=date(2026, 11, 19),
)


@pytest.fixture
async def town() -> Town:
    """Cedar's registrar has imported Maple's record of Ana; her grade is in Cedar's system now."""
    town = Town(MAPLE, CEDAR)
    town.rule(CEDAR, automatic_import=False)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    await town[CEDAR].store.write(lambda tx: tx.backpacks.put([replace(backpack("77"))]))
    asked = await town.ask(CEDAR, MAPLE)
    await town.settle()
    await import_reviewed(town[CEDAR], asked, person=clerk("rita"))
    await town.settle()
    return town


async def correction_at_cedar(town: Town) -> Any:
    await remapped(town, better_grade)
    await correct(town[MAPLE], (await held_by(town, MAPLE)).id, CORRECTION, person=OFFICER)
    await town.settle()
    return (await asked_by(town, CEDAR)).id


async def test_only_what_changed_is_looked_at_old_and_new_side_by_side(town: Town) -> None:
    id_ = await correction_at_cedar(town)

    review = await review_import(town[CEDAR], id_, person=clerk("rita"))

    assert review.plan.correction
    assert (review.plan.correction.reason, review.plan.correction.unchanged) == ("correction", 1)
    [row] = review.plan.rows
    assert (row.standing, row.verb) == (Standing.DIFFERS, Verb.CORRECT)
    assert [(one.place, one.before, one.ours, one.theirs, one.result) for one in row.differences] == [
        ("grade.letter", "B", "B", "A", "A")
    ]


async def test_it_is_imported_once_and_undone_exactly(town: Town) -> None:
    id_ = await correction_at_cedar(town)

    first = await import_reviewed(town[CEDAR], id_, person=clerk("rita"))
    again = await import_reviewed(town[CEDAR], id_, person=clerk("rita"))
    await town.settle()

    assert [(one.before["grade"], one.after["grade"]) for one in first.changes if one.before] == [
        ({"letter": "B"}, {"letter": "A"})
    ]
    assert again.changes == ()
    assert (await held_by(town, MAPLE)).accepted_version == 2
    undoing = await undo_import(town[CEDAR], id_, person=clerk("rita"), reason="a test")
    assert [one.result and one.result["grade"] for one in undoing.undone] == [{"letter": "B"}]


async def test_an_edit_made_here_since_stays_and_is_shown(town: Town) -> None:
    await remapped(town, lambda sections: sections["grades"][0].update(grade={"letter": "C"}), CEDAR)
    id_ = await correction_at_cedar(town)

    review = await review_import(town[CEDAR], id_, person=clerk("rita"))
    imported = await import_reviewed(town[CEDAR], id_, person=clerk("rita"))

    [row] = review.plan.rows
    assert [(one.before, one.ours, one.theirs, one.result) for one in row.differences] == [
        ("B", "C", "A", "C")
    ]
    assert imported.changes == ()


async def test_what_the_sender_took_out_is_named_and_what_is_here_of_it_stays(town: Town) -> None:
    def without(sections: Sections) -> None:
        better_grade(sections)
        sections["identity"][0]["names"][0]["given"] = "Anna"
        sections["grades"].pop(0)

    await remapped(town, without)
    await correct(town[MAPLE], (await held_by(town, MAPLE)).id, CORRECTION, person=OFFICER)
    await town.settle()

    review = await review_import(town[CEDAR], (await asked_by(town, CEDAR)).id, person=clerk("rita"))

    assert review.plan.correction
    assert [one.section for one in review.plan.correction.gone] == ["grades"]


async def test_a_correction_that_comes_before_the_record_is_imported_takes_its_place(town: Town) -> None:
    asked = await town.ask(CEDAR, MAPLE)
    await town.settle()
    await remapped(town, better_grade)
    held = (await town[MAPLE].store.read(lambda tx: tx.transfers.of_student(ANAS)))[-1]
    assert held.state is State.FETCHED

    await correct(town[MAPLE], held.id, CORRECTION, person=OFFICER)
    await town.settle()
    town.clock.forward(days=1)
    await town.settle()

    took = await town.transfer(CEDAR, asked)
    assert (took.state, took.version, took.accepted_version) == (State.VERIFIED, 2, 0)
    await import_reviewed(town[CEDAR], asked, person=clerk("rita"))
    await town.settle()
    after = await town[MAPLE].store.read(lambda tx: tx.transfers.get(held.id))
    assert (after.state, after.accepted_version) == (State.ACKED, 2)


async def test_a_receipt_for_the_version_before_is_no_receipt_for_the_correction(town: Town) -> None:
    held = await held_by(town, MAPLE)
    old = next(
        one
        for one in await town[MAPLE].store.read(lambda tx: tx.messages.of(held.id))
        if one.type is MessageType.RECEIPT
    )
    await correction_at_cedar(town)

    await receive_receipt(town[MAPLE], peer(CEDAR), held.id, old.body)

    assert (await held_by(town, MAPLE)).state is State.FETCHED


# --- a person changes their mind ------------------------------------------------------------------------------


async def test_a_correction_is_taken_back_until_it_is_fetched(town: Town) -> None:
    town.rule(MAPLE, undo=timedelta(minutes=10))
    await remapped(town, better_grade)
    sent = (await held_by(town, MAPLE)).id
    await correct(town[MAPLE], sent, CORRECTION, person=OFFICER)
    with pytest.raises(Conflict, match="on its way"):
        await correct(town[MAPLE], sent, CORRECTION, person=OFFICER)

    await take_back(town[MAPLE], sent, person=OFFICER)
    town.clock.forward(days=1)
    await town.settle()

    assert (await asked_by(town, CEDAR)).accepted_version == 1
    await correct(town[MAPLE], sent, CORRECTION, person=OFFICER)
    town.clock.forward(minutes=11)
    await town.settle()
    assert (await asked_by(town, CEDAR)).state is State.VERIFIED
    with pytest.raises(Conflict, match="taken back"):
        await take_back(town[MAPLE], sent, person=OFFICER)


async def test_the_requester_does_not_withdraw_what_it_has_taken_in(town: Town) -> None:
    town.rule(MAPLE, undo=timedelta(0))
    id_ = await correction_at_cedar(town)

    with pytest.raises(Conflict):
        await withdraw(town[CEDAR], id_, person=clerk("rita"))


async def test_where_the_release_needed_two_people_the_correction_needs_them_too(town: Town) -> None:
    await remapped(town, better_grade)
    flag = Flag(
        id="F-1",
        student=ANAS,
        kind=FlagKind.ADDRESS_CONFIDENTIAL,
        since=date(2026, 11, 1),
        set_by=PersonId("sam"),
        set_by_name="sam",
        set_at=town.clock(),
    )
    await town[MAPLE].store.write(lambda tx: tx.flags.put(flag))
    sent = (await held_by(town, MAPLE)).id
    wanted = replace(CORRECTION, why="the grade was wrong")

    alone = await correct(town[MAPLE], sent, wanted, person=OFFICER)
    again = await correct(town[MAPLE], sent, wanted, person=OFFICER)
    both = await correct(town[MAPLE], sent, wanted, person=person("pia", StaffRole.PRIVACY_OFFICER))

    assert [one.state for one in (alone, again, both)] == [State.ACKED, State.ACKED, State.APPROVED]


async def test_a_silent_hold_keeps_a_correction_here_and_the_other_side_sees_what_it_saw(town: Town) -> None:
    await remapped(town, better_grade)
    sent = (await held_by(town, MAPLE)).id
    wish = HoldWish(student=ANAS, kind=HoldKind.MISSING_CHILD, reason="a notice")
    await place_hold(town[MAPLE], person("sam", StaffRole.SAFETY_OFFICER), wish)
    before = await report_status(town[MAPLE], peer(CEDAR), sent)

    await correct(town[MAPLE], sent, CORRECTION, person=OFFICER)
    await town.settle()

    assert (await held_by(town, MAPLE)).state is State.APPROVED
    assert await report_status(town[MAPLE], peer(CEDAR), sent) == before


# --- liars --------------------------------------------------------------------------------------------------


async def waiting_for_a_key(town: Town) -> Any:
    """Return Maple's transfer, corrected, while Cedar is away."""
    await remapped(town, better_grade)
    sent = (await held_by(town, MAPLE)).id
    town.network.away.add(CEDAR)
    await correct(town[MAPLE], sent, CORRECTION, person=OFFICER)
    await town.settle()
    return await held_by(town, MAPLE)


def key_from(id_: str, signer: str, transfer: Any, **changes: Any) -> str:
    claims = {
        "iss": id_,
        "aud": MAPLE,
        "iat": 1795400000,
        "jti": "a-key-of-an-attacker",
        "transfer": transfer.id,
        "request_digest": transfer.request_digest,
        "response_encryption": {"jwk": {"kid": "mine"}},
    }
    return json.dumps({"typ": MessageType.REKEY, "by": signer, "claims": {**claims, **changes}})


async def test_a_forged_key_opens_nothing(town: Town) -> None:
    sent = await waiting_for_a_key(town)

    with pytest.raises(Untrusted):
        await receive_rekey(town[MAPLE], peer(CEDAR), sent.id, key_from(CEDAR, WILLOW, sent))
    with pytest.raises(Refused, match="there is no"):
        await receive_rekey(town[MAPLE], peer(WILLOW), sent.id, key_from(WILLOW, WILLOW, sent))
    forged = key_from(CEDAR, CEDAR, sent, request_digest=digest(b"another"))
    with pytest.raises(Conflict, match="another transfer"):
        await receive_rekey(town[MAPLE], peer(CEDAR), sent.id, forged)

    assert (await held_by(town, MAPLE)).state is State.CORRECTED


async def test_a_key_that_comes_again_changes_nothing_and_one_that_nobody_waits_for_is_refused(
    town: Town,
) -> None:
    sent = await waiting_for_a_key(town)
    message = key_from(CEDAR, CEDAR, sent)
    await receive_rekey(town[MAPLE], peer(CEDAR), sent.id, message)
    before = await held_by(town, MAPLE)

    await receive_rekey(town[MAPLE], peer(CEDAR), sent.id, message)

    assert await held_by(town, MAPLE) == before
    other = key_from(CEDAR, CEDAR, sent, jti="another-key-of-an-attacker")
    with pytest.raises(Conflict, match="no correction waits"):
        await receive_rekey(town[MAPLE], peer(CEDAR), sent.id, other)


@pytest.mark.parametrize(
    "lie",
    [
        {"replaces": digest(b"a record that nobody has")},
        {"replaces": None},
        {"version": 7},
        {"version": 1},
        {"request_digest": digest(b"another request")},
    ],
)
async def test_a_record_that_corrects_nothing_known_is_rejected_and_what_was_taken_in_stands(
    town: Town, lie: dict[str, Any]
) -> None:
    class Lying(PlainSeals):
        def sign(self, type_: MessageType, claims: Any, chain: Any = ()) -> str:
            lied = {**claims, **lie} if type_ is MessageType.RECORD else claims
            return super().sign(type_, lied, chain)

    town.network.nodes[MAPLE] = replace(town[MAPLE], seals=Lying(MAPLE))
    id_ = await correction_at_cedar(town)
    for _ in range(4):
        town.clock.forward(hours=1)
        await town.settle()

    took, sent = await town.transfer(CEDAR, id_), await held_by(town, MAPLE)
    assert (took.state, took.version, took.accepted_version) == (State.RECEIPTED, 1, 1)
    assert (sent.state, sent.accepted_version) == (State.ACKED, 1)
    assert await town[CEDAR].store.read(
        lambda tx: tx.segments.received(state_id="TX0042", birth_date=date(2014, 5, 2))
    )


async def test_a_node_that_is_not_the_holder_corrects_nothing(town: Town) -> None:
    asked = await asked_by(town, CEDAR)
    town.rule(CEDAR)
    other = Town(WILLOW)[WILLOW]
    event = outgoing(
        other,
        replace(asked, peer=CEDAR),
        MessageType.EVENT,
        {"txn": asked.remote_id, "events": {EventType.RECORD_CORRECTED: {"transfer": asked.remote_id}}},
    )

    with pytest.raises(Untrusted):
        await receive_event(town[CEDAR], event.body, WILLOW)

    assert await town.transfer(CEDAR, asked.id) == asked


async def test_who_hands_a_record_on_does_not_replace_what_another_district_said() -> None:
    """Cedar signs a segment of its own that claims to replace Maple's: both stand."""

    def segment(issuer: Any, jws: str, as_of: date = date(2026, 11, 20)) -> OpenedSegment:
        return OpenedSegment(
            jws=jws, issuer=issuer, learner="l", as_of=as_of, sections={}, disclosures={}, undisclosed={}
        )

    def record(*segments: OpenedSegment) -> OpenedRecord:
        return OpenedRecord(issuer=listing(CEDAR), claims={}, digest=digest(b""), segments=segments)

    old = segment(MAPLE, "old")
    assert replaced(record(old), record(segment(CEDAR, "new"))) == {}
    assert replaced(record(old), record(segment(MAPLE, "older", date(2026, 11, 19)))) == {}
    assert replaced(record(old), record(segment(MAPLE, "new"))) == {digest(b"old"): digest(b"new")}


async def test_a_record_that_was_recalled_is_not_corrected(town: Town) -> None:
    sent = await held_by(town, MAPLE)
    await remapped(town, better_grade)
    await recall(town[MAPLE], sent.id, person=clerk("otto"), reason=Reason.WRONG_STUDENT)
    await town.settle()

    with pytest.raises(Conflict):
        await correct(town[MAPLE], sent.id, CORRECTION, person=OFFICER)

    event = outgoing(
        town[MAPLE],
        sent,
        MessageType.EVENT,
        {"txn": sent.id, "events": {EventType.RECORD_CORRECTED: {"transfer": sent.id}}},
    )
    await receive_event(town[CEDAR], event.body, MAPLE)
    await town.settle()
    assert (await asked_by(town, CEDAR)).state is State.RECALLED


# --- statements of disagreement ------------------------------------------------------------------------------


async def stated(town: Town) -> None:
    entries = (await read_statements(town[MAPLE], ANAS, person=OFFICER)).sections["grades"]
    new = replace(STATEMENT, record=entries[0]["meta"]["recordId"])
    await attach_statement(town[MAPLE], ANAS, new, person=OFFICER)


def said_in(town: Town, transfer: Any) -> list[Any]:
    written = town.imports(CEDAR).written[transfer.id, transfer.version].document
    return [
        one["meta"].get("statements")
        for segment in written["segments"]
        for one in segment["sections"].get("grades", ())
    ]


SAID = [{"text": "She handed the work in on time.", "by": "Rosa Ortiz, mother", "date": "2026-11-19"}]


async def test_a_statement_goes_to_those_who_have_the_entry_and_to_all_who_get_it_later(town: Town) -> None:
    await stated(town)
    sent = await held_by(town, MAPLE)
    await correct(town[MAPLE], sent.id, Wanted(reason=ChangeReason.STATEMENT), person=OFFICER)
    await town.settle()
    await import_reviewed(town[CEDAR], (await asked_by(town, CEDAR)).id, person=clerk("rita"))
    await town.settle()
    assert said_in(town, await asked_by(town, CEDAR)) == [SAID]

    town.rule(CEDAR, automatic_import=True)
    again = await town.ask(CEDAR, MAPLE)
    await town.settle()

    assert said_in(town, await town.transfer(CEDAR, again)) == [SAID]


async def test_a_statement_survives_the_next_mapping_run(town: Town) -> None:
    await stated(town)
    await remapped(town, better_grade)

    found = await read_statements(town[MAPLE], ANAS, person=OFFICER)

    assert found.sections["grades"][0]["meta"]["statements"] == SAID
    assert found.without_entry == frozenset()


async def test_a_statement_stays_where_its_entry_stays(town: Town) -> None:
    """The second grade is restricted: neither it nor what was said about it leaves."""
    entries = (await read_statements(town[MAPLE], ANAS, person=OFFICER)).sections["grades"]
    new = replace(STATEMENT, record=entries[1]["meta"]["recordId"], text="Nobody is to read this.")
    await attach_statement(town[MAPLE], ANAS, new, person=OFFICER)

    with pytest.raises(Refused, match="nothing has changed"):
        await correct(
            town[MAPLE],
            (await held_by(town, MAPLE)).id,
            Wanted(reason=ChangeReason.STATEMENT),
            person=OFFICER,
        )


async def test_a_statement_about_an_entry_that_is_not_there_is_refused(town: Town) -> None:
    new = replace(STATEMENT, record="00000000-0000-5000-8000-00000000dead")
    with pytest.raises(Refused, match="no such entry"):
        await attach_statement(town[MAPLE], ANAS, new, person=OFFICER)
    with pytest.raises(Refused, match="day on which"):
        await attach_statement(town[MAPLE], ANAS, replace(new, made_on=date(2027, 1, 1)), person=OFFICER)


async def test_a_registrar_attaches_no_statement(town: Town) -> None:
    with pytest.raises(Forbidden):
        await read_statements(town[MAPLE], ANAS, person=person("rita", StaffRole.REGISTRAR))


async def test_a_statement_whose_entry_is_gone_is_still_there_and_says_so(town: Town) -> None:
    await stated(town)

    def without(sections: Sections) -> None:
        del sections["grades"][0]

    await remapped(town, without)

    found = await read_statements(town[MAPLE], ANAS, person=OFFICER)

    assert {one.id for one in found.statements} == set(found.without_entry)

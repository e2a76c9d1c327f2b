"""The queue of transfers at a terminal. The node is not serving: commands only write."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

from gateway.cli.transfer_decide import GivenReason
from gateway.domain.casework import new_case
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.transfer import Reason, Role, State, Subject, Transfer
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Tx
from tests.unit.cli.conftest import District

HOLDER = "http://127.0.0.1:11"
ANA = {"given_name": "Ana", "family_name": "Ortiz-Núñez", "birth_date": "2014-05-02"}


def test_a_request_is_stored_from_standard_input(district: District) -> None:
    told = _request(district)

    assert (told["state"], told["peer"]) == ("drafted", HOLDER)
    assert [one["id"] for one in district.json("transfer", "list")] == [told["id"]]


def test_a_request_is_stored_from_a_file(district: District, tmp_path: Path) -> None:
    file = tmp_path / "ana.json"
    file.write_text(json.dumps(ANA), "utf-8")

    told = district.json("transfer", "request", "--holder", HOLDER, "--subject", str(file))

    assert told["student"] == "Ana Ortiz-Núñez"


def test_show_tells_what_happened_and_what_comes_next(district: District) -> None:
    id_ = _request(district)["id"]

    told = district.do("transfer", "show", id_).stdout

    assert "request.drafted" in told
    assert "Next: this node: signs and sends the request" in told


def test_withdrawing_ends_a_request(district: District) -> None:
    id_ = _request(district)["id"]

    told = district.json("transfer", "withdraw", id_)

    assert told["state"] == "withdrawn"


def test_a_subject_without_a_birth_date_is_refused_without_repeating_it(district: District) -> None:
    done = district.do(
        *("transfer", "request", "--holder", HOLDER, "--subject", "-"),
        input=json.dumps({"given_name": "Zephyrine", "family_name": "Quux", "birth_date": "13 May"}),
    )

    assert done.exit_code == 1
    assert "birth_date" in done.stderr
    assert "13 May" not in done.stderr
    assert "Quux" not in done.stderr


def test_a_subject_that_is_not_json_is_refused(district: District) -> None:
    done = district.do("transfer", "request", "--subject", "-", input="Ana")

    assert done.exit_code == 1
    assert "not JSON" in done.stderr


def test_without_a_terminal_the_subject_is_not_asked_for(district: District) -> None:
    done = district.do("transfer", "request", "--holder", HOLDER)

    assert done.exit_code == 2
    assert "--subject" in done.stderr


def test_without_holder_and_state_id_the_person_is_told_what_to_name(district: District) -> None:
    done = district.do("transfer", "request", "--subject", "-", input=json.dumps(ANA))

    assert done.exit_code == 1
    assert "--holder" in done.stderr


def test_a_section_that_does_not_exist_is_a_usage_error(district: District) -> None:
    done = district.do(
        *("transfer", "request", "--holder", HOLDER, "--subject", "-", "--section", "gradez"),
        input=json.dumps(ANA),
    )

    assert done.exit_code == 2
    assert "grades" in done.stderr


def test_waiting_in_vain_is_try_later(district: District) -> None:
    done = district.do(
        *("transfer", "request", "--holder", HOLDER, "--subject", "-", "--wait", "0.3"), input=json.dumps(ANA)
    )

    assert done.exit_code == 3
    assert "backpack serve" in done.stderr


def test_a_transfer_that_does_not_exist_is_not_found(district: District) -> None:
    done = district.do("transfer", "show", "T-nothing")

    assert done.exit_code == 1
    assert done.stderr.startswith("backpack: Not found")
    assert done.stdout == ""


def test_approving_lets_the_record_go(district: District) -> None:
    _received(district, State.REVIEW)

    told = district.json("transfer", "approve", "T-1")

    assert told["state"] == "approved"


def test_a_hold_can_be_lifted(district: District) -> None:
    _received(district, State.REVIEW)

    held = district.json("transfer", "hold", "T-1", "--reason", "policy")
    lifted = district.json("transfer", "lift", "T-1")

    assert (held["state"], held["reason"]) == ("held", "policy")
    assert (lifted["state"], lifted["reason"]) == ("review", None)


def test_a_reason_must_be_one_of_the_list(district: District) -> None:
    _received(district, State.REVIEW)

    done = district.do("transfer", "deny", "T-1", "--reason", "dislike")

    assert done.exit_code == 2
    assert "court_order" in done.stderr


def test_a_person_gives_none_of_the_nodes_own_reasons(district: District) -> None:
    _received(district, State.REVIEW)
    own = ("gave_up", "no_answer", "not_fetched", "peer_suspended", "no_match", "refused_by_peer")

    codes = [district.do("transfer", "deny", "T-1", "--reason", reason).exit_code for reason in own]

    assert codes == [2] * len(own)
    assert set(get_args(GivenReason)) < set(Reason)


def test_who_looked_at_a_transfer_is_in_the_log(district: District) -> None:
    _received(district, State.REVIEW)

    district.do("transfer", "show", "T-1", "--actor", "r.lopez")
    told = district.json("transfer", "show", "T-1")["timeline"]

    (seen,) = [event for event in told if event["action"] == "record.viewed"]
    assert seen["actor"] != "r.lopez"


def test_who_sent_more_about_the_student_is_in_the_log(district: District) -> None:
    id_ = _request(district)["id"]
    asyncio.run(_needs_more(district.folder / "node.db", TransferId(id_)))

    told = district.json(
        *("transfer", "inform", id_, "--subject", "-", "--actor", "r.lopez"), input=json.dumps(ANA)
    )

    events = district.json("transfer", "show", id_)["timeline"]
    asked = [event["actor"] for event in events if event["action"] == "request.drafted"]
    informed = [event["actor"] for event in events if event["rule"] == "more attributes"]
    assert told["state"] == "requested"
    assert len(informed) == 1
    assert informed != ["r.lopez"]
    assert informed != asked


def test_whom_to_ask_is_known_from_the_agency_only(district: District, agency: District) -> None:
    away = district.do("transfer", "holders")
    wrong = agency.do("transfer", "holders")

    assert (away.exit_code, wrong.exit_code) == (3, 4)


def test_what_cannot_be_done_now_is_refused_with_the_way_on(district: District) -> None:
    _received(district, State.HELD)

    done = district.do("transfer", "approve", "T-1")

    assert done.exit_code == 1
    assert "backpack transfer show" in done.stderr


def test_revoking_without_a_terminal_needs_a_yes(district: District) -> None:
    _received(district, State.RELEASED)

    asked = district.do("transfer", "revoke", "T-1", "--reason", "wrong_student")
    still = district.json("transfer", "show", "T-1")["state"]

    assert (asked.exit_code, still) == (2, "released")
    assert "--yes" in asked.stderr


def test_choosing_takes_the_student_from_standard_input(mapped: District) -> None:
    _received(mapped, State.NO_MATCH)
    student = mapped.json("student", "list")[0]["id"]

    told = mapped.json("transfer", "choose", "T-1", "--student", "-", input=f"{student}\n")

    assert told["state"] == "review"
    assert mapped.json("transfer", "show", "T-1")["local_student"] == student


def test_only_the_stuck_ones_are_listed_on_demand(district: District) -> None:
    _received(district, State.PACKAGED, tries=7)
    _received(district, State.REVIEW, id_="T-2")

    told = district.json("transfer", "list", "--stuck")

    assert [one["id"] for one in told] == ["T-1"]


def test_lists_can_be_narrowed_by_role_and_state(district: District) -> None:
    _received(district, State.REVIEW)
    _request(district)

    by_role = district.json("transfer", "list", "--role", "requester")
    by_state = district.json("transfer", "list", "--state", "review")

    assert [one["role"] for one in by_role] == ["requester"]
    assert [one["id"] for one in by_state] == ["T-1"]


def _request(district: District) -> dict[str, str]:
    told: dict[str, str] = district.json(
        *("transfer", "request", "--holder", HOLDER, "--subject", "-"), input=json.dumps(ANA)
    )
    return told


def _received(district: District, state: State, *, id_: str = "T-1", tries: int = 0) -> None:
    now = datetime.now(UTC)
    transfer = Transfer(
        id=TransferId(id_),
        role=Role.HOLDER,
        peer=EntityId(HOLDER),
        state=state,
        subject=Subject(given_name="Ana", family_name="Ortiz", birth_date=date(2014, 5, 2)),
        sections=("identity",),
        purpose="urn:backpack:purpose:enrollment-transfer",
        legal_basis="34CFR99.31(a)(2)",
        actor="somebody",
        student=LocalStudentId("s1"),
        request_jti=f"jti-{id_}",
        created_at=now,
        changed_at=now,
        expires_at=now + timedelta(days=1),
        next_try_at=None,
        tries=tries,
    )
    asyncio.run(_add(district.folder / "node.db", transfer))


async def _needs_more(path: Path, id_: TransferId) -> None:
    store = await SqlStore.open(path, checkpointer=False)
    drafted = await store.read(lambda tx: tx.transfers.get(id_))
    now = datetime.now(UTC)
    asked = drafted.to(State.REQUESTED, at=now, remote_id=TransferId("T-9"), next_try_at=None)
    more = asked.to(State.NEEDS_INFO, at=now, needs=("state_id",), next_try_at=None)
    await store.write(lambda tx: tx.transfers.move(drafted, asked))
    await store.write(lambda tx: tx.transfers.move(asked, more))
    await store.close()


async def _add(path: Path, transfer: Transfer) -> None:
    store = await SqlStore.open(path, checkpointer=False)
    case = new_case(transfer.id, transfer.role, at=transfer.created_at, due_on=transfer.created_at.date())

    def add(tx: Tx) -> None:
        tx.transfers.add(transfer)
        tx.cases.open(case)

    await store.write(add)
    await store.close()

"""What a transfer waits for."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.cli.next_steps import is_stuck, next_step, rests
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.transfer import STEPS, Reason, Role, State, Subject, Transfer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TRANSFER = Transfer(
    id=TransferId("T-1"),
    role=Role.HOLDER,
    peer=EntityId("https://cedar.example"),
    state=State.REVIEW,
    subject=Subject(given_name="Ana", family_name="Ortiz", birth_date=date(2014, 5, 2)),
    sections=("identity",),
    purpose="p",
    legal_basis="b",
    actor="a",
    created_at=NOW,
    changed_at=NOW,
    expires_at=NOW,
    next_try_at=None,
)


@pytest.mark.parametrize(("role", "state"), [(role, state) for role in Role for state in STEPS[role]])
def test_every_state_says_who_acts_next(role: Role, state: State) -> None:
    step = next_step(replace(TRANSFER, role=role, state=state))

    assert step.who
    assert step.what


def test_a_person_is_told_the_command() -> None:
    assert next_step(TRANSFER).command == "approve"


def test_an_ended_transfer_waits_for_nobody() -> None:
    ended = replace(TRANSFER, state=State.DENIED)

    assert next_step(ended).who == "nobody"
    assert rests(ended)


def test_a_transfer_that_the_node_gave_up_is_stuck() -> None:
    given_up = replace(TRANSFER, state=State.PACKAGED, reason=Reason.GAVE_UP)

    assert is_stuck(given_up)
    assert rests(given_up)


def test_an_ended_transfer_is_never_stuck() -> None:
    assert not is_stuck(replace(TRANSFER, state=State.DENIED, reason=Reason.GAVE_UP))


def test_what_the_node_does_by_itself_is_waited_for() -> None:
    assert not rests(replace(TRANSFER, state=State.APPROVED))

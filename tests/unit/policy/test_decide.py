"""Who may do what, by the rules that come with the gateway."""

from datetime import timedelta

import pytest

from gateway.domain.policy import (
    Action,
    Context,
    Flag,
    Kind,
    Object,
    Obligation,
    PersonId,
    StaffRole,
    decide,
)
from gateway.domain.transfer import Reason
from tests.harness.staff import MORNING, person, policy

OAK = frozenset({"oak"})
CASE = Object(kind=Kind.TRANSFER, schools=OAK)
RECORD = Object(kind=Kind.STUDENT, schools=OAK)
NOW = Context(now=MORNING, has_basis=True)


def test_what_no_rule_allows_is_refused_in_the_words_of_the_action() -> None:
    decision = decide(person("t", StaffRole.TEACHER), Action.RELEASE_APPROVE, CASE, NOW, policy())

    assert not decision.allow
    assert decision.rule.id == "release.approve.otherwise"
    assert decision.rule.place.line > 1


def test_somebody_without_a_role_may_nothing() -> None:
    assert not decide(person("x"), Action.POLICY_READ, CASE, NOW, policy()).allow


def test_a_registrar_works_for_her_own_schools() -> None:
    here = person("r", StaffRole.REGISTRAR, schools=OAK)
    elsewhere = person("r", StaffRole.REGISTRAR, schools=frozenset({"elm"}))

    assert decide(here, Action.RELEASE_APPROVE, CASE, NOW, policy()).granted
    assert not decide(elsewhere, Action.RELEASE_APPROVE, CASE, NOW, policy()).allow


def test_a_person_may_what_one_of_the_roles_may() -> None:
    both = person("b", StaffRole.TEACHER, StaffRole.NURSE)
    sealed = Object(kind=Kind.SECTION, schools=OAK, level="S", sealed_for=StaffRole.NURSE)

    decision = decide(both, Action.SECTION_READ, sealed, NOW, policy())

    assert (decision.allow, decision.role) == (True, StaffRole.NURSE)


def test_a_denial_wins_over_what_allows() -> None:
    sealed = Object(kind=Kind.SECTION, schools=OAK, sealed_for=StaffRole.NURSE)

    decision = decide(person("r", StaffRole.RECORDS_OFFICER), Action.SECTION_READ, sealed, NOW, policy())

    assert decision.rule.id == "records.sealed-section"


def test_a_safety_flag_asks_for_a_second_person() -> None:
    flagged = Object(kind=Kind.TRANSFER, schools=OAK, flags=frozenset({Flag.ADDRESS_CONFIDENTIAL}))
    officer = person("o", StaffRole.RECORDS_OFFICER)

    alone = decide(officer, Action.RELEASE_APPROVE, flagged, NOW, policy())
    own_word = Context(now=MORNING, has_basis=True, approvals=frozenset({PersonId("o")}))
    two = Context(now=MORNING, has_basis=True, approvals=frozenset({PersonId("p")}))

    assert alone.allow
    assert alone.unmet == (Obligation.SECOND_PERSON,)
    assert [rule.id for rule in alone.added_by] == ["release.needs-basis", "release.two-for-safety"]
    assert not decide(officer, Action.RELEASE_APPROVE, flagged, own_word, policy()).granted
    assert decide(officer, Action.RELEASE_APPROVE, flagged, two, policy()).granted


@pytest.mark.parametrize(
    ("strong", "minutes", "open_"), [(True, 5, False), (True, 6, True), (False, 0, True)]
)
def test_a_step_up_is_strong_and_recent(strong: bool, minutes: int, open_: bool) -> None:
    nurse = person("n", StaffRole.NURSE, strong=strong)
    context = Context(now=MORNING + timedelta(minutes=minutes), reason="a fall in the yard")

    decision = decide(nurse, Action.BREAK_GLASS, RECORD, context, policy())

    assert (Obligation.STEP_UP in decision.unmet) is open_


def test_a_blank_reason_is_no_reason() -> None:
    officer = person("s", StaffRole.SAFETY_OFFICER)

    assert decide(officer, Action.FLAG_SET, RECORD, Context(now=MORNING, reason=" "), policy()).unmet
    assert decide(officer, Action.FLAG_SET, RECORD, Context(now=MORNING, reason="notice"), policy()).granted


def test_what_was_kept_for_safety_goes_on_with_two() -> None:
    kept = Object(kind=Kind.TRANSFER, schools=OAK, reason=Reason.SAFETY)
    plain = Object(kind=Kind.TRANSFER, schools=OAK, reason=Reason.POLICY)
    officer = person("o", StaffRole.RECORDS_OFFICER)
    said = Context(now=MORNING, reason="the notice was withdrawn")

    assert decide(officer, Action.RELEASE_RESUME, kept, said, policy()).unmet == (Obligation.SECOND_PERSON,)
    assert decide(officer, Action.RELEASE_RESUME, plain, said, policy()).granted


def test_a_spent_budget_stops_everything_but_an_emergency() -> None:
    teacher = person("t", StaffRole.TEACHER)
    own = Object(kind=Kind.STUDENT, schools=OAK, assigned=frozenset({PersonId("t")}))
    spent = Context(now=MORNING, budget_left=0)
    emergency = Context(now=MORNING, budget_left=0, emergency=True)

    assert decide(teacher, Action.STUDENT_READ, own, spent, policy()).rule.id == "limits.budget"
    assert decide(teacher, Action.STUDENT_READ, own, emergency, policy()).granted

"""Every role, action, state, side, relation, sensitivity and flag: what comes out is decided, and what must hold does."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import pytest

from gateway.domain.policy import (
    BEFORE,
    Action,
    Context,
    Decision,
    Effect,
    Flag,
    Kind,
    Object,
    Obligation,
    PersonId,
    StaffRole,
    decide,
)
from gateway.domain.transfer import Reason, Role, State
from tests.harness.staff import MORNING, person, policy

OAK, ELM = frozenset({"oak"}), frozenset({"elm"})
ME = PersonId("me")
MINE = frozenset({ME})
PLACED = Object(kind=Kind.TRANSFER, id="T-1", schools=OAK)
RELATIONS = {
    "own school": PLACED,
    "other school": replace(PLACED, schools=ELM),
    "no school yet": replace(PLACED, schools=frozenset()),
    "assigned": replace(PLACED, assigned=MINE),
    "assigned elsewhere": replace(PLACED, schools=ELM, assigned=MINE),
    "owner": replace(PLACED, owner=ME),
    "author": replace(PLACED, authors=MINE),
}
EVERYTHING = Context(
    now=MORNING, reason="because it must be", approvals=frozenset({PersonId("another")}), has_basis=True
)
NOTHING = Context(now=MORNING)

READS_RECORDS = frozenset(
    {
        *(Action.STUDENT_FIND, Action.STUDENT_READ, Action.STUDENT_EXPORT, Action.SECTION_READ),
        *(Action.SEALED_READ, Action.SNAPSHOT_READ, Action.RELEASE_PREVIEW, Action.MATCH_READ),
        *(Action.IMPORT_READ, Action.UPLOAD_READ, Action.PROFILE_READ, Action.HISTORY_READ),
        *(Action.CLASS_READ, Action.BREAK_GLASS),
    }
)
MOVES_RECORDS = frozenset(
    {
        *(Action.RELEASE_APPROVE, Action.RELEASE_PARTIAL, Action.RELEASE_BULK),
        *(Action.RELEASE_SEALED, Action.RELEASE_RELAY),
    }
)
FOR_TWO = frozenset(
    {
        *(Action.RELEASE_SEALED, Action.RELEASE_BULK, Action.HOLD_LIFT, Action.SILENT_HOLD_LIFT),
        *(Action.FLAG_CLEAR, Action.MATCH_MERGE, Action.MATCH_SPLIT, Action.STAFF_CHANGE),
        *(Action.POLICY_CHANGE, Action.RECORD_ERASE, Action.RESTRICTION_SET),
    }
)
RECORD_FREE = (StaffRole.IT_ADMIN, StaffRole.AUDITOR, StaffRole.OBSERVER)
SEALERS = (
    *(StaffRole.NURSE, StaffRole.SPECIAL_EDUCATION, StaffRole.COUNSELOR, StaffRole.PRINCIPAL),
    *(StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER),
)


@cache
def whole() -> tuple[tuple[StaffRole, Action, Object, Decision, Decision], ...]:
    """Decide everything twice: with every obligation met, and with none."""
    return tuple(_decided())


def _decided() -> Iterator[tuple[StaffRole, Action, Object, Decision, Decision]]:
    states = [(side, state) for side in Role for state in State]
    for role, action, thing in product(StaffRole, Action, RELATIONS.values()):
        me, tired = person("me", role, schools=OAK), person("me", role, schools=OAK, strong=False)
        for side, state in states:
            object_ = replace(thing, side=side, state=state)
            yield (
                *(role, action, object_),
                decide(me, action, object_, EVERYTHING, policy()),
                decide(tired, action, object_, NOTHING, policy()),
            )


def test_nothing_is_undecided() -> None:
    """Whatever is asked, one rule with a place answers, in words."""
    count = 0
    for _, action, _, met, bare in whole():
        count += 1
        for decision in (met, bare):
            assert decision.rule.place.line > 0
            assert decision.rule.text.why
            assert action in decision.rule.text.actions

    assert count == len(StaffRole) * len(Action) * len(RELATIONS) * len(Role) * len(State)


def test_every_action_is_allowed_to_somebody_and_refused_to_somebody_but_knowing_the_rules() -> None:
    allowed = {action: set[StaffRole]() for action in Action}
    for role, action, _, met, _ in whole():
        if met.allow:
            allowed[action].add(role)
    never = {action for action, roles in allowed.items() if not roles}
    everybody = {action for action, roles in allowed.items() if len(roles) == len(StaffRole)}

    assert never == {Action.SEALED_READ, Action.SEALED_CONFIRM}, "nothing here is sealed: see below"
    assert everybody == {Action.POLICY_READ}


def test_what_runs_the_node_and_what_audits_it_reads_no_record() -> None:
    for role, action, object_, met, _ in whole():
        if role in RECORD_FREE and action in READS_RECORDS | MOVES_RECORDS:
            assert not met.allow, (role, action, object_)


def test_more_is_never_allowed_with_less() -> None:
    """Whatever may happen with nothing said, signed in weakly and alone may happen with all that."""
    for role, action, object_, met, bare in whole():
        assert met.allow or not bare.allow, (role, action, object_)
        assert met.granted or not bare.granted, (role, action, object_)


def test_with_every_obligation_met_what_is_allowed_may_happen() -> None:
    assert all(met.granted for *_, met, _ in whole() if met.allow)


def test_nobody_does_alone_what_needs_two() -> None:
    for role, action, object_, _, bare in whole():
        if action in FOR_TWO and bare.allow:
            assert Obligation.SECOND_PERSON in bare.unmet, (role, action, object_)


@pytest.mark.parametrize("action", sorted(FOR_TWO))
def test_ones_own_word_is_not_a_second_person(action: Action) -> None:
    own = replace(EVERYTHING, approvals=MINE)
    for role, thing in product(StaffRole, RELATIONS.values()):
        assert not decide(person("me", role, schools=OAK), action, thing, own, policy()).granted


def test_no_record_leaves_without_a_basis() -> None:
    for _, action, _, _, bare in whole():
        if action in MOVES_RECORDS and bare.allow:
            assert Obligation.NOTICE in bare.unmet


def test_nobody_confirms_a_proposal_of_their_own() -> None:
    for role, action, object_, met, _ in whole():
        if action is Action.PROPOSAL_CONFIRM and ME in object_.authors:
            assert not met.allow, role


def test_another_schools_records_are_closed_to_the_staff_of_a_school() -> None:
    office = {StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER}
    anywhere = {Action.STUDENT_FIND, Action.BREAK_GLASS, Action.UPLOAD_READ, Action.IMPORT_READ}
    for role, action, object_, met, _ in whole():
        elsewhere = object_.schools == ELM and not object_.assigned
        if role not in office and elsewhere and action in (READS_RECORDS | MOVES_RECORDS) - anywhere:
            assert not met.allow, (role, action)


@pytest.mark.parametrize("sealed_for", SEALERS)
@pytest.mark.parametrize(
    "action", [Action.SECTION_READ, Action.SEALED_READ, Action.SEALED_CONFIRM, Action.PROFILE_READ]
)
def test_a_sealed_section_opens_for_its_role_only(sealed_for: StaffRole, action: Action) -> None:
    for role, thing, emergency in product(StaffRole, RELATIONS.values(), (False, True)):
        sealed = replace(thing, kind=Kind.SECTION, sealed_for=sealed_for, level="S")
        context = replace(EVERYTHING, emergency=emergency)
        decision = decide(person("me", role, schools=OAK), action, sealed, context, policy())
        assert role is sealed_for or not decision.allow, (role, thing)


@pytest.mark.parametrize("sealed_for", SEALERS)
def test_that_role_does_open_it(sealed_for: StaffRole) -> None:
    sealed = replace(PLACED, kind=Kind.SECTION, sealed_for=sealed_for, level="S")

    decision = decide(person("me", sealed_for, schools=OAK), Action.SEALED_READ, sealed, EVERYTHING, policy())

    assert decision.granted
    assert Obligation.LOG_ACCESS in decision.obligations


@pytest.mark.parametrize("sealed_for", SEALERS)
@pytest.mark.parametrize("action", [Action.SEALED_READ, Action.SEALED_CONFIRM, Action.RELEASE_SEALED])
def test_that_role_at_another_school_does_not(sealed_for: StaffRole, action: Action) -> None:
    sealed = replace(PLACED, kind=Kind.SECTION, schools=ELM, sealed_for=sealed_for, level="S")

    decision = decide(person("me", sealed_for, schools=OAK), action, sealed, EVERYTHING, policy())

    assert not decision.allow
    assert decision.rule.id == "records.sealed-elsewhere"


def test_a_sealed_section_leaves_by_its_role_or_a_records_officer_and_only_with_a_second_person() -> None:
    for role, sealed_for in product(StaffRole, SEALERS):
        sealed = replace(PLACED, section="health", sealed_for=sealed_for)
        me = person("me", role, schools=OAK)
        alone = replace(EVERYTHING, approvals=frozenset({me.id}))
        met = decide(me, Action.RELEASE_SEALED, sealed, EVERYTHING, policy())
        unmet = decide(me, Action.RELEASE_SEALED, sealed, alone, policy())
        assert met.granted == (role in {sealed_for, StaffRole.RECORDS_OFFICER}), (role, sealed_for)
        assert not unmet.granted, (role, sealed_for)


def test_restricted_entries_are_closed_to_those_they_are_not_for() -> None:
    privileged = {StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER}
    for role, thing in product(set(StaffRole) - privileged, RELATIONS.values()):
        restricted = replace(thing, kind=Kind.SECTION, level="R")
        decision = decide(
            person("me", role, schools=OAK), Action.SECTION_READ, restricted, EVERYTHING, policy()
        )
        assert not decision.allow, (role, thing)


def test_every_look_at_a_record_is_logged() -> None:
    looks = {Action.STUDENT_READ, Action.SECTION_READ, Action.SNAPSHOT_READ, Action.PROFILE_READ}
    for role, action, object_, met, _ in whole():
        if action in looks and met.allow:
            assert Obligation.LOG_ACCESS in met.obligations, (role, action, object_)


def test_silent_holds_are_seen_by_the_safety_officer_only() -> None:
    silent = {Action.SILENT_HOLD_READ, Action.SILENT_HOLD_PLACE, Action.SILENT_HOLD_LIFT}
    seen = {role for role, action, _, met, _ in whole() if action in silent and met.allow}

    assert seen == {StaffRole.SAFETY_OFFICER}


def test_a_missing_child_notice_changes_nobodys_decision() -> None:
    """A rule that looked at the flag would tell of it: what is refused names its rule."""
    assert not any(
        Flag.MISSING in (condition.flag or ())
        for rule in policy().rules
        for condition in (rule.text.when, *rule.text.unless)
    )
    for role, action, thing in product(StaffRole, Action, RELATIONS.values()):
        me = person("me", role, schools=OAK)
        flagged = replace(thing, flags=frozenset({Flag.MISSING}))
        plain, missing = (decide(me, action, one, NOTHING, policy()) for one in (thing, flagged))
        assert (plain.allow, plain.rule, plain.unmet) == (missing.allow, missing.rule, missing.unmet)


@pytest.mark.parametrize("flag", [Flag.ADDRESS_CONFIDENTIAL, Flag.COURT_ORDER, Flag.RELAY])
def test_a_flagged_students_record_leaves_when_two_agree(flag: Flag) -> None:
    for role, action, thing in product(StaffRole, MOVES_RECORDS, RELATIONS.values()):
        flagged = replace(thing, flags=frozenset({flag}))
        decision = decide(person("me", role, schools=OAK), action, flagged, NOTHING, policy())
        if decision.allow:
            assert Obligation.SECOND_PERSON in decision.unmet, (role, action)


@pytest.mark.parametrize("reason", [Reason.SAFETY, Reason.COURT_ORDER, Reason.LEGAL_HOLD])
def test_what_was_held_for_safety_or_law_goes_on_when_two_agree(reason: Reason) -> None:
    for role, thing in product(StaffRole, RELATIONS.values()):
        held = replace(thing, state=State.HELD, reason=reason)
        decision = decide(person("me", role, schools=OAK), Action.RELEASE_RESUME, held, NOTHING, policy())
        if decision.allow:
            assert Obligation.SECOND_PERSON in decision.unmet


def test_a_spent_budget_closes_every_record() -> None:
    spent = replace(EVERYTHING, budget_left=0)
    counted = READS_RECORDS - {
        *(Action.BREAK_GLASS, Action.SEALED_READ, Action.RELEASE_PREVIEW, Action.MATCH_READ),
        *(Action.IMPORT_READ, Action.UPLOAD_READ, Action.CLASS_READ),
    }
    for role, action, thing in product(
        StaffRole, counted | MOVES_RECORDS - {Action.RELEASE_RELAY}, RELATIONS.values()
    ):
        assert not decide(person("me", role, schools=OAK), action, thing, spent, policy()).allow


def test_roles_and_rules_are_changed_by_two_freshly_signed_in() -> None:
    for _, action, _, _, bare in whole():
        if action in {Action.STAFF_CHANGE, Action.POLICY_CHANGE} and bare.allow:
            assert {Obligation.STEP_UP, Obligation.SECOND_PERSON} <= set(bare.unmet)


def test_what_comes_before_an_act_is_all_that_can_be_unmet() -> None:
    assert all(set(bare.unmet) <= set(BEFORE) for *_, bare in whole())


def test_rules_that_allow_name_roles_and_rules_that_deny_say_why() -> None:
    for rule in policy().rules:
        assert rule.text.roles or rule.text.effect is not Effect.ALLOW
        assert rule.text.why.endswith(".")

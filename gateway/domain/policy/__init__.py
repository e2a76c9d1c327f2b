"""Who may do what, what a district releases, and on which ground."""

from gateway.domain.policy.actions import Action
from gateway.domain.policy.decide import decide
from gateway.domain.policy.decision import (
    BEFORE,
    Context,
    Decision,
    Flag,
    Kind,
    Object,
    Obligation,
    Relation,
    relations,
)
from gateway.domain.policy.people import Person, PersonId, StaffRole
from gateway.domain.policy.release import (
    LEGAL_BASES,
    PURPOSE_TRANSFER,
    PURPOSES,
    RAR_TYPE,
    Release,
    Rules,
    Withheld,
    WithheldReason,
    check_marks,
    plan_release,
)
from gateway.domain.policy.rules import Effect, Place, Policy, Rule, RuleFile, make_policy

__all__ = [
    "BEFORE",
    "LEGAL_BASES",
    "PURPOSES",
    "PURPOSE_TRANSFER",
    "RAR_TYPE",
    "Action",
    "Context",
    "Decision",
    "Effect",
    "Flag",
    "Kind",
    "Object",
    "Obligation",
    "Person",
    "PersonId",
    "Place",
    "Policy",
    "Relation",
    "Release",
    "Rule",
    "RuleFile",
    "Rules",
    "StaffRole",
    "Withheld",
    "WithheldReason",
    "check_marks",
    "decide",
    "make_policy",
    "plan_release",
    "relations",
]

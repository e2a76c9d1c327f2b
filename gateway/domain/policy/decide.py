"""The one function that says who may do what."""

from gateway.domain.policy.actions import Action
from gateway.domain.policy.decision import BEFORE, Context, Decision, Object, Obligation, relations, unmet
from gateway.domain.policy.people import Person, StaffRole
from gateway.domain.policy.rules import Effect, Policy, Rule


def decide(actor: Person, action: Action, object_: Object, context: Context, policy: Policy) -> Decision:
    """Say whether a person may do something now, and which rule says so.

    Nobody may do what no rule allows. A person may what one of the roles may; within a role a rule that
    denies wins, and every rule that requires adds its obligations.
    """
    found = [_as(role, actor, action, object_, context, policy=policy) for role in sorted(actor.roles)]
    return min(found, key=_rank, default=_refused(policy.otherwise[action]))


def _as(
    role: StaffRole, actor: Person, action: Action, object_: Object, context: Context, *, policy: Policy
) -> Decision:
    stands = relations(actor, role, object_)
    applying = [rule for rule in policy.by_action[action] if rule.applies(role, object_, context, stands)]
    if denying := _first(applying, Effect.DENY):
        return _refused(denying, role)
    allowing = _first(applying, Effect.ALLOW)
    if allowing is None:
        return _refused(policy.otherwise[action], role)
    adding = tuple(rule for rule in applying if rule.text.effect is Effect.REQUIRE)
    named = {one for rule in (allowing, *adding) for one in rule.text.obligations}
    return Decision(
        allow=True,
        obligations=tuple(one for one in Obligation if one in named),
        rule=allowing,
        unmet=tuple(one for one in BEFORE if one in named and unmet(one, actor, context)),
        role=role,
        added_by=adding,
    )


def _first(rules: list[Rule], effect: Effect) -> Rule | None:
    return next((rule for rule in rules if rule.text.effect is effect), None)


def _refused(rule: Rule, role: StaffRole | None = None) -> Decision:
    return Decision(allow=False, rule=rule, role=role)


def _rank(decision: Decision) -> tuple[bool, bool, int, int]:
    """Order decisions: what may happen now comes first, and a named refusal before one by default."""
    by_default = not decision.allow and decision.rule.id.endswith(".otherwise")
    return not decision.allow, by_default, len(decision.unmet), len(decision.obligations)

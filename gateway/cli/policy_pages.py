"""The reference of the policy, made from the rules and packs that come with the gateway."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gateway.domain.policy import (
    Action,
    Context,
    Decision,
    Effect,
    Kind,
    Object,
    Obligation,
    Person,
    PersonId,
    StaffRole,
    decide,
)

if TYPE_CHECKING:
    from gateway.domain.policy import Policy, Rule

_ME: Final = PersonId("me")
_NOON: Final = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_FULL: Final = Context(
    now=_NOON, reason="because", approvals=frozenset({PersonId("another")}), has_basis=True
)
_SCHOOL: Final = frozenset({"own"})
_OTHER: Final = Object(kind=Kind.STUDENT, schools=frozenset({"other"}))
_OWN: Final = Object(kind=Kind.STUDENT, schools=_SCHOOL)
_ASSIGNED: Final = Object(
    kind=Kind.STUDENT, schools=_SCHOOL, assigned=frozenset({_ME}), owner=_ME, authors=frozenset({_ME})
)
_MARKS: Final = ("all", "school", "own", "-")
"""Every thing of the district; those of the own school; those of whom or what is one's own; none."""

ROLE_HEADS: Final = {
    StaffRole.REGISTRAR: "registrar",
    StaffRole.RECORDS_OFFICER: "records",
    StaffRole.PRIVACY_OFFICER: "privacy",
    StaffRole.SAFETY_OFFICER: "safety",
    StaffRole.COUNSELOR: "counselor",
    StaffRole.NURSE: "nurse",
    StaffRole.SPECIAL_EDUCATION: "special ed.",
    StaffRole.PRINCIPAL: "principal",
    StaffRole.TEACHER: "teacher",
    StaffRole.IT_ADMIN: "IT",
    StaffRole.AUDITOR: "auditor",
    StaffRole.OBSERVER: "observer",
}


def pages() -> Iterator[str]:
    """Yield the lines of the reference: who may do what, the rules, the obligations, the packs."""
    from gateway import resources
    from gateway.wiring.policies import read_policy

    policy = read_policy(resources.rules_text())
    yield "# Policy: who may do what"
    yield ""
    yield "Made by `backpack reference policy` from `config/policy.toml` and `config/packs`."
    yield "`backpack policy explain` says which line decides at a node, `backpack policy test` holds a"
    yield "district's own expectations, and [how to](../howto/policy.md) says how to tighten the rules."
    yield from _matrix(policy)
    yield from _rules(policy)
    yield from _obligations()
    yield from _packs()


def _matrix(policy: "Policy") -> Iterator[str]:
    yield ""
    yield "## Roles and actions"
    yield ""
    yield "`all`: for every student and transfer of the district. `school`: for those of the person's"
    yield "schools. `own`: for students on the person's roster or caseload, cases the person took, entries"
    yield "the person wrote. `*`: something must be done first, such as saying why or asking a second person."
    yield "Sections that are sealed, restricted entries and safety flags narrow this: see the rules below."
    yield ""
    yield "| action | " + " | ".join(ROLE_HEADS.values()) + " |"
    yield "|---|" + "---|" * len(ROLE_HEADS)
    for action in Action:
        cells = " | ".join(_cell(policy, role, action) for role in ROLE_HEADS)
        yield f"| `{action}`: {policy.says[action]} | {cells} |"


def _cell(policy: "Policy", role: StaffRole, action: Action) -> str:
    """Return how far the role's permission reaches, and whether something must be done first."""
    sealed = Object(kind=Kind.SECTION, schools=_SCHOOL, sealed_for=role)
    own = sealed if action is Action.SEALED_READ else _ASSIGNED
    for mark, object_ in zip(_MARKS, (_OTHER, _OWN, own), strict=False):
        decision = _asked(policy, role, action, object_)
        if decision.allow:
            bare = _asked(policy, role, action, object_, Context(now=_NOON))
            return mark + ("*" if bare.unmet else "")
    return _MARKS[-1]


def _asked(
    policy: "Policy", role: StaffRole, action: Action, object_: Object, context: Context = _FULL
) -> Decision:
    strong = context is _FULL
    me = Person(
        id=_ME,
        name="",
        roles=frozenset({role}),
        schools=_SCHOOL,
        signed_in_at=_NOON,
        strong=strong,
    )
    return decide(me, action, object_, context, policy)


def _rules(policy: "Policy") -> Iterator[str]:
    for effect, head in (
        (Effect.DENY, "What is refused, whatever allows it"),
        (Effect.REQUIRE, "What must be done besides"),
        (Effect.ALLOW, "What is allowed"),
    ):
        yield from ("", f"## {head}", "", "| rule | says | source |", "|---|---|---|")
        yield from (_rule(rule) for rule in policy.rules if rule.text.effect is effect)


def _rule(rule: "Rule") -> str:
    named = ", ".join(f"`{one}`" for one in rule.text.obligations)
    says = rule.text.why + (f" ({named})" if named else "")
    return f"| `{rule.id}` | {says} | {rule.text.source} |"


_MEANS: Final = {
    Obligation.REASON: "Before: say why, in words.",
    Obligation.STEP_UP: "Before: sign in again with a second factor; it counts for five minutes.",
    Obligation.SECOND_PERSON: "Before: another person agrees to exactly this.",
    Obligation.NOTICE: "Before: the release has a legal basis and a notice basis.",
    Obligation.LOG_ACCESS: "With it: the look is written down, and the family can see it.",
    Obligation.MASK_DESTINATION: "With it: where the record goes is not shown.",
    Obligation.EXISTENCE_ONLY: "With it: that it exists is shown, not what is in it.",
    Obligation.TELL_PRIVACY_OFFICER: "With it: the privacy officer is told at once.",
    Obligation.ONE_DAY: "With it: the permission ends after 24 hours.",
}


def _obligations() -> Iterator[str]:
    yield from ("", "## Obligations", "", "| obligation | means |", "|---|---|")
    yield from (f"| `{one}` | {_MEANS[one]} |" for one in Obligation)


_PACKS: Final = """
## Jurisdiction packs

Not legal advice: a district's counsel signs off its pack. `backpack pack show PACK` shows every rule with its
citation.

| pack | name | rules of its own | not verified | days tested |
|---|---|---|---|---|"""


def _packs() -> Iterator[str]:
    from gateway import resources
    from gateway.wiring.packs import read_pack

    yield _PACKS
    for name in resources.packs():
        own = read_pack(name).own
        cited = [rule for _, rule in own.cited()]
        doubtful = sum(not rule.verified for rule in cited)
        yield f"| `{own.id}` | {own.name} | {len(cited)} | {doubtful} | {len(own.test)} |"

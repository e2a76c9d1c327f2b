"""Rules as data: what a rule file may say, and the policy that is made of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.domain.backpack.field import Level
from gateway.domain.policy.actions import Action
from gateway.domain.policy.decision import Context, Flag, Kind, Object, Obligation, Relation
from gateway.domain.policy.people import StaffRole
from gateway.domain.transfer import Reason, Role, State

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{2,63}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Effect(StrEnum):
    """What a rule does where it applies."""

    ALLOW = "allow"
    DENY = "deny"
    """Wins over every `allow`."""
    REQUIRE = "require"
    """Adds obligations to whatever allows."""


class Condition(_Table):
    """Every key that is given must hold; of the values of a key, one is enough."""

    kind: frozenset[Kind] | None = None
    relation: frozenset[Relation] | None = None
    side: frozenset[Role] | None = None
    state: frozenset[State] | None = None
    reason: frozenset[Reason] | None = None
    section: frozenset[str] | None = None
    level: frozenset[Level] | None = None
    flag: frozenset[Flag] | None = None
    sealed: bool | None = None
    emergency: bool | None = None
    working_hours: bool | None = None
    budget_spent: bool | None = None
    more_students_than: Annotated[int, Field(ge=1)] | None = None

    @cached_property
    def wanted(self) -> tuple[tuple[str, Any], ...]:
        """The keys that are given, and what they want."""
        return tuple((name, value) for name, value in self if value is not None)

    def holds(self, object_: Object, context: Context, relations: frozenset[Relation]) -> bool:
        """Whether it is so for somebody who stands to the thing in these relations."""
        return all(_holds(name, wanted, object_, context, relations) for name, wanted in self.wanted)


def _holds(name: str, wanted: Any, object_: Object, context: Context, relations: frozenset[Relation]) -> bool:
    match name:
        case "relation":
            holds = wanted & relations
        case "flag":
            holds = wanted & object_.flags
        case "sealed":
            holds = wanted == (object_.sealed_for is not None)
        case "budget_spent":
            holds = wanted == (context.budget_left is not None and context.budget_left < context.students)
        case "more_students_than":
            holds = context.students > wanted
        case "emergency" | "working_hours":
            holds = wanted == getattr(context, name)
        case _:
            holds = getattr(object_, name) in wanted
    return bool(holds)


class RuleText(_Table):
    """`[[rule]]`: one rule as a file has it."""

    id: RuleId
    effect: Effect
    why: Annotated[str, Field(min_length=10)]
    """In plain words, for whoever is refused."""
    source: str = ""
    """The law or standard behind it."""
    roles: frozenset[StaffRole] = frozenset()
    """Empty: whoever it is; not for rules that allow."""
    actions: Annotated[frozenset[Action], Field(min_length=1)]
    when: Condition = Condition()
    unless: tuple[Condition, ...] = ()
    """The rule does not apply where one of these holds."""
    obligations: tuple[Obligation, ...] = ()

    @model_validator(mode="after")
    def _allows_somebody_in_particular(self) -> Self:
        if self.effect is Effect.ALLOW and not self.roles:
            msg = "a rule that allows must name roles"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _requires_something(self) -> Self:
        if (self.effect is Effect.REQUIRE) != bool(self.obligations) and self.effect is not Effect.ALLOW:
            msg = "`require` needs obligations, and `deny` has none"
            raise ValueError(msg)
        return self


class ActionText(_Table):
    """`[action."name"]`: what an action is in plain words, and what those hear whom no rule allows it."""

    says: str
    otherwise: str


class RuleFile(_Table):
    """A rule file."""

    action: Mapping[Action, ActionText] = {}
    rule: tuple[RuleText, ...] = ()

    @model_validator(mode="after")
    def _names_each_rule_once(self) -> Self:
        seen: set[str] = set()
        for rule in self.rule:
            if rule.id in seen:
                msg = f"two rules are named {rule.id}"
                raise ValueError(msg)
            seen.add(rule.id)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rule stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and its place."""

    text: RuleText
    place: Place

    @property
    def id(self) -> str:
        """The rule's name."""
        return self.text.id

    def applies(
        self, role: StaffRole, object_: Object, context: Context, relations: frozenset[Relation]
    ) -> bool:
        """Whether the rule speaks about this."""
        text = self.text
        if text.roles and role not in text.roles:
            return False
        if not text.when.holds(object_, context, relations):
            return False
        return not any(one.holds(object_, context, relations) for one in text.unless)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All rules of a district, by action, and what refuses where no rule allows."""

    by_action: Mapping[Action, Sequence[Rule]]
    otherwise: Mapping[Action, Rule]
    says: Mapping[Action, str]

    @property
    def rules(self) -> Sequence[Rule]:
        """Every rule once, in the order of the files."""
        return list({rule.id: rule for rules in self.by_action.values() for rule in rules}.values())


def make_policy(rules: Iterable[Rule], actions: Mapping[Action, tuple[ActionText, Place]]) -> Policy:
    """Return the policy of these rules. `actions` must explain every action that there is."""
    by_action: dict[Action, list[Rule]] = {action: [] for action in Action}
    for rule in rules:
        for action in rule.text.actions:
            by_action[action].append(rule)
    return Policy(
        by_action=by_action,
        otherwise={action: _otherwise(action, *actions[action]) for action in Action},
        says={action: actions[action][0].says for action in Action},
    )


def _otherwise(action: Action, text: ActionText, place: Place) -> Rule:
    rule = RuleText(
        id=f"{action}.otherwise", effect=Effect.DENY, why=text.otherwise, actions=frozenset({action})
    )
    return Rule(text=rule, place=place)

"""A district's own expectations of the policy: cases with what must come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.backpack.field import LEVELS, Level
from gateway.domain.policy.actions import Action
from gateway.domain.policy.decide import decide
from gateway.domain.policy.decision import Context, Decision, Flag, Kind, Object, Obligation
from gateway.domain.policy.people import Person, PersonId, StaffRole
from gateway.domain.policy.rules import Policy
from gateway.domain.transfer import Reason, Role, State

_NOON: Final = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SOMEBODY: Final = PersonId("somebody")
_ANOTHER: Final = PersonId("another")

Outcome = Literal["allow", "needs", "deny"]
"""It may happen; it may once obligations are met; it may not."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectText(_Table):
    """`object`: what is acted on."""

    kind: Kind = Kind.STUDENT
    schools: frozenset[str] = frozenset()
    side: Role | None = None
    state: State | None = None
    reason: Reason | None = None
    section: str | None = None
    level: Level = LEVELS[0]
    sealed_for: StaffRole | None = None
    flags: frozenset[Flag] = frozenset()
    relation: frozenset[Literal["owner", "assigned", "author"]] = frozenset()
    """How the person stands to it, beside what schools and roles say."""

    def object(self) -> Object:
        """Return it as the rules see it."""
        mine = frozenset({_SOMEBODY})
        return Object(
            **{name: value for name, value in self if name != "relation"},
            owner=_SOMEBODY if "owner" in self.relation else None,
            assigned=mine if "assigned" in self.relation else frozenset(),
            authors=mine if "author" in self.relation else frozenset(),
        )


class ContextText(_Table):
    """`context`: what holds at that moment."""

    reason: str = ""
    second_person: bool = False
    fresh: bool = False
    """Signed in again, strongly."""
    basis: bool = False
    students: Annotated[int, Field(ge=1)] = 1
    budget_left: int | None = None
    working_hours: bool = True
    emergency: bool = False


class Case(_Table):
    """`[[case]]`."""

    name: str
    roles: Annotated[frozenset[StaffRole], Field(alias="as", min_length=1)]
    schools: frozenset[str] = frozenset()
    """The person's schools; empty for the whole district."""
    action: Action
    object: ObjectText = ObjectText()
    context: ContextText = ContextText()
    expect: Outcome
    rule: str | None = None
    """The rule that must decide, by its id."""
    obligations: frozenset[Obligation] | None = None
    """Exactly these."""


class Expectations(_Table):
    """A file of cases."""

    case: Annotated[tuple[Case, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out of a case."""

    case: Case
    decision: Decision
    differs: tuple[str, ...]
    """What was expected and what came out; empty if they agree."""


def outcome_of(decision: Decision) -> Outcome:
    """Return the decision in one word."""
    if decision.granted:
        return "allow"
    return "needs" if decision.allow else "deny"


def run_case(case: Case, policy: Policy) -> Result:
    """Decide the case, and compare."""
    told = case.context
    person = Person(
        id=_SOMEBODY,
        name="somebody",
        roles=case.roles,
        schools=case.schools,
        signed_in_at=_NOON if told.fresh else _LONG_AGO,
        strong=told.fresh,
    )
    context = Context(
        now=_NOON,
        reason=told.reason,
        approvals=frozenset({_ANOTHER} if told.second_person else ()),
        has_basis=told.basis,
        students=told.students,
        budget_left=told.budget_left,
        working_hours=told.working_hours,
        emergency=told.emergency,
    )
    decision = decide(person, case.action, case.object.object(), context, policy)
    return Result(case=case, decision=decision, differs=_differences(case, decision))


def _differences(case: Case, decision: Decision) -> tuple[str, ...]:
    found: Mapping[str, tuple[str, str]] = {
        "outcome": (case.expect, outcome_of(decision)),
        "rule": (case.rule or decision.rule.id, decision.rule.id),
        "obligations": (
            _joined(decision.obligations if case.obligations is None else case.obligations),
            _joined(decision.obligations),
        ),
    }
    return tuple(
        f"{name}: expected {wanted}, came out {came}"
        for name, (wanted, came) in found.items()
        if wanted != came
    )


def _joined(obligations: frozenset[Obligation] | tuple[Obligation, ...]) -> str:
    return ", ".join(sorted(obligations)) or "none"

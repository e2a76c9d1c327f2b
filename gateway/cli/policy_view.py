"""What `backpack policy` asks and shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.domain.errors import Refused
from gateway.domain.policy import BEFORE, Action, Context, Decision, Kind, Object, StaffRole, decide

if TYPE_CHECKING:
    from gateway.domain.packs import Routing
    from gateway.domain.policy import Policy, Rule
    from gateway.domain.policy.basis import Missing, ReleaseBasis
    from gateway.domain.policy.expectations import Result
    from gateway.usecases.ports import StoredBackpack, Tx
    from gateway.wiring import Opened

_RELEASES = frozenset(action for action in Action if action.startswith("release."))
_EXPLAINED = "policy.explained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What would be decided about this?"""

    peer: str | None
    student: str | None
    section: str | None
    roles: Sequence[StaffRole]
    action: Action | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A decision and what it rests on."""

    action: Action
    says: str
    roles: tuple[str, ...]
    peer: str | None
    decision: Decision
    section: str | None = None
    routing: "Routing | None" = None
    routing_place: str = ""
    classes: dict[str, int]
    """Entries of the section by sensitivity class."""
    withheld_classes: tuple[str, ...]
    basis: "ReleaseBasis | Missing | None" = None


async def explain_at(opened: "Opened", question: Question, actor: str) -> Explained:
    """Return what would be decided at this node; that somebody asked about a student is in the log."""
    from gateway.domain.backpack.document import SECTIONS

    if question.section and question.section not in SECTIONS:
        raise Refused(f"there is no section {question.section}; there are {', '.join(SECTIONS)}")
    node = opened.node
    person = opened.operator(actor)
    if question.roles:
        person = replace(person, roles=frozenset(question.roles))
    routing = node.pack.sections.get(question.section or "")
    schools, classes = await _of_student(opened, question, actor)
    action = question.action or _usual(routing)
    basis = _basis(opened) if action in _RELEASES else None
    object_ = Object(
        kind=_kind(question, action),
        schools=schools,
        section=question.section,
        level=_strictest(classes),
        sealed_for=routing.role if routing and _is_sealed(routing) else None,
    )
    context = Context(now=node.now(), has_basis=bool(basis) and not _is_missing(basis))
    return Explained(
        action=action,
        says=node.policy.says[action],
        roles=tuple(sorted(person.roles)),
        peer=question.peer,
        decision=decide(person, action, object_, context, node.policy),
        section=question.section,
        routing=routing,
        routing_place=_routing_place(opened, question.section) if routing else "",
        classes=classes,
        withheld_classes=tuple(sorted(node.rules.withheld_classes)),
        basis=basis,
    )


def _usual(routing: "Routing | None") -> Action:
    return Action.RELEASE_SEALED if _is_sealed(routing) else Action.RELEASE_APPROVE


def _is_sealed(routing: "Routing | None") -> bool:
    """Whether the whole section is sealed; where only some kinds are, the rest travels openly."""
    return bool(routing and routing.sealed and not routing.kinds)


def _kind(question: Question, action: Action) -> Kind:
    if action in _RELEASES:
        return Kind.TRANSFER
    if question.section:
        return Kind.SECTION
    return Kind.STUDENT if question.student else Kind.NODE


async def _of_student(
    opened: "Opened", question: Question, actor: str
) -> tuple[frozenset[str], dict[str, int]]:
    """Return the student's school, and how many entries of each class the section has."""
    if question.student is None:
        return frozenset(), {}
    from collections import Counter

    from gateway.cli.viewing import leaf_of
    from gateway.domain.ids import LocalStudentId
    from gateway.usecases.wholes import read_whole, sections_of

    student = LocalStudentId(question.student)

    def look(tx: "Tx") -> "StoredBackpack":
        stored = read_whole(tx, student)
        tx.audit.add(leaf_of(opened.node, stored.learner, actor=actor, action=_EXPLAINED))
        return stored

    stored = await opened.node.store.write(look)
    entries = sections_of(stored).get(question.section or "", ())
    classes = Counter(str(entry["meta"]["sensitivity"]["class"]) for entry in entries)
    return frozenset({stored.school} if stored.school else ()), dict(sorted(classes.items()))


def _strictest(classes: dict[str, int]) -> Any:
    from gateway.domain.backpack.base import LEVELS

    return next((level for level in reversed(LEVELS) if level in classes), LEVELS[0])


def _basis(opened: "Opened") -> "ReleaseBasis | Missing":
    from gateway.domain.policy.basis import TRANSFER, basis_of_release

    node = opened.node
    today = node.calendar.day_of(node.now())
    return basis_of_release(TRANSFER, node.pack.notice, annual=node.notice, stated=None, today=today)


def _is_missing(basis: "ReleaseBasis | Missing | None") -> bool:
    from gateway.domain.policy.basis import Missing

    return isinstance(basis, Missing)


def _routing_place(opened: "Opened", section: str | None) -> str:
    from gateway.wiring.packs import place_of

    return place_of(opened.settings, f"sections.{section}")


def explained_facts(told: Explained) -> dict[str, Any]:
    """Return it as scripts see it."""
    decision = told.decision
    return {
        "action": told.action,
        "as": list(told.roles),
        "peer": told.peer,
        "decision": _word(decision),
        "role": decision.role,
        "rule": _rule(decision.rule),
        "added_by": [_rule(rule) for rule in decision.added_by],
        "obligations": list(decision.obligations),
        "unmet": list(decision.unmet),
        "section": told.section,
        "sealed_for": told.routing.role if told.routing and told.routing.sealed else None,
        "entries": told.classes,
        "stays": sum(told.classes.get(one, 0) for one in told.withheld_classes),
        "basis": str(told.basis) if told.basis else None,
    }


def explained_lines(told: Explained) -> Iterator[str]:
    """Yield it in plain words."""
    decision = told.decision
    yield f"{told.action}: {told.says}"
    yield f"  as            {', '.join(told.roles)}"
    if told.peer:
        yield f"  to            {told.peer}"
    yield f"  decision      {_word(decision)}" + (f", as {decision.role}" if decision.role else "")
    yield from _rule_lines("rule", decision.rule)
    for rule in decision.added_by:
        yield from _rule_lines("and", rule)
    for one in decision.obligations:
        state = "must be met first" if one in decision.unmet else "met" if one in BEFORE else "goes with it"
        yield f"  obligation    {one}: {state}"
    if told.basis:
        yield f"  basis         {told.basis}"
    yield from _section_lines(told)


def _section_lines(told: Explained) -> Iterator[str]:
    if not told.section:
        return
    if told.routing and told.routing.sealed:
        of_kinds = f" (of {', '.join(told.routing.kinds)})" if told.routing.kinds else ""
        yield f"  section       {told.section}{of_kinds}: sealed for the {told.routing.role}"
        yield f"                {told.routing_place}: {told.routing.source}"
    else:
        yield f"  section       {told.section}: not sealed"
    for level, count in told.classes.items():
        stays = "stays: [release] withheld_classes" if level in told.withheld_classes else "may leave"
        yield f"                {count} of class {level}: {stays}"


def _rule_lines(label: str, rule: "Rule") -> Iterator[str]:
    yield f"  {label:<13} {rule.id} ({rule.place})"
    yield f"                {rule.text.why}" + (f" [{rule.text.source}]" if rule.text.source else "")


def _word(decision: Decision) -> str:
    if decision.granted:
        return "allowed"
    return "allowed, once obligations are met" if decision.allow else "refused"


def _rule(rule: "Rule") -> dict[str, str]:
    return {"id": rule.id, "place": str(rule.place), "why": rule.text.why, "source": rule.text.source}


def result_lines(results: "Sequence[Result]", file: Path, lines: Sequence[int]) -> Iterator[str]:
    """Yield a line for each case, and below one that failed what differs and which rule decided."""
    for result, line in zip(results, lines, strict=True):
        yield f"{'FAIL' if result.differs else 'ok':<5} {result.case.name} ({file}:{line})"
        for difference in result.differs:
            yield f"      {difference}"
        if result.differs:
            rule = result.decision.rule
            yield f"      decided by {rule.id} ({rule.place}): {rule.text.why}"


def check_lines(policy: "Policy", own: "Sequence[Rule]", idle: "Sequence[Rule]") -> Iterator[str]:
    """Yield the district's own rules, and which of them change nothing."""
    yield f"{len(policy.rules)} rules, {len(own)} of them the district's own."
    for rule in own:
        mark = "changes nothing: no rule allows these actions to these roles" if rule in idle else "holds"
        yield f"{rule.place}: {rule.id}: {rule.text.effect}: {mark}"

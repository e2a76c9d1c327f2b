"""May this person do this? Asked by every use-case that a person starts."""

from dataclasses import replace
from typing import Any, Final

from gateway.domain.audit import Leaf
from gateway.domain.errors import Forbidden, Unmet
from gateway.domain.policy import Action, Context, Decision, Kind, Object, Person, decide
from gateway.domain.safety.emergencies import LIFE
from gateway.domain.transfer import Transfer
from gateway.usecases.ports import Node


async def permit(
    node: Node, person: Person, action: Action, object_: Object, context: Context | None = None
) -> Decision:
    """Return the decision that lets the person do this now; what it obliges to is the caller's to do.

    Who broke the glass for a student may read the student's record for a day (34 CFR 99.36).

    Raises:
        Unmet: the person may, once an obligation is met: a reason, a fresh sign-in, a second person.
        Forbidden: no rule lets the person do this; names the rule. The refusal is in the audit log.
    """
    context = context or Context(now=node.now())
    decision = decide(person, action, object_, context, node.policy)
    if decision.granted:
        return decision
    if object_.kind in _OF_ONE_STUDENT and await _broke_the_glass(node, person, object_):
        decision = decide(person, action, object_, replace(context, emergency=True), node.policy)
        if decision.granted:
            return decision
    leaf = Leaf(
        at=node.now(),
        actor=actor_of(node, person),
        action=action,
        object=object_.id or node.id,
        rule=decision.rule.id,
        outcome=decision.unmet[0] if decision.unmet else "refused",
    )
    await node.store.write(lambda tx: tx.audit.add(leaf))
    raise refusal(decision)


_OF_ONE_STUDENT: Final = frozenset({Kind.STUDENT, Kind.SECTION, Kind.ENTRY})


async def _broke_the_glass(node: Node, person: Person, object_: Object) -> bool:
    now = node.now()
    opened = await node.store.read(lambda tx: tx.emergencies.of(person.id, now - LIFE))
    return any(one.is_open(now) and node.pseudonym("learner", one.student) == object_.id for one in opened)


def refusal(decision: Decision) -> Forbidden:
    """Return the error that says why not, in the words of the rule."""
    why = decision.rule.text.why
    if not decision.unmet:
        return Forbidden(f"{why} (rule {decision.rule.id})")
    first = decision.unmet[0]
    adding = (rule for rule in (decision.rule, *decision.added_by) if first in rule.text.obligations)
    rule = next(adding, decision.rule)
    return Unmet(first, f"{rule.text.why} (rule {rule.id})")


def actor_of(node: Node, person: Person) -> str:
    """Return the person as messages and the log have it: a pseudonym."""
    return node.pseudonym("actor", person.id)


def of_transfer(transfer: Transfer, **more: Any) -> Object:
    """Return a transfer as rules see it; `more` is what the row does not hold, such as schools and flags."""
    return Object(
        kind=Kind.TRANSFER,
        id=transfer.id,
        side=transfer.role,
        state=transfer.state,
        reason=transfer.reason,
        **more,
    )

"""May this person do this? Asked by every use-case that a person starts."""

from typing import Any

from gateway.domain.audit import Leaf
from gateway.domain.errors import Forbidden, Unmet
from gateway.domain.policy import Action, Context, Decision, Kind, Object, Person, decide
from gateway.domain.transfer import Transfer
from gateway.usecases.ports import Node


async def permit(
    node: Node, person: Person, action: Action, object_: Object, context: Context | None = None
) -> Decision:
    """Return the decision that lets the person do this now; what it obliges to is the caller's to do.

    Raises:
        Unmet: the person may, once an obligation is met: a reason, a fresh sign-in, a second person.
        Forbidden: no rule lets the person do this; names the rule. The refusal is in the audit log.
    """
    decision = decide(person, action, object_, context or Context(now=node.now()), node.policy)
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

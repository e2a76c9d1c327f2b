"""A transfer as people and scripts see it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gateway.cli.next_steps import is_stuck, next_step
from gateway.cli.output import columns, moment
from gateway.domain.messages import Message
from gateway.domain.transfer import Transfer

if TYPE_CHECKING:
    from gateway.domain.audit import Leaf

_HEAD = ("ID", "ROLE", "STATE", "STUDENT", "OTHER DISTRICT", "CHANGED", "NEXT")


def summary(transfer: Transfer) -> dict[str, Any]:
    """Return the transfer in a line's worth of facts."""
    step = next_step(transfer)
    return {
        "id": transfer.id,
        "role": transfer.role,
        "state": transfer.state,
        "student": f"{transfer.subject.given_name} {transfer.subject.family_name}",
        "peer": transfer.peer,
        "reason": transfer.reason,
        "stuck": is_stuck(transfer),
        "created_at": transfer.created_at,
        "changed_at": transfer.changed_at,
        "expires_at": transfer.expires_at,
        "next": {"who": step.who, "what": step.what, "command": _command(transfer, step.command)},
    }


def table(transfers: Sequence[Transfer]) -> Iterator[str]:
    """Yield the lines of a list."""
    if not transfers:
        return
    yield from columns(_HEAD, map(_cells, transfers))


def details(transfer: Transfer, leaves: "Sequence[Leaf]", messages: Sequence[Message]) -> dict[str, Any]:
    """Return all that is known of the transfer."""
    from dataclasses import asdict

    return {
        **summary(transfer),
        "remote_id": transfer.remote_id,
        "subject": {name: value for name, value in asdict(transfer.subject).items() if value},
        "local_student": transfer.student,
        "sections": list(transfer.sections),
        "legal_basis": transfer.legal_basis,
        "enrolled_on": transfer.enrolled_on,
        "needs": list(transfer.needs),
        "version": transfer.version,
        "tries": transfer.tries,
        "next_try_at": transfer.next_try_at,
        "timeline": [_event(leaf) for leaf in leaves],
        "messages": [_message(message) for message in messages],
    }


def story(told: dict[str, Any]) -> Iterator[str]:
    """Yield `details` in plain words."""
    yield f"{told['id']}: {told['state']} ({told['role']})"
    yield f"Student: {told['student']}, born {told['subject']['birth_date']}" + _known_as(told)
    yield f"Other district: {told['peer']}" + (
        f", which calls it {told['remote_id']}" if told["remote_id"] else ""
    )
    yield f"Asked for: {', '.join(told['sections'])}; basis {told['legal_basis']}"
    yield f"Ends if nobody finishes it: {moment(told['expires_at'])}"
    if told["reason"]:
        yield f"Reason: {told['reason']}"
    if told["needs"]:
        yield f"The other district asks for: {', '.join(told['needs'])}"
    yield ""
    yield f"Next: {told['next']['who']}: {told['next']['what']}"
    if told["next"]["command"]:
        yield f"      {told['next']['command']}"
    yield ""
    yield "What happened:"
    for event in told["timeline"]:
        yield f"  {moment(event['at'])}  {event['action']}  {_by(event)}"
    yield "Messages:"
    for message in told["messages"]:
        yield f"  {moment(message['at'])}  {message['direction']}  {message['type']}  {message['outcome']}"


def _cells(transfer: Transfer) -> tuple[str, ...]:
    told = summary(transfer)
    state = f"{told['state']} (stuck)" if told["stuck"] else str(told["state"])
    return (
        *(told["id"], str(told["role"]), state, told["student"], told["peer"]),
        *(moment(told["changed_at"]), told["next"]["who"]),
    )


def _command(transfer: Transfer, verb: str) -> str:
    return f"backpack transfer {verb} {transfer.id}" + _REST.get(verb, "") if verb else ""


_REST = {"choose": " --student -", "inform": " --subject -"}


def _known_as(told: dict[str, Any]) -> str:
    return f", here {told['local_student']}" if told["local_student"] else ""


def _event(leaf: "Leaf") -> dict[str, Any]:
    return {
        "at": leaf.at,
        "action": leaf.action,
        "actor": leaf.actor,
        "rule": leaf.rule,
        "outcome": leaf.outcome,
    }


def _by(event: dict[str, Any]) -> str:
    rule = f" ({event['rule']})" if event["rule"] else ""
    return f"by {event['actor']}{rule}"


def _message(message: Message) -> dict[str, Any]:
    return {
        "at": message.at,
        "direction": message.direction,
        "type": message.type,
        "outcome": message.outcome,
        "tries": message.tries,
        "next_try_at": message.next_try_at,
        "digest": message.digest,
    }

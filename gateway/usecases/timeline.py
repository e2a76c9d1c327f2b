"""All that happened to a transfer: who, when, and by which signed message it is proven."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.audit import Leaf
from gateway.domain.casework import Case, Comment
from gateway.domain.confidentiality import ELSEWHERE
from gateway.domain.ids import TransferId
from gateway.domain.log_positions import KeptPosition
from gateway.domain.messages import Message
from gateway.domain.policy import Action, Obligation, Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.transfer import Role, Transfer
from gateway.usecases.casework import OtherDistrict, object_of, other_districts
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_transfer

ONLY_SAFETY = frozenset({"release.held", "release.resumed"})
"""Steps that could tell of a silent hold; shown to safety officers alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step."""

    at: datetime
    action: str
    who: str | None
    """The name of a member of staff here; None for the node itself, another node, or the command line."""
    by_node: bool
    by_peer: bool
    rule: str
    outcome: str
    receipts: Sequence[str]
    """Digests of the signed messages that prove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A transfer, step by step."""

    transfer: Transfer
    case: Case
    other: OtherDistrict
    steps: Sequence[Step]
    messages: Sequence[Message]
    comments: Sequence[Comment]
    positions: Sequence[KeptPosition]
    """What the other district proved of its log, with each receipt or in answer to one."""


async def read_timeline(node: Node, person: Person, id_: TransferId) -> Timeline:
    """Return the steps of a transfer, oldest first, with both sides' evidence.

    Where a student with a confidential address goes is not named to those whom the rules keep it from.

    Raises:
        Unknown: there is no such transfer.
        Forbidden: it is not for this person.
    """
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    known = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    decision = await permit(
        node, person, Action.CASE_READ, replace(object_of(transfer, case), flags=known.flags)
    )
    steps, messages, comments = await node.store.read(lambda tx: _read(tx, id_, person))
    positions = await node.store.read(lambda tx: tx.log_positions.of(id_))
    other = (await other_districts(node, [transfer.peer]))[transfer.peer]
    if transfer.role is Role.HOLDER and Obligation.MASK_DESTINATION in decision.obligations:
        other, positions = replace(other, name=ELSEWHERE), ()
    return Timeline(
        transfer=transfer,
        case=case,
        other=other,
        steps=steps,
        messages=messages,
        comments=comments,
        positions=positions,
    )


def _read(
    tx: Tx, id_: TransferId, person: Person
) -> tuple[Sequence[Step], Sequence[Message], Sequence[Comment]]:
    all_leaves = [leaf for _, leaf in tx.audit.list(object_=id_)]
    sees_all = StaffRole.SAFETY_OFFICER in person.roles
    leaves = [leaf for leaf in all_leaves if sees_all or leaf.action not in ONLY_SAFETY]
    names = tx.staff.names({leaf.actor for leaf in leaves})
    steps = [_step(leaf, names.get(leaf.actor)) for leaf in leaves]
    return steps, tx.messages.of(id_), tx.cases.comments(id_)


def _step(leaf: Leaf, who: str | None) -> Step:
    return Step(
        at=leaf.at,
        action=leaf.action,
        who=who,
        by_node=leaf.actor == "node",
        by_peer=leaf.peer is not None and leaf.actor == leaf.peer,
        rule=leaf.rule,
        outcome=leaf.outcome,
        receipts=leaf.digests,
    )

"""Acts for which two people must agree: the first asks, the second does the same, and it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.errors import Forbidden
from gateway.domain.policy import Action, Person, PersonId
from gateway.domain.proposals import PROPOSAL_LIFE, Proposal, ProposalState, payload_digest
from gateway.usecases.ports import Node, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person wants done together with another."""

    action: Action
    object: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def agreed(tx: Tx, node: Node, person: Person, act: Act) -> frozenset[PersonId]:
    """Return who else agreed to exactly this act, and use that up; empty: the wish is stored and waits.

    The second of two different people who ask for the same does it, whether or not the proposal was
    confirmed before.

    Raises:
        Forbidden: the first person does not say why.
    """
    now, wanted = node.now(), payload_digest(act.payload)
    for proposal in tx.proposals.of(act.object):
        standing = proposal.at(now)
        if (standing.action, standing.payload_digest) != (act.action, wanted):
            continue
        if standing.state is ProposalState.OPEN and standing.proposed_by != person.id:
            standing = standing.confirmed(person.id, person.name, at=now)
        if standing.state is ProposalState.CONFIRMED:
            tx.proposals.save(standing.used(at=now))
            both = frozenset({PersonId(standing.proposed_by), PersonId(standing.decided_by or "")})
            return both - {person.id}
        if standing.state is ProposalState.OPEN:
            return frozenset()
    tx.proposals.add(_proposal(node, person, act))
    return frozenset()


def _proposal(node: Node, person: Person, act: Act) -> Proposal:
    if not act.why.strip():
        raise Forbidden("say why: the second person must know")
    now = node.now()
    return Proposal(
        id=node.new_id(),
        action=act.action,
        object=act.object,
        payload=act.payload,
        payload_digest=payload_digest(act.payload),
        reason=act.why.strip(),
        proposed_by=person.id,
        proposed_by_name=person.name,
        proposed_at=now,
        expires_at=now + PROPOSAL_LIFE,
    )

"""Ask a former district for a student's backpack."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from gateway.domain.casework import ORDINARY, Case, Lane, new_case
from gateway.domain.clocks import REQUEST_LIFE, TRANSFER_LIFE
from gateway.domain.errors import Refused
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.messages import MessageType
from gateway.domain.packs import due_on, urgency_in
from gateway.domain.policy import (
    LEGAL_BASES,
    PURPOSE_TRANSFER,
    PURPOSES,
    RAR_TYPE,
    Action,
    Kind,
    Object,
    Person,
)
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.usecases.evidence import leaf, outgoing
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a registrar asks for."""

    holder: EntityId
    subject: Subject
    sections: Sequence[str]
    person: Person
    """Who asks; leaves the node only as a pseudonym."""
    enrolled_on: date | None = None
    purpose: str = PURPOSE_TRANSFER
    legal_basis: str = "34CFR99.31(a)(2)"
    lanes: tuple[Lane, ...] = ()
    """Why it must not wait; the holder is told."""
    school: str | None = None
    """The school here where the student enrols; a local id."""


async def request_backpack(node: Node, wish: Wish) -> Transfer:
    """Store the wish; the loop signs and sends it.

    Raises:
        Forbidden: the person may not ask for records.
        Refused: the wish names no section, an unknown purpose, no legal basis, or this node itself.
    """
    _check(node, wish)
    await permit(node, wish.person, Action.REQUEST_MAKE, Object(kind=Kind.NODE, side=Role.REQUESTER))
    now = node.now()
    transfer = Transfer(
        id=TransferId(f"R-{node.new_id()}"),
        role=Role.REQUESTER,
        peer=wish.holder,
        state=State.DRAFTED,
        subject=wish.subject,
        sections=tuple(wish.sections),
        purpose=wish.purpose,
        legal_basis=wish.legal_basis,
        actor=actor_of(node, wish.person),
        enrolled_on=wish.enrolled_on,
        response_key=node.seals.response_key(),
        created_at=now,
        changed_at=now,
        expires_at=now + TRANSFER_LIFE,
        next_try_at=now,
    )
    lanes = tuple(wish.lanes)
    case = new_case(
        transfer.id,
        Role.REQUESTER,
        at=now,
        due_on=due_on(node.pack, node.calendar.day_of(now), lanes, node.calendar),
        urgency=urgency_in(node.pack, lanes),
        lanes=lanes,
        school=wish.school,
    )

    def store(tx: Tx) -> None:
        tx.transfers.add(transfer)
        tx.cases.open(case)
        tx.audit.add(leaf(transfer, now, actor=transfer.actor, rule=wish.legal_basis))

    await node.store.write(store)
    node.wake()
    return transfer


async def sign_request(node: Node, transfer: Transfer) -> Transfer:
    """Sign the request and put it into the outbox; a step of the loop.

    A request that the holder finds too old is signed anew, with a new id: nothing was started by the old one.
    """
    chain = await node.directory.own_chain()
    case = await node.store.read(lambda tx: tx.cases.get(transfer.id))
    message = outgoing(node, transfer, MessageType.REQUEST, _claims(node, transfer, case), chain=chain)
    after = transfer.stay(
        at=node.now(),
        request_jti=message.jti,
        request_digest=message.digest,
        next_try_at=transfer.expires_at,
    )

    def store(tx: Tx) -> None:
        tx.messages.drop_pending(transfer.id, MessageType.REQUEST)
        tx.messages.add(message)
        tx.transfers.move(transfer, after)

    await node.store.write(store)
    node.wake()
    return after


def _claims(node: Node, transfer: Transfer, case: Case) -> dict[str, object]:
    now = node.now()
    match = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(transfer.subject).items()
        if value is not None
    }
    return {
        "exp": int((now + REQUEST_LIFE).timestamp()),
        "authorization_details": [
            {
                "type": RAR_TYPE,
                "actions": ["fetch"],
                "datatypes": list(transfer.sections),
                "purpose": transfer.purpose,
                "legal_basis": transfer.legal_basis,
                "subject": {"match": match},
                "not_after": transfer.expires_at.date().isoformat(),
            }
        ],
        "actor": {"id": transfer.actor, "role": "registrar"},
        "basis": {"enrollment_date": transfer.enrolled_on.isoformat() if transfer.enrolled_on else None},
        "response_encryption": node.seals.response_encryption(transfer.response_key or ""),
        "formats": ["application/vnd.backpack+json;v=1"],
        "priority": "urgent" if case.urgency < ORDINARY else "normal",
        "lanes": list(case.lanes),
    }


def _check(node: Node, wish: Wish) -> None:
    if wish.holder == node.id:
        raise Refused("the record is here: a node does not request from itself")
    if not wish.sections:
        raise Refused("name at least one section to ask for")
    if wish.purpose not in PURPOSES:
        raise Refused("this purpose is not one that records are exchanged for")
    if wish.legal_basis not in LEGAL_BASES:
        raise Refused("no release without a legal basis: name one of " + ", ".join(sorted(LEGAL_BASES)))

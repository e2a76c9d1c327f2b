"""The new school confirms to the former one that the student is enrolled: the proof that a leaver arrived."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from gateway.domain.casework import Case
from gateway.domain.confidentiality import ELSEWHERE
from gateway.domain.errors import Conflict, Malformed, Refused, Unknown
from gateway.domain.exchange import EnrollmentClaims
from gateway.domain.ids import TransferId, digest
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.policy import Action, Obligation, Person
from gateway.domain.transfer import Role, State, Transfer
from gateway.domain.trust import Peer
from gateway.usecases.casework import object_of, other_districts
from gateway.usecases.evidence import incoming, leaf, outgoing, read, status_of
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Status, Tx
from gateway.usecases.safety import about_transfer

CONFIRMED: Final = "enrollment.confirmed"
"""What the log calls it at both ends."""
_EARLIEST: Final = timedelta(days=366)
_NEVER: Final = frozenset({State.DRAFTED, State.DENIED, State.WITHDRAWN, State.REVOKED, State.RECALLED})


async def confirm_enrollment(node: Node, person: Person, id_: TransferId, enrolled_on: date) -> Case:
    """Tell the former district since when the student is enrolled here. The last word counts.

    Raises:
        Unknown: there is no such transfer. Forbidden: the person may not.
        Malformed: the day lies in the future, or more than a year back.
        Conflict: the former district has not taken the request, or the transfer has ended without it.
    """
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    if transfer.role is not Role.REQUESTER:
        raise Refused("the student left here: the new school confirms the enrollment")
    await permit(node, person, Action.ENROLLMENT_CONFIRM, object_of(transfer, case))
    if transfer.remote_id is None or transfer.state in _NEVER:
        raise Conflict("there is no request with the former district that this could confirm")
    now, today = node.now(), node.calendar.day_of(node.now())
    if not today - _EARLIEST <= enrolled_on <= today:
        raise Malformed("the day of the enrollment is today or lies in the last year")
    claims = {
        "transfer": transfer.remote_id,
        "request_digest": transfer.request_digest,
        "enrolled_on": enrolled_on.isoformat(),
    }
    chain = await node.directory.own_chain()
    message = outgoing(node, transfer, MessageType.ENROLLMENT, claims, chain=chain)

    def store(tx: Tx) -> Case:
        after = replace(tx.cases.get(id_), confirmed_on=enrolled_on, confirmed_at=now)
        tx.cases.save(after)
        tx.messages.drop_pending(id_, MessageType.ENROLLMENT)
        tx.messages.add(message)
        by = actor_of(node, person)
        tx.audit.add(leaf(transfer, now, actor=by, action=CONFIRMED, digests=(message.digest,)))
        return after

    stored = await node.store.write(store)
    node.wake()
    return stored


async def receive_confirmation(node: Node, peer: Peer, id_: TransferId, jws: str) -> Status:
    """Keep the new school's word with the case. It changes no state, whether or not a student was found.

    Raises:
        Unknown: no such transfer of this peer.
        Conflict: it names another request.
    """
    claims = read(node, MessageType.ENROLLMENT, jws, peer.listing, EnrollmentClaims)
    now, seal = node.now(), digest(jws.encode())

    def store(tx: Tx) -> Transfer:
        transfer = tx.transfers.get_of(id_, peer.id)
        if seal in {message.digest for message in tx.messages.of(id_)}:
            return transfer
        if claims.transfer != id_ or claims.request_digest != transfer.request_digest:
            raise Conflict("the confirmation names another request")
        tx.messages.add(incoming(MessageType.ENROLLMENT, jws, transfer, claims.jti, now))
        tx.cases.save(replace(tx.cases.get(id_), confirmed_on=claims.enrolled_on, confirmed_at=now))
        tx.audit.add(leaf(transfer, now, actor=peer.id, action=CONFIRMED, digests=(seal,)))
        return transfer

    return status_of(await node.store.write(store))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaverProof:
    """That a student who left is enrolled elsewhere."""

    transfer: Transfer
    case: Case
    enrolled_on: date
    message: Message
    """The signed confirmation."""
    other: str
    """The new district; masked where the student is protected."""
    masked: bool
    """Whether this person may not know where the student went: then the signed message stays closed too."""


async def read_proof(node: Node, person: Person, id_: TransferId) -> LeaverProof:
    """Return the proof for a student who left this district. Who looked is in the log.

    Raises:
        Unknown: there is no such transfer, or no confirmation came yet.
        Forbidden: it is not for this person.
    """
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    decision = await permit(node, person, Action.CASE_READ, object_)
    if transfer.role is not Role.HOLDER or transfer.student is None or case.confirmed_on is None:
        raise Unknown("no confirmation of the enrollment came yet")
    masked = Obligation.MASK_DESTINATION in decision.obligations
    other = (await other_districts(node, [transfer.peer]))[transfer.peer]
    seen = leaf(transfer, node.now(), actor=actor_of(node, person), action="enrollment.read")

    def look(tx: Tx) -> Message:
        tx.audit.add(seen)
        return [one for one in tx.messages.of(id_) if _is_confirmation(one)][-1]

    message = await node.store.write(look)
    return LeaverProof(
        transfer=transfer,
        case=case,
        enrolled_on=case.confirmed_on,
        message=message,
        other=ELSEWHERE if masked else other.name,
        masked=masked,
    )


def _is_confirmation(message: Message) -> bool:
    return message.type is MessageType.ENROLLMENT and message.direction is Direction.IN

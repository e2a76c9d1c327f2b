"""Sealed parts at the receiver: seen by all who work on the transfer, opened by one role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from gateway.domain.errors import Conflict, Refused
from gateway.domain.ids import TransferId
from gateway.domain.policy import Action, Kind, Object, Person
from gateway.domain.sealed import BY_PERSON, PartFault, PartState, SealedPart, known_role
from gateway.domain.transfer import Role, Transfer
from gateway.usecases.anchoring import position_of
from gateway.usecases.arriving_parts import label_of
from gateway.usecases.casework import object_of
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import leaf, part_receipt
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.received import document_of


class Which(NamedTuple):
    """Names a sealed part here."""

    transfer: TransferId
    version: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedParts:
    """The sealed parts that came with a transfer, without what is in them."""

    transfer: Transfer
    parts: Sequence[SealedPart]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A part that nobody has confirmed yet."""

    part: SealedPart
    transfer: Transfer
    school: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPart:
    """A sealed part, open."""

    transfer: Transfer
    part: SealedPart
    segments: Sequence[Mapping[str, Any]]
    """By district: `issuer`, `asOf`, `sections`, and what does not fit the schema under `quarantined`."""


async def list_received(node: Node, person: Person, id_: TransferId) -> ReceivedParts:
    """Return which sealed parts came, for whom, and whether they were confirmed.

    Raises:
        Unknown: there is no such transfer. Forbidden: it is not for this person.
        Refused: this node holds that record.
    """
    transfer, object_ = await _of_requester(node, id_)
    parts = await node.store.read(lambda tx: tx.sealed_parts.of(id_))
    own = next((known_role(one.role) for one in parts if one.role in person.roles), None)
    about = object_ if object_.schools else replace(object_, sealed_for=own)
    await permit(node, person, Action.SEALED_LIST, about)
    return ReceivedParts(transfer=transfer, parts=parts)


async def waiting_parts(node: Node, person: Person, limit: int = 200) -> Sequence[Waiting]:
    """Return the parts that wait for somebody of this person's roles and schools, the first due first.

    Raises:
        Forbidden: the queue is not for this person.
    """
    whole = frozenset({node.id})
    await permit(node, person, Action.QUEUE_READ, Object(kind=Kind.NODE, schools=person.schools or whole))

    def look(tx: Tx) -> Sequence[Waiting]:
        own = [one for one in tx.sealed_parts.standing({PartState.ARRIVED}) if one.role in person.roles]
        found = [
            Waiting(
                part=one, transfer=tx.transfers.get(one.transfer), school=tx.cases.get(one.transfer).school
            )
            for one in own
        ]
        return [one for one in found if not person.schools or one.school in {None, *person.schools}]

    return (await node.store.read(look))[:limit]


async def read_part(node: Node, person: Person, which: Which) -> ReadPart:
    """Open a sealed part, proven anew. Who read it is on record.

    Raises:
        Unknown: there is no such part, or what was in it is gone.
        Forbidden: the person has not the role that it is for.
    """
    transfer, part = await _permitted(node, person, which, Action.SEALED_READ)
    content = await node.store.read(lambda tx: tx.sealed_parts.content(part))
    jws = node.vault.unlock(content, label=label_of(part))
    document = document_of(await node.seals.open_part(jws, transfer.peer))
    now, by = node.now(), actor_of(node, person)

    def note(tx: Tx) -> SealedPart:
        opened = tx.sealed_parts.get(*which).opened(at=now)
        tx.sealed_parts.put(opened)
        tx.audit.add(leaf(transfer, now, actor=by, action=Action.SEALED_READ, rule=f"part {which.n}"))
        tx.accesses.add(
            reading(
                *(node, person, Action.SEALED_READ, part.sections),
                student=transfer.student,
                transfer=which.transfer,
            )
        )
        return opened

    opened = await node.store.write(note)
    return ReadPart(transfer=transfer, part=opened, segments=document["segments"])


async def answer_part(
    node: Node, which: Which, *, person: Person, fault: PartFault | None = None
) -> SealedPart:
    """Send the holder the signed receipt of a sealed part: accepted, or refused for that fault.

    The same answer again changes nothing.

    Raises:
        Unknown: there is no such part. Forbidden: the person has not the role that it is for.
        Conflict: nobody opened it yet, or it was answered otherwise.
        Refused: the fault is not one that a person finds.
    """
    if fault is not None and fault not in BY_PERSON:
        raise Refused("a person refuses a part as wrong_student or unreadable")
    transfer, part = await _permitted(node, person, which, Action.SEALED_CONFIRM)
    if part.opened_at is None and part.state is PartState.ARRIVED:
        raise Conflict("open it before you answer for it")
    now = node.now()
    log = await node.store.read(lambda tx: position_of(node, tx, which.transfer, part.digest))
    receipt = part_receipt(node, transfer, part, fault=fault, log=log)

    def store(tx: Tx) -> SealedPart:
        before = tx.sealed_parts.get(*which)
        after = before.answered(receipt.digest, at=now, fault=fault)
        if before.settled:
            return before
        tx.sealed_parts.put(after)
        tx.messages.add(receipt)
        tx.audit.add(
            leaf(
                *(transfer, now),
                actor=actor_of(node, person),
                action=f"sealed.{after.state}",
                rule=f"part {which.n}",
                outcome=fault or "done",
                digests=(receipt.digest,),
            )
        )
        return after

    answered = await node.store.write(store)
    node.wake()
    return answered


async def _permitted(node: Node, person: Person, which: Which, action: Action) -> tuple[Transfer, SealedPart]:
    transfer, object_ = await _of_requester(node, which.transfer)
    part = await node.store.read(lambda tx: tx.sealed_parts.get(*which))
    about = replace(object_, kind=Kind.SECTION, section=part.sections[0], sealed_for=known_role(part.role))
    await permit(node, person, action, about)
    return transfer, part


async def _of_requester(node: Node, id_: TransferId) -> tuple[Transfer, Object]:
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    if transfer.role is not Role.REQUESTER:
        raise Refused("this node holds that record; what it sealed is on the page of its release")
    return transfer, object_of(transfer, case)

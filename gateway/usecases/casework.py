"""What people do with a transfer beside deciding it: see the queue, take a request, hand it over, comment."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.domain.casework import Case, Comment, comment_text
from gateway.domain.errors import PeerUnavailable, Untrusted
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.outside import outside_name
from gateway.domain.policy import Action, Context, Kind, Object, Obligation, Person, decide
from gateway.domain.policy.people import PersonId, StaffRole
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, of_transfer, permit
from gateway.usecases.ports import Node, Queued, QueueFilter, Tx
from gateway.usecases.safety import about_transfer

_NAMED_WITHIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDistrict:
    """The node at the other end."""

    id: EntityId
    name: str
    """As its agency states it; its address where the agency cannot be asked."""
    verified: bool
    """Whether a valid trust chain says so now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some lines of the queue."""

    lines: Sequence[Queued]
    after: TransferId | None
    """Where the next page goes on; None on the last."""
    masked: frozenset[TransferId] = frozenset()
    """Lines whose other district is not named to this person, since the address is confidential."""


async def read_queue(
    node: Node, person: Person, which: QueueFilter, *, after: TransferId | None = None, limit: int = 50
) -> Page:
    """Return what waits, the most urgent first. Who works at some schools sees those of these schools.

    Raises:
        Forbidden: the queue is not for this person.
        Unknown: there is no such transfer to go on after.
    """
    own = person.schools
    whole = frozenset({node.id})
    await permit(node, person, Action.QUEUE_READ, Object(kind=Kind.NODE, schools=own or whole))
    if own:
        which = replace(which, schools=own if which.schools is None else own & which.schools)

    def look(tx: Tx) -> tuple[Sequence[Queued], frozenset[TransferId]]:
        found = tx.cases.queue(which, after=after, limit=limit + 1)
        return found, _masked(node, tx, person, [one.transfer for one in found])

    found, masked = await node.store.read(look)
    lines = found[:limit]
    after = lines[-1].transfer.id if len(found) > limit else None
    return Page(lines=lines, after=after, masked=masked)


def _masked(node: Node, tx: Tx, person: Person, found: Sequence[Transfer]) -> frozenset[TransferId]:
    """Return the transfers whose destination the rules keep from this person."""
    flagged = {flag.student for flag in tx.flags.standing()}
    left = [one for one in found if one.role is Role.HOLDER and one.student in flagged]
    context = Context(now=node.now())
    decided = {
        one.id: decide(person, Action.QUEUE_READ, about_transfer(tx, node, one), context, node.policy)
        for one in left
    }
    return frozenset(id_ for id_, one in decided.items() if Obligation.MASK_DESTINATION in one.obligations)


async def other_districts(node: Node, ids: Sequence[EntityId]) -> dict[EntityId, OtherDistrict]:
    """Return who the nodes are. One that cannot be proven in a moment is named by its address."""
    unique = sorted(set(ids))
    found = await asyncio.gather(*(_other(node, id_) for id_ in unique))
    return dict(zip(unique, found, strict=True))


async def _other(node: Node, id_: EntityId) -> OtherDistrict:
    if (school := outside_name(id_)) is not None:
        return OtherDistrict(id=id_, name=school, verified=False)
    try:
        async with asyncio.timeout(_NAMED_WITHIN_SECONDS):
            listing = await node.directory.listing(id_)
    except (Untrusted, PeerUnavailable, TimeoutError):
        return OtherDistrict(id=id_, name=id_.partition("://")[2], verified=False)
    return OtherDistrict(id=id_, name=listing.organization_name, verified=True)


async def take(node: Node, person: Person, id_: TransferId) -> Case:
    """Make the transfer the person's own to work on.

    Raises:
        Forbidden: the person may not. Conflict: somebody else has it. Unknown: there is none.
    """
    return await _change(
        node,
        person,
        id_,
        Action.CASE_TAKE,
        lambda _, case: case.taken_by(person.id, person.name, at=node.now()),
    )


async def give_back(node: Node, person: Person, id_: TransferId) -> Case:
    """Leave the transfer to whoever takes it next; errors as `hand_over`."""
    return await _change(node, person, id_, Action.CASE_HAND_OVER, lambda _, case: case.released())


async def hand_over(node: Node, person: Person, id_: TransferId, to: PersonId) -> Case:
    """Give the transfer to a colleague.

    Raises:
        Forbidden: the person may not. Unknown: there is no such transfer or colleague.
    """

    def give(tx: Tx, case: Case) -> Case:
        colleague = tx.staff.get(to)
        return case.handed_to(colleague.id, colleague.name, at=node.now())

    return await _change(node, person, id_, Action.CASE_HAND_OVER, give)


async def comment(node: Node, person: Person, id_: TransferId, text: str) -> None:
    """Add a note for colleagues.

    Raises:
        Malformed: it is empty or too long. Forbidden: the person may not. Unknown: there is no transfer.
    """
    said = comment_text(text)
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    await permit(node, person, Action.CASE_COMMENT, object_of(transfer, case))
    note = Comment(at=node.now(), by=person.id, by_name=person.name, text=said)
    await node.store.write(lambda tx: tx.cases.comment(id_, note))


def object_of(transfer: Transfer, case: Case) -> Object:
    """Return a transfer with its case as rules see it."""
    return of_transfer(
        transfer,
        schools=frozenset({case.school} if case.school else ()),
        owner=PersonId(case.owner) if case.owner else None,
    )


def void_snapshot(tx: Tx, transfer: Transfer) -> None:
    """Forget that a snapshot was to go ahead, if it has not: the request was stopped or decided otherwise."""
    case = tx.cases.get(transfer.id)
    if case.snapshot_waits:
        tx.cases.save(replace(case, snapshot_by=None, snapshot_due_at=None))


def shown_state(transfer: Transfer, person: Person) -> State:
    """Return the state as this person may see it: a hold for safety is review to all but safety officers."""
    silent = transfer.state is State.HELD and transfer.reason is Reason.SAFETY
    if silent and StaffRole.SAFETY_OFFICER not in person.roles:
        return State.REVIEW
    return transfer.state


async def _change(
    node: Node, person: Person, id_: TransferId, action: Action, change: Callable[[Tx, Case], Case]
) -> Case:
    transfer, case = await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_)))
    await permit(node, person, action, object_of(transfer, case))

    def store(tx: Tx) -> Case:
        after = change(tx, tx.cases.get(id_))
        tx.cases.save(after)
        tx.audit.add(leaf(transfer, node.now(), actor=actor_of(node, person), action=action))
        return after

    return await node.store.write(store)

"""What an agency does: admit, suspend, and say who may hold a record. It never holds one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.domain.audit import Leaf
from gateway.domain.errors import Conflict, Forbidden, Gone, OverBudget, Unknown
from gateway.domain.exchange import LocateClaims
from gateway.domain.ids import EntityId, digest
from gateway.domain.messages import Direction, EventType, Message, MessageType
from gateway.domain.policy import Action, Kind, Object, Person
from gateway.domain.trust import Peer
from gateway.usecases.evidence import read
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Member, Node, Tx

LOCATE_MEMORY: Final = timedelta(days=1)
TOKEN_BYTES: Final = 32
MAX_TOKENS: Final = 1_000_000
"""More than any district has students. An upload is at most so many tokens long."""
_TOKENS_AT_ONCE: Final = 5_000
"""Of an upload, in one transaction: others write in between."""
_SKEW: Final = timedelta(seconds=30)
ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"


async def admit(node: Node, member: Member, *, person: Person) -> None:
    """Vouch for a node from now on. Admitting it again replaces its keys and identifiers.

    Raises:
        Forbidden: the person does not run the agency's node.
        Conflict: one of its district identifiers belongs to another member.
    """
    await permit(node, person, Action.MEMBER_ADMIT, Object(kind=Kind.NODE, id=member.id))

    def store(tx: Tx) -> None:
        for other in tx.members.list():
            if other.id != member.id and _share(other, member):
                raise Conflict("another member has one of these district identifiers")
        tx.members.put(member)
        tx.audit.add(_leaf(node, member.id, "node.admitted", person))

    await node.store.write(store)


async def suspend(node: Node, id_: EntityId, *, person: Person) -> Member:
    """Stop vouching for a node at once, and tell the others.

    Raises:
        Forbidden: the person does not run the agency's node.
        Unknown: it was never admitted.
    """
    await permit(node, person, Action.MEMBER_SUSPEND, Object(kind=Kind.NODE, id=id_))
    now = node.now()

    def store(tx: Tx) -> Member:
        member = replace(tx.members.get(id_), status=SUSPENDED, changed_at=now)
        tx.members.put(member)
        tx.audit.add(_leaf(node, id_, "node.suspended", person))
        for other in tx.members.list():
            if other.id != id_ and other.status == ACTIVE:
                tx.messages.add(_notice(node, other.id, id_))
        return member

    member = await node.store.write(store)
    node.wake()
    return member


async def reinstate(node: Node, id_: EntityId, *, person: Person) -> Member:
    """Vouch for a suspended node again.

    Raises:
        Forbidden: the person does not run the agency's node.
        Unknown: it was never admitted.
    """
    await permit(node, person, Action.MEMBER_SUSPEND, Object(kind=Kind.NODE, id=id_))

    def store(tx: Tx) -> Member:
        member = replace(tx.members.get(id_), status=ACTIVE, changed_at=node.now())
        tx.members.put(member)
        tx.audit.add(_leaf(node, id_, "node.reinstated", person))
        return member

    return await node.store.write(store)


async def member(node: Node, id_: EntityId) -> Member:
    """Return an active member, or raise `Unknown`."""
    found = await node.store.read(lambda tx: tx.members.get(id_))
    if found.status != ACTIVE:
        raise Unknown("not a member")
    return found


async def members(node: Node) -> Sequence[Member]:
    """Return the active members."""
    known = await node.store.read(lambda tx: tx.members.list())
    return [member for member in known if member.status == ACTIVE]


async def answer_locate(node: Node, peer: Peer, jws: str) -> EntityId | None:
    """Return the one node that may hold the student's record, if exactly one does.

    The question holds keyed tokens, which tell this node nothing about the student.

    Raises:
        Conflict: the question was asked before.
        Gone: the question has expired.
        OverBudget: the node asked for more than its share today.
    """
    claims = read(node, MessageType.LOCATE, jws, peer.listing, LocateClaims)
    now = node.now()
    if datetime.fromtimestamp(claims.exp, UTC) < now - _SKEW:
        raise Gone("the question has expired; sign it anew")
    tokens = [bytes.fromhex(token) for token in claims.tokens]

    def look(tx: Tx) -> EntityId | None:
        _check_active(tx, peer)
        if not tx.seen.first("locate", peer.id, claims.jti, expires_at=now + LOCATE_MEMORY):
            raise Conflict("this question was asked before")
        _check_budget(tx, node, peer, now)
        holder = _only_holder(tx, tokens, peer)
        tx.audit.add(
            Leaf(
                at=now,
                actor=peer.id,
                action="record.located",
                object=_questions(peer, now),
                outcome="one" if holder else "none",
                peer=peer.id,
                digests=(digest(jws.encode()),),
            )
        )
        return holder

    return await node.store.write(look)


def _check_budget(tx: Tx, node: Node, peer: Peer, now: datetime) -> None:
    most = node.rules.requests_per_peer_per_day
    if len(tx.audit.list(object_=_questions(peer, now), limit=most)) >= most:
        raise OverBudget("too many questions from this node today")


def _questions(peer: Peer, now: datetime) -> str:
    """Return the handle of one node's questions on one day (UTC) in the audit log."""
    return f"{peer.id}#{now.date()}"


def _only_holder(tx: Tx, tokens: Sequence[bytes], peer: Peer) -> EntityId | None:
    found = [
        id_ for id_ in tx.locator.holders(tokens) if id_ != peer.id and tx.members.get(id_).status == ACTIVE
    ]
    return found[0] if len(found) == 1 else None


async def replace_tokens(node: Node, peer: Peer, tokens: Sequence[bytes]) -> None:
    """Store whose records a district holds, as keyed tokens, in place of what it said before.

    Only what changed is written, in many small transactions. If the node stops in between, or the
    district uploads twice at once, the next upload sets it right.

    Raises:
        Forbidden: more tokens than a district has students; or the district is suspended.
    """
    if len(tokens) > MAX_TOKENS:
        raise Forbidden("more tokens than a district may upload")

    def compare(tx: Tx) -> tuple[list[bytes], list[bytes]]:
        wanted, kept = frozenset(tokens), tx.locator.of(peer.id)
        return sorted(kept - wanted), sorted(wanted - kept)

    gone, new = await node.store.read(compare)
    await _in_parts(node, peer, gone, lambda tx, part: tx.locator.remove(peer.id, part))
    await _in_parts(node, peer, new, lambda tx, part: tx.locator.add(peer.id, part))
    await node.store.write(lambda tx: _note_upload(tx, node, peer))


async def _in_parts(
    node: Node, peer: Peer, tokens: Sequence[bytes], change: Callable[[Tx, Sequence[bytes]], None]
) -> None:
    for start in range(0, len(tokens), _TOKENS_AT_ONCE):
        part = tokens[start : start + _TOKENS_AT_ONCE]

        def store(tx: Tx, part: Sequence[bytes] = part) -> None:
            _check_active(tx, peer)
            change(tx, part)

        await node.store.write(store)


def _note_upload(tx: Tx, node: Node, peer: Peer) -> None:
    _check_active(tx, peer)
    tx.audit.add(Leaf(at=node.now(), actor=peer.id, action="locator.uploaded", object=peer.id))


def _check_active(tx: Tx, peer: Peer) -> None:
    if tx.members.get(peer.id).status != ACTIVE:
        raise Forbidden("this node is suspended")


def _share(one: Member, other: Member) -> bool:
    return any(other.lea_ids.get(system) == value for system, value in one.lea_ids.items())


def _leaf(node: Node, object_: str, action: str, person: Person) -> Leaf:
    return Leaf(at=node.now(), actor=actor_of(node, person), action=action, object=object_)


def _notice(node: Node, to: EntityId, suspended: EntityId) -> Message:
    now = node.now()
    jti = node.new_id()
    claims = {
        "iss": node.id,
        "aud": to,
        "iat": int(now.timestamp()),
        "jti": jti,
        "events": {EventType.ENTITY_SUSPENDED.value: {"entity": suspended}},
    }
    body = node.seals.sign(MessageType.EVENT, claims)
    return Message(
        jti=jti,
        type=MessageType.EVENT,
        direction=Direction.OUT,
        peer=to,
        transfer=None,
        body=body,
        digest=digest(body.encode()),
        at=now,
        next_try_at=now,
    )

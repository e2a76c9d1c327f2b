"""What an agency does: admit, suspend, and say who may hold a record. It never holds one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway.domain.audit import Leaf
from gateway.domain.errors import Conflict, Forbidden, Unknown
from gateway.domain.exchange import LocateClaims
from gateway.domain.ids import EntityId, digest
from gateway.domain.messages import Direction, EventType, Message, MessageType
from gateway.domain.trust import Peer
from gateway.usecases.evidence import read
from gateway.usecases.ports import Member, Node, Tx

LOCATE_MEMORY: Final = timedelta(days=1)
MAX_TOKENS: Final = 4_000_000
ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"


async def admit(node: Node, member: Member, *, actor: str) -> None:
    """Vouch for a node from now on. Admitting it again replaces its keys and identifiers.

    Raises:
        Conflict: one of its district identifiers belongs to another member.
    """

    def store(tx: Tx) -> None:
        for other in tx.members.list():
            if other.id != member.id and _share(other, member):
                raise Conflict("another member has one of these district identifiers")
        tx.members.put(member)
        tx.audit.add(_leaf(node, member.id, "node.admitted", actor))

    await node.store.write(store)


async def suspend(node: Node, id_: EntityId, *, actor: str) -> Member:
    """Stop vouching for a node at once, and tell the others.

    Raises:
        Unknown: it was never admitted.
    """
    now = node.now()

    def store(tx: Tx) -> Member:
        member = replace(tx.members.get(id_), status=SUSPENDED, changed_at=now)
        tx.members.put(member)
        tx.audit.add(_leaf(node, id_, "node.suspended", actor))
        for other in tx.members.list():
            if other.id != id_ and other.status == ACTIVE:
                tx.messages.add(_notice(node, other.id, id_))
        return member

    member = await node.store.write(store)
    node.wake()
    return member


async def reinstate(node: Node, id_: EntityId, *, actor: str) -> Member:
    """Vouch for a suspended node again.

    Raises:
        Unknown: it was never admitted.
    """

    def store(tx: Tx) -> Member:
        member = replace(tx.members.get(id_), status=ACTIVE, changed_at=node.now())
        tx.members.put(member)
        tx.audit.add(_leaf(node, id_, "node.reinstated", actor))
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
    """
    claims = read(node, MessageType.LOCATE, jws, peer.listing, LocateClaims)
    tokens = [bytes.fromhex(token) for token in claims.tokens]
    now = node.now()

    def look(tx: Tx) -> Sequence[EntityId]:
        _check_active(tx, peer)
        if not tx.seen.first("locate", peer.id, claims.jti, expires_at=now + LOCATE_MEMORY):
            raise Conflict("this question was asked before")
        found = tx.locator.holders(tokens)
        tx.audit.add(
            Leaf(
                at=now,
                actor=peer.id,
                action="record.located",
                object=claims.jti,
                outcome="one" if len(found) == 1 else "none",
                peer=peer.id,
                digests=(digest(jws.encode()),),
            )
        )
        return [id_ for id_ in found if tx.members.get(id_).status == ACTIVE and id_ != peer.id]

    found = await node.store.write(look)
    return found[0] if len(found) == 1 else None


async def replace_tokens(node: Node, peer: Peer, tokens: Sequence[bytes]) -> None:
    """Store whose records a district holds, as keyed tokens, in place of what it said before.

    Raises:
        Forbidden: more tokens than a district has students.
    """
    if len(tokens) > MAX_TOKENS:
        raise Forbidden("more tokens than a district may upload")

    def store(tx: Tx) -> None:
        _check_active(tx, peer)
        tx.locator.replace(peer.id, tokens)
        tx.audit.add(Leaf(at=node.now(), actor=peer.id, action="locator.uploaded", object=peer.id))

    await node.store.write(store)


def _check_active(tx: Tx, peer: Peer) -> None:
    if tx.members.get(peer.id).status != ACTIVE:
        raise Forbidden("this node is suspended")


def _share(one: Member, other: Member) -> bool:
    return any(other.lea_ids.get(system) == value for system, value in one.lea_ids.items())


def _leaf(node: Node, object_: str, action: str, actor: str) -> Leaf:
    return Leaf(at=node.now(), actor=node.pseudonym("actor", actor), action=action, object=object_)


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

"""Find out which district may hold a student's record, through the agency's locator."""

from datetime import date

from gateway.domain.audit import Leaf
from gateway.domain.clocks import REQUEST_LIFE
from gateway.domain.errors import Misconfigured, Refused
from gateway.domain.ids import EntityId, digest
from gateway.domain.matching import normalise_id
from gateway.domain.messages import MessageType
from gateway.domain.policy import PURPOSE_TRANSFER, Action, Kind, Object, Person
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node
from gateway.usecases.protection import protected_students


async def locate_student(node: Node, *, state_id: str, birth_date: date, person: Person) -> EntityId | None:
    """Return the node that may hold the record, or None: nobody, or not told. The question is audited.

    Raises:
        Forbidden: the person may not ask for records.
        Refused: the state id is empty.
        Misconfigured: this node has no network key.
        PeerUnavailable: the agency is away.
        OverBudget: this node asked for more than its share today.
    """
    token = node.locator_token
    if token is None:
        raise Misconfigured("this node has no network key: name one under [locator] in its configuration")
    if not normalise_id(state_id):
        raise Refused("locating needs a state id and a birth date")
    await permit(node, person, Action.STUDENT_LOCATE, Object(kind=Kind.NODE))
    agency = await node.directory.agency()
    actor, jti, now = actor_of(node, person), node.new_id(), node.now()
    claims = {
        "iss": node.id,
        "aud": agency.id,
        "iat": int(now.timestamp()),
        "exp": int((now + REQUEST_LIFE).timestamp()),
        "jti": jti,
        "purpose": PURPOSE_TRANSFER,
        "actor": {"id": actor, "role": "registrar"},
        "tokens": [token(matching_key(state_id, birth_date)).hex()],
    }
    question = node.seals.sign(MessageType.LOCATE, claims)
    asked = Leaf(
        at=now,
        actor=actor,
        action="record.located",
        object=jti,
        outcome="asked",
        peer=agency.id,
        digests=(digest(question.encode()),),
    )
    await node.store.write(lambda tx: tx.audit.add(asked))
    return await node.peers.locate(agency, question)


async def tell_locator(node: Node) -> int:
    """Tell the agency's locator whose records are here; return how many students have the keys for it.

    Students whose whereabouts are protected are not told of. Does nothing at a node without a network key.
    """
    token = node.locator_token
    if token is None:
        return 0
    known = await node.store.read(lambda tx: tx.backpacks.matching_keys(without=protected_students(tx)))
    tokens = sorted({token(matching_key(state_id, born)) for state_id, born in known})
    await node.peers.upload_tokens(await node.directory.agency(), tokens)
    return len(tokens)


def matching_key(state_id: str, birth_date: date) -> str:
    """Return what a token is made of: the two together are too many to try out."""
    return f"I|{normalise_id(state_id)}|{birth_date.isoformat()}"

"""Take a peer's request for a record."""

from datetime import UTC, datetime, timedelta

from gateway.domain.casework import lanes_of, new_case
from gateway.domain.clocks import TRANSFER_LIFE
from gateway.domain.errors import Conflict, Forbidden, Gone, Malformed, OverBudget
from gateway.domain.exchange import RequestClaims
from gateway.domain.ids import Digest, TransferId, digest
from gateway.domain.messages import MessageType
from gateway.domain.packs import due_on, urgency_in
from gateway.domain.policy import LEGAL_BASES, PURPOSES
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.domain.trust import Peer
from gateway.usecases.evidence import incoming, leaf, read, status_of
from gateway.usecases.ports import Node, Status, Tx


async def receive_request(node: Node, peer: Peer, jws: str) -> Status:
    """Store the request once and answer; the loop does the rest.

    The same bytes again get the same answer, whatever time has passed: a lost answer does no harm.

    Raises:
        Conflict: the same request id came with other bytes.
        Gone: the request came too late to be new; the sender signs it anew.
        OverBudget: the peer asked for more than its share today.
    """
    claims = read(node, MessageType.REQUEST, jws, peer.listing, RequestClaims)
    now = node.now()
    transfer = _transfer(node, peer, claims, digest(jws.encode()), now)
    lanes = lanes_of(claims.lanes)
    case = new_case(
        transfer.id,
        Role.HOLDER,
        at=now,
        due_on=due_on(node.pack, node.calendar.day_of(now), lanes, node.calendar),
        urgency=urgency_in(node.pack, lanes),
        lanes=lanes,
    )

    def store(tx: Tx) -> Transfer:
        if known := tx.transfers.by_request(peer.id, claims.jti):
            return _same(known, transfer.request_digest)
        _refuse_if_stale(claims, now)
        _refuse_if_over_budget(tx, node, peer, now)
        tx.transfers.add(transfer)
        tx.cases.open(case)
        tx.messages.add(incoming(MessageType.REQUEST, jws, transfer, claims.jti, now))
        digests = (transfer.request_digest,) if transfer.request_digest else ()
        tx.audit.add(leaf(transfer, now, actor=peer.id, rule=transfer.legal_basis, digests=digests))
        return transfer

    stored = await node.store.write(store)
    node.wake()
    return status_of(stored)


def _transfer(
    node: Node, peer: Peer, claims: RequestClaims, request_digest: Digest, now: datetime
) -> Transfer:
    detail = claims.authorization_details[0]
    if detail.purpose not in PURPOSES:
        raise Forbidden("records are not exchanged for this purpose")
    if detail.legal_basis not in LEGAL_BASES:
        raise Forbidden("no release without a legal basis")
    if len(set(detail.datatypes)) != len(detail.datatypes):
        raise Malformed("authorization_details.0.datatypes names a section twice")
    return Transfer(
        id=TransferId(f"T-{node.new_id()}"),
        role=Role.HOLDER,
        peer=peer.id,
        state=State.RECEIVED,
        subject=Subject(**detail.subject.match.model_dump()),
        sections=detail.datatypes,
        purpose=detail.purpose,
        legal_basis=detail.legal_basis,
        actor=claims.actor.id,
        enrolled_on=claims.basis.enrollment_date,
        request_jti=claims.jti,
        request_digest=request_digest,
        response_key=node.seals.accept_response_key(claims.response_encryption.jwk),
        created_at=now,
        changed_at=now,
        expires_at=now + TRANSFER_LIFE,
        next_try_at=now,
    )


def _same(known: Transfer, request_digest: Digest | None) -> Transfer:
    if known.request_digest != request_digest:
        raise Conflict("this request id was used for another request")
    return known


def _refuse_if_stale(claims: RequestClaims, now: datetime) -> None:
    if datetime.fromtimestamp(claims.exp, UTC) < now - timedelta(seconds=30):
        raise Gone("the request has expired; sign it anew")


def _refuse_if_over_budget(tx: Tx, node: Node, peer: Peer, now: datetime) -> None:
    if tx.transfers.count_since(peer.id, now - timedelta(days=1)) >= node.rules.requests_per_peer_per_day:
        raise OverBudget("too many requests from this node within a day")

"""Signed messages, statuses and audit leaves: what several use-cases write in the same words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.domain.audit import Leaf
from gateway.domain.clocks import FOLLOW_UP_INTERVAL, KEEP_AFTER_RECEIPT
from gateway.domain.errors import Malformed
from gateway.domain.ids import digest
from gateway.domain.log_positions import LogPosition
from gateway.domain.messages import Direction, EventType, Message, MessageType
from gateway.domain.sealed import BY_PERSON, PartFault, SealedPart
from gateway.domain.transfer import Reason, Role, State, Transfer, public_state
from gateway.domain.trust import Listing
from gateway.usecases.ports import Node, Status

Claims = TypeVar("Claims", bound=BaseModel)


def outgoing(
    node: Node,
    transfer: Transfer,
    type_: MessageType,
    claims: Mapping[str, Any],
    *,
    chain: Sequence[str] = (),
) -> Message:
    """Return a signed message to the transfer's peer, due at once."""
    now = node.now()
    jti = node.new_id()
    body = node.seals.sign(
        type_,
        {"iss": node.id, "aud": transfer.peer, "iat": int(now.timestamp()), "jti": jti, **claims},
        chain,
    )
    return Message(
        jti=jti,
        type=type_,
        direction=Direction.OUT,
        peer=transfer.peer,
        transfer=transfer.id,
        body=body,
        digest=digest(body.encode()),
        at=now,
        next_try_at=now,
    )


def incoming(type_: MessageType, body: str, transfer: Transfer, jti: str, at: datetime) -> Message:
    """Return the row that keeps a message as it came."""
    return Message(
        jti=jti,
        type=type_,
        direction=Direction.IN,
        peer=transfer.peer,
        transfer=transfer.id,
        body=body,
        digest=digest(body.encode()),
        at=at,
        outcome="received",
    )


def announcement(node: Node, transfer: Transfer) -> Message:
    """Return the event that hints the requester at the transfer's new state (RFC 8417)."""
    event = {"transfer": transfer.id, "request": transfer.request_jti, "state": public_state(transfer)}
    claims = {"txn": transfer.id, "events": {EventType.TRANSFER_STATE.value: event}}
    return outgoing(node, transfer, MessageType.EVENT, claims)


def correction_announcement(node: Node, transfer: Transfer) -> Message:
    """Return the event that tells the receiver that there is a correction of what it has."""
    event = {"transfer": transfer.id, "request": transfer.request_jti}
    claims = {"txn": transfer.id, "events": {EventType.RECORD_CORRECTED.value: event}}
    return outgoing(node, transfer, MessageType.EVENT, claims)


def rekey(node: Node, transfer: Transfer) -> Message:
    """Return the message with the new one-time key of the transfer."""
    claims = {
        "transfer": transfer.remote_id,
        "request_digest": transfer.request_digest,
        "response_encryption": node.seals.response_encryption(transfer.response_key or ""),
    }
    return outgoing(node, transfer, MessageType.REKEY, claims)


def receipt(
    node: Node,
    transfer: Transfer,
    outcome: str,
    problems: tuple[dict[str, str], ...] = (),
    *,
    log: LogPosition | None = None,
) -> Message:
    """Return the signed receipt for the version that the transfer holds.

    `log` is where its record stands in this node's log.
    """
    claims: dict[str, Any] = {
        "transfer": transfer.remote_id,
        "version": transfer.version,
        "record_digest": transfer.record_digest,
        "jwe_digest": transfer.parcel_digest,
        "outcome": outcome,
        "problems": list(problems),
    }
    if log is not None:
        claims["log"] = log.model_dump(mode="json")
    return outgoing(node, transfer, MessageType.RECEIPT, claims)


def part_receipt(
    node: Node,
    transfer: Transfer,
    part: SealedPart,
    *,
    fault: PartFault | None = None,
    log: LogPosition | None = None,
) -> Message:
    """Return the signed receipt for a sealed part; `log` is where it stands in this node's log."""
    opened = fault is None or fault in BY_PERSON
    claims: dict[str, Any] = {
        "transfer": transfer.remote_id,
        "version": part.version,
        "part": part.n,
        "record_digest": part.digest if opened else None,
        "jwe_digest": part.jwe_digest,
        "outcome": "rejected" if fault else "accepted",
        "problems": [{"code": fault}] if fault else [],
    }
    if log is not None:
        claims["log"] = log.model_dump(mode="json")
    return outgoing(node, transfer, MessageType.RECEIPT, claims)


def withdrawal(node: Node, transfer: Transfer) -> Message:
    """Return the message that tells the holder that the record is no longer needed."""
    claims = {"transfer": transfer.remote_id, "reason": Reason.NOT_NEEDED}
    return outgoing(node, transfer, MessageType.WITHDRAWAL, claims)


def read(node: Node, type_: MessageType, jws: str, sender: Listing, model: type[Claims]) -> Claims:
    """Return the verified and validated claims of a message.

    Raises:
        Untrusted: the sender did not sign this, or not for this node.
        Malformed: the claims do not have the shape of the message; the field is named, not its value.
    """
    claims = node.seals.read(type_, jws, sender)
    try:
        return model.model_validate(claims)
    except ValidationError as error:
        places = sorted({_place(fault["type"], fault["loc"]) for fault in error.errors()})
        raise Malformed(f"{type_}: {', '.join(places[:8])}") from None


def _place(kind: str, loc: tuple[int | str, ...]) -> str:
    """Name the field; one that nobody knows is not repeated, the sender chose it."""
    return ".".join(map(str, loc[:-1] if kind == "extra_forbidden" else loc)) or "the claims"


def as_taken_in(transfer: Transfer, now: datetime) -> Transfer:
    """Return a transfer whose correction came to nothing: the version that was taken in stands."""
    holder = transfer.role is Role.HOLDER
    closes_at = now + KEEP_AFTER_RECEIPT
    return transfer.to(
        State.ACKED if holder else State.RECEIPTED,
        at=now,
        version=transfer.version if holder else transfer.accepted_version,
        reason=None,
        response_key=None,
        expires_at=closes_at,
        next_try_at=closes_at if holder else now + FOLLOW_UP_INTERVAL,
    )


def status_of(transfer: Transfer, *, snapshot: bool = False) -> Status:
    """Return what the requester may know of the holder's transfer, and whether a snapshot waits for it."""
    waiting = transfer.state in {State.RELEASED, State.FETCHED}
    asks = transfer.state is State.NEEDS_INFO
    return Status(
        transfer=transfer.id,
        state=public_state(transfer),
        version=transfer.version if waiting or transfer.accepted_version else 0,
        needs=transfer.needs if asks else (),
        reason=transfer.reason if transfer.state in {State.REVOKED, State.RECALLED} else None,
        snapshot=snapshot,
        expires_at=transfer.expires_at if waiting or asks else None,
    )


def leaf(
    transfer: Transfer, at: datetime, *, actor: str = "node", action: str = "", rule: str = "", **more: Any
) -> Leaf:
    """Return the audit line of a transfer's step."""
    return Leaf(
        at=at,
        actor=actor,
        action=action or f"{_SIDE[transfer.role]}.{transfer.state}",
        object=transfer.id,
        rule=rule,
        peer=transfer.peer,
        **more,
    )


_SIDE = {Role.HOLDER: "release", Role.REQUESTER: "request"}

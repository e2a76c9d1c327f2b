"""Signed messages between nodes: their types, and the row that keeps each as evidence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.ids import Digest, EntityId, TransferId


class MessageType(StrEnum):
    """The `typ` of a signed message (RFC 8725, 3.11): no message can be taken for another."""

    LOCATE = "backpack-locate+jwt"
    REQUEST = "backpack-request+jwt"
    INFORMATION = "backpack-information+jwt"
    WITHDRAWAL = "backpack-withdraw+jwt"
    RECORD = "backpack-record+jwt"
    PART = "backpack-part+jwt"
    RECEIPT = "backpack-receipt+jwt"
    RECONCILE = "backpack-reconcile+jwt"
    RECONCILED = "backpack-reconciled+jwt"
    ENROLLMENT = "backpack-enrolment-confirmation+jwt"
    REKEY = "backpack-rekey+jwt"
    EVENT = "secevent+jwt"


NAMES_STUDENT: Final = frozenset({MessageType.REQUEST, MessageType.INFORMATION})
"""What names a student on the way to the holder."""


class EventType(StrEnum):
    """What a security event token announces (RFC 8417). A hint: the receiver always asks back."""

    TRANSFER_STATE = "urn:backpack:event:transfer-state"
    RECORD_CORRECTED = "urn:backpack:event:record-corrected"
    ENTITY_SUSPENDED = "urn:backpack:event:entity-suspended"


class Direction(StrEnum):
    """Whether this node sent or received the message."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A signed message, kept byte for byte. One that goes out and has not arrived is the outbox."""

    jti: str
    type: MessageType
    direction: Direction
    peer: EntityId
    """Receiver of a message that goes out, sender of one that came in."""
    transfer: TransferId | None
    """This node's id of the transfer."""
    body: str
    """The compact JWS."""
    digest: Digest
    at: datetime
    next_try_at: datetime | None = None
    """When the loop sends it; None once it arrived, or when it came in."""
    tries: int = 0
    outcome: str = "pending"
    """`pending`, `arrived`, `refused: <code>`, `gave up`, `received`."""

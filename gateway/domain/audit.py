"""What the audit log says of each act. No names or birth dates, nor hashes of them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.ids import Digest, EntityId, TransferId

CHECKPOINT_EVERY: Final = timedelta(seconds=60)
CHECKPOINT_LEAVES: Final = 100
"""A checkpoint is signed when the log has grown and the last one is so old, or so many leaves behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One line of the log, stored in the same transaction as the act."""

    at: datetime
    actor: str
    """A pairwise pseudonym of a person, a peer's entity id, or `node`."""
    action: str
    """`transfer.approved`, `node.admitted`, ..."""
    object: str
    """An opaque handle: a transfer id, an entity id."""
    rule: str = ""
    outcome: str = "done"
    peer: EntityId | None = None
    digests: tuple[Digest, ...] = ()
    """Digests of signed messages with a random `jti`, never of bare data."""


def line_of(seq: int, leaf: Leaf) -> bytes:
    """Return the leaf as the log's tree hashes it: one line of JSON, sorted, ASCII, times to a microsecond.

    `seq` counts from 1. Whose log it is stands in the checkpoint's origin.
    """
    said = {
        "seq": seq,
        "time": leaf.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": leaf.actor,
        "action": leaf.action,
        "object": leaf.object,
        "rule": leaf.rule,
        "decision": leaf.outcome,
        "peer": leaf.peer,
        "digests": list(leaf.digests),
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The log's signed word about its first `size` leaves."""

    size: int
    at: datetime
    note: str
    """A signed note (C2SP tlog-checkpoint): origin, size, root, and the signatures."""


class LogPosition(BaseModel):
    """Where a leaf stands in a log, as one node proves it to another: nothing but the log's key is needed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    index: Annotated[int, Field(ge=0)]
    """Counted from 0."""
    leaf: Annotated[str, Field(max_length=8192)]
    """The line, as `line_of` makes it."""
    path: Annotated[tuple[Annotated[str, Field(max_length=44)], ...], Field(max_length=64)]
    """From the leaf to the root, in base64."""
    checkpoint: Annotated[str, Field(max_length=16 * 1024)]
    """The signed note with the log's name, its size and its root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPosition:
    """What another node proved of its log."""

    message: Digest
    """Digest of the receipt that it came with, or that it answers."""
    transfer: TransferId
    peer: EntityId
    at: datetime
    size: int
    """Of the other log; 0 where nothing was proven."""
    root: bytes
    position: LogPosition | None
    fault: str = ""
    """Why it proves nothing; empty if it holds."""


def is_due(size: int, last: Checkpoint | None, now: datetime) -> bool:
    """Whether a checkpoint of a log of this size is to be signed now."""
    new = size - (last.size if last else 0)
    return new >= CHECKPOINT_LEAVES or bool(new and (not last or now - last.at >= CHECKPOINT_EVERY))

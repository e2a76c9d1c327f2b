"""What the audit log says of each act. No names or birth dates, nor hashes of them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.ids import Digest, EntityId

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


def is_due(size: int, last: Checkpoint | None, now: datetime) -> bool:
    """Whether a checkpoint of a log of this size is to be signed now."""
    new = size - (last.size if last else 0)
    return new >= CHECKPOINT_LEAVES or bool(new and (not last or now - last.at >= CHECKPOINT_EVERY))

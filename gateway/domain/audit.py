"""What the audit log says of each act. No names or birth dates, nor hashes of them."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.ids import Digest, EntityId


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

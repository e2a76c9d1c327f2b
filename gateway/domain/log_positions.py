"""Where a leaf stands in a log, as one node proves it to another."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.ids import Digest, EntityId, TransferId


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

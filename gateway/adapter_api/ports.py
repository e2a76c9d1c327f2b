"""What an adapter is: something that fetches rows, or something that writes what was received."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from gateway.domain.ids import EntityId, TransferId
from gateway.mapping.findings import Finding
from gateway.mapping.rows import (
    FILE_COLUMN,
    LINE_COLUMN,
    Answer,
    Batch,
    Found,
    Only,
    PointSource,
    Question,
    Row,
    Table,
    batch_of,
)

__all__ = [
    "FILE_COLUMN",
    "LINE_COLUMN",
    "Adapter",
    "AdapterConfig",
    "Answer",
    "Batch",
    "Found",
    "ImportRecord",
    "Only",
    "PointSource",
    "Question",
    "Row",
    "Sink",
    "SinkConfig",
    "Table",
    "batch_of",
]


class AdapterConfig(BaseModel):
    """Base of an adapter's settings: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SinkConfig(BaseModel):
    """Base of a sink's settings: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Adapter(Protocol):
    """Fetches rows from a local system and interprets nothing. Made with its `Config`."""

    Config: ClassVar[type[AdapterConfig]]
    pushdown: ClassVar[bool]
    """Whether the source finds rows by a value without reading the others."""

    async def check(self) -> None:
        """Return if the source can be read.

        Raises:
            Misconfigured: an operator must act; the message says how.
            Refused: what is there cannot be used as a whole.
            TryLater: it may work later.
        """

    async def tables(self) -> Sequence[Table]:
        """Return what is there, in a stable order; raises as `check` does."""

    def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield rows in the order of the source, in batches; may be called again.

        A row that cannot be read becomes a finding, never an error. With `only` the rows that have one of
        the values: found by the source where `pushdown` is set, else by reading all of them.
        """

    def unused(self) -> Sequence[Finding]:
        """Return a finding for each thing that `tables` saw and left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """A verified record on its way into the local system."""

    transfer_id: TransferId
    version: int
    issuer: EntityId
    learner_id: str
    document: Mapping[str, Any]
    """The entries as on the wire."""
    archive: bytes
    """The signed record, byte for byte as it was verified."""
    summary: Sequence[str] = ()
    """Plain words, one statement a line: who asserts what, and what was withheld."""
    reviewed: Mapping[str, Any] | None = None
    """What a person decided: `student` (local id, null for a new one) and `changes`, each with `section`,
    `recordId`, `before`, `after`, `equivalents`. None where nobody looked."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """For a sink that `takes_rows`: CSV texts by file name, made by the mapping read the other way round."""


class Sink(Protocol):
    """Writes received backpacks into a local system, or beside it. Made with its `Config`."""

    Config: ClassVar[type[SinkConfig]]
    takes_rows: ClassVar[bool]
    """Whether it wants the record as rows of the local system too."""

    async def check(self) -> None:
        """Return if it can be written to; raises as `Adapter.check` does."""

    async def write(self, record: ImportRecord) -> list[str]:
        """Write the record and return the places, for people.

        The same transfer and version again leaves the same, but for what was reviewed anew; a newer version
        replaces, an older one is left out. A reader never sees half of a record.

        Raises:
            Malformed: the transfer id is none.
            Misconfigured: the place cannot be written to.
        """

    async def undo(self, transfer: str, undone: Mapping[str, Any]) -> None:
        """Say how to be again as before the reviewed import; nothing happens where nothing was written.

        `undone` has `student` and `changes`, each with `section`, `recordId`, `imported` (as the import left
        it), `result` (as it shall be, null where it goes) and `keptLocalEdits`.
        """

    async def recall(self, transfer: TransferId, reason: str) -> None:
        """Mark what was written for the transfer as recalled by its sender; nothing happens without it."""

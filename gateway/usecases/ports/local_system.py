"""The local system: rows through its mapping, and where received backpacks go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.whole import Stamp
from gateway.domain.ids import EntityId, LocalStudentId, TransferId

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from gateway.mapping.bulk import BulkRun
    from gateway.mapping.plan import Plan
    from gateway.mapping.single import MappedStudent


class Source(Protocol):
    """The local student information system, read through its mapping."""

    blackout: Sequence[tuple[date, date]]
    """Days, both included, on which the local system is being rebuilt and is not read."""
    max_removed: float
    """A run that would remove a greater share of the students removes none: a file is probably missing."""

    def run(self, now: datetime, dictionary: Dictionary) -> "AbstractAsyncContextManager[BulkRun]":
        """Read all rows."""

    async def student(
        self, key: LocalStudentId, now: datetime, dictionary: Dictionary
    ) -> "MappedStudent | None":
        """Map one student from the rows as they are now; None if the source knows no such student."""

    def stamp(self, plan: "Plan", now: datetime) -> Stamp:
        """Return what all entries of a run at that time have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A verified record on its way into the local system."""

    transfer: TransferId
    version: int
    issuer: EntityId
    learner: str
    document: Mapping[str, Any]
    """The entries as on the wire, by segment; see `usecases.received.document_of`."""
    summary: Sequence[str]
    """Plain words, one statement a line."""
    jws: str
    """The record, byte for byte."""
    reviewed: Mapping[str, Any] | None = None
    """What a person decided; see `usecases.reviewed.reviewed_document`. None where nobody looked."""


class Imports(Protocol):
    """Where received backpacks go. Writing the same transfer and version again changes nothing."""

    async def write(self, record: Import) -> Sequence[str]:
        """Write it and return the places, for people."""

    async def undo(self, transfer: TransferId, undone: Mapping[str, Any]) -> None:
        """Say how to be again as before the import; see `usecases.reviewed.undone_document`."""

    async def recall(self, transfer: TransferId, reason: str) -> None:
        """Mark what was written as recalled by its sender."""

"""Sealed parts and who let them go, as a node keeps them."""

from collections.abc import Collection, Sequence
from typing import Protocol

from gateway.domain.ids import TransferId
from gateway.domain.sealed import PartState, SealedApproval, SealedPart


class SealedParts(Protocol):
    """The parts of records, at both ends; at the receiver with what is in them, locked."""

    def put(self, part: SealedPart) -> None:
        """Insert or replace it; what is in it stays."""

    def get(self, transfer: TransferId, version: int, n: int) -> SealedPart:
        """Return it, or raise `Unknown`."""

    def of(self, transfer: TransferId) -> Sequence[SealedPart]:
        """Return a transfer's, by version and number."""

    def standing(self, states: Collection[PartState], limit: int = 500) -> Sequence[SealedPart]:
        """Return those that stand so, whose receipt is due first, first."""

    def keep(self, part: SealedPart, content: bytes) -> None:
        """Keep what is in a part that is there, locked."""

    def content(self, part: SealedPart) -> bytes:
        """Return it, or raise `Unknown`."""

    def remove(self, part: SealedPart) -> None:
        """Delete a part and what is in it: another version replaced it."""

    def empty(self, transfer: TransferId) -> None:
        """Delete what is in the parts of a transfer; that they were there stays."""


class SealedApprovals(Protocol):
    """Which sealed sections two people let go."""

    def put(self, approval: SealedApproval) -> None:
        """Insert or replace it."""

    def of(self, transfer: TransferId) -> Sequence[SealedApproval]:
        """Return a transfer's, by section."""

    def withdraw(self, transfer: TransferId, section: str) -> None:
        """Delete it."""

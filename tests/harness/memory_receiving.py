"""The ports of what a district receives, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.domain.errors import Moved
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.importing.codes import TheirCode
from gateway.usecases.ports.receiving import Entered, Review


@dataclass
class MemoryReviews:
    rows: dict[tuple[TransferId, int], Review] = field(default_factory=dict)

    def get(self, transfer: TransferId, version: int) -> Review | None:
        return self.rows.get((transfer, version))

    def put(self, review: Review) -> None:
        before = self.rows.get((review.transfer, review.version))
        if (before.revision + 1 if before else 0) != review.revision:
            raise Moved("somebody else decided on this import in the meantime")
        self.rows[review.transfer, review.version] = review


@dataclass
class MemoryJournal:
    rows: list[Entered] = field(default_factory=list)

    def add(self, lines: Sequence[Entered]) -> None:
        self.rows = [*self.rows, *lines]

    def of(self, transfer: TransferId, version: int) -> Sequence[Entered]:
        return [row for row in self.rows if self._is_of(row, transfer, version)]

    def of_student(self, student: str) -> Sequence[Entered]:
        return [row for row in self.rows if row.student == student and row.kept is None]

    def undo(self, transfer: TransferId, version: int, kept: Sequence[Mapping[str, Any]]) -> None:
        left = iter(kept)
        self.rows = [
            replace(row, kept=next(left)) if self._is_of(row, transfer, version) else row for row in self.rows
        ]

    @staticmethod
    def _is_of(row: Entered, transfer: TransferId, version: int) -> bool:
        return (row.transfer, row.version, row.kept) == (transfer, version, None)


@dataclass
class MemoryCodeChoices:
    rows: dict[EntityId, dict[TheirCode, str]] = field(default_factory=dict)

    def of(self, peer: EntityId) -> Mapping[TheirCode, str]:
        return self.rows.get(peer, {})

    def put(self, peer: EntityId, chosen: Mapping[TheirCode, str], *, actor: str, at: datetime) -> None:
        self.rows[peer] = {**self.rows.get(peer, {}), **chosen}

"""`ports.Contributions` in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.profile import Contribution


@dataclass
class MemoryContributions:
    rows: dict[str, Contribution] = field(default_factory=dict)

    def add(self, contribution: Contribution) -> None:
        self.rows.setdefault(contribution.id, contribution)

    def get(self, id_: str) -> Contribution:
        if id_ not in self.rows:
            raise Unknown("there is no such entry")
        return self.rows[id_]

    def of(self, student: LocalStudentId) -> Sequence[Contribution]:
        found = [one for one in self.rows.values() if one.student == student]
        return sorted(found, key=lambda one: (one.said_on, one.id))

    def retire(self, id_: str, at: datetime) -> None:
        if self.rows[id_].retired_at is None:
            self.rows[id_] = replace(self.rows[id_], retired_at=at)

"""Records that are sent again and statements of disagreement, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.corrections import Correction
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.statements import Statement
from gateway.domain.transfer import Role, State, Transfer


@dataclass
class MemoryStatements:
    rows: list[Statement] = field(default_factory=list)

    def add(self, statement: Statement) -> None:
        self.rows.append(statement)

    def of(self, student: LocalStudentId) -> Sequence[Statement]:
        return [row for row in self.rows if row.student == student]


@dataclass
class MemoryCorrections:
    rows: dict[tuple[TransferId, int], Correction] = field(default_factory=dict)

    def join(self, tx: Any) -> None:
        """Let it see the rows that it joins."""
        self.transfers, self.sent, self.segments = tx.transfers, tx.sent, tx.segments
        self.backpacks, self.statements, self.contributions = tx.backpacks, tx.statements, tx.contributions

    def put(self, correction: Correction) -> None:
        self.rows[correction.transfer, correction.after_version] = correction

    def of(self, transfer: TransferId) -> Sequence[Correction]:
        return [self.rows[key] for key in sorted(self.rows) if key[0] == transfer]

    def outdated(self, *, after: TransferId | None = None, limit: int = 50) -> Sequence[TransferId]:
        rows = sorted(self.transfers.rows.values(), key=lambda row: row.id)
        found = [row.id for row in rows if row.id > (after or "") and self._is_outdated(row)]
        return found[:limit]

    def _is_outdated(self, row: Transfer) -> bool:
        if (row.role, row.state) != (Role.HOLDER, State.ACKED):
            return False
        sent = [one.segment for one in self.sent.in_version(row.id, row.accepted_version)]
        known = [self.segments.rows[digest] for digest in sent if digest in self.segments.rows]
        stored = self.backpacks.rows.get(row.student)
        anew = any(one.student and stored and one.fingerprint != stored.fingerprint for one in known)
        replaced = any(one.digest in self.segments.replaced for one in known)
        stated = any(one.student == row.student for one in self.statements.rows)
        added = any(one.student == row.student for one in self.contributions.rows.values())
        return bool(known) and (anew or replaced or stated or added)

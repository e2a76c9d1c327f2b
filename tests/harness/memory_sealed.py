"""`ports.SealedParts` and `ports.SealedApprovals` in memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from gateway.domain.errors import Unknown
from gateway.domain.ids import TransferId
from gateway.domain.sealed import PartState, SealedApproval, SealedPart

Key = tuple[TransferId, int, int]


def _key(part: SealedPart) -> Key:
    return part.transfer, part.version, part.n


@dataclass
class MemorySealedParts:
    rows: dict[Key, tuple[SealedPart, bytes | None]] = field(default_factory=dict)

    def put(self, part: SealedPart) -> None:
        _, content = self.rows.get(_key(part), (part, None))
        self.rows[_key(part)] = part, content

    def get(self, transfer: TransferId, version: int, n: int) -> SealedPart:
        if (transfer, version, n) not in self.rows:
            raise Unknown("there is no such sealed part")
        return self.rows[transfer, version, n][0]

    def of(self, transfer: TransferId) -> Sequence[SealedPart]:
        return [self.rows[key][0] for key in sorted(self.rows) if key[0] == transfer]

    def standing(self, states: Collection[PartState], limit: int = 500) -> Sequence[SealedPart]:
        found = [part for part, _ in self.rows.values() if part.state in states]
        return sorted(found, key=lambda one: (one.due_on, *_key(one)))[:limit]

    def keep(self, part: SealedPart, content: bytes) -> None:
        self.rows[_key(part)] = self.rows[_key(part)][0], content

    def content(self, part: SealedPart) -> bytes:
        _, content = self.rows.get(_key(part), (part, None))
        if content is None:
            raise Unknown("what was in this part is not here any more")
        return content

    def remove(self, part: SealedPart) -> None:
        self.rows.pop(_key(part), None)

    def empty(self, transfer: TransferId) -> None:
        for key in [key for key in self.rows if key[0] == transfer]:
            self.rows[key] = self.rows[key][0], None


@dataclass
class MemorySealedApprovals:
    rows: dict[tuple[TransferId, str], SealedApproval] = field(default_factory=dict)

    def put(self, approval: SealedApproval) -> None:
        self.rows[approval.transfer, approval.section] = approval

    def of(self, transfer: TransferId) -> Sequence[SealedApproval]:
        return [self.rows[key] for key in sorted(self.rows) if key[0] == transfer]

    def withdraw(self, transfer: TransferId, section: str) -> None:
        self.rows.pop((transfer, section), None)

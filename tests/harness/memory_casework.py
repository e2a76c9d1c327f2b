"""The desk's ports in memory: cases and proposals."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.domain.casework import TAKEN_IN, Case, Comment, Group, group_of
from gateway.domain.errors import Conflict, Unknown
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.proposals import Proposal, ProposalState
from gateway.usecases.ports import Queued, QueueFilter
from tests.harness.memory_district import MemoryBackpacks
from tests.harness.memory_exchange import MemoryTransfers


@dataclass
class MemoryCases:
    transfers: MemoryTransfers = field(default_factory=MemoryTransfers)
    backpacks: MemoryBackpacks = field(default_factory=MemoryBackpacks)
    rows: dict[TransferId, Case] = field(default_factory=dict)
    said: tuple[tuple[TransferId, Comment], ...] = ()

    def open(self, case: Case) -> None:
        if case.transfer in self.rows:
            raise Conflict("this transfer has a case already")
        self.rows[case.transfer] = case

    def get(self, transfer: TransferId) -> Case:
        if transfer not in self.rows:
            raise Unknown("there is no such transfer")
        return self.rows[transfer]

    def save(self, case: Case) -> None:
        self.get(case.transfer)
        self.rows[case.transfer] = case

    def place(self, transfer: TransferId, student: LocalStudentId) -> None:
        row, found = self.rows.get(transfer), self.backpacks.rows.get(student)
        if row is not None:
            self.rows[transfer] = replace(row, school=found.school if found else None)

    def queue(
        self, which: QueueFilter, *, after: TransferId | None = None, limit: int = 50
    ) -> Sequence[Queued]:
        lines = [Queued(case, self.transfers.get(case.transfer)) for case in self.rows.values()]
        done = Group.DONE in which.groups
        lines = sorted((line for line in lines if _wanted(which, line)), key=_newest if done else _urgent)
        lines = lines[::-1] if done else lines
        if after is not None:
            last = Queued(self.get(after), self.transfers.get(after))
            key = _newest if done else _urgent
            lines = [line for line in lines if (key(line) < key(last) if done else key(line) > key(last))]
        return lines[:limit]

    def comment(self, transfer: TransferId, comment: Comment) -> None:
        self.said += ((transfer, comment),)

    def comments(self, transfer: TransferId) -> Sequence[Comment]:
        return [comment for of, comment in self.said if of == transfer]


def _urgent(line: Queued) -> tuple[object, ...]:
    return line.case.urgency, line.case.due_on, line.case.transfer


def _newest(line: Queued) -> tuple[object, ...]:
    return line.case.opened_at, line.case.transfer


def _wanted(which: QueueFilter, line: Queued) -> bool:
    case, transfer = line.case, line.transfer
    return (
        which.direction in {None, transfer.role}
        and group_of(transfer.role, transfer.state) in which.groups
        and (which.lane is None or which.lane in case.lanes)
        and which.owner in {None, case.owner}
        and not (which.unowned and case.owner)
        and (which.schools is None or case.school is None or case.school in which.schools)
        and not (which.unconfirmed and (case.confirmed_at or line.transfer.state not in TAKEN_IN))
        and (which.overdue_on is None or case.due_on < which.overdue_on)
    )


@dataclass
class MemoryProposals:
    rows: dict[str, Proposal] = field(default_factory=dict)

    def add(self, proposal: Proposal) -> None:
        if proposal.id in self.rows:
            raise Conflict("this proposal is there already")
        self.rows[proposal.id] = proposal

    def get(self, id_: str) -> Proposal:
        if id_ not in self.rows:
            raise Unknown("there is no such proposal")
        return self.rows[id_]

    def save(self, proposal: Proposal) -> None:
        self.get(proposal.id)
        self.rows[proposal.id] = proposal

    def of(self, object_: str) -> Sequence[Proposal]:
        rows = sorted((row for row in self.rows.values() if row.object == object_), key=lambda row: row.id)
        return sorted(rows, key=lambda row: row.proposed_at, reverse=True)

    def open(self, now: datetime, limit: int = 200) -> Sequence[Proposal]:
        rows = [row for row in self.rows.values() if row.at(now).state is ProposalState.OPEN]
        return sorted(rows, key=lambda row: (row.proposed_at, row.id))[:limit]

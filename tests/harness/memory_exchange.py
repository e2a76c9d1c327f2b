"""The exchange's ports in memory: transfers, messages and records."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from gateway.domain.errors import Conflict, Moved, Unknown
from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId
from gateway.domain.matching import normalise_id
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.ports import ArchivedRecord, Parcel, Segment

_MessageKey = tuple[str, Direction, EntityId]


@dataclass
class MemoryTransfers:
    rows: dict[TransferId, Transfer] = field(default_factory=dict)

    def add(self, transfer: Transfer) -> None:
        asked = transfer.role is Role.HOLDER and transfer.request_jti is not None
        if transfer.id in self.rows or (asked and self.by_request(transfer.peer, transfer.request_jti or "")):
            raise Conflict("this transfer is there already")
        self.rows[transfer.id] = transfer

    def get(self, id_: TransferId) -> Transfer:
        return self._first(lambda row: row.id == id_)

    def get_of(self, id_: TransferId, peer: EntityId) -> Transfer:
        return self._first(lambda row: (row.id, row.peer, row.role) == (id_, peer, Role.HOLDER))

    def by_remote(self, remote_id: TransferId, peer: EntityId) -> Transfer:
        return self._first(
            lambda row: (row.remote_id, row.peer, row.role) == (remote_id, peer, Role.REQUESTER)
        )

    def by_request(self, peer: EntityId, jti: str) -> Transfer | None:
        rows = [row for row in self.rows.values() if (row.peer, row.request_jti) == (peer, jti)]
        return next((row for row in rows if row.role is Role.HOLDER), None)

    def has_with(self, peer: EntityId) -> bool:
        return any(row.peer == peer for row in self.rows.values())

    def move(self, before: Transfer, after: Transfer) -> None:
        row = self.rows.get(before.id)
        if row is None or (row.state, row.revision) != (before.state, before.revision):
            raise Moved("the transfer changed in the meantime")
        self.rows[before.id] = after

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Transfer]:
        due = [(row.next_try_at, row.id) for row in self.rows.values() if row.next_try_at is not None]
        taken = [id_ for at, id_ in sorted(due) if at <= now][:limit]
        self.rows.update({id_: replace(self.rows[id_], next_try_at=now + lease) for id_ in taken})
        return [self.rows[id_] for id_ in taken]

    def of_student(self, student: LocalStudentId) -> Sequence[Transfer]:
        rows = [row for row in self.rows.values() if (row.role, row.student) == (Role.HOLDER, student)]
        return sorted(rows, key=lambda row: (row.created_at, row.id))

    def count_since(
        self, peer: EntityId, since: datetime, *, actor: str | None = None, state: State | None = None
    ) -> int:
        rows = [row for row in self.rows.values() if (row.peer, row.role) == (peer, Role.HOLDER)]
        rows = [row for row in rows if actor in {None, row.actor} and state in {None, row.state}]
        return sum(row.created_at >= since for row in rows)

    def list(
        self, *, role: Role | None = None, states: Sequence[State] = (), limit: int = 1000
    ) -> Sequence[Transfer]:
        rows = [row for row in self.rows.values() if role in {None, row.role}]
        rows = sorted((row for row in rows if not states or row.state in states), key=lambda row: row.id)
        return sorted(rows, key=lambda row: row.created_at, reverse=True)[:limit]

    def peers(self) -> Sequence[EntityId]:
        return sorted({row.peer for row in self.rows.values() if row.peer.startswith("http")})

    def with_peer(
        self, peer: EntityId, *, changed_since: datetime | None, after: TransferId | None, limit: int
    ) -> Sequence[Transfer]:
        rows = [row for row in self.rows.values() if row.peer == peer and row.id > (after or "")]
        rows = [
            row
            for row in rows
            if changed_since is None or row.changed_at >= changed_since or row.next_try_at is not None
        ]
        return sorted(rows, key=lambda row: row.id)[:limit]

    def counts(self) -> Mapping[tuple[Role, State], int]:
        return Counter((row.role, row.state) for row in self.rows.values())

    def _first(self, fits: Callable[[Transfer], bool]) -> Transfer:
        for row in self.rows.values():
            if fits(row):
                return row
        raise Unknown("there is no such transfer")


@dataclass
class MemoryMessages:
    rows: dict[_MessageKey, Message] = field(default_factory=dict)
    """In the order in which they were added."""

    def add(self, message: Message) -> None:
        if _key(message) in self.rows:
            raise Conflict("this message is there already")
        self.rows[_key(message)] = message

    def get(self, jti: str) -> Message:
        for row in self.rows.values():
            if (row.jti, row.direction) == (jti, Direction.OUT):
                return row
        raise Unknown("this node sent no such message")

    def sent(self, jti: str) -> Message | None:
        rows = [row for row in self.rows.values() if (row.jti, row.direction) == (jti, Direction.OUT)]
        return rows[0] if rows else None

    def of_each(self, transfers: Sequence[TransferId]) -> Mapping[TransferId, Sequence[Message]]:
        return {id_: self.of(id_) for id_ in transfers}

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Message]:
        firsts: dict[object, Message] = {}
        for row in sorted(self.rows.values(), key=lambda row: row.at):
            if row.next_try_at is not None:
                firsts.setdefault(row.transfer or _key(row), row)
        due = [row for row in firsts.values() if row.next_try_at and row.next_try_at <= now]
        taken = [replace(row, next_try_at=now + lease) for row in due[:limit]]
        self.rows.update({_key(row): row for row in taken})
        return taken

    def settle(
        self, message: Message, *, outcome: str, next_try_at: datetime | None = None, tries: int = 0
    ) -> None:
        row = self.rows.get(_key(message))
        if row is not None:
            self.rows[_key(row)] = replace(row, outcome=outcome, next_try_at=next_try_at, tries=tries)

    def drop_pending(self, transfer: TransferId, type_: MessageType) -> None:
        for key, row in list(self.rows.items()):
            if (row.transfer, row.type) == (transfer, type_) and row.next_try_at is not None:
                del self.rows[key]

    def of(self, transfer: TransferId) -> Sequence[Message]:
        rows = [row for row in self.rows.values() if row.transfer == transfer]
        return sorted(rows, key=lambda row: row.at)

    def outbox(self, limit: int = 1000) -> Sequence[Message]:
        waiting = [row for row in self.rows.values() if row.next_try_at is not None]
        return sorted(waiting, key=lambda row: row.at)[:limit]


def _key(message: Message) -> _MessageKey:
    return message.jti, message.direction, message.peer


@dataclass
class MemoryParcels:
    rows: dict[tuple[TransferId, int, int], Parcel] = field(default_factory=dict)

    def put(self, parcel: Parcel) -> None:
        self.rows[parcel.transfer, parcel.version, parcel.part] = parcel

    def get(self, transfer: TransferId, version: int, part: int = 0) -> Parcel:
        if (transfer, version, part) not in self.rows:
            raise Unknown("there is no such sealed record")
        return self.rows[transfer, version, part]

    def drop(self, transfer: TransferId) -> None:
        for key in [key for key in self.rows if key[0] == transfer]:
            del self.rows[key]


@dataclass
class MemorySegments:
    rows: dict[Digest, Segment] = field(default_factory=dict)
    replaced: frozenset[Digest] = frozenset()
    came_with: frozenset[tuple[TransferId, Digest]] = frozenset()

    def put(self, segment: Segment) -> None:
        kept = self.rows.get(segment.digest)
        self.rows[segment.digest] = segment if kept is None else _disclosed(kept, segment)
        if segment.received_with is not None:
            self.came_with |= {(segment.received_with, segment.digest)}

    def own(self, student: LocalStudentId, fingerprint: Digest) -> Segment | None:
        rows = [row for row in self.rows.values() if (row.student, row.fingerprint) == (student, fingerprint)]
        return max(rows, key=lambda row: row.at, default=None)

    def newest_own(self, student: LocalStudentId) -> Segment | None:
        rows = [row for row in self.rows.values() if row.student == student]
        return max(rows, key=lambda row: row.at, default=None)

    def get(self, digest: Digest) -> Segment:
        if digest not in self.rows:
            raise Unknown("there is no such segment")
        return self.rows[digest]

    def replace(self, old: Digest, new: Digest) -> None:
        self.replaced |= {old}

    def forget_own(self, student: LocalStudentId) -> None:
        gone = {row.digest for row in self.rows.values() if row.student == student}
        self.rows = {key: row for key, row in self.rows.items() if key not in gone}
        self.came_with = frozenset(link for link in self.came_with if link[1] not in gone)

    def received(self, *, state_id: str | None, birth_date: date | None) -> Sequence[Segment]:
        key = normalise_id(state_id)
        if not key or birth_date is None:
            return []
        rows = [
            row
            for row in self.rows.values()
            if row.received_with is not None and row.digest not in self.replaced
        ]
        return _by_time(
            row for row in rows if (normalise_id(row.state_id), row.birth_date) == (key, birth_date)
        )

    def with_transfer(self, transfer: TransferId) -> Sequence[Segment]:
        rows = (self.rows[digest] for came_with, digest in self.came_with if came_with == transfer)
        return _by_time(replace(row, received_with=transfer) for row in rows)

    def recall(self, transfer: TransferId) -> None:
        gone = [row.digest for row in self.with_transfer(transfer)]
        self.came_with = frozenset(link for link in self.came_with if link[0] != transfer)
        still = {digest for _, digest in self.came_with}
        for digest in gone:
            if digest not in still and self.rows[digest].student is None:
                del self.rows[digest]


def _disclosed(kept: Segment, new: Segment) -> Segment:
    merged = {section: list(disclosures) for section, disclosures in kept.disclosures.items()}
    for section, disclosures in new.disclosures.items():
        known = merged.setdefault(section, [])
        known += [disclosure for disclosure in disclosures if disclosure not in known]
    return replace(kept, disclosures=merged)


def _by_time(segments: Iterable[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda row: (row.at, row.digest))


@dataclass
class MemoryArchive:
    rows: dict[tuple[TransferId, int], ArchivedRecord] = field(default_factory=dict)

    def put(self, record: ArchivedRecord) -> None:
        self.rows.setdefault((record.transfer, record.version), record)

    def get(self, transfer: TransferId, version: int | None = None) -> ArchivedRecord:
        rows = [
            row for row in self.rows.values() if row.transfer == transfer and version in {None, row.version}
        ]
        if not rows:
            raise Unknown("there is no such record")
        return max(rows, key=lambda row: row.version)

    def with_digest(self, transfer: TransferId, record: Digest) -> ArchivedRecord | None:
        rows = [row for row in self.rows.values() if (row.transfer, row.digest) == (transfer, record)]
        return rows[0] if rows else None

    def drop(self, transfer: TransferId) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row.transfer != transfer}

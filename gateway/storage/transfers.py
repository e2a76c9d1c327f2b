"""`ports.Transfers` in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Update, bindparam, func, literal_column, or_, select, update

from gateway.domain.errors import Conflict, Moved, Unknown
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import transfers

_c = transfers.c
_NAMES: Final = tuple(field.name for field in fields(Transfer))
_FIXED: Final = frozenset({"id", "role", "peer", "created_at"})
_ALWAYS: Final = frozenset({"state", "revision", "changed_at", "next_try_at", "tries"})
_values_of: Final = attrgetter(*_NAMES)

_HOLDER = _c.role == literal_column(f"'{Role.HOLDER}'")
_REQUESTER = _c.role == literal_column(f"'{Role.REQUESTER}'")
"""Spelt out, so that the partial indices are found whatever the other values are."""

_BY_ID = select(transfers).where(_c.id == bindparam("id"))
_HELD_FOR = _BY_ID.where(_HOLDER, _c.peer == bindparam("peer"))
_BY_REMOTE = select(transfers).where(
    _REQUESTER, _c.peer == bindparam("peer"), _c.remote_id == bindparam("remote_id")
)
_BY_REQUEST = select(transfers).where(
    _HOLDER, _c.peer == bindparam("peer"), _c.request_jti == bindparam("jti")
)
_ANY_WITH = select(_c.id).where(_c.peer == bindparam("peer")).limit(1)
_DUE = (
    select(transfers)
    .where(_c.next_try_at <= bindparam("now"))
    .order_by(_c.next_try_at, _c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_PUT_OFF = update(transfers).where(_c.id == bindparam("b_id")).values(next_try_at=bindparam("until"))
_COUNT_SINCE = select(func.count().label("n")).where(
    _HOLDER, _c.peer == bindparam("peer"), _c.created_at >= bindparam("since")
)
_COUNT_OF_ACTOR = _COUNT_SINCE.where(_c.actor == bindparam("actor"))
_COUNT_IN_STATE = _COUNT_SINCE.where(_c.state == bindparam("state"))
_NEWEST = select(transfers).order_by(_c.created_at.desc(), _c.id)
_OF_STUDENT = (
    select(transfers).where(_HOLDER, _c.student == bindparam("student")).order_by(_c.created_at, _c.id)
)
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PEERS = select(_c.peer).where(_c.peer.like("http%")).distinct().order_by(_c.peer)
_WITH_PEER = (
    select(transfers)
    .where(_c.peer == bindparam("peer"), _c.id > bindparam("after"))
    .where(or_(_c.changed_at >= bindparam("since"), _c.next_try_at.is_not(None)))
    .order_by(_c.id)
    .limit(bindparam("limit"))
)
_COUNTS = select(_c.role, _c.state, func.count().label("n")).group_by(_c.role, _c.state)


class SqlTransfers:
    """The transfer rows, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, transfer: Transfer) -> None:
        """Insert it; `Conflict` if its id, or the request that made it, is there already."""
        if not self._db.add(transfers, _values(transfer)):
            raise Conflict("this transfer is there already")

    def get(self, id_: TransferId) -> Transfer:
        """Return it, or raise `Unknown`."""
        return _found(self._db.first(_BY_ID, {"id": id_}))

    def get_of(self, id_: TransferId, peer: EntityId) -> Transfer:
        """Return the holder-side transfer if it is that peer's, or raise `Unknown`."""
        return _found(self._db.first(_HELD_FOR, {"id": id_, "peer": peer}))

    def by_remote(self, remote_id: TransferId, peer: EntityId) -> Transfer:
        """Return the requester-side transfer that the peer calls so, or raise `Unknown`."""
        return _found(self._db.first(_BY_REMOTE, {"remote_id": remote_id, "peer": peer}))

    def by_request(self, peer: EntityId, jti: str) -> Transfer | None:
        """Return the holder-side transfer that this signed request made, if any."""
        row = self._db.first(_BY_REQUEST, {"peer": peer, "jti": jti})
        return None if row is None else stored_transfer(row)

    def has_with(self, peer: EntityId) -> bool:
        """Whether there is any transfer with that node."""
        return self._db.first(_ANY_WITH, {"peer": peer}) is not None

    def move(self, before: Transfer, after: Transfer) -> None:
        """Swap the row if its state and revision are as before, or raise `Moved`."""
        values = _values(after)
        old = zip(values.items(), _values_of(before), strict=True)
        changed = frozenset(name for (name, new), kept in old if new != kept)
        values |= {"b_id": before.id, "b_state": before.state, "b_revision": before.revision}
        if self._db.run(_move(_ALWAYS | changed - _FIXED), values) != 1:
            raise Moved("the transfer changed in the meantime")

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Transfer]:
        """Take due transfers, the longest due first. Their revision stays, so that a human's step wins."""
        due = [stored_transfer(row) for row in self._db.all(_DUE, {"now": now, "limit": limit})]
        until = now + lease
        self._db.run_each(_PUT_OFF, [{"b_id": transfer.id, "until": until} for transfer in due])
        return [replace(transfer, next_try_at=until) for transfer in due]

    def of_student(self, student: LocalStudentId) -> Sequence[Transfer]:
        """Return the holder-side transfers that were matched with the student, oldest first."""
        return [stored_transfer(row) for row in self._db.all(_OF_STUDENT, {"student": student})]

    def count_since(
        self, peer: EntityId, since: datetime, *, actor: str | None = None, state: State | None = None
    ) -> int:
        """Count the holder-side transfers that the peer opened since then, that moment included."""
        values: dict[str, Any] = {"peer": peer, "since": since}
        if actor is not None:
            return int(self._db.all(_COUNT_OF_ACTOR, values | {"actor": actor})[0]["n"])
        if state is not None:
            return int(self._db.all(_COUNT_IN_STATE, values | {"state": state})[0]["n"])
        return int(self._db.all(_COUNT_SINCE, values)[0]["n"])

    def list(
        self, *, role: Role | None = None, states: Sequence[State] = (), limit: int = 1000
    ) -> Sequence[Transfer]:
        """Return transfers, newest first."""
        statement = _NEWEST.limit(limit) if role is None else _NEWEST.limit(limit).where(_c.role == role)
        if states:
            statement = statement.where(_c.state.in_(states))
        return [stored_transfer(row) for row in self._db.query(statement)]

    def peers(self) -> Sequence[EntityId]:
        """Return all nodes with which there are transfers, sorted; schools outside the network are none."""
        return [EntityId(row["peer"]) for row in self._db.all(_PEERS)]

    def with_peer(
        self, peer: EntityId, *, changed_since: datetime | None, after: TransferId | None, limit: int
    ) -> Sequence[Transfer]:
        """Return transfers with the node by id, those after that one: changed since then, or not ended."""
        values = {"peer": peer, "since": changed_since or _FIRST, "after": after or "", "limit": limit}
        return [stored_transfer(row) for row in self._db.all(_WITH_PEER, values)]

    def counts(self) -> Mapping[tuple[Role, State], int]:
        """Count the transfers by role and state; what has none is absent."""
        return {(row["role"], row["state"]): row["n"] for row in self._db.all(_COUNTS)}


@cache
def _move(changed: frozenset[str]) -> Update:
    """Return a statement that writes these columns only: of an index, only what changed is touched."""
    return (
        update(transfers)
        .where(
            _c.id == bindparam("b_id"),
            _c.state == bindparam("b_state"),
            _c.revision == bindparam("b_revision"),
        )
        .values({name: bindparam(name) for name in _NAMES if name in changed})
    )


def _values(transfer: Transfer) -> dict[str, Any]:
    return dict(zip(_NAMES, _values_of(transfer), strict=True))


def _found(row: AnyRow | None) -> Transfer:
    if row is None:
        raise Unknown("there is no such transfer")
    return stored_transfer(row)


def stored_transfer(row: AnyRow) -> Transfer:
    """Return the transfer that a row keeps."""
    return Transfer(**{**row, "subject": _subject(row["subject"])})


def _subject(stored: dict[str, Any]) -> Subject:
    return Subject(**{**stored, "birth_date": date.fromisoformat(stored["birth_date"])})

"""`ports.Messages` in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from sqlalchemy import bindparam, delete, exists, select, tuple_, update

from gateway.domain.errors import Conflict, Unknown
from gateway.domain.ids import TransferId
from gateway.domain.messages import Direction, Message, MessageType
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import messages

_c = messages.c
_NAMES: Final = tuple(field.name for field in fields(Message))
_values_of: Final = attrgetter(*_NAMES)
_columns = tuple(_c[name] for name in _NAMES)

_earlier = messages.alias("earlier")
_IS_FIRST = ~exists().where(
    _earlier.c.transfer == _c.transfer,
    _earlier.c.next_try_at.is_not(None),
    tuple_(_earlier.c.at, _earlier.c.seq) < tuple_(_c.at, _c.seq),
)
_SENT = select(*_columns).where(_c.jti == bindparam("jti"), _c.direction == Direction.OUT)
_DUE = (
    select(*_columns)
    .where(_c.next_try_at <= bindparam("now"), _IS_FIRST)
    .order_by(_c.at, _c.seq)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_SETTLE = (
    update(messages)
    .where(_c.jti == bindparam("b_jti"), _c.direction == bindparam("b_out"), _c.peer == bindparam("b_peer"))
    .values({name: bindparam(name) for name in ("outcome", "next_try_at", "tries")})
)
_PUT_OFF = (
    update(messages)
    .where(_c.jti == bindparam("b_jti"), _c.direction == Direction.OUT, _c.peer == bindparam("b_peer"))
    .values(next_try_at=bindparam("until"))
)
_DROP = delete(messages).where(
    _c.transfer == bindparam("transfer"), _c.type == bindparam("type"), _c.next_try_at.is_not(None)
)
_OF = select(*_columns).where(_c.transfer == bindparam("transfer")).order_by(_c.at, _c.seq)
_ORDERED = select(*_columns).order_by(_c.at, _c.seq)
_OUTBOX = (
    select(*_columns).where(_c.next_try_at.is_not(None)).order_by(_c.at, _c.seq).limit(bindparam("limit"))
)


class SqlMessages:
    """Every signed message, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, message: Message) -> None:
        """Store it; `Conflict` if the same peer's message of that `jti` is there already."""
        if not self._db.add(messages, dict(zip(_NAMES, _values_of(message), strict=True))):
            raise Conflict("this message is there already")

    def get(self, jti: str) -> Message:
        """Return the message that this node sent, or raise `Unknown`."""
        row = self._db.first(_SENT, {"jti": jti})
        if row is None:
            raise Unknown("this node sent no such message")
        return _message(row)

    def sent(self, jti: str) -> Message | None:
        """Return the message that this node sent, if there is one."""
        row = self._db.first(_SENT, {"jti": jti})
        return None if row is None else _message(row)

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Message]:
        """Take due messages, oldest first. A transfer's later ones wait for its oldest, due or not."""
        due = [_message(row) for row in self._db.all(_DUE, {"now": now, "limit": limit})]
        until = now + lease
        self._db.run_each(
            _PUT_OFF, [{"b_jti": message.jti, "b_peer": message.peer, "until": until} for message in due]
        )
        return [replace(message, next_try_at=until) for message in due]

    def settle(
        self, message: Message, *, outcome: str, next_try_at: datetime | None = None, tries: int = 0
    ) -> None:
        """Store what became of a try to send it. A message that was dropped meanwhile stays dropped."""
        self._db.run(
            _SETTLE,
            {
                "b_jti": message.jti,
                "b_out": message.direction,
                "b_peer": message.peer,
                "outcome": outcome,
                "next_try_at": next_try_at,
                "tries": tries,
            },
        )

    def drop_pending(self, transfer: TransferId, type_: MessageType) -> None:
        """Forget what waits to go out: it was replaced."""
        self._db.run(_DROP, {"transfer": transfer, "type": type_})

    def of(self, transfer: TransferId) -> Sequence[Message]:
        """Return the transfer's messages in the order of time."""
        return [_message(row) for row in self._db.all(_OF, {"transfer": transfer})]

    def of_each(self, transfers: Sequence[TransferId]) -> Mapping[TransferId, Sequence[Message]]:
        """Return the messages of these transfers, each in the order of time."""
        found: dict[TransferId, list[Message]] = {id_: [] for id_ in transfers}
        for row in self._db.query(_ORDERED.where(_c.transfer.in_(transfers))):
            found[row["transfer"]].append(_message(row))
        return found

    def outbox(self, limit: int = 1000) -> Sequence[Message]:
        """Return what has not arrived yet, oldest first."""
        return [_message(row) for row in self._db.all(_OUTBOX, {"limit": limit})]


def _message(row: AnyRow) -> Message:
    return Message(**row)

"""`ports.AuditLog` in SQL. The database itself refuses to change or delete a leaf."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from gateway.domain.audit import Checkpoint, Leaf, line_of
from gateway.domain.errors import Unknown
from gateway.domain.merkle import completed, leaf_hash, siblings_of_last
from gateway.storage.db import Db
from gateway.storage.tables import audit
from gateway.storage.tables_evidence import checkpoints, log_hashes
from gateway.usecases.ports import LogQuery

_NAMES: Final = tuple(field.name for field in fields(Leaf))
_values_of: Final = attrgetter(*_NAMES)

_INSERT = audit.insert().inline()
_ALL = (
    select(audit.c.seq, *(audit.c[name] for name in _NAMES)).order_by(audit.c.seq).limit(bindparam("limit"))
)
_NEWEST_FIRST = select(audit.c.seq, *(audit.c[name] for name in _NAMES)).order_by(audit.c.seq.desc())
_OF = _ALL.where(audit.c.object == bindparam("object"))
_AFTER = _ALL.where(audit.c.seq > bindparam("seq"))
_SIZE = select(func.max(log_hashes.c.index).label("last")).where(log_hashes.c.level == 0)
_HASH = select(log_hashes.c.hash).where(
    log_hashes.c.level == bindparam("level"), log_hashes.c.index == bindparam("index")
)
_LEVELS: Final = 40
"""More than a log has: two to the power of it are its leaves at most."""
_ON_PATH = select(log_hashes.c.level, log_hashes.c.hash).where(
    or_(
        *(
            and_(log_hashes.c.level == level, log_hashes.c.index == bindparam(f"n{level}"))
            for level in range(_LEVELS)
        )
    )
)
_ADD_HASH = log_hashes.insert().inline()
_LATEST = (
    select(*(audit.c[name] for name in _NAMES))
    .where(audit.c.object == bindparam("object"), audit.c.action == bindparam("action"))
    .order_by(audit.c.seq.desc())
    .limit(1)
)


class SqlAuditLog:
    """The audit log, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, leaf: Leaf) -> int:
        """Append, and store the hash of each perfect subtree that the leaf completes: two on average."""
        size = self.size()
        self._db.run(_INSERT, {"seq": size + 1, **dict(zip(_NAMES, _values_of(leaf), strict=True))})
        made = completed(size, leaf_hash(line_of(size + 1, leaf)), self.hash)
        self._db.run_each(
            _ADD_HASH, [{"level": level, "index": index, "hash": hash_} for level, index, hash_ in made]
        )
        return size + 1

    def path_of_last(self, size: int) -> Sequence[bytes]:
        """Return the path from the last of so many leaves to their root."""
        wanted = dict(siblings_of_last(size))
        if not wanted:
            return []
        rows = self._db.all(_ON_PATH, {f"n{level}": wanted.get(level, -1) for level in range(_LEVELS)})
        return [bytes(row["hash"]) for row in sorted(rows, key=itemgetter("level"))]

    def size(self) -> int:
        """Count the leaves."""
        last = self._db.all(_SIZE)[0]["last"]
        return 0 if last is None else int(last) + 1

    def after(self, seq: int, limit: int) -> Sequence[tuple[int, Leaf]]:
        """Return the leaves that follow the one of that sequence number, oldest first."""
        rows = self._db.all(_AFTER, {"seq": seq, "limit": limit})
        return [(row["seq"], Leaf(**{name: row[name] for name in _NAMES})) for row in rows]

    def hash(self, level: int, index: int) -> bytes:
        """Return the hash of a perfect subtree, as it was stored, or raise `Unknown`."""
        row = self._db.first(_HASH, {"level": level, "index": index})
        if row is None:
            raise Unknown("the log has no such leaves")
        return bytes(row["hash"])

    def list(self, *, object_: str | None = None, limit: int = 1000) -> Sequence[tuple[int, Leaf]]:
        """Return leaves with their sequence numbers, oldest first."""
        of_one = object_ is not None
        values = {"limit": limit, "object": object_} if of_one else {"limit": limit}
        rows = self._db.all(_OF if of_one else _ALL, values)
        return [(row["seq"], Leaf(**{name: row[name] for name in _NAMES})) for row in rows]

    def newest(self, query: LogQuery) -> Sequence[tuple[int, Leaf]]:
        """Return the leaves that are asked for with their sequence numbers, newest first."""
        statement = _NEWEST_FIRST.where(*_clauses(query)).limit(query.limit)
        rows = self._db.query(statement)
        return [(row["seq"], Leaf(**{name: row[name] for name in _NAMES})) for row in rows]

    def latest(self, object_: str, action: str) -> Leaf | None:
        """Return the newest leaf that says so of the object."""
        row = self._db.first(_LATEST, {"object": object_, "action": action})
        return Leaf(**{name: row[name] for name in _NAMES}) if row else None


def _clauses(query: LogQuery) -> Iterator[ColumnElement[bool]]:
    c = audit.c
    if query.kind:
        yield c.action.startswith(f"{query.kind}.", autoescape=True)
    if query.actors is not None:
        yield c.actor.in_(query.actors)
    if query.object:
        yield c.object == query.object
    if query.since is not None:
        yield c.at >= query.since
    if query.until is not None:
        yield c.at < query.until
    if query.before is not None:
        yield c.seq < query.before
    if query.hidden:
        yield c.action.not_in(query.hidden)


_CHECKPOINT: Final = ("size", "at", "note")
_ADD_CHECKPOINT = checkpoints.insert().inline()
_CHECKPOINTS = select(*(checkpoints.c[name] for name in _CHECKPOINT)).order_by(checkpoints.c.seq)
_NEWEST = select(*(checkpoints.c[name] for name in _CHECKPOINT)).order_by(checkpoints.c.seq.desc()).limit(1)


class SqlCheckpoints:
    """What the log's key signed, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, checkpoint: Checkpoint) -> None:
        """Append."""
        self._db.run(_ADD_CHECKPOINT, {name: getattr(checkpoint, name) for name in _CHECKPOINT})

    def latest(self) -> Checkpoint | None:
        """Return the newest."""
        row = self._db.first(_NEWEST, {})
        return None if row is None else Checkpoint(**row)

    def list(self) -> Sequence[Checkpoint]:
        """Return all, oldest first."""
        return [Checkpoint(**row) for row in self._db.all(_CHECKPOINTS)]

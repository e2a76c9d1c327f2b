"""What was proven of logs, in SQL: positions in others, witnessed checkpoints, what logs disagree about."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select, update

from gateway.domain.audit import Checkpoint
from gateway.domain.errands import Errand
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.log_positions import KeptPosition, LogPosition
from gateway.domain.reconciling import LogFinding
from gateway.domain.witness import WitnessedLog
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables_evidence import (
    cosigned_checkpoints,
    errands,
    log_findings,
    log_positions,
    witnessed_logs,
)

_p = log_positions.c
_POSITION: Final = tuple(field.name for field in fields(KeptPosition))
_POSITIONS = select(*(_p[name] for name in _POSITION))
_OF_TRANSFER = _POSITIONS.where(_p.transfer == bindparam("transfer")).order_by(_p.at, _p.message)
_LARGEST = (
    _POSITIONS.where(_p.peer == bindparam("peer"), _p.size > 0).order_by(_p.size.desc(), _p.message).limit(1)
)


class SqlLogPositions:
    """What other nodes proved of their logs, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, kept: KeptPosition) -> None:
        """Store it; what came with the same message before stays."""
        values = {name: getattr(kept, name) for name in _POSITION}
        position = kept.position.model_dump(mode="json") if kept.position else None
        self._db.add(log_positions, values | {"position": position})

    def of(self, transfer: TransferId) -> Sequence[KeptPosition]:
        """Return those of the transfer, oldest first."""
        return [_kept(row) for row in self._db.all(_OF_TRANSFER, {"transfer": transfer})]

    def largest(self, peer: EntityId) -> KeptPosition | None:
        """Return the one of that peer's that proves the most leaves."""
        row = self._db.first(_LARGEST, {"peer": peer})
        return None if row is None else _kept(row)


def _kept(row: AnyRow) -> KeptPosition:
    told = row["position"]
    position = LogPosition.model_validate(told) if told else None
    return KeptPosition(**{**row, "root": bytes(row["root"]), "position": position})


_COSIGNED = select(cosigned_checkpoints).order_by(cosigned_checkpoints.c.size)
_LATEST = select(cosigned_checkpoints).order_by(cosigned_checkpoints.c.size.desc()).limit(1)


class SqlCosigned:
    """Checkpoints of this log that the witness signed too, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, checkpoint: Checkpoint) -> None:
        """Store it; one of the same size stays."""
        values = {"size": checkpoint.size, "at": checkpoint.at, "note": checkpoint.note}
        self._db.add(cosigned_checkpoints, values)

    def latest(self) -> Checkpoint | None:
        """Return the largest."""
        row = self._db.first(_LATEST, {})
        return None if row is None else Checkpoint(**row)

    def list(self) -> Sequence[Checkpoint]:
        """Return all, the smallest first."""
        return [Checkpoint(**row) for row in self._db.all(_COSIGNED)]


_WITNESSED = select(witnessed_logs).where(witnessed_logs.c.origin == bindparam("origin"))
_ALL_WITNESSED = select(witnessed_logs).order_by(witnessed_logs.c.origin)


class SqlWitnessedLogs:
    """What an agency saw of its members' logs, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def get(self, origin: str) -> WitnessedLog | None:
        """Return what is known of the log."""
        row = self._db.first(_WITNESSED, {"origin": origin})
        return None if row is None else _witnessed(row)

    def put(self, log: WitnessedLog) -> None:
        """Insert or replace."""
        row = {field.name: getattr(log, field.name) for field in fields(log)}
        self._db.put_each(witnessed_logs, [row])

    def list(self) -> Sequence[WitnessedLog]:
        """Return all, by name."""
        return [_witnessed(row) for row in self._db.all(_ALL_WITNESSED)]


def _witnessed(row: AnyRow) -> WitnessedLog:
    return WitnessedLog(**{**row, "root": bytes(row["root"])})


_f = log_findings.c
_FINDING: Final = tuple(field.name for field in fields(LogFinding))
_FINDINGS = select(*(_f[name] for name in _FINDING))
_OPEN = _FINDINGS.where(_f.settled_at.is_(None))
_OPEN_OF = _OPEN.where(_f.peer == bindparam("peer")).order_by(_f.found_at, _f.id).limit(bindparam("limit"))
_NEWEST = _FINDINGS.order_by(_f.found_at.desc(), _f.id).limit(bindparam("limit"))
_NEWEST_OPEN = _OPEN.order_by(_f.found_at.desc(), _f.id).limit(bindparam("limit"))
_COUNT = select(func.count().label("n")).where(_f.settled_at.is_(None))
_SETTLE = update(log_findings).where(_f.id == bindparam("b_id")).values(settled_at=bindparam("at"))
_REOPEN = (
    update(log_findings)
    .where(_f.id == bindparam("b_id"), _f.settled_at.is_not(None))
    .values(settled_at=bindparam("none"), found_at=bindparam("at"))
)


class SqlLogFindings:
    """What logs disagree about, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def add(self, findings: Sequence[LogFinding]) -> None:
        """Store them; one that is there and not settled stays as it is, a settled one is open again."""
        rows = [{"id": one.id} | {name: getattr(one, name) for name in _FINDING} for one in findings]
        self._db.add_each(log_findings, rows)
        self._db.run_each(_REOPEN, [{"b_id": one.id, "none": None, "at": one.found_at} for one in findings])

    def settle(self, ids: Sequence[str], at: datetime) -> None:
        """Note that a later comparison did not find these any more."""
        self._db.run_each(_SETTLE, [{"b_id": id_, "at": at} for id_ in ids])

    def of(self, peer: EntityId, *, limit: int = 1000) -> Sequence[LogFinding]:
        """Return the open ones with that node, oldest first."""
        return [LogFinding(**row) for row in self._db.all(_OPEN_OF, {"peer": peer, "limit": limit})]

    def list(self, *, settled: bool = False, limit: int = 200) -> Sequence[LogFinding]:
        """Return the newest, open ones; with `settled` those too."""
        rows = self._db.all(_NEWEST if settled else _NEWEST_OPEN, {"limit": limit})
        return [LogFinding(**row) for row in rows]

    def count(self) -> int:
        """Count the open ones."""
        return int(self._db.all(_COUNT)[0]["n"])


_ERRAND = select(errands).where(errands.c.name == bindparam("name"))
_ERRANDS = select(errands).order_by(errands.c.name)
_CLAIM = (
    update(errands)
    .where(errands.c.name == bindparam("b_name"), errands.c.due_at <= bindparam("now"))
    .values(due_at=bindparam("until"))
)


class SqlErrands:
    """What is done now and then with other nodes, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def claim(self, name: str, now: datetime, lease: timedelta) -> Errand | None:
        """Take it if it is due, and put it off by the lease; one that is not there is due."""
        new = {"name": name, "due_at": now, "tries": 0, "done_at": None, "fault": ""}
        self._db.add(errands, new)
        taken = self._db.run(_CLAIM, {"b_name": name, "now": now, "until": now + lease})
        return self.get(name) if taken else None

    def get(self, name: str) -> Errand | None:
        """Return it."""
        row = self._db.first(_ERRAND, {"name": name})
        return None if row is None else Errand(**row)

    def put(self, errand: Errand) -> None:
        """Insert or replace."""
        row = {field.name: getattr(errand, field.name) for field in fields(errand)}
        self._db.put_each(errands, [row])

    def list(self) -> Sequence[Errand]:
        """Return all, by name."""
        return [Errand(**row) for row in self._db.all(_ERRANDS)]

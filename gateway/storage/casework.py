"""`ports.Cases` and `ports.Proposals` in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from gateway.domain.casework import TAKEN_IN, Case, Comment, Group, Lane, states_of
from gateway.domain.errors import Conflict, Unknown
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.policy.release import WithheldReason
from gateway.domain.transfer import Role, State
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import backpacks, transfers
from gateway.storage.tables_casework import case_comments, cases
from gateway.storage.transfers import stored_transfer
from gateway.usecases.ports import Queued, QueueFilter

_c = cases.c
_CASE: Final = tuple(field.name for field in fields(Case))
_values_of: Final = attrgetter(*_CASE)
_ONE = select(cases).where(_c.transfer == bindparam("transfer"))
_SAVE = (
    update(cases)
    .where(_c.transfer == bindparam("b_transfer"))
    .values({name: bindparam(name) for name in _CASE if name != "transfer"})
)
_SCHOOL = select(backpacks.c.school).where(backpacks.c.student == bindparam("b_student"))
_PLACE = update(cases).where(_c.transfer == bindparam("b_transfer")).values(school=_SCHOOL.scalar_subquery())
_COMMENT: Final = tuple(field.name for field in fields(Comment))
_ADD_COMMENT = case_comments.insert().inline()
_COMMENTS = (
    select(*(case_comments.c[name] for name in _COMMENT))
    .where(case_comments.c.transfer == bindparam("transfer"))
    .order_by(case_comments.c.seq)
)
_OF_CASE: Final = "case_"
_LINES = select(transfers, *(column.label(_OF_CASE + column.name) for column in _c)).join_from(
    cases, transfers, transfers.c.id == _c.transfer
)


class SqlCases:
    """The desk's cases, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def open(self, case: Case) -> None:
        """Insert it; `Conflict` if the transfer has one."""
        if not self._db.add(cases, _values(case)):
            raise Conflict("this transfer has a case already")

    def get(self, transfer: TransferId) -> Case:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"transfer": transfer})
        if row is None:
            raise Unknown("there is no such transfer")
        return _case(row)

    def save(self, case: Case) -> None:
        """Overwrite a case that is there, or raise `Unknown`."""
        if self._db.run(_SAVE, {**_values(case), "b_transfer": case.transfer}) != 1:
            raise Unknown("there is no such transfer")

    def place(self, transfer: TransferId, student: LocalStudentId) -> None:
        """Note the school of the student who was found."""
        self._db.run(_PLACE, {"b_transfer": transfer, "b_student": student})

    def queue(
        self, which: QueueFilter, *, after: TransferId | None = None, limit: int = 50
    ) -> Sequence[Queued]:
        """Return a page of the queue; see `ports.Cases`."""
        last = None if after is None else self.get(after)
        order = _NEWEST if Group.DONE in which.groups else _URGENT
        page = _page(which, order, last).limit(limit)
        rows = self._db.query(_LINES.where(_c.transfer.in_(page)).order_by(*order))
        return [_queued(row) for row in rows]

    def comment(self, transfer: TransferId, comment: Comment) -> None:
        """Add a comment."""
        values = {name: getattr(comment, name) for name in _COMMENT}
        self._db.run(_ADD_COMMENT, {"transfer": transfer, **values})

    def comments(self, transfer: TransferId) -> Sequence[Comment]:
        """Return the comments, oldest first."""
        return [Comment(**row) for row in self._db.all(_COMMENTS, {"transfer": transfer})]


_URGENT: Final = (_c.urgency, _c.due_on, _c.transfer)
_NEWEST: Final = (_c.opened_at.desc(), _c.transfer.desc())


def _page(
    which: QueueFilter, order: Sequence[ColumnElement[Any]], last: Case | None
) -> Select[tuple[TransferId]]:
    """Return the ids of a page, those after the last line of the page before it.

    Only narrow rows and indices are read for it: a district has ten times as much done as open.
    """
    page = select(_c.transfer).where(*_wanted(which)).order_by(*order)
    if last is None:
        return page
    if order is _NEWEST:
        return page.where(tuple_(_c.opened_at, _c.transfer) < (last.opened_at, last.transfer))
    return page.where(tuple_(*_URGENT) > (last.urgency, last.due_on, last.transfer))


def _wanted(which: QueueFilter) -> list[ColumnElement[bool]]:
    wanted = [_in_groups(which.groups)]
    if which.direction:
        wanted.append(_c.direction == which.direction)
    if which.lane:
        wanted.append(type_coerce(_c.lanes, Text).contains(f'"{which.lane}"'))
    if which.owner:
        wanted.append(_c.owner == which.owner)
    if which.unowned:
        wanted.append(_c.owner.is_(None))
    if which.schools is not None:
        wanted.append(or_(_c.school.in_(which.schools), _c.school.is_(None)))
    if which.unconfirmed:
        taken_in = and_(transfers.c.role == Role.REQUESTER, transfers.c.state.in_(sorted(TAKEN_IN)))
        wanted += [_c.confirmed_at.is_(None), _c.transfer.in_(select(transfers.c.id).where(taken_in))]
    if which.overdue_on:
        wanted.append(_c.due_on < which.overdue_on)
    return wanted


def _in_groups(groups: frozenset[Group]) -> ColumnElement[bool]:
    """Name the few: what is done is all that is not in another group."""
    if Group.DONE in groups:
        return _c.transfer.not_in(_ids_in(frozenset(Group) - groups))
    return _c.transfer.in_(_ids_in(groups))


def _ids_in(groups: frozenset[Group]) -> Select[tuple[str]]:
    def of(role: Role) -> ColumnElement[bool]:
        states = frozenset[State]().union(*(states_of(group, role) for group in groups))
        return and_(transfers.c.role == role, transfers.c.state.in_(sorted(states)))

    return select(transfers.c.id).where(or_(*map(of, Role)))


def _values(case: Case) -> dict[str, Any]:
    return dict(zip(_CASE, _values_of(case), strict=True))


def _case(row: AnyRow) -> Case:
    kept_back = {section: WithheldReason(why) for section, why in row["kept_back"].items()}
    return Case(**{**row, "lanes": tuple(map(Lane, row["lanes"])), "kept_back": kept_back})


def _queued(row: AnyRow) -> Queued:
    own = {name.removeprefix(_OF_CASE): value for name, value in row.items() if name.startswith(_OF_CASE)}
    rest = {name: value for name, value in row.items() if not name.startswith(_OF_CASE)}
    return Queued(case=_case(own), transfer=stored_transfer(rest))

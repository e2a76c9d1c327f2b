"""Note on each case how much of its clock is over: its page and the queue show it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

from gateway.domain.audit import Leaf
from gateway.domain.calendars import Unit, milestones, reminder_due
from gateway.domain.casework import Case, Group
from gateway.domain.ids import TransferId
from gateway.domain.sealed import PartState
from gateway.usecases.ports import Node, Queued, QueueFilter, Tx

ESCALATED: Final = 100
"""Percent of the clock at which a case is no longer its owner's alone."""
_PAGE: Final = 500
_OPEN: Final = QueueFilter(groups=frozenset({Group.TO_DO, Group.WAITING}))


async def remind(node: Node) -> int:
    """Note on every open case the share of its clock that is over; return on how many it changed.

    Each share is noted once, with a line in the log that the case's page shows. Repeating this on the same
    day changes nothing.
    """
    today, changed, after = node.calendar.day_of(node.now()), 0, None
    while True:
        lines = await node.store.read(partial(_page, after=after))
        due = [one for one in lines if share_due(node, one.case, today) is not None]
        if due:
            await node.store.write(partial(_note, node=node, due=due, today=today))
        changed += len(due)
        if len(lines) < _PAGE:
            return changed
        after = lines[-1].transfer.id


def share_due(node: Node, case: Case, today: date) -> int | None:
    """Return the share of the clock, in percent, that is over and was not noted yet; None if there is none.

    The clock counts the days that the pack counts for the case's lanes.
    """
    clock = node.pack.respond_in(case.lanes)
    unit = clock.unit if clock else Unit.BUSINESS_DAY
    opened = node.calendar.day_of(case.opened_at)
    whole = max(0, node.calendar.elapsed(opened, case.due_on, unit))
    return reminder_due(milestones(opened, whole, unit, node.calendar), case.reminded, today)


async def remind_of_parts(node: Node) -> int:
    """Note on sealed parts that their receipt is late, once each, in the log of their transfer.

    At the receiver those of the part's role are told by its page, at the holder whoever has the case.
    """
    today = node.calendar.day_of(node.now())

    def note(tx: Tx) -> int:
        late = [
            one
            for one in tx.sealed_parts.standing({PartState.FETCHED, PartState.ARRIVED})
            if one.due_on < today and not one.reminded
        ]
        for part in late:
            tx.sealed_parts.put(replace(part, reminded=True))
            rule = f"part {part.n}"
            tx.audit.add(
                Leaf(at=node.now(), actor="node", action="sealed.late", object=part.transfer, rule=rule)
            )
        return len(late)

    return await node.store.write(note)


def _page(tx: Tx, *, after: TransferId | None) -> Sequence[Queued]:
    return tx.cases.queue(_OPEN, after=after, limit=_PAGE)


def _note(tx: Tx, *, node: Node, due: Sequence[Queued], today: date) -> None:
    for line in due:
        case = tx.cases.get(line.case.transfer)
        share = share_due(node, case, today)
        if share is None:
            continue
        tx.cases.save(replace(case, reminded=share))
        action = "case.escalated" if share >= ESCALATED else "case.reminded"
        tx.audit.add(
            Leaf(at=node.now(), actor="node", action=action, object=case.transfer, rule=f"{share} %")
        )

"""Remind the district's own people of what becomes due, and tell their seniors of what is late."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

from gateway.domain.audit import Leaf
from gateway.domain.calendars import MILESTONES
from gateway.domain.casework import Case, Group
from gateway.domain.ids import TransferId
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
    today, changed, after = node.now().date(), 0, None
    while True:
        lines = await node.store.read(partial(_page, after=after))
        due = [one for one in lines if share_over(one.case, today) > one.case.reminded]
        if due:
            await node.store.write(partial(_note, node=node, due=due, today=today))
        changed += len(due)
        if len(lines) < _PAGE:
            return changed
        after = lines[-1].transfer.id


def share_over(case: Case, today: date) -> int:
    """Return the highest of the shares at which people are reminded that is over today, or 0."""
    whole = (case.due_on - case.opened_at.date()).days
    gone = (today - case.opened_at.date()).days
    return max((share for share in MILESTONES if gone * 100 >= whole * share), default=0)


def _page(tx: Tx, *, after: TransferId | None) -> Sequence[Queued]:
    return tx.cases.queue(_OPEN, after=after, limit=_PAGE)


def _note(tx: Tx, *, node: Node, due: Sequence[Queued], today: date) -> None:
    for line in due:
        case = tx.cases.get(line.case.transfer)
        share = share_over(case, today)
        if share <= case.reminded:
            continue
        tx.cases.save(replace(case, reminded=share))
        action = "case.escalated" if share >= ESCALATED else "case.reminded"
        tx.audit.add(
            Leaf(at=node.now(), actor="node", action=action, object=case.transfer, rule=f"{share} %")
        )

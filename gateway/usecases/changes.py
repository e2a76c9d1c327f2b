"""What has changed since a record was sent, worked out by the code that releases."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from gateway.domain.corrections import ChangeReason, Correction, EntryChange, changes_between, pointers_of
from gateway.domain.disclosures import DisclosureKind
from gateway.domain.errors import Conflict
from gateway.domain.ids import EntityId
from gateway.domain.importing.places import record_id
from gateway.domain.transfer import State, Transfer
from gateway.usecases.planning import Planned, plan, plan_sent, read_held
from gateway.usecases.ports import Node, Tx

CORRECTABLE = frozenset({State.RELEASED, State.FETCHED, State.ACKED, State.CLOSED})
"""Where the other side has a record, or may fetch one at any moment."""
_LATE_DAYS = 90
_HANDED_OVER = frozenset({DisclosureKind.RELEASE, DisclosureKind.PARTIAL})


def changes_since(
    node: Node, tx: Tx, transfer: Transfer, *, included: Collection[str] = ()
) -> Sequence[EntryChange]:
    """Return what a further version of the record would change for the other side.

    `included` are sections that are not kept back any more. What policy would not let leave any more counts
    as gone; nothing that was not sent and would not be sent is told.

    Raises:
        Unknown: the student is no longer in the source.
        Conflict: nothing was sent.
    """
    version = transfer.accepted_version or transfer.version
    if transfer.student is None or not version:
        raise Conflict("nothing was sent yet")
    held = read_held(tx, transfer.student)
    sent = _by_issuer(plan_sent(node, tx, transfer, version))
    now = _by_issuer(plan(node, tx, transfer, held, by="", at=transfer.changed_at, included=included))
    return [
        change
        for issuer in dict.fromkeys((*sent, *now))
        for change in changes_between(issuer, sent.get(issuer, {}), now.get(issuer, {}))
    ]


def _by_issuer(planned: Iterable[Planned]) -> Mapping[EntityId, Mapping[str, Sequence[Mapping[str, Any]]]]:
    """Return what leaves of each district's word; of several segments, the later one counts."""
    found: dict[EntityId, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for one in planned:
        sections = found.setdefault(one.issuer, {})
        for name, entries in one.leaving().items():
            sections.setdefault(name, {}).update({record_id(entry): entry for entry in entries})
    return {
        issuer: {name: list(entries.values()) for name, entries in sections.items()}
        for issuer, sections in found.items()
    }


def late_until(node: Node, tx: Tx, transfer: Transfer) -> date:
    """Return the last day on which additions go to the same case; the pack says how many days that is."""
    days = node.pack.retention.late_additions_days if node.pack.retention else _LATE_DAYS
    handed = [one.at for one in tx.disclosures.of_transfer(transfer.id) if one.kind in _HANDED_OVER]
    return node.calendar.day_of(min(handed, default=transfer.changed_at)) + timedelta(days=days)


def correction_of(
    tx: Tx,
    transfer: Transfer,
    reason: ChangeReason,
    changes: Sequence[EntryChange],
    *,
    by: str,
    at: datetime,
) -> Correction:
    """Return the row of a correction that is approved now.

    It replaces what the other side has: where an earlier correction never arrived, that one's predecessor.
    """
    known = tx.corrections.of(transfer.id)
    arrived = not known or transfer.version == transfer.accepted_version
    replaces = transfer.record_digest if arrived else known[-1].replaces
    if replaces is None:
        raise Conflict("nothing was sent yet")
    return Correction(
        transfer=transfer.id,
        after_version=transfer.version,
        replaces=replaces,
        reason=reason,
        pointers=pointers_of(changes),
        by=by,
        at=at,
    )

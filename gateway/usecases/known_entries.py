"""What this node knows of transfers with another one, as it is told, and what is missing on either side."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from gateway.domain.exchange import ListedTransfer
from gateway.domain.ids import Digest, EntityId, TransferId
from gateway.domain.messages import MessageType
from gateway.domain.reconciling import (
    Difference,
    FindingKind,
    Item,
    LogFinding,
    Side,
    differences,
    items_of,
)
from gateway.domain.transfer import Role, Transfer
from gateway.usecases.ports import Tx

MOST_OPEN: Final = 500
"""Findings with one node that are open at a time: a node that makes up transfers fills no store."""


def listed(tx: Tx, transfers: Sequence[Transfer]) -> list[ListedTransfer]:
    """Return what this node knows of the transfers, in the form that travels.

    One that has no common name yet is left out.
    """
    messages = tx.messages.of_each([one.id for one in transfers])
    return [
        ListedTransfer.model_validate(
            {
                "transfer": name,
                "request": one.request_jti,
                "held": one.role is Role.HOLDER,
                "items": [_told(item) for item in items_of(one, messages[one.id])],
            }
        )
        for one in transfers
        if (name := common_name(one)) and one.request_jti
    ]


def _told(item: Item) -> dict[str, object]:
    return {"kind": item.kind, "digest": item.digest, "version": item.version, "sure": item.sure}


def common_name(transfer: Transfer) -> TransferId | None:
    """Return what both sides call the transfer: the holder's id of it."""
    return transfer.id if transfer.role is Role.HOLDER else transfer.remote_id


def matching(tx: Tx, peer: EntityId, asked: ListedTransfer) -> Transfer | None:
    """Return this node's side of a transfer that the peer names, if it is between the two; else None."""
    if asked.held:
        return _of_requester(tx, peer, asked)
    return tx.transfers.by_request(peer, asked.request)


def _of_requester(tx: Tx, peer: EntityId, asked: ListedTransfer) -> Transfer | None:
    sent = tx.messages.sent(asked.request)
    if sent is None or sent.peer != peer or sent.transfer is None or sent.type is not MessageType.REQUEST:
        return None
    return tx.transfers.get(sent.transfer)


def compared(
    tx: Tx,
    peer: EntityId,
    ours: Iterable[tuple[Transfer | None, ListedTransfer]],
    *,
    before: datetime,
    now: datetime,
) -> list[LogFinding]:
    """Store what differs from what the peer told of these transfers, and settle what does no more; return it.

    A transfer that is not here at all is compared with nothing.
    """
    pairs = list(ours)
    here = [transfer for transfer, _ in pairs if transfer]
    messages = tx.messages.of_each([one.id for one in here]) if here else {}
    found: list[LogFinding] = []
    for transfer, told in pairs:
        mine = items_of(transfer, messages[transfer.id]) if transfer else []
        theirs = [
            Item(kind=one.kind, digest=Digest(one.digest), version=one.version, sure=one.sure)
            for one in told.items
        ]
        found += [
            _finding(peer, transfer, told.transfer, one, now)
            for one in differences(mine, theirs, before=before)
        ]
    _store(tx, peer, pairs, found, now)
    return found


def _store(
    tx: Tx,
    peer: EntityId,
    pairs: Sequence[tuple[Transfer | None, ListedTransfer]],
    found: Sequence[LogFinding],
    now: datetime,
) -> None:
    is_open = {one.id: one for one in tx.log_findings.of(peer)}
    looked_at = {transfer.id if transfer else told.transfer for transfer, told in pairs}
    still = {one.id for one in found}
    settled = [
        id_
        for id_, one in is_open.items()
        if id_ not in still and one.kind in _COMPARED and (one.transfer or one.named) in looked_at
    ]
    tx.log_findings.settle(settled, now)
    room = max(0, MOST_OPEN - len(is_open) + len(settled))
    tx.log_findings.add([one for one in found if one.id not in is_open][:room])


_COMPARED = frozenset({FindingKind.MISSING, FindingKind.DIFFERS})


def _finding(
    peer: EntityId, transfer: Transfer | None, named: str, one: Difference, now: datetime
) -> LogFinding:
    return LogFinding(
        peer=peer,
        kind=one.kind,
        transfer=transfer.id if transfer else None,
        named=named,
        what=one.what,
        version=one.version,
        digest=one.digest,
        lacking=one.lacking if transfer else Side.HERE,
        found_at=now,
    )

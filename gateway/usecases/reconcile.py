"""Every night: ask each partner what it knows of the transfers between the two nodes, and compare."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import structlog

from gateway.domain import merkle
from gateway.domain.audit import Leaf
from gateway.domain.errands import Errand
from gateway.domain.errors import GatewayError, Untrusted, cause
from gateway.domain.exchange import ListedTransfer, LogProof, ReconciledClaims
from gateway.domain.ids import EntityId, TransferId, digest
from gateway.domain.log_positions import KeptPosition
from gateway.domain.messages import MessageType
from gateway.domain.outside import in_network
from gateway.domain.reconciling import (
    GRACE,
    TRANSFERS_AT_ONCE,
    FindingKind,
    LogFinding,
    Side,
)
from gateway.domain.transfer import Transfer
from gateway.domain.trust import Listing
from gateway.usecases.evidence import read
from gateway.usecases.known_entries import common_name, compared, listed, matching
from gateway.usecases.ports import Node, Tx
from gateway.usecases.proof_steps import steps_of

_log = structlog.get_logger()

QUESTION_LIFE: Final = timedelta(minutes=5)
_LEASE: Final = timedelta(minutes=15)
_OVERLAP: Final = timedelta(days=1)
_NIGHT: Final = time(2)


def errand_of(peer: EntityId) -> str:
    """Return the name of the errand to that node."""
    return f"reconcile {peer}"


async def reconcile_due(node: Node) -> int:
    """Compare with each partner whose night it is; return with how many. One that is away is asked later."""
    peers = await node.store.read(lambda tx: tx.transfers.peers())
    done = 0
    for peer in filter(in_network, peers):
        now = node.now()
        errand = await node.store.write(partial(_claim, peer=peer, now=now))
        if errand is not None:
            await reconcile_with(node, peer, errand)
            done += 1
    return done


def _claim(tx: Tx, *, peer: EntityId, now: datetime) -> Errand | None:
    return tx.errands.claim(errand_of(peer), now, _LEASE)


async def reconcile_with(node: Node, peer: EntityId, errand: Errand) -> Errand:
    """Compare all transfers with the node that are open or changed since last time; return how it went."""
    now = node.now()
    since = errand.done_at - _OVERLAP if errand.done_at else None
    try:
        count, found = await _compare_all(node, peer, since)
    except GatewayError as fault:
        after = errand.failed(now, cause(fault))
        _log.warning("log.not_reconciled", peer=peer, fault=after.fault, tries=after.tries)
        await node.store.write(lambda tx: tx.errands.put(after))
        return after
    done = errand.done(now, next_at=next_night(node, now))

    def store(tx: Tx) -> None:
        tx.errands.put(done)
        rule = f"{count} transfers, {found} differences"
        tx.audit.add(Leaf(at=now, actor="node", action="log.reconciled", object=peer, rule=rule, peer=peer))

    await node.store.write(store)
    return done


def next_night(node: Node, now: datetime) -> datetime:
    """Return the next two o'clock of the district."""
    local = now.astimezone(node.calendar.zone)
    tonight = datetime.combine(local.date(), _NIGHT, local.tzinfo)
    return (tonight if tonight > local else tonight + timedelta(days=1)).astimezone(UTC)


async def _compare_all(node: Node, peer: EntityId, since: datetime | None) -> tuple[int, int]:
    """Return how many transfers were compared, and how many differences were found."""
    listing = await node.directory.listing(peer)
    count, found, after = 0, 0, None
    while True:
        page = await node.store.read(partial(_page, peer=peer, since=since, after=after))
        if page or not count:
            found += len(await _compare(node, listing, [one for one in page if common_name(one)]))
        count += len(page)
        if len(page) < TRANSFERS_AT_ONCE:
            return count, found
        after = page[-1].id


def _page(tx: Tx, *, peer: EntityId, since: datetime | None, after: TransferId | None) -> Sequence[Transfer]:
    return tx.transfers.with_peer(peer, changed_since=since, after=after, limit=TRANSFERS_AT_ONCE)


async def _compare(node: Node, peer: Listing, transfers: Sequence[Transfer]) -> list[LogFinding]:
    now = node.now()
    entries, known = await node.store.read(
        lambda tx: (listed(tx, transfers), tx.log_positions.largest(peer.id))
    )
    question = node.seals.sign(MessageType.RECONCILE, _question(node, peer, entries, known, now))
    answer = await node.peers.reconcile(peer, question)
    claims = read(node, MessageType.RECONCILED, answer, peer, ReconciledClaims)
    if claims.question != digest(question.encode()):
        raise Untrusted("other_question", "the answer is to another question")
    fault = _fault_of_log(node, peer, known, claims.log)

    def store(tx: Tx) -> list[LogFinding]:
        by_name = {(one.transfer, one.held): one for one in claims.transfers}
        nothing = ListedTransfer.model_construct
        pairs = []
        for one in entries:
            told = by_name.get((one.transfer, not one.held))
            told = told or nothing(transfer=one.transfer, request=one.request, held=not one.held, items=())
            pairs.append((matching(tx, peer.id, told), told))
        found = compared(tx, peer.id, pairs, before=now - GRACE, now=now)
        _note_log(tx, peer, known, fault, now)
        return found

    return await node.store.write(store)


def _question(
    node: Node, peer: Listing, entries: Sequence[ListedTransfer], known: KeptPosition | None, now: datetime
) -> Mapping[str, Any]:
    return {
        "iss": node.id,
        "aud": peer.id,
        "iat": int(now.timestamp()),
        "exp": int((now + QUESTION_LIFE).timestamp()),
        "jti": node.new_id(),
        "transfers": [one.model_dump(mode="json") for one in entries],
        "log_size": known.size if known else 0,
    }


def _fault_of_log(node: Node, peer: Listing, known: KeptPosition | None, log: LogProof | None) -> str:
    """Return why the peer's log is not the one that it proved before; empty if it is."""
    if known is None:
        return ""
    if log is None or peer.log_key is None:
        return "not_told"
    try:
        size, root = node.log.read_of(log.checkpoint, peer.log_key)
        consistent = merkle.consistent(known.size, size, known.root, root, steps_of(log.proof))
    except GatewayError as fault:
        return fault.reason if isinstance(fault, Untrusted) else fault.code
    if size < known.size:
        return "log_shrunken"
    return "" if consistent else "log_inconsistent"


def _note_log(tx: Tx, peer: Listing, known: KeptPosition | None, fault: str, now: datetime) -> None:
    before = [one.id for one in tx.log_findings.of(peer.id) if one.kind is FindingKind.PEER_LOG]
    if not fault:
        tx.log_findings.settle(before, now)
    elif not before and known is not None:
        finding = LogFinding(
            peer=peer.id,
            kind=FindingKind.PEER_LOG,
            transfer=known.transfer,
            named=fault,
            what=fault,
            version=0,
            digest=known.message,
            lacking=Side.THERE,
            found_at=now,
        )
        tx.log_findings.add([finding])

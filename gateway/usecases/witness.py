"""An agency witnesses its members' logs: it signs that it saw a checkpoint, and no other history before."""

from dataclasses import replace
from datetime import datetime

from gateway.domain.audit import Leaf
from gateway.domain.errors import Forbidden, Untrusted
from gateway.domain.ids import digest
from gateway.domain.policy import Action, Kind, Object, Person
from gateway.domain.reconciling import FindingKind, LogFinding, Side
from gateway.domain.trust import Peer
from gateway.domain.witness import LogFault, Submission, WitnessAnswer, WitnessedLog, fault_of
from gateway.usecases.agency import ACTIVE
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, Tx


async def witness(node: Node, peer: Peer, shown: Submission) -> WitnessAnswer:
    """Cosign a member's checkpoint that continues what was seen of its log.

    A log that does not continue is refused, and kept as evidence with what it contradicts.

    Raises:
        Forbidden: this node is no witness, or the peer is suspended.
        Untrusted: `no_log_key`, `bad_signature`, `wrong_issuer`: it is not the log of the peer that asks;
            `log_forked`, `log_shrunken`, `log_inconsistent`: its history was changed.
        Malformed: it is no checkpoint.
    """
    if node.witness is None:
        raise Forbidden("this node is no witness")
    if peer.listing.log_key is None:
        raise Untrusted("no_log_key", "the node publishes no key of its log")
    seen = node.log.read_of(shown.note, peer.listing.log_key)
    fault = await node.store.write(lambda tx: _weigh(node, tx, peer, shown, seen))
    if isinstance(fault, LogFault):
        raise Untrusted(fault, "the log does not continue the one that was witnessed")
    if fault is not None:
        return fault
    return WitnessAnswer(size=seen[0], cosignature=node.witness.cosign(shown.note, node.now()))


def _weigh(
    node: Node, tx: Tx, peer: Peer, shown: Submission, seen: tuple[int, bytes]
) -> LogFault | WitnessAnswer | None:
    """Return why it is refused, or from where it must start; None where it may be cosigned."""
    if tx.members.get(peer.id).status != ACTIVE:
        raise Forbidden("this node is suspended")
    origin, now = shown.note.partition("\n")[0], node.now()
    known = tx.witnessed.get(origin)
    size, root = (known.size, known.root) if known else (0, b"")
    if shown.old != size:
        return WitnessAnswer(size=size)
    fault = fault_of((size, root), seen, shown.proof) if known else None
    if known and fault:
        finding = _finding(known, shown, fault, seen[0], now)
        _refuse(tx, known, shown, finding)
        return fault
    if known is None or seen[0] > size:
        fresh = WitnessedLog(origin=origin, node=peer.id, size=seen[0], root=seen[1], note=shown.note, at=now)
        tx.witnessed.put(_with_evidence(fresh, known))
    return None


def _with_evidence(fresh: WitnessedLog, known: WitnessedLog | None) -> WitnessedLog:
    """Return it with what an earlier refusal left behind: going on later does not undo it."""
    if known is None:
        return fresh
    return replace(fresh, fault=known.fault, refused_note=known.refused_note, refused_at=known.refused_at)


def _refuse(tx: Tx, known: WitnessedLog, shown: Submission, finding: LogFinding) -> None:
    fault, now = LogFault(finding.what), finding.found_at
    tx.witnessed.put(replace(known, fault=fault, refused_note=shown.note, refused_at=now))
    tx.log_findings.add([finding])
    tx.audit.add(
        Leaf(
            at=now,
            actor=known.node,
            action="log.refused",
            object=known.node,
            rule=fault,
            outcome="refused",
            peer=known.node,
            digests=(digest(known.note.encode()), digest(shown.note.encode())),
        )
    )


def _finding(known: WitnessedLog, shown: Submission, fault: LogFault, size: int, now: datetime) -> LogFinding:
    return LogFinding(
        peer=known.node,
        kind=FindingKind.MEMBER_LOG,
        transfer=None,
        named=f"{fault}: {size} leaves after {known.size}",
        what=fault,
        version=0,
        digest=digest(shown.note.encode()),
        lacking=Side.THERE,
        found_at=now,
    )


async def witnessed_logs(node: Node, *, person: Person) -> list[tuple[WitnessedLog, str]]:
    """Return what was seen of each member's log, with the member's name.

    Raises:
        Forbidden: the person does not run the agency's node and is no auditor.
    """
    await permit(node, person, Action.LOG_READ, Object(kind=Kind.NODE, id=node.id))

    def look(tx: Tx) -> list[tuple[WitnessedLog, str]]:
        names = {one.id: one.organization_name for one in tx.members.list()}
        return [(log, names.get(log.node, log.node)) for log in tx.witnessed.list()]

    return await node.store.read(look)

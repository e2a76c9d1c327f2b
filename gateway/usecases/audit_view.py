"""What an auditor sees: the log by pseudonym and handle, who read what, where logs differ, the witness.

No student is named. Only the safety officer's log shows steps that could tell of a silent hold.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final

from gateway.domain.audit import Checkpoint, Leaf
from gateway.domain.disclosures import Access
from gateway.domain.errands import Errand
from gateway.domain.ids import EntityId
from gateway.domain.policy import Action, Kind, Object, Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.reconciling import FindingKind, LogFinding
from gateway.usecases.permission import permit
from gateway.usecases.ports import LogQuery, Node, Tx
from gateway.usecases.reconcile import errand_of, reconcile_with
from gateway.usecases.timeline import ONLY_SAFETY

LINES: Final = 50
_MOST_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines of the log. Everything that is not said is not asked for."""

    kind: str = ""
    """The first part of an action: `release`, `request`, `case`."""
    role: StaffRole | None = None
    """Of the member of staff who acted."""
    handle: str = ""
    """A transfer or another handle."""
    since: date | None = None
    until: date | None = None
    """Its last day."""
    before: int | None = None
    """A line's number: what is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of the log as an auditor sees it."""

    seq: int
    leaf: Leaf
    roles: frozenset[StaffRole]
    """Of the member of staff behind the pseudonym; empty for a node, and for whoever is no longer listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some lines of the log, newest first."""

    lines: Sequence[LogLine]
    older: int | None
    """What to ask `before` for the next page; None at the end."""
    size: int


async def read_log(node: Node, person: Person, wanted: Wanted) -> LogPage:
    """Return the newest lines that are asked for.

    Raises:
        Forbidden: the log is not for this person.
    """
    await permit(node, person, Action.LOG_READ, _log_of(node))
    sees_all = StaffRole.SAFETY_OFFICER in person.roles
    return await node.store.read(
        partial(_page, node=node, wanted=wanted, hidden=() if sees_all else ONLY_SAFETY)
    )


def _page(tx: Tx, *, node: Node, wanted: Wanted, hidden: Collection[str]) -> LogPage:
    roles = {account.pseudonym: account.roles for account in tx.staff.list()}
    actors = [one for one, held in roles.items() if wanted.role in held] if wanted.role else None
    query = LogQuery(
        kind=wanted.kind,
        actors=actors,
        object=wanted.handle,
        since=_midnight(node, wanted.since),
        until=_midnight(node, wanted.until + timedelta(days=1) if wanted.until else None),
        before=wanted.before,
        hidden=tuple(hidden),
        limit=LINES + 1,
    )
    found = tx.audit.newest(query)
    lines = [
        LogLine(seq=seq, leaf=leaf, roles=frozenset(roles.get(leaf.actor, ()))) for seq, leaf in found[:LINES]
    ]
    older = lines[-1].seq if len(found) > LINES else None
    return LogPage(lines=lines, older=older, size=tx.audit.size())


def _midnight(node: Node, day: date | None) -> datetime | None:
    return datetime.combine(day, time(), node.calendar.zone).astimezone(UTC) if day else None


async def read_accesses(node: Node, person: Person, *, limit: int = LINES) -> Sequence[Access]:
    """Return who read records last, newest first; whose record it was is left out.

    Raises:
        Forbidden: accesses are not for this person.
    """
    await permit(node, person, Action.ACCESSES_READ, _log_of(node))
    return await node.store.read(lambda tx: tx.accesses.newest(limit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How the log is witnessed, and where it and those of partners differ."""

    size: int
    checkpoint: Checkpoint | None
    """The newest that this node signed."""
    cosigned: Checkpoint | None
    """The newest that the agency signed too; `at` is by its clock."""
    witness_fault: str
    """Why the agency did not sign the last time; empty if it did."""
    findings: Sequence[LogFinding]
    """Open ones, newest first."""
    compared: Mapping[EntityId, Errand]
    """When the logs were compared last with each partner, and why not if they were not."""


async def read_evidence(node: Node, person: Person) -> Evidence:
    """Return how the log stands with the witness and with partners.

    Raises:
        Forbidden: it is not for this person.
    """
    await permit(node, person, Action.RECONCILE_READ, _log_of(node))

    def look(tx: Tx) -> Evidence:
        errands = {one.name: one for one in tx.errands.list()}
        peers = {peer: errands.get(errand_of(peer)) for peer in tx.transfers.peers()}
        witness = errands.get("witness")
        return Evidence(
            size=tx.audit.size(),
            checkpoint=tx.checkpoints.latest(),
            cosigned=tx.cosigned.latest(),
            witness_fault=witness.fault if witness else "",
            findings=tx.log_findings.list(limit=_MOST_FINDINGS),
            compared={peer: errand for peer, errand in peers.items() if errand},
        )

    return await node.store.read(look)


async def reconcile_now(
    node: Node, person: Person, peers: Collection[EntityId] = ()
) -> Mapping[EntityId, Errand]:
    """Compare with these partners now, or with all; return how it went with each.

    Raises:
        Forbidden: it is not for this person.
    """
    await permit(node, person, Action.RECONCILE_READ, _log_of(node))
    known = await node.store.read(lambda tx: tx.transfers.peers())
    done: dict[EntityId, Errand] = {}
    for peer in known:
        if not peers or peer in peers:
            done[peer] = await reconcile_with(node, peer, await _errand(node, errand_of(peer)))
    return done


async def _errand(node: Node, name: str) -> Errand:
    kept = await node.store.read(lambda tx: tx.errands.get(name))
    return kept or Errand(name=name, due_at=node.now())


def advice(finding: LogFinding) -> str:
    """Return what to do about a finding, as the name of its text: the pages and the terminal say it."""
    if finding.kind is FindingKind.MISSING:
        return f"{finding.kind}.{finding.lacking}"
    return str(finding.kind)


def _log_of(node: Node) -> Object:
    return Object(kind=Kind.NODE, id=node.id)

"""What the other district would get if the record left now, worked out by the code that packages it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.casework import Case
from gateway.domain.errors import Conflict, Refused
from gateway.domain.ids import TransferId
from gateway.domain.policy import Action, Person, WithheldReason
from gateway.domain.policy.basis import NoticeBasisMissing
from gateway.domain.policy.release import NOT_DECIDED
from gateway.domain.proposals import Proposal, ProposalState
from gateway.domain.transfer import Role, State, Transfer
from gateway.usecases.basis import basis_of
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.planning import Planned, plan, read_held
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A release as it stands: what leaves, what stays and why, and what is still to be done."""

    transfer: Transfer
    case: Case
    segments: Sequence[Planned]
    """What leaves of each district's segment; the own one is last."""
    basis: str | None
    """On which ground it leaves; None where nothing told the family yet."""
    to_do: str | None
    """What to do where the basis is missing."""
    waiting: Proposal | None
    """The first person's wish, where a second one must agree."""
    undo_until: datetime | None
    """Until when an approval can surely be taken back; None where there is none."""
    now: datetime

    @property
    def sealed(self) -> Mapping[str, bool]:
        """Return the sections that go apart, sealed, and whether two people let them go."""
        releases = [one.release for one in self.segments]
        going = {name: True for release in releases for name in release.sealed}
        return going | {name: False for release in releases for name in release.undecided}

    @property
    def withheld(self) -> Mapping[str, WithheldReason]:
        """Return why a section stays, or a part of it; what one district does not hold another may."""
        leaving = {name for one in self.segments for name in one.release.granted}
        kept = [each for one in self.segments for each in one.release.withheld]
        decided = {each.section: each.reason for each in kept if each.reason not in NOT_DECIDED}
        absent = {each.section: each.reason for each in kept if each.section not in leaving}
        return absent | decided


async def preview_release(node: Node, person: Person, id_: TransferId) -> Preview:
    """Return what would leave. Who looked is in the log.

    Raises:
        Unknown: there is no such request, or the student is no longer in the source.
        Forbidden: the person may not see it.
        Conflict: the student is not found yet.
    """
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.HOLDER:
        raise Refused("this node asked for that record; only the holder releases it")
    student = transfer.student
    if student is None:
        raise Conflict("say first which student is meant")
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    await permit(node, person, Action.RELEASE_PREVIEW, object_)
    now, by = node.now(), actor_of(node, person)

    def look(tx: Tx) -> Preview:
        held = read_held(tx, student)
        basis, to_do = _basis(node, tx, transfer)
        tx.audit.add(leaf(transfer, now, actor=by, action="release.preview"))
        tx.accesses.add(
            reading(node, person, Action.RELEASE_PREVIEW, transfer.sections, student=student, transfer=id_)
        )
        return Preview(
            transfer=transfer,
            case=tx.cases.get(id_),
            segments=plan(node, tx, transfer, held, by=by, at=now),
            basis=basis,
            to_do=to_do,
            waiting=_waiting(tx, id_, now),
            undo_until=_undo_until(node, transfer),
            now=now,
        )

    return await node.store.write(look)


def _undo_until(node: Node, transfer: Transfer) -> datetime | None:
    """Return it from the approval alone: when the record is due may tell of a silent hold."""
    approved = transfer.approved_at if transfer.state is State.APPROVED else None
    return approved and approved + node.rules.undo


def _basis(node: Node, tx: Tx, transfer: Transfer) -> tuple[str | None, str | None]:
    try:
        return str(basis_of(node, tx, transfer)), None
    except NoticeBasisMissing as missing:
        return None, str(missing)


def _waiting(tx: Tx, id_: TransferId, now: datetime) -> Proposal | None:
    wished = [one.at(now) for one in tx.proposals.of(id_) if one.action == Action.RELEASE_APPROVE]
    return next((one for one in wished if one.state is ProposalState.OPEN), None)

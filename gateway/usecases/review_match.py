"""Whom a request means, decided by a person: both sides compared, one chosen, none, or more asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.domain.clocks import MAX_NEEDS_INFO_ROUNDS, NEEDS_INFO_LIFE
from gateway.domain.errors import Conflict, Refused
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.matching import ASKABLE, Candidate, Compared, compare
from gateway.domain.policy import Action, Person
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_transfer

MOST: Final = 6
"""Students shown beside a request."""
_LEAST_NEAR: Final = 2
"""Attributes in which a student must nearly fit to be shown: a birth date alone is shared by many."""
_REVIEWED: Final = frozenset({State.NO_MATCH, State.REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A student of this district who may be meant."""

    student: LocalStudentId
    school: str | None
    grade: str | None
    attributes: Sequence[Compared]
    chosen: bool

    @property
    def fit(self) -> tuple[int, int]:
        """In how many attributes both sides agree, and in how many nearly."""
        return sum(one.same is True for one in self.attributes), sum(one.near for one in self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReview:
    """A request, and who may be meant."""

    transfer: Transfer
    suggested: Sequence[Suggested]
    """The best fit first."""
    may_ask: bool
    """Whether the other district may still be asked for more."""


async def review_match(node: Node, person: Person, id_: TransferId) -> MatchReview:
    """Return both sides of a match; who looked at whom is in the log.

    Raises:
        Unknown: there is no such request.
        Forbidden: the person may not compare.
        Conflict: there is nothing to decide about any more.
    """
    transfer = await _of_holder(node, id_)
    await _permit(node, person, Action.MATCH_READ, transfer)

    def look(tx: Tx) -> list[Suggested]:
        found = [_suggested(tx, transfer, one) for one in tx.backpacks.candidates(transfer.subject)]
        fitting = [one for one in found if one.chosen or one.fit[1] >= _LEAST_NEAR]
        best = sorted(fitting, key=lambda one: (not one.chosen, *(-n for n in one.fit), one.student))[:MOST]
        tx.audit.add(
            leaf(transfer, node.now(), actor=actor_of(node, person), action="match.read", rule=str(len(best)))
        )
        for one in best:
            tx.accesses.add(
                reading(node, person, Action.MATCH_READ, ("identity",), student=one.student, transfer=id_)
            )
        return best

    return MatchReview(transfer=transfer, suggested=await node.store.write(look), may_ask=_may_ask(transfer))


async def nobody_is_meant(node: Node, person: Person, id_: TransferId) -> Transfer:
    """End a request whose student is not here. The requester learns that there is no record, not why.

    Raises:
        Unknown, Forbidden, Conflict: as `review_match`.
    """
    transfer = await _of_holder(node, id_)
    await _permit(node, person, Action.MATCH_NONE, transfer)
    now = node.now()
    end = State.CLOSED if transfer.state is State.NO_MATCH else State.DENIED
    after = transfer.to(end, at=now, reason=Reason.NO_MATCH, next_try_at=None)
    return await _announce(node, transfer, [after], person, rule="nobody is meant")


async def ask_for_more(node: Node, person: Person, id_: TransferId) -> Transfer:
    """Ask the other district for more attributes: always for all that there are, so that it tells nothing.

    Raises:
        Unknown, Forbidden: as `review_match`.
        Conflict: it was asked as often as it may be, or a student was chosen.
    """
    transfer = await _of_holder(node, id_)
    await _permit(node, person, Action.MATCH_ASK, transfer)
    if not _may_ask(transfer):
        raise Conflict("the other district cannot be asked again for this request")
    now = node.now()
    matching = transfer.to(State.MATCHING, at=now, reason=None, next_try_at=None)
    until = now + NEEDS_INFO_LIFE
    after = matching.to(
        State.NEEDS_INFO,
        at=now,
        needs=ASKABLE,
        rounds=transfer.rounds + 1,
        expires_at=until,
        next_try_at=until,
    )
    return await _announce(node, transfer, [matching, after], person, rule="asked by a person")


async def _announce(
    node: Node, before: Transfer, steps: Sequence[Transfer], person: Person, *, rule: str
) -> Transfer:
    after = steps[-1]
    message = announcement(node, after)

    def store(tx: Tx) -> None:
        for earlier, later in zip([before, *steps], steps, strict=False):
            tx.transfers.move(earlier, later)
        tx.messages.add(message)
        tx.audit.add(leaf(after, after.changed_at, actor=actor_of(node, person), rule=rule))

    await node.store.write(store)
    node.wake()
    return after


async def _permit(node: Node, person: Person, action: Action, transfer: Transfer) -> None:
    object_ = await node.store.read(lambda tx: about_transfer(tx, node, transfer))
    await permit(node, person, action, object_)


def _may_ask(transfer: Transfer) -> bool:
    return transfer.state is State.NO_MATCH and transfer.rounds < MAX_NEEDS_INFO_ROUNDS


def _suggested(tx: Tx, transfer: Transfer, candidate: Candidate) -> Suggested:
    stored = tx.backpacks.get(candidate.student)
    return Suggested(
        student=candidate.student,
        school=stored.school,
        grade=stored.grade,
        attributes=compare(transfer.subject, candidate),
        chosen=candidate.student == transfer.student,
    )


async def _of_holder(node: Node, id_: TransferId) -> Transfer:
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    if transfer.role is not Role.HOLDER:
        raise Refused("this node asked for that record; the holder finds the student")
    if transfer.state not in _REVIEWED:
        raise Conflict("there is no match to decide about any more")
    return transfer

"""Find the student that a request names; steps of the loop at the holder."""

from datetime import datetime

from gateway.domain.clocks import MAX_NEEDS_INFO_ROUNDS, NEEDS_INFO_LIFE
from gateway.domain.matching import ASKABLE, Band, Match, is_enough, match
from gateway.domain.safety.pace import next_batch
from gateway.domain.transfer import Reason, State, Transfer
from gateway.usecases.disclosures import requested
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import held_openly, raise_alarm


async def match_student(node: Node, transfer: Transfer) -> Transfer:
    """RECEIVED, by way of MATCHING, to REVIEW with one student, to NEEDS_INFO, or to NO_MATCH.

    Nothing is released below a certain match. More is asked for only where the request itself says too
    little for anybody; so neither the question nor its absence tells who is on file. What fits only
    nearly looks to the requester like what does not fit at all, and a person may look at it here.
    """
    candidates = await node.store.read(lambda tx: tx.backpacks.candidates(transfer.subject))
    found = match(transfer.subject, candidates)
    matching = _matching(node, transfer)
    after = _after(node, matching, found)
    messages = [announcement(node, after)] if after.state is State.NEEDS_INFO else []

    def store(tx: Tx) -> Transfer:
        if matching is not transfer:
            tx.transfers.move(transfer, matching)
        tx.transfers.move(matching, after)
        raise_alarm(tx, node, after)
        if after.student:
            tx.cases.place(after.id, after.student)
        tx.audit.add(leaf(after, after.changed_at, rule=found.rule))
        if after.student is not None:
            tx.disclosures.add(requested(node, after, after.student))
        for message in messages:
            tx.messages.add(message)
        held = held_openly(tx, node, after)
        if held is not after:
            tx.transfers.move(after, held)
            tx.audit.add(leaf(held, held.changed_at, rule=Reason.STUDENT_HOLD))
        return held

    stored = await node.store.write(store)
    if messages:
        node.wake()
    return stored


def _looked_at(node: Node, transfer: Transfer) -> datetime:
    """Return when the loop looks at a certain match: at the next of the fixed times, or never by itself."""
    if not node.rules.automatic_approval:
        return transfer.expires_at
    return next_batch(node.now(), node.rules.batch) if node.rules.batch else node.now()


def _matching(node: Node, transfer: Transfer) -> Transfer:
    if transfer.state is State.MATCHING:
        return transfer
    now = node.now()
    return transfer.to(State.MATCHING, at=now, next_try_at=now)


def _after(node: Node, transfer: Transfer, found: Match) -> Transfer:
    now = node.now()
    if found.band is Band.CERTAIN:
        due = _looked_at(node, transfer)
        return transfer.to(State.REVIEW, at=now, student=found.student, next_try_at=due)
    if not is_enough(transfer.subject) and transfer.rounds < MAX_NEEDS_INFO_ROUNDS:
        until = now + NEEDS_INFO_LIFE
        return transfer.to(
            State.NEEDS_INFO,
            at=now,
            needs=ASKABLE,
            rounds=transfer.rounds + 1,
            expires_at=until,
            next_try_at=until,
        )
    return transfer.to(State.NO_MATCH, at=now, reason=Reason.NO_MATCH, next_try_at=transfer.expires_at)

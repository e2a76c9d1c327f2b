"""Find the student that a request names; steps of the loop at the holder."""

from gateway.domain.clocks import MAX_NEEDS_INFO_ROUNDS, NEEDS_INFO_LIFE
from gateway.domain.matching import ASKABLE, Band, Match, is_enough, match
from gateway.domain.transfer import Reason, State, Transfer
from gateway.usecases.disclosures import requested
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.ports import Node, Tx


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

    def store(tx: Tx) -> None:
        if matching is not transfer:
            tx.transfers.move(transfer, matching)
        tx.transfers.move(matching, after)
        if after.student:
            tx.cases.place(after.id, after.student)
        tx.audit.add(leaf(after, after.changed_at, rule=found.rule))
        if after.student is not None:
            tx.disclosures.add(requested(node, after, after.student))
        for message in messages:
            tx.messages.add(message)

    await node.store.write(store)
    if messages:
        node.wake()
    return after


def _matching(node: Node, transfer: Transfer) -> Transfer:
    if transfer.state is State.MATCHING:
        return transfer
    now = node.now()
    return transfer.to(State.MATCHING, at=now, next_try_at=now)


def _after(node: Node, transfer: Transfer, found: Match) -> Transfer:
    now = node.now()
    if found.band is Band.CERTAIN:
        due = now if node.rules.automatic_approval else transfer.expires_at
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

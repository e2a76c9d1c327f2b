"""How the local system's data does: how old it is here, what was wrong with it, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.policy import Action, Kind, Object, Person
from gateway.usecases.permission import permit
from gateway.usecases.ports import FindingFilter, FindingPlace, FindingTally, Node, Tx

STALE_RUN: Final = timedelta(days=2)
"""A run is due every night; so much later somebody should look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What is here of the local system, and since when."""

    run_at: datetime | None
    """When the last mapping run ended; None: none did."""
    students: int
    stale: bool


def freshness(node: Node, tx: Tx) -> Freshness:
    """Return how old the students' data here is."""
    run = tx.audit.latest(node.id, "students.mapped")
    stale = run is None or node.now() - run.at > STALE_RUN
    return Freshness(run_at=run.at if run else None, students=tx.backpacks.count(), stale=stale)


async def read_source(node: Node, person: Person) -> Freshness:
    """Return the same to a person.

    Raises:
        Forbidden: the person may not see the source.
    """
    await permit(node, person, Action.SOURCE_READ, Object(kind=Kind.NODE, id=node.id))
    return await node.store.read(lambda tx: freshness(node, tx))


async def count_findings(node: Node, person: Person, which: FindingFilter) -> Sequence[FindingTally]:
    """Return how often what is wrong, by school and column; of the person's schools only.

    Raises:
        Forbidden: the person may not see findings.
    """
    await permit(node, person, Action.FINDINGS_READ, Object(kind=Kind.NODE, id=node.id))
    return await node.store.read(lambda tx: tx.findings.tallies(_of_person(which, person)))


async def list_findings(
    node: Node, person: Person, which: FindingFilter, *, limit: int
) -> Sequence[FindingPlace]:
    """Return where to look in the local system, without the values; of the person's schools only.

    Raises:
        Forbidden: the person may not see findings.
    """
    await permit(node, person, Action.FINDINGS_READ, Object(kind=Kind.NODE, id=node.id))
    return await node.store.read(lambda tx: tx.findings.places(_of_person(which, person), limit=limit))


def _of_person(which: FindingFilter, person: Person) -> FindingFilter:
    if not person.schools:
        return which
    asked = which.schools
    return replace(which, schools=person.schools if asked is None else person.schools & asked)

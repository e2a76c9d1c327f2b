"""A registrar reads what arrived beside what is here, and says what becomes of it. Nothing is written yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.domain.errors import Conflict
from gateway.domain.ids import Digest, LocalStudentId, TransferId
from gateway.domain.importing.plan import Choices, ImportPlan
from gateway.domain.matching import Band
from gateway.domain.policy import Action, Person
from gateway.domain.transfer import Transfer
from gateway.usecases.disclosures import reading
from gateway.usecases.importing import Opened, open_import
from gateway.usecases.permission import actor_of, of_transfer, permit
from gateway.usecases.ports import Node, Review, ReviewState, StoredBackpack, Tx
from gateway.usecases.received import summary_of
from gateway.usecases.reviewed import plan_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStudent:
    """A local student whose record it may be, as a person tells students apart."""

    student: LocalStudentId
    name: str
    birth_date: date | None
    school: str | None
    grade: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReview:
    """All that a registrar needs to decide on an import."""

    transfer: Transfer
    state: ReviewState
    plan: ImportPlan
    seen: Digest
    """Of the plan: the import is done only if it still is this one."""
    sender: str
    """Name of the district that released the record."""
    sure: bool
    """Whether the matcher alone could tell whose record it is."""
    rule: str
    """What decided, or why it could not."""
    students: Sequence[LocalStudent]
    """Who it may be, besides somebody new."""
    summary: Sequence[str]
    """Who asserts what, and what is missing and why, in plain words."""


async def review_import(node: Node, id_: TransferId, *, person: Person) -> ImportReview:
    """Return the record beside what is here, as decided so far. Who looked is kept with the record.

    Raises:
        Unknown: there is no such transfer.
        Forbidden: the person may not see it.
        Refused: there is nothing to import.
    """
    opened = await open_import(node, id_)
    await permit(node, person, Action.IMPORT_READ, of_transfer(opened.kept.transfer))
    student, sections = opened.plan.choices.student, opened.plan.sections
    seen = reading(node, person, Action.IMPORT_READ, sections, student=student, transfer=id_)
    await node.store.write(lambda tx: tx.accesses.add(seen))
    return await _review(node, opened)


async def decide_import(node: Node, id_: TransferId, choices: Choices, *, person: Person) -> ImportReview:
    """Keep what the person decided, in place of what was decided before, and return what follows from it.

    Raises:
        Unknown: there is no such transfer, or no such local student.
        Conflict: the import was done; undo it first.
        Moved: somebody else decided in the meantime.
    """
    opened = await open_import(node, id_)
    transfer, before = opened.kept.transfer, opened.kept.review
    await permit(node, person, Action.IMPORT_ACCEPT, of_transfer(transfer))
    if before and before.state is ReviewState.APPLIED:
        raise Conflict("the record was imported; undo the import first")
    review = Review(
        transfer=id_,
        version=transfer.version,
        revision=before.revision + 1 if before else 0,
        choices=choices,
        actor=actor_of(node, person),
        at=node.now(),
    )

    def store(tx: Tx) -> None:
        if choices.student is not None:
            tx.backpacks.get(choices.student)
        tx.reviews.put(review)

    await node.store.write(store)
    return await _review(node, await open_import(node, id_))


async def _review(node: Node, opened: Opened) -> ImportReview:
    kept = opened.kept
    wanted = {candidate.student for candidate in kept.candidates}
    if (chosen := opened.plan.choices.student) is not None:
        wanted.add(chosen)
    students = await node.store.read(lambda tx: [_student(tx.backpacks.get(one)) for one in sorted(wanted)])
    return ImportReview(
        transfer=kept.transfer,
        state=kept.review.state if kept.review else ReviewState.DRAFT,
        plan=opened.plan,
        seen=plan_digest(opened.plan),
        sender=opened.record.issuer.organization_name,
        sure=opened.found.band is Band.CERTAIN,
        rule=opened.found.rule,
        students=students,
        summary=summary_of(opened.document, opened.record.issuer.organization_name),
    )


def _student(stored: StoredBackpack) -> LocalStudent:
    keys = stored.candidate
    names = (" ".join(sorted(part)) for part in (keys.given_names, keys.family_names))
    return LocalStudent(
        student=stored.student,
        name=" ".join(names),
        birth_date=keys.birth_date,
        school=stored.school,
        grade=stored.grade,
    )

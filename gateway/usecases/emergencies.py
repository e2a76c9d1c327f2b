"""Open a record in a health or safety emergency: for a day, and the privacy officer is told."""

from datetime import timedelta
from typing import Final

from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Context, Person
from gateway.domain.safety.emergencies import LEAST_WORDS, Emergency, Threat
from gateway.domain.safety.tasks import SafetyTask, TaskKind
from gateway.usecases.permission import permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_student, recorded

_LOOK_WITHIN: Final = timedelta(days=1)


async def break_glass(
    node: Node, person: Person, student: LocalStudentId, threat: Threat, basis: str
) -> Emergency:
    """Open the student's record to the person for 24 hours.

    Raises:
        Unknown: there is no such student.
        Malformed: what the threat is, is not said in words.
        Forbidden: the person's roles open no record in an emergency.
    """
    words = basis.strip()
    if len(words) < LEAST_WORDS:
        raise Malformed(f"say what the threat is, in {LEAST_WORDS} characters or more (34 CFR 99.36)")
    await node.store.read(lambda tx: tx.backpacks.get(student))
    object_ = await node.store.read(lambda tx: about_student(tx, node, student))
    await permit(node, person, Action.BREAK_GLASS, object_, Context(now=node.now(), reason=words))
    now = node.now()
    opened = Emergency(
        id=f"S-{node.new_id()}",
        student=student,
        person=person.id,
        person_name=person.name,
        threat=threat,
        basis=words,
        opened_at=now,
    )
    task = SafetyTask(
        id=node.pseudonym("emergency", opened.id),
        kind=TaskKind.EMERGENCY,
        created_at=now,
        due_at=now + _LOOK_WITHIN,
        student=student,
        about=opened.id,
    )

    def store(tx: Tx) -> None:
        tx.emergencies.add(opened)
        tx.safety_tasks.add(task)
        tx.audit.add(recorded(node, person, opened.id))

    await node.store.write(store)
    return opened

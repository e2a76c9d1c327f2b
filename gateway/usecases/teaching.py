"""Who teaches whom, by what the local system says."""

from dataclasses import replace

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Object
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_student


def about_learner(tx: Tx, node: Node, student: LocalStudentId) -> Object:
    """Return a student as rules see one who is taught: with those on whose roster the student is."""
    assigned = tx.rosters.teachers_of(student, node.calendar.day_of(node.now()))
    return replace(about_student(tx, node, student), assigned=assigned)

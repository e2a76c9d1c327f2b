"""Who looked at a student's record, or acted on it, is in the audit log."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.domain.audit import Leaf
    from gateway.domain.disclosures import Access
    from gateway.domain.ids import EntityId, LocalStudentId, TransferId
    from gateway.usecases.ports import Node
    from gateway.wiring import Opened

VIEWED = "record.viewed"


def leaf_of(
    node: "Node", object_: str, *, actor: str, action: str = VIEWED, peer: "EntityId | None" = None
) -> "Leaf":
    """Return the line of the log: a person, as a pseudonym, and what was looked at, as an opaque handle."""
    from gateway.domain.audit import Leaf

    person = node.pseudonym("actor", actor)
    return Leaf(at=node.now(), actor=person, action=action, object=object_, peer=peer)


def access_of(
    node: "Node",
    *,
    actor: str,
    why: str,
    sections: "Iterable[str]" = (),
    student: "LocalStudentId | None" = None,
    transfer: "TransferId | None" = None,
) -> "Access":
    """Return the line of the student's record of who read it: the person by name, at a terminal."""
    from gateway.domain.disclosures import Access

    return Access(
        id=node.new_id(),
        at=node.now(),
        person=actor,
        role="terminal",
        why=why,
        sections=tuple(sections),
        student=student,
        transfer=transfer,
    )


async def ask_leave(
    opened: "Opened", actor: str, action: str, *, school: str | None = None, learner: str = ""
) -> None:
    """Ask the policy whether the person at the terminal may look; raise `Forbidden` if not."""
    from gateway.domain.policy import Action, Kind, Object
    from gateway.usecases.permission import permit

    object_ = Object(kind=Kind.STUDENT, id=learner, schools=frozenset({school} if school else ()))
    await permit(opened.node, opened.operator(actor), Action(action), object_)

"""Who looked at a student's record, or acted on it, is in the audit log."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.domain.audit import Leaf
    from gateway.domain.ids import EntityId
    from gateway.usecases.ports import Node

VIEWED = "record.viewed"


def leaf_of(
    node: "Node", object_: str, *, actor: str, action: str = VIEWED, peer: "EntityId | None" = None
) -> "Leaf":
    """Return the line of the log: a person, as a pseudonym, and what was looked at, as an opaque handle."""
    from gateway.domain.audit import Leaf

    person = node.pseudonym("actor", actor)
    return Leaf(at=node.now(), actor=person, action=action, object=object_, peer=peer)

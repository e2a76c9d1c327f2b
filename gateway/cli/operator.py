"""The person at the terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.domain.policy import Person
    from gateway.wiring import Opened


def operator(opened: "Opened", name: str) -> "Person":
    """Return who acts, with the roles that the settings give to the terminal.

    Whoever can run a command can read the node's keys: the sign-in at the machine counts as strong.
    """
    from gateway.domain.policy import Person, PersonId

    terminal = opened.settings.terminal
    return Person(
        id=PersonId(name),
        name=name,
        roles=frozenset(terminal.roles),
        schools=frozenset(terminal.schools),
        signed_in_at=opened.node.now(),
        strong=True,
    )

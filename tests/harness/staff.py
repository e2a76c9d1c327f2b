"""Made-up members of staff, and the rules that come with the gateway."""

from datetime import UTC, datetime
from functools import cache

from gateway import resources
from gateway.domain.policy import Person, PersonId, Policy, StaffRole
from gateway.settings import Terminal
from gateway.wiring.policies import read_policy

MORNING = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@cache
def policy() -> Policy:
    """Return the rules of every district."""
    return read_policy(resources.rules_text())


def person(
    name: str,
    *roles: StaffRole,
    schools: frozenset[str] = frozenset(),
    at: datetime = MORNING,
    strong: bool = True,
) -> Person:
    """Return somebody with these roles, who has just signed in."""
    return Person(
        id=PersonId(name), name=name, roles=frozenset(roles), schools=schools, signed_in_at=at, strong=strong
    )


def clerk(name: str) -> Person:
    """Return somebody who does at this node what the command line may do, signed in just now."""
    return person(name, *Terminal().roles, at=datetime.now(UTC))

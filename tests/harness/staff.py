"""Made-up members of staff, and the rules that come with the gateway."""

from datetime import UTC, datetime
from functools import cache

from gateway import resources
from gateway.domain.calendars import Calendar
from gateway.domain.packs import Pack, calendar_of
from gateway.domain.policy import Person, PersonId, Policy, StaffRole
from gateway.domain.policy.basis import AnnualNotice
from gateway.settings import Terminal
from gateway.wiring.packs import holidays_of, read_pack
from gateway.wiring.policies import read_policy

MORNING = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


ANNUAL = AnnualNotice(year="2026-2027", where="https://maple.test/notice", languages=("en", "es"))


@cache
def pack(name: str = "us") -> Pack:
    """Return a jurisdiction pack that comes with the gateway."""
    return read_pack(name).whole


@cache
def calendar(name: str = "us") -> Calendar:
    """Return a calendar of public holidays only."""
    rule = pack(name).calendar
    return calendar_of(rule, holidays_of(rule))


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

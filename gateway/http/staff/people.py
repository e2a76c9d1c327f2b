"""Who may sign in, as what and where; and whether each school has a registrar and a backup."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.policy import Person
from gateway.domain.policy.cover import Cover, registrars_of
from gateway.domain.policy.people import StaffRole
from gateway.http.site import node_of
from gateway.http.staff.guard import person
from gateway.http.staff.page import Section, page
from gateway.usecases.ports import Account
from gateway.usecases.staff import list_members

READERS: Final = frozenset(
    {StaffRole.IT_ADMIN, StaffRole.OBSERVER, StaffRole.AUDITOR, StaffRole.PRIVACY_OFFICER}
)
PATH: Final = "/desk/people"
SECTIONS_OF_PART: Final = (Section("people", PATH, READERS),)


def routes() -> Iterable[web.RouteDef]:
    """Return the list of people."""
    return (web.get(PATH, person(READERS, show), allow_head=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    accounts: Sequence[Account]
    """By name."""
    cover: Sequence[Cover]


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show everybody, and the registrars of each school that somebody works at."""
    accounts = await list_members(node_of(request), somebody)
    active = [one for one in accounts if one.active]
    schools = {school for one in active for school in one.schools}
    cover = registrars_of(((one.name, one.roles, one.schools) for one in active), schools)
    return page(request, somebody, "people/list.html", View(accounts=accounts, cover=cover))

"""The first page: what needs this person now."""

from collections.abc import Iterable

from aiohttp import web

from gateway.domain.policy.people import Person
from gateway.http.staff.guard import EVERYBODY, person
from gateway.http.staff.page import Section, page

SECTIONS_OF_PART = (Section("home", "/desk/", EVERYBODY, "1"),)


def routes() -> Iterable[web.RouteDef]:
    """Return the first page."""
    return (web.get("/desk/", person(EVERYBODY, show), allow_head=False),)


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show what waits for this person."""
    return page(request, somebody, "home/home.html")

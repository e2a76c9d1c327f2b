"""Whom a request means: both sides field by field, and what a registrar decides."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.transfer import Transfer
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page, see_other
from gateway.usecases.decide_release import choose_student
from gateway.usecases.ports import Node
from gateway.usecases.review_match import ask_for_more, nobody_is_meant, review_match

REVIEWERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})


def routes() -> Iterable[web.RouteDef]:
    """Return the review of a match."""
    path = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/match"
    return (
        web.get(path, person(REVIEWERS, show), allow_head=False),
        web.post(path, person(REVIEWERS, settle)),
    )


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show the request beside those who may be meant."""
    found = await review_match(node_of(request), somebody, _id(request))
    return page(request, somebody, "releases/match.html", found)


async def settle(request: web.Request, somebody: Person) -> web.Response:
    """Do what was decided: this student, nobody, or ask for more."""
    chosen = form_of(request).one("student")
    decide = _DECISIONS.get(chosen)
    if decide is not None:
        await decide(node_of(request), somebody, _id(request))
        return see_other(f"/desk/transfers/{_id(request)}")
    if not chosen.startswith(_STUDENT):
        raise Malformed("choose a student, nobody, or to ask for more")
    student = LocalStudentId(chosen.removeprefix(_STUDENT))
    await choose_student(node_of(request), _id(request), student, person=somebody)
    return see_other(f"/desk/transfers/{_id(request)}/release")


_STUDENT: Final = "is:"
_DECISIONS: Final[Mapping[str, Callable[[Node, Person, TransferId], Awaitable[Transfer]]]] = {
    "nobody": nobody_is_meant,
    "more": ask_for_more,
}


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

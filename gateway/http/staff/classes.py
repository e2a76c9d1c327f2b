"""The classes that somebody teaches: what their students need and bring together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.profile.classes import Shared, for_substitutes
from gateway.http.site import node_of
from gateway.http.staff.guard import person
from gateway.http.staff.page import Section, page
from gateway.usecases.ports import TaughtClass
from gateway.usecases.read_class import ReadClass, list_classes, read_class

TEACHERS: Final = frozenset(
    {StaffRole.TEACHER, StaffRole.COUNSELOR, StaffRole.SPECIAL_EDUCATION, StaffRole.NURSE}
)
PATH: Final = "/desk/classes"
SECTIONS_OF_PART: Final = (Section("classes", PATH, TEACHERS, "7"),)


def routes() -> Iterable[web.RouteDef]:
    """Return the list of classes, a class, and what a substitute gets."""
    return (
        web.get(PATH, person(TEACHERS, list_), allow_head=False),
        web.get(f"{PATH}/{{class_id}}", person(TEACHERS, show), allow_head=False),
        web.get(f"{PATH}/{{class_id}}/substitute", person(TEACHERS, substitute), allow_head=False),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One class of the list."""

    taught: TaughtClass
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A class and its chart: all of it, or what a substitute needs to know."""

    read: ReadClass
    chart: Sequence[Shared]
    path: str


async def list_(request: web.Request, somebody: Person) -> web.Response:
    """Show which classes there are."""
    found = await list_classes(node_of(request), somebody)
    return page(
        request, somebody, "classes/list.html", [Listed(taught=one, path=_path(one)) for one in found]
    )


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show what a class needs."""
    read = await read_class(node_of(request), somebody, request.match_info["class_id"])
    view = View(read=read, chart=read.needs.chart, path=_path(read.taught))
    return page(request, somebody, "classes/class.html", view)


async def substitute(request: web.Request, somebody: Person) -> web.Response:
    """Show what to do for whom, and no reason."""
    read = await read_class(node_of(request), somebody, request.match_info["class_id"])
    view = View(read=read, chart=for_substitutes(read.needs), path=_path(read.taught))
    return page(request, somebody, "classes/substitute.html", view)


def _path(taught: TaughtClass) -> str:
    return f"{PATH}/{quote(taught.class_id, safe='')}"

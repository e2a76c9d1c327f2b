"""A page for somebody who is signed in."""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gateway.domain.policy.people import Person, StaffRole
from gateway.http.pages.frame import FRAME
from gateway.http.staff.guard import VISIT


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation, for those who may open it. Its text is the message `section.<id>`."""

    id: str
    path: str
    roles: frozenset[StaffRole]
    key: str = ""
    """Its access key, one letter or digit that no other entry has."""


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    path: str
    key: str
    current: bool


HOME: Final = "/desk/"
SECTIONS: Final = web.AppKey("sections", tuple)


def page(
    request: web.Request, somebody: Person, template: str, view: Any = None, *, status: int = 200, **more: Any
) -> web.Response:
    """Return the page that a template makes of a view."""
    return request.app[FRAME].page(
        request,
        template,
        status=status,
        view=view,
        me=somebody,
        csrf=request[VISIT].session.csrf,
        sections=_entries(request, somebody),
        **more,
    )


def see_other(path: str) -> web.Response:
    """Return the answer to a form that was taken: go on there (RFC 9110, 15.4.4)."""
    return web.Response(status=303, headers={"Location": path})


def _entries(request: web.Request, somebody: Person) -> list[_Entry]:
    return [
        _Entry(one.id, one.path, one.key, _is_at(request.path, one.path))
        for one in request.app[SECTIONS]
        if somebody.roles & one.roles
    ]


def _is_at(here: str, path: str) -> bool:
    return here == path or (path != HOME and here.startswith(path))

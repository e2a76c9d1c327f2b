"""All pages of the desk on one page: who brings routes, and what the navigation shows."""

import asyncio
from typing import Final

from aiohttp import web

from gateway.http.desk import Desk
from gateway.http.pages.frame import FRAME
from gateway.http.staff import (
    audit,
    classes,
    confirmations,
    corrections,
    disclosures,
    home,
    imports,
    inbox,
    letters,
    login,
    many_requests,
    matches,
    people,
    protections,
    quality,
    queue,
    recalls,
    releases,
    requests,
    sealed,
    snapshots,
    statements,
    students,
    transfers,
)
from gateway.http.staff.districts import DISTRICTS
from gateway.http.staff.guard import anybody
from gateway.http.staff.login import LOGIN
from gateway.http.staff.page import SECTIONS, Section, see_other

PARTS: Final = (
    home,
    queue,
    requests,
    many_requests,
    transfers,
    matches,
    releases,
    sealed,
    snapshots,
    confirmations,
    letters,
    inbox,
    imports,
    recalls,
    protections,
    corrections,
    statements,
    quality,
    people,
    disclosures,
    audit,
    students,
    classes,
    login,
)
"""Modules with `routes()`; some have `SECTIONS` for the navigation, in this order."""


def add_desk(app: web.Application, desk: Desk) -> None:
    """Put the pages for members of staff into an application."""
    app[FRAME] = desk.frame
    app[LOGIN] = desk.login
    app[inbox.SLOTS] = asyncio.Semaphore(inbox.AT_ONCE)
    app[DISTRICTS] = desk.districts
    app[SECTIONS] = tuple(section for part in PARTS for section in _sections(part))
    app.add_routes(desk.frame.files.routes())
    app.add_routes([web.get("/", anybody(_to_desk), allow_head=False)])
    app.add_routes([web.get("/desk", anybody(_to_desk), allow_head=False)])
    for part in PARTS:
        app.add_routes(part.routes())
    app.add_routes(desk.more)


def _sections(part: object) -> tuple[Section, ...]:
    return getattr(part, "SECTIONS_OF_PART", ())


async def _to_desk(_: web.Request) -> web.Response:
    return see_other("/desk/")

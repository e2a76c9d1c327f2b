"""A letter to a school outside the network, with its code; and what comes back."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.http.site import SITE, node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page, see_other
from gateway.http.staff.queue import today
from gateway.usecases.letters import PrintedLetter, print_letter, renew_letter, settle_letter
from gateway.usecases.returned import accept_upload, open_upload, read_returned, reject_upload

WRITERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})
_PATH: Final = "/desk/transfers/{id:R-[A-Za-z0-9_-]{8,64}}"
_FILE: Final = "{file:U-[A-Za-z0-9_-]{8,64}}"


def routes() -> Iterable[web.RouteDef]:
    """Return the letter, its code, and the page of what came back."""
    return (
        web.get(f"{_PATH}/letter", person(WRITERS, show), allow_head=False),
        web.post(f"{_PATH}/letter", person(WRITERS, renew)),
        web.get(f"{_PATH}/letter/code.svg", person(WRITERS, code), allow_head=False),
        web.get(f"{_PATH}/returned", person(WRITERS, show_returned), allow_head=False),
        web.post(f"{_PATH}/returned", person(WRITERS, act)),
        web.get(f"{_PATH}/returned/{_FILE}", person(WRITERS, save), allow_head=False),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The letter."""

    printed: PrintedLetter
    url: str
    """Where the school sends files."""
    today: date
    pack: str
    source: str
    """What the jurisdiction says of answers to such a request; empty where it says nothing."""


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show the letter as it is printed."""
    node = node_of(request)
    printed = await print_letter(node, somebody, _id(request))
    clock = node.pack.respond_in(printed.case.lanes)
    view = View(
        printed=printed,
        url=_url(request, printed),
        today=today(request),
        pack=node.pack.name,
        source=clock.source if clock else "",
    )
    return page(request, somebody, "letters/letter.html", view)


async def code(request: web.Request, somebody: Person) -> web.Response:
    """Return the square code that leads to the inbox."""
    import segno

    printed = await print_letter(node_of(request), somebody, _id(request))
    image = io.BytesIO()
    segno.make(_url(request, printed), error="m", micro=False).save(image, kind="svg", scale=4, border=2)
    return web.Response(body=image.getvalue(), content_type="image/svg+xml")


async def renew(request: web.Request, somebody: Person) -> web.Response:
    """Give the letter a new code."""
    await renew_letter(node_of(request), somebody, _id(request))
    return see_other(f"/desk/transfers/{_id(request)}/letter")


async def show_returned(request: web.Request, somebody: Person) -> web.Response:
    """Show what came back."""
    found = await read_returned(node_of(request), somebody, _id(request))
    return page(request, somebody, "letters/returned.html", found)


async def act(request: web.Request, somebody: Person) -> web.Response:
    """Attach or reject a file, close the request, or wait for more."""
    form, node, id_ = form_of(request), node_of(request), _id(request)
    match form.one("act"):
        case "accept":
            student = LocalStudentId(form.one("student")) if form.one("student") else None
            await accept_upload(node, somebody, id_, form.one("file"), student=student)
        case "reject":
            await reject_upload(node, somebody, id_, form.one("file"), reason=form.one("reason"))
        case "answered" | "wait" as what:
            await settle_letter(node, somebody, id_, answered=what == "answered")
        case _:
            raise Malformed("this form says nothing that can be done here")
    return see_other(f"/desk/transfers/{id_}/returned")


async def save(request: web.Request, somebody: Person) -> web.Response:
    """Return a file to be saved: no browser shows it as a page of this node."""
    file, content = await open_upload(node_of(request), somebody, _id(request), request.match_info["file"])
    name = f"{file.transfer}-{file.id}.{file.kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, content_type="application/octet-stream", headers=headers)


def _url(request: web.Request, printed: PrintedLetter) -> str:
    return f"{request.app[SITE].base_url}/inbox/{printed.code}"


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

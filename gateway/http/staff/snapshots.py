"""The day-1 snapshot: the page of a student who starts, and letting it go ahead of the record."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import TransferId
from gateway.domain.policy import Person
from gateway.domain.policy.basis import NoticeGiven
from gateway.domain.policy.people import StaffRole
from gateway.http.site import node_of, now_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page, see_other
from gateway.http.staff.releases import RELEASERS
from gateway.usecases.casework import other_districts
from gateway.usecases.receive_snapshot import read_snapshot
from gateway.usecases.send_snapshot import preview_snapshot, send_snapshot, take_snapshot_back

READERS: Final = frozenset(
    {StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER, StaffRole.PRINCIPAL}
    | {StaffRole.COUNSELOR, StaffRole.NURSE, StaffRole.SPECIAL_EDUCATION, StaffRole.TEACHER}
)
_ARRIVED: Final = "/desk/transfers/{id:R-[A-Za-z0-9_-]{8,64}}/snapshot"
_AHEAD: Final = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/snapshot"


def routes() -> Iterable[web.RouteDef]:
    """Return the page at both ends, and what is done on it."""
    return (
        web.get(_ARRIVED, person(READERS, show), allow_head=False),
        web.get(_AHEAD, person(RELEASERS, preview), allow_head=False),
        web.post(_AHEAD, person(RELEASERS, take_back)),
        web.get(f"{_AHEAD}/send", person(RELEASERS, ask_again, fresh=True), allow_head=False),
        web.post(f"{_AHEAD}/send", person(RELEASERS, let_go, fresh=True)),
    )


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show the page of a student who starts here."""
    found = await read_snapshot(node_of(request), somebody, _id(request))
    return page(request, somebody, "snapshots/arrived.html", found, printed_at=now_of(request))


async def preview(request: web.Request, somebody: Person) -> web.Response:
    """Show what would go ahead of the record."""
    found = await preview_snapshot(node_of(request), somebody, _id(request))
    peer = found.transfer.peer
    others = await other_districts(node_of(request), [peer])
    return page(request, somebody, "snapshots/ahead.html", found, other=others[peer], now=now_of(request))


async def ask_again(request: web.Request, somebody: Person) -> web.Response:
    """Go back to the page: whoever had to sign in again comes here."""
    del somebody
    return see_other(f"/desk/transfers/{_id(request)}/snapshot")


async def let_go(request: web.Request, somebody: Person) -> web.Response:
    """Let the snapshot go ahead."""
    form = form_of(request)
    notice = form.one("notice")
    given = NoticeGiven.read(notice) if notice else None
    await send_snapshot(node_of(request), somebody, _id(request), notice=given, why=form.one("why"))
    return see_other(f"/desk/transfers/{_id(request)}/snapshot")


async def take_back(request: web.Request, somebody: Person) -> web.Response:
    """Take the snapshot back before it left."""
    if form_of(request).one("act") != "undo":
        raise Malformed("this form says nothing that can be done here")
    await take_snapshot_back(node_of(request), somebody, _id(request))
    return see_other(f"/desk/transfers/{_id(request)}/snapshot")


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

"""The confirmation of enrollment: given at the new school, and the leaver's proof at the former one."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from gateway.domain.errors import Forbidden, Malformed
from gateway.domain.ids import TransferId
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.http.pages.forms import Faults, date_of
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page, see_other
from gateway.usecases.confirm_enrollment import confirm_enrollment, read_proof

CONFIRMERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})
READERS: Final = CONFIRMERS | {StaffRole.PRINCIPAL, StaffRole.COUNSELOR, StaffRole.PRIVACY_OFFICER}
_PROOF: Final = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/enrollment"


def routes() -> Iterable[web.RouteDef]:
    """Return what is done at the new school, and the pages of the former one."""
    path = "/desk/transfers/{id:R-[A-Za-z0-9_-]{8,64}}/enrollment"
    return (
        web.post(path, person(CONFIRMERS, confirm)),
        web.get(_PROOF, person(READERS, show), allow_head=False),
        web.get(f"{_PROOF}.jws", person(READERS, download), allow_head=False),
    )


async def confirm(request: web.Request, somebody: Person) -> web.Response:
    """Confirm the enrollment to the former district."""
    faults = Faults()
    day = date_of(form_of(request), "enrolled_on", faults)
    if day is None:
        raise Malformed("enter the day since when the student is enrolled here, as month, day and year")
    await confirm_enrollment(node_of(request), somebody, _id(request), day)
    return see_other(f"/desk/transfers/{_id(request)}")


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show the leaver's proof, to be printed or filed."""
    found = await read_proof(node_of(request), somebody, _id(request))
    return page(request, somebody, "confirmations/proof.html", found)


async def download(request: web.Request, somebody: Person) -> web.Response:
    """Return the signed confirmation as it came."""
    found = await read_proof(node_of(request), somebody, _id(request))
    if found.masked:
        raise Forbidden("where the student went is not shown to you")
    headers = {"Content-Disposition": f'attachment; filename="enrollment-{found.transfer.id}.jws"'}
    return web.Response(text=found.message.body, content_type="application/jose", headers=headers)


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

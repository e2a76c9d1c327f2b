"""Many requests at once, such as for a feeder school: a list, checked line by line, nothing lost."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import EntityId
from gateway.domain.policy import Action, Context, Kind, Object
from gateway.domain.policy.people import Person
from gateway.domain.transfer import Role, Subject
from gateway.http.pages.forms import Fault, Faults, Form
from gateway.http.site import node_of
from gateway.http.staff.districts import districts_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page
from gateway.http.staff.queue import today
from gateway.http.staff.request_answers import day_of, subject_of, wish_of
from gateway.http.staff.requests import ASKERS
from gateway.usecases.permission import permit
from gateway.usecases.request_backpack import request_backpack

COLUMNS: Final = ("given_name", "family_name", "birth_date", "state_id", "guardian_name", "enrolled_on")
MOST: Final = 500
FILE_BYTES: Final = 512 * 1024


def routes() -> Iterable[web.RouteDef]:
    """Return the page of many requests."""
    path = "/desk/requests/many"
    return (
        web.get(path, person(ASKERS, show), allow_head=False),
        web.post(path, person(ASKERS, check, form_bytes=FILE_BYTES)),
        web.post(f"{path}/send", person(ASKERS, send, form_bytes=FILE_BYTES)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the list."""

    number: int
    values: dict[str, str]
    subject: Subject | None
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page: what can be sent, what cannot, and why."""

    districts: Sequence[tuple[EntityId, str]]
    holder: str = ""
    good: Sequence[Row] = ()
    bad: Sequence[Row] = ()
    fault: str = ""
    """A message about the whole, empty if it can be read."""
    sent: int = 0

    @property
    def good_text(self) -> str:
        """The lines that can be sent, to be sent."""
        return _text(self.good)

    @property
    def bad_text(self) -> str:
        """The lines that cannot, to be mended."""
        return _text(self.bad) if self.bad else ""


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Ask for the list."""
    return page(request, somebody, "requests/many.html", View(districts=await districts_of(request)))


async def check(request: web.Request, somebody: Person) -> web.Response:
    """Check the list line by line; nothing is sent yet."""
    view = await _checked(request, form_of(request))
    return page(request, somebody, "requests/many.html", view, status=400 if view.fault else 200)


async def send(request: web.Request, somebody: Person) -> web.Response:
    """Send the lines that are whole; those that are not stay on the page."""
    form, node = form_of(request), node_of(request)
    view = await _checked(request, form)
    if view.fault or not view.good:
        return page(request, somebody, "requests/many.html", view, status=400)
    asked = Object(kind=Kind.NODE, side=Role.REQUESTER)
    await permit(node, somebody, Action.REQUEST_BULK, asked, Context(now=node.now(), students=len(view.good)))
    for row in view.good:
        if row.subject is not None:
            await request_backpack(
                node, wish_of(row.subject, {**row.values, "holder": view.holder}, somebody)
            )
    bad = _rows(form.one("bad"), request) if form.one("bad") else []
    left = View(districts=view.districts, holder=view.holder, bad=bad, sent=len(view.good))
    return page(request, somebody, "requests/many.html", left)


async def _checked(request: web.Request, form: Form) -> View:
    districts = await districts_of(request)
    holder, text = form.one("holder"), _sent_text(form)
    if holder not in {id_ for id_, _ in districts}:
        return View(districts=districts, bad=_kept(text, request), fault="request.missing.holder")
    try:
        rows = _rows(text, request)
    except Malformed as error:
        return View(districts=districts, holder=holder, fault=str(error))
    good = [row for row in rows if not row.faults]
    return View(districts=districts, holder=holder, good=good, bad=[row for row in rows if row.faults])


def _kept(text: str, request: web.Request) -> Sequence[Row]:
    try:
        return _rows(text, request)
    except Malformed:
        return ()


def _sent_text(form: Form) -> str:
    upload = form.files.get("file")
    if upload is None or not upload.content:
        return form.one("list")
    try:
        return upload.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return upload.content.decode("cp1252", errors="replace")


def _rows(text: str, request: web.Request) -> list[Row]:
    """Return the lines of the list; raise `Malformed` with a message if it is none."""
    if not text.strip():
        raise Malformed("many.empty")
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    head = [name.strip().lower() for name in reader.fieldnames or ()]
    if not {"given_name", "family_name", "birth_date"} <= set(head):
        raise Malformed("many.no_head")
    reader.fieldnames = head
    rows = [_row(number, line, request) for number, line in enumerate(reader, start=2)]
    if len(rows) > MOST:
        raise Malformed("many.too_many")
    return rows


def _row(number: int, line: dict[str, str | None], request: web.Request) -> Row:
    values = {name: (line.get(name) or "").strip() for name in COLUMNS}
    faults = Faults()
    subject = subject_of(values, faults, today(request))
    day_of(values, "enrolled_on", faults)
    return Row(number=number, values=values, subject=subject, faults=tuple(faults))


def _text(rows: Sequence[Row]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.values for row in rows)
    return written.getvalue()

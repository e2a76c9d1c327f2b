"""Statements of disagreement: a family's word is attached to an entry. No address names a student."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId
from gateway.domain.importing.places import places
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.statements import MAX_STATEMENT
from gateway.http.pages.forms import Faults, Form, date_of
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page
from gateway.usecases.statements import NewStatement, Stated, attach_statement, read_statements

OFFICERS: Final = frozenset({StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER})
PATH: Final = "/desk/statements"


def routes() -> Iterable[web.RouteDef]:
    """Return the question for a student, and the student's entries with what was stated."""
    return (web.get(PATH, person(OFFICERS, ask), allow_head=False), web.post(PATH, person(OFFICERS, act)))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The student's entries, and the form."""

    stated: Stated
    faults: Faults
    filled: Mapping[str, str]
    longest: int = MAX_STATEMENT

    def said(self, entry: Mapping[str, Any]) -> str:
        """Return an entry on one line, as far as a person needs to tell it from the next."""
        values = (value for value in places(entry).values() if isinstance(value, str | int | float))
        return ", ".join(map(str, values))[:120]

    @property
    def entries(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return every entry with its section."""
        return [(name, one) for name, entries in self.stated.sections.items() for one in entries]


async def ask(request: web.Request, somebody: Person) -> web.Response:
    """Ask whose entry."""
    return page(request, somebody, "statements/ask.html")


async def act(request: web.Request, somebody: Person) -> web.Response:
    """Show the entries, or attach a statement to one."""
    form, node, faults = form_of(request), node_of(request), Faults()
    student = LocalStudentId(form.one("student"))
    if not student:
        raise Malformed("name the student by local id")
    if form.one("act") == "attach" and (new := _new(form, faults)):
        await attach_statement(node, student, new, person=somebody)
        form = Form({})
    found = await read_statements(node, student, person=somebody)
    filled = {name: form.one(name) for name in form.fields}
    view = View(stated=found, faults=faults, filled=filled)
    return page(request, somebody, "statements/student.html", view, status=400 if faults else 200)


def _new(form: Form, faults: Faults) -> NewStatement | None:
    section, _, record = form.one("entry").partition("/")
    made_on = date_of(form, "made_on", faults)
    for name in ("entry", "text", "by"):
        if not form.one(name):
            faults.add(name, f"statement.need.{name}")
    if faults or made_on is None:
        return None
    return NewStatement(
        section=section, record=record, text=form.one("text"), by=form.one("by"), made_on=made_on
    )

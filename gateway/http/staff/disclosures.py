"""Who asked for a student's record, who got it, and who read it here (34 CFR 99.32)."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Person
from gateway.domain.policy.people import StaffRole
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page
from gateway.usecases.disclosures import read_disclosures

READERS: Final = frozenset({StaffRole.PRIVACY_OFFICER, StaffRole.RECORDS_OFFICER, StaffRole.AUDITOR})
PATH: Final = "/desk/disclosures"
SECTIONS_OF_PART: Final = (Section("disclosures", PATH, READERS, "5"),)


READINGS: Final[Mapping[str, str]] = {
    **{
        action: f"reading.{action}"
        for action in (
            *(Action.CLASS_READ, Action.CORRECTION_READ, Action.IMPORT_READ, Action.MATCH_READ),
            *(Action.RELEASE_PREVIEW, Action.SEALED_READ, Action.SNAPSHOT_READ, Action.STATEMENT_ATTACH),
            *(Action.UPLOAD_READ, Action.PROFILE_READ, Action.HISTORY_READ),
        )
    },
    "map reverse": "reading.map_reverse",
    "student show": "reading.student_show",
}
"""Why somebody read, as the line of an access has it, and the message that says it."""


def routes() -> Iterable[web.RouteDef]:
    """Return the question for a student, and the record. No address names a student."""
    return (web.get(PATH, person(READERS, ask), allow_head=False), web.post(PATH, person(READERS, show)))


async def ask(request: web.Request, somebody: Person) -> web.Response:
    """Ask whose record."""
    return page(request, somebody, "disclosures/ask.html")


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show the student's record of disclosures and readings."""
    student = form_of(request).one("student")
    if not student:
        raise Malformed("name the student by local id")
    found = await read_disclosures(node_of(request), LocalStudentId(student), person=somebody)
    return page(request, somebody, "disclosures/record.html", found, readings=READINGS)

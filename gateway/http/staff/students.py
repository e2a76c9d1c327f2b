"""A student's profile: found, read in a teacher's order, added to. No address says whose it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import EntityId, LocalStudentId
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.profile import FORMS, Audience, Form, Voice, Words
from gateway.domain.profile.forms import LONGEST
from gateway.http.pages import forms
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page
from gateway.usecases.casework import OtherDistrict, other_districts
from gateway.usecases.contribute import Wish, contribute, retire
from gateway.usecases.read_profile import FoundStudent, Profile, find_students, read_profile

READERS: Final = frozenset(
    {StaffRole.TEACHER, StaffRole.COUNSELOR, StaffRole.SPECIAL_EDUCATION, StaffRole.PRINCIPAL}
)
PATH: Final = "/desk/students"
SECTIONS_OF_PART: Final = (Section("students", PATH, READERS, "6"),)


def routes() -> Iterable[web.RouteDef]:
    """Return the search and the profile."""
    return (web.get(PATH, person(READERS, ask), allow_head=False), web.post(PATH, person(READERS, act)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The search and what it found."""

    text: str = ""
    found: Sequence[FoundStudent] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The profile, and what one may add to it."""

    profile: Profile
    others: Mapping[EntityId, OtherDistrict]
    faults: forms.Faults
    filled: Mapping[str, str]
    forms: Sequence[Form] = tuple(Form)
    voices: Sequence[Voice] = tuple(Voice)
    audiences: Sequence[Audience] = tuple(Audience)
    longest: int = LONGEST


async def ask(request: web.Request, somebody: Person) -> web.Response:
    """Ask whose profile."""
    return page(request, somebody, "students/find.html", Search())


async def act(request: web.Request, somebody: Person) -> web.Response:
    """Search, show, add or retire, as the form says."""
    form, node = form_of(request), node_of(request)
    faults = forms.Faults()
    match form.one("act"):
        case "find":
            text = form.one("text")
            found = await find_students(node, somebody, text)
            return page(request, somebody, "students/find.html", Search(text=text, found=found))
        case "add":
            await _add(request, somebody, form, faults)
        case "retire":
            await retire(node, somebody, form.one("id"), why=form.one("why"))
        case "show":
            pass
        case _:
            raise Malformed("this form says nothing that can be done here")
    return await _show(request, somebody, form, faults)


async def _show(
    request: web.Request, somebody: Person, form: forms.Form, faults: forms.Faults
) -> web.Response:
    student = LocalStudentId(form.one("student"))
    profile = await read_profile(node_of(request), somebody, student, why_older=form.one("older"))
    issuers = {one.issuer for part in profile.parts.values() for one in part} - {node_of(request).id}
    others = await other_districts(node_of(request), sorted(issuers))
    filled = {name: form.one(name) for name in form.fields} if faults else {}
    view = View(profile=profile, others=others, faults=faults, filled=filled)
    return page(request, somebody, "students/profile.html", view, status=400 if faults else 200)


async def _add(request: web.Request, somebody: Person, form: forms.Form, faults: forms.Faults) -> None:
    by = forms.date_of(form, "by", faults)
    try:
        wish = Wish(
            student=LocalStudentId(form.one("student")),
            form=Form(form.one("form")),
            words=Words(
                text=form.one("text"), context=form.one("context"), support=form.one("support"), by=by
            ),
            voice=Voice(form.one("voice")),
            audience=Audience(form.one("audience")),
        )
    except ValueError:
        raise Malformed("choose what it is, whose words they are, and who may see them") from None
    if not wish.words.text:
        faults.add("text", "students.fault.text")
    if wish.form is Form.BARRIER and not wish.words.support:
        faults.add("support", "students.fault.support")
    if max(map(len, (wish.words.text, wish.words.context, wish.words.support))) > LONGEST:
        faults.add("text", "students.fault.long", n=LONGEST)
    if wish.voice not in FORMS[wish.form].voices:
        faults.add("voice", "students.fault.voice")
    if not faults:
        await contribute(node_of(request), somebody, wish)

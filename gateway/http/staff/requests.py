"""Request a backpack: one question a page, then check the answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from gateway.domain.casework import Lane
from gateway.domain.errors import Misconfigured, TryLater
from gateway.domain.ids import EntityId
from gateway.domain.policy.people import Person, StaffRole
from gateway.domain.transfer import Subject
from gateway.http.pages.forms import Faults, Form
from gateway.http.site import node_of
from gateway.http.staff.districts import districts_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page, see_other
from gateway.http.staff.queue import today
from gateway.http.staff.request_answers import NAMES, day_of, lanes_chosen, subject_of, wish_of
from gateway.usecases import drafts
from gateway.usecases.letters import LetterWish, request_by_letter
from gateway.usecases.locate_student import locate_student
from gateway.usecases.ports import Draft
from gateway.usecases.request_backpack import request_backpack

ASKERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})
SECTIONS_OF_PART: Final = (Section("requests", "/desk/requests", ASKERS, "3"),)
OUTSIDE: Final = "outside"
"""The answer of who asks a school that is in no district of the network."""
UNKNOWN: Final = "unknown"
"""The answer of who does not know the former school."""
_DRAFT: Final = "/desk/requests/{id:D-[A-Za-z0-9_-]{8,64}}"


def routes() -> Iterable[web.RouteDef]:
    """Return the pages of a request."""
    return (
        web.get("/desk/requests", person(ASKERS, show_drafts), allow_head=False),
        web.get("/desk/requests/new", person(ASKERS, show_start), allow_head=False),
        web.post("/desk/requests/new", person(ASKERS, begin)),
        web.get(f"{_DRAFT}/who", person(ASKERS, show_who), allow_head=False),
        web.post(f"{_DRAFT}/who", person(ASKERS, take_who)),
        web.get(f"{_DRAFT}/where", person(ASKERS, show_where), allow_head=False),
        web.post(f"{_DRAFT}/where", person(ASKERS, take_where)),
        web.get(f"{_DRAFT}/when", person(ASKERS, show_when), allow_head=False),
        web.post(f"{_DRAFT}/when", person(ASKERS, take_when)),
        web.get(f"{_DRAFT}/check", person(ASKERS, show_check), allow_head=False),
        web.post(f"{_DRAFT}/check", person(ASKERS, send)),
        web.post(f"{_DRAFT}/discard", person(ASKERS, discard)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A question with what was answered, and what is wrong with it."""

    draft: Draft
    answers: Mapping[str, str]
    faults: Faults = field(default_factory=Faults)
    districts: Sequence[tuple[EntityId, str]] = ()
    lanes: Sequence[Lane] = ()
    note: str = ""
    """A message on top, such as what the locator found."""

    def day(self, name: str) -> Mapping[str, str]:
        """Return a day's boxes as they were filled in."""
        parts = dict(zip(("year", "month", "day"), self.answers.get(name, "").split("-"), strict=False))
        return {part: text.lstrip("0") if part != "year" else text for part, text in parts.items()}

    @property
    def path(self) -> str:
        """The path of the draft's pages."""
        return f"/desk/requests/{self.draft.id}"

    @property
    def holder_name(self) -> str:
        """The chosen district's name."""
        chosen = self.answers.get("holder", "")
        if chosen == OUTSIDE:
            return self.answers.get("school_name", "")
        return next((name for id_, name in self.districts if id_ == chosen), chosen)


async def show_drafts(request: web.Request, somebody: Person) -> web.Response:
    """Show what is begun, and what enrolments have opened."""
    node = node_of(request)
    found = await node.store.read(lambda tx: tx.drafts.list(somebody.id))
    return page(request, somebody, "requests/drafts.html", found)


async def show_start(request: web.Request, somebody: Person) -> web.Response:
    """Show what will be asked, and the ways to do it."""
    return page(request, somebody, "requests/start.html")


async def begin(request: web.Request, somebody: Person) -> web.Response:
    """Begin a request."""
    draft = await drafts.begin_draft(node_of(request), somebody)
    return see_other(f"/desk/requests/{draft.id}/who")


async def show_who(request: web.Request, somebody: Person) -> web.Response:
    """Ask who the student is."""
    return page(request, somebody, "requests/who.html", await _view(request, somebody))


async def take_who(request: web.Request, somebody: Person) -> web.Response:
    """Store who it is, and go on if it is whole."""
    form, faults = form_of(request), Faults()
    answers = {name: form.one(name) for name in NAMES} | {"birth_date": _written_day(form, "birth_date")}
    subject_of(answers, faults, today(request))
    return await _next(request, somebody, ("who", "where"), answers, faults)


async def show_where(request: web.Request, somebody: Person) -> web.Response:
    """Ask where the student comes from."""
    return page(request, somebody, "requests/where.html", await _view(request, somebody))


async def take_where(request: web.Request, somebody: Person) -> web.Response:
    """Store the former district; who does not know it lets the agency's locator be asked."""
    holder, faults = form_of(request).one("holder"), Faults()
    known = {id_ for id_, _ in await districts_of(request)}
    if holder == UNKNOWN:
        return await _locate(request, somebody)
    if holder == OUTSIDE:
        return await _outside(request, somebody)
    if holder not in known:
        faults.add("holder", "request.missing.holder")
    return await _next(request, somebody, ("where", "when"), {"holder": holder}, faults)


async def show_when(request: web.Request, somebody: Person) -> web.Response:
    """Ask since when the student is here, and whether it must not wait."""
    return page(request, somebody, "requests/when.html", await _view(request, somebody))


async def take_when(request: web.Request, somebody: Person) -> web.Response:
    """Store the first day and the lanes."""
    form, faults = form_of(request), Faults()
    answers = {
        "enrolled_on": _written_day(form, "enrolled_on"),
        "lanes": " ".join(lane for lane in Lane if lane in form.many("lanes")),
    }
    day_of(answers, "enrolled_on", faults)
    return await _next(request, somebody, ("when", "check"), answers, faults)


async def show_check(request: web.Request, somebody: Person) -> web.Response:
    """Show all answers; lead to the first question that has none."""
    view = await _view(request, somebody)
    missing = _first_gap(view.answers, request)
    return see_other(f"{view.path}/{missing}") if missing else _check_page(request, somebody, view)


async def send(request: web.Request, somebody: Person) -> web.Response:
    """Make the request; the draft is gone when it is stored."""
    view = await _view(request, somebody)
    faults = Faults()
    subject = subject_of(view.answers, faults, today(request))
    missing = _first_gap(view.answers, request)
    if subject is None or missing:
        return see_other(f"{view.path}/{missing or 'who'}")
    node = node_of(request)
    if view.answers["holder"] == OUTSIDE:
        transfer = await request_by_letter(node, somebody, _letter_of(subject, view.answers))
    else:
        transfer = await request_backpack(node, wish_of(subject, view.answers, somebody))
    await drafts.discard(node, somebody, view.draft.id)
    letter = "/letter" if view.answers["holder"] == OUTSIDE else ""
    return see_other(f"/desk/transfers/{transfer.id}{letter}")


def _letter_of(subject: Subject, answers: Mapping[str, str]) -> LetterWish:
    return LetterWish(
        subject=subject,
        school_name=answers["school_name"],
        address=answers.get("school_address", ""),
        enrolled_on=day_of(answers, "enrolled_on", Faults()),
        lanes=lanes_chosen(answers),
    )


async def discard(request: web.Request, somebody: Person) -> web.Response:
    """Delete a draft: there is no former district, or the record is not needed."""
    await drafts.discard(node_of(request), somebody, request.match_info["id"])
    return see_other("/desk/requests")


async def _view(
    request: web.Request,
    somebody: Person,
    *,
    answers: Mapping[str, str] | None = None,
    faults: Faults | None = None,
    note: str = "",
) -> View:
    draft = await drafts.read_draft(node_of(request), somebody, request.match_info["id"])
    told = {**draft.answers, **(answers or {})}
    return View(
        draft=draft,
        answers=told,
        faults=faults or Faults(),
        districts=await districts_of(request),
        lanes=lanes_chosen(told),
        note=note,
    )


async def _next(
    request: web.Request,
    somebody: Person,
    way: tuple[str, str],
    answers: Mapping[str, str],
    faults: Faults,
) -> web.Response:
    """Go the way from this question to the next, or show this one again with all that was written."""
    here, following = way
    if faults:
        view = await _view(request, somebody, answers=answers, faults=faults)
        return page(request, somebody, f"requests/{here}.html", view, status=400)
    draft = await drafts.answer(node_of(request), somebody, request.match_info["id"], answers)
    whole = following != "check" and _first_gap(draft.answers, request) is None
    return see_other(f"/desk/requests/{draft.id}/{'check' if whole else following}")


async def _outside(request: web.Request, somebody: Person) -> web.Response:
    """Store which school is asked by letter."""
    form, faults = form_of(request), Faults()
    answers = {
        "holder": OUTSIDE,
        "school_name": form.one("school_name"),
        "school_address": form.one("school_address"),
    }
    if not answers["school_name"]:
        faults.add("school_name", "letter.no_school")
    return await _next(request, somebody, ("where", "when"), answers, faults)


async def _locate(request: web.Request, somebody: Person) -> web.Response:
    """Ask the locator, and show the question again with what it said. Whoever is not told is not found."""
    view = await _view(request, somebody)
    subject = subject_of(view.answers, Faults(), today(request))
    if subject is None or not subject.state_id:
        note, found = "request.locate.no_state_id", None
    else:
        note, found = await _asked_locator(request, somebody, subject.state_id, view)
    answers = {"holder": found} if found else {}
    shown = await _view(request, somebody, answers=answers, note=note)
    return page(request, somebody, "requests/where.html", shown)


async def _asked_locator(
    request: web.Request, somebody: Person, state_id: str, view: View
) -> tuple[str, EntityId | None]:
    born = day_of(view.answers, "birth_date", Faults())
    try:
        found = born and await locate_student(
            node_of(request), state_id=state_id, birth_date=born, person=somebody
        )
    except (TryLater, Misconfigured):
        return "request.locate.away", None
    return ("request.locate.found", found) if found else ("request.locate.nobody", None)


def _first_gap(answers: Mapping[str, str], request: web.Request) -> str | None:
    """Return the first question without a whole answer."""
    if subject_of(answers, Faults(), today(request)) is None:
        return "who"
    if not answers.get("holder"):
        return "where"
    return None if "enrolled_on" in answers and "lanes" in answers else "when"


def _check_page(request: web.Request, somebody: Person, view: View) -> web.Response:
    return page(request, somebody, "requests/check.html", view)


def _written_day(form: Form, name: str) -> str:
    """Return a day of three boxes as `2014-05-02`, or as it was written if that is no day."""
    parts = [form.one(f"{name}-{part}") for part in ("year", "month", "day")]
    return f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}" if any(parts) else ""

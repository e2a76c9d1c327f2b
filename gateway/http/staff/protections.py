"""Holds, flags and the tasks of the officers: what keeps a record here, and whom it protects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.safety.flags import Flag, FlagKind
from gateway.domain.safety.holds import Hold, HoldKind
from gateway.domain.safety.tasks import SafetyTask
from gateway.http.pages.forms import Form
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page, see_other
from gateway.usecases.flags import FlagWish, clear_flag, confirm_flag, list_flags, set_flag
from gateway.usecases.holds import HoldWish, lift_hold, list_holds, place_hold
from gateway.usecases.ports import Node
from gateway.usecases.watch_safety import list_tasks, settle_task

OFFICERS: Final = frozenset({StaffRole.SAFETY_OFFICER, StaffRole.PRIVACY_OFFICER, StaffRole.RECORDS_OFFICER})
K = TypeVar("K", HoldKind, FlagKind)
PATH: Final = "/desk/protections"
SECTIONS_OF_PART: Final = (Section("protections", PATH, OFFICERS, "4"),)


def routes() -> Iterable[web.RouteDef]:
    """Return the page of holds and flags, and what is done on it."""
    return (web.get(PATH, person(OFFICERS, show), allow_head=False), web.post(PATH, person(OFFICERS, act)))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page: only what this person may know of."""

    holds: Sequence[Hold]
    flags: Sequence[Flag]
    tasks: Sequence[SafetyTask]
    hold_kinds: Sequence[HoldKind]
    flag_kinds: Sequence[FlagKind]
    may_be_silent: bool


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show what stands, and what is to be done."""
    node = node_of(request)
    safety = StaffRole.SAFETY_OFFICER in somebody.roles
    view = View(
        holds=[hold for hold in await list_holds(node, somebody) if hold.active],
        flags=await list_flags(node, somebody),
        tasks=await list_tasks(node, somebody),
        hold_kinds=[kind for kind in HoldKind if safety or kind is not HoldKind.MISSING_CHILD],
        flag_kinds=[kind for kind in FlagKind if safety or kind is not FlagKind.MISSING_CHILD],
        may_be_silent=safety,
    )
    return page(request, somebody, "protections/list.html", view)


async def act(request: web.Request, somebody: Person) -> web.Response:
    """Do what the form says."""
    form, node = form_of(request), node_of(request)
    id_, why = form.one("id"), form.one("why")
    match form.one("act"):
        case "place":
            await _place(node, somebody, form)
        case "lift":
            await lift_hold(node, somebody, id_, why=why)
        case "flag":
            await _flag(node, somebody, form)
        case "confirm":
            await confirm_flag(node, somebody, id_)
        case "clear":
            await clear_flag(node, somebody, id_, why=why)
        case "done":
            await settle_task(node, somebody, id_, tracking=form.one("tracking") or None)
        case _:
            raise Malformed("this form says nothing that can be done here")
    return see_other(PATH)


async def _place(node: Node, somebody: Person, form: Form) -> None:
    kind = _one_of(HoldKind, form.one("kind"))
    wish = HoldWish(
        student=_student(form),
        kind=kind,
        reason=form.one("why"),
        planned_end=_day(form.one("until")),
        silent=bool(form.one("silent")),
    )
    await place_hold(node, somebody, wish)


async def _flag(node: Node, somebody: Person, form: Form) -> None:
    wish = FlagWish(
        student=_student(form),
        kind=_one_of(FlagKind, form.one("kind")),
        why=form.one("why"),
        document=form.one("document") or None,
        until=_day(form.one("until")),
    )
    await set_flag(node, somebody, wish)


def _student(form: Form) -> LocalStudentId:
    if not (local := form.one("student")):
        raise Malformed("name the student by local id")
    return LocalStudentId(local)


def _one_of(kinds: type[K], text: str) -> K:
    try:
        return kinds(text)
    except ValueError:
        raise Malformed("choose a kind") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Malformed("write the day as 2026-11-28") from None

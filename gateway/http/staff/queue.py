"""The queue: what waits, in both directions, the most urgent first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from gateway.domain.casework import Group, Lane, group_of
from gateway.domain.confidentiality import ELSEWHERE
from gateway.domain.ids import TransferId
from gateway.domain.policy.people import Person, PersonId, StaffRole
from gateway.domain.transfer import Role, State, Transfer
from gateway.http.pages.frame import FRAME
from gateway.http.site import node_of, now_of
from gateway.http.staff.clock_words import Left, left
from gateway.http.staff.guard import form_of, person, place
from gateway.http.staff.page import Section, page, see_other
from gateway.usecases import casework
from gateway.usecases.casework import OtherDistrict, Page, other_districts, read_queue, shown_state
from gateway.usecases.ports import Account, Queued, QueueFilter

WORKERS: Final = frozenset(
    {StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER}
    | {StaffRole.PRINCIPAL, StaffRole.SPECIAL_EDUCATION, StaffRole.COUNSELOR, StaffRole.NURSE}
)
SECTIONS_OF_PART: Final = (Section("queue", "/desk/queue", WORKERS, "2"),)
LINES: Final = 50
_GROUPS: Final = {
    "open": frozenset({Group.TO_DO, Group.WAITING}),
    "todo": frozenset({Group.TO_DO}),
    "waiting": frozenset({Group.WAITING}),
    "done": frozenset({Group.DONE}),
    "confirm": frozenset({Group.WAITING, Group.DONE}),
}
_ID: Final = "{id:[TR]-[A-Za-z0-9_-]{8,64}}"


def routes() -> Iterable[web.RouteDef]:
    """Return the queue, and what is done from it."""
    return (
        web.get("/desk/queue", person(WORKERS, show), allow_head=False),
        web.post(f"/desk/transfers/{_ID}/take", person(WORKERS, take)),
        web.post(f"/desk/transfers/{_ID}/hand-over", person(WORKERS, hand_over)),
        web.post(f"/desk/transfers/{_ID}/comment", person(WORKERS, comment)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the address asks for. Nothing in it names a student."""

    show: str = "open"
    direction: str = ""
    lane: str = ""
    owner: str = ""
    late: bool = False

    def query(self, **changed: str) -> str:
        """Return it as the query of an address."""
        all_ = {"show": self.show, "direction": self.direction, "lane": self.lane, "owner": self.owner}
        told = all_ | {"late": "1" if self.late else ""} | changed
        return urlencode({name: value for name, value in told.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it is shown."""

    id: TransferId
    student: str
    direction: Role
    state: State
    other: OtherDistrict
    lanes: Sequence[Lane]
    due_on: date
    left: Left
    owner: str | None
    mine: bool
    done: bool
    snapshot: bool
    """Whether the day-1 snapshot of a student who starts is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    lines: Sequence[Line]
    filter: Filter
    shows: Sequence[str]
    directions: Sequence[str]
    lanes: Sequence[str]
    owners: Sequence[str]
    next: str
    first: bool
    command: str


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show a page of the queue."""
    asked = filter_of(request)
    after = request.query.get("after")
    found = await read_queue(
        node_of(request),
        somebody,
        _which(asked, somebody, today(request)),
        after=TransferId(after) if after else None,
        limit=LINES,
    )
    others = await other_districts(node_of(request), [one.transfer.peer for one in found.lines])
    lines = [
        line_of(one, _named(others[one.transfer.peer], found, one), somebody, today(request))
        for one in found.lines
    ]
    following = f"/desk/queue?{asked.query(after=found.after)}" if found.after else ""
    view = View(
        lines=lines,
        filter=asked,
        shows=tuple(_GROUPS),
        directions=("", *Role),
        lanes=("", *Lane),
        owners=("", "me", "nobody"),
        next=following,
        first=after is None,
        command=_command(asked),
    )
    return page(request, somebody, "queue/queue.html", view)


def _named(other: OtherDistrict, found: Page, one: Queued) -> OtherDistrict:
    return replace(other, name=ELSEWHERE) if one.transfer.id in found.masked else other


async def take(request: web.Request, somebody: Person) -> web.Response:
    """Make a transfer the person's own."""
    form = form_of(request)
    await casework.take(node_of(request), somebody, _id(request))
    return see_other(place(form.one("next")))


async def hand_over(request: web.Request, somebody: Person) -> web.Response:
    """Give a transfer to a colleague, or back to all."""
    form = form_of(request)
    to = form.one("to")
    if to:
        await casework.hand_over(node_of(request), somebody, _id(request), PersonId(to))
    else:
        await casework.give_back(node_of(request), somebody, _id(request))
    return see_other(place(form.one("next")))


async def comment(request: web.Request, somebody: Person) -> web.Response:
    """Add a note for colleagues."""
    await casework.comment(node_of(request), somebody, _id(request), form_of(request).one("text"))
    return see_other(f"/desk/transfers/{_id(request)}")


def filter_of(request: web.Request) -> Filter:
    """Return what the address asks for; what it does not know counts as not asked."""
    query = request.query
    return Filter(
        show=query.get("show", "") if query.get("show", "") in _GROUPS else "open",
        direction=query.get("direction", "") if query.get("direction", "") in {*Role} else "",
        lane=query.get("lane", "") if query.get("lane", "") in {*Lane} else "",
        owner=query.get("owner", "") if query.get("owner", "") in {"me", "nobody"} else "",
        late=query.get("late") == "1",
    )


def line_of(one: Queued, other: OtherDistrict, somebody: Person, day: date) -> Line:
    """Return a line of the queue as this person may see it."""
    transfer, case = one.transfer, one.case
    return Line(
        id=transfer.id,
        student=f"{transfer.subject.family_name}, {transfer.subject.given_name}",
        direction=case.direction,
        state=shown_state(transfer, somebody),
        other=other,
        lanes=case.lanes,
        due_on=case.due_on,
        left=left(case.due_on, day),
        owner=case.owner_name,
        mine=case.owner == somebody.id,
        done=is_done(transfer),
        snapshot=transfer.role is Role.REQUESTER and case.snapshot_sent_at is not None,
    )


def is_done(transfer: Transfer) -> bool:
    """Tell whether nothing is left to be done here in time."""
    return group_of(transfer.role, transfer.state) is Group.DONE


def today(request: web.Request) -> date:
    """Return the day where the district is."""
    return now_of(request).astimezone(request.app[FRAME].zone).date()


def colleagues(accounts: Sequence[Account], somebody: Person) -> Sequence[Account]:
    """Return to whom a transfer may be handed."""
    return [one for one in accounts if one.active and one.roles & WORKERS and one.id != somebody.id]


def _which(asked: Filter, somebody: Person, day: date) -> QueueFilter:
    return QueueFilter(
        groups=_GROUPS[asked.show],
        direction=Role(asked.direction) if asked.direction else None,
        lane=Lane(asked.lane) if asked.lane else None,
        owner=somebody.id if asked.owner == "me" else None,
        unowned=asked.owner == "nobody",
        unconfirmed=asked.show == "confirm",
        overdue_on=day if asked.late else None,
    )


def _command(asked: Filter) -> str:
    role = f" --role {asked.direction}" if asked.direction else ""
    return f"backpack transfer list{role}"


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

"""The first page: what needs this person now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from aiohttp import web

from gateway.domain.casework import Group
from gateway.domain.policy.people import Person
from gateway.domain.transfer import Role
from gateway.http.site import node_of
from gateway.http.staff.guard import EVERYBODY, person
from gateway.http.staff.page import HOME, Section, page
from gateway.http.staff.queue import WORKERS, today
from gateway.usecases.casework import read_queue
from gateway.usecases.ports import QueueFilter

SECTIONS_OF_PART: Final = (Section("home", HOME, EVERYBODY, "1"),)
MOST: Final = 99
"""More than that is told as `99+`."""
_TO_DO: Final = frozenset({Group.TO_DO})
_CLOSING: Final = frozenset({Group.WAITING, Group.DONE})
_OPEN: Final = frozenset({Group.TO_DO, Group.WAITING})


def routes() -> Iterable[web.RouteDef]:
    """Return the first page."""
    return (web.get(HOME, person(EVERYBODY, show), allow_head=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing that waits."""

    id: str
    path: str
    count: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    cards: Sequence[Card]

    @property
    def waiting(self) -> int:
        """How many kinds of things wait."""
        return sum(card.count > 0 for card in self.cards)


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show what waits for this person."""
    cards = await _cards(request, somebody) if somebody.roles & WORKERS else []
    return page(request, somebody, "home/home.html", View(cards=cards))


async def _cards(request: web.Request, somebody: Person) -> list[Card]:
    return [
        await _card(request, somebody, id_, query, which)
        for id_, query, which in _questions(somebody, today(request))
    ]


def _questions(somebody: Person, day: date) -> Iterable[tuple[str, str, QueueFilter]]:
    asked = QueueFilter(groups=_TO_DO, direction=Role.HOLDER)
    ours = QueueFilter(groups=_TO_DO, direction=Role.REQUESTER)
    return (
        ("late", "late=1", QueueFilter(groups=_OPEN, overdue_on=day)),
        ("asked", "show=todo&direction=holder", asked),
        ("ours", "show=todo&direction=requester", ours),
        ("confirm", "show=confirm", QueueFilter(groups=_CLOSING, unconfirmed=True)),
        ("mine", "owner=me", QueueFilter(groups=_OPEN, owner=somebody.id)),
    )


async def _card(request: web.Request, somebody: Person, id_: str, query: str, which: QueueFilter) -> Card:
    found = await read_queue(node_of(request), somebody, which, limit=MOST)
    return Card(id=id_, path=f"/desk/queue?{query}", count=len(found.lines), more=found.after is not None)

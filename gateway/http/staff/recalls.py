"""Recall: take back a record that was fetched, or answer for one that was taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.recalls import RecallAnswer
from gateway.domain.transfer import Reason
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.imports import IMPORTERS
from gateway.http.staff.page import page, see_other
from gateway.usecases.answer_recall import Reversal, answer_recall, read_recall
from gateway.usecases.casework import OtherDistrict, other_districts
from gateway.usecases.decide_release import recall
from gateway.usecases.timeline import Timeline, read_timeline
from gateway.usecases.undo_import import Undoing, preview_undo, undo_import

RECALLERS: Final = frozenset({StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER})
ANSWERERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER})
REASONS: Final = (Reason.WRONG_STUDENT, Reason.COURT_ORDER, Reason.SAFETY, Reason.POLICY)


def routes() -> Iterable[web.RouteDef]:
    """Return the page of a recall, for either side."""
    ours = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/recall"
    theirs = "/desk/transfers/{id:R-[A-Za-z0-9_-]{8,64}}/recall"
    return (
        web.get(ours, person(RECALLERS, ask), allow_head=False),
        web.post(ours, person(RECALLERS, take_back)),
        web.get(theirs, person(ANSWERERS, show), allow_head=False),
        web.post(theirs, person(ANSWERERS, answer)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A record that may be recalled."""

    told: Timeline
    reasons: Sequence[Reason] = REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A record that was recalled."""

    reversal: Reversal
    others: dict[EntityId, OtherDistrict]
    undoing: Undoing | None
    """What undoing the import would put back; None where nothing is imported."""
    answers: Sequence[RecallAnswer] = tuple(RecallAnswer)


async def ask(request: web.Request, somebody: Person) -> web.Response:
    """Ask why the record is taken back."""
    told = await read_timeline(node_of(request), somebody, _id(request))
    return page(request, somebody, "recalls/ask.html", Ask(told=told))


async def take_back(request: web.Request, somebody: Person) -> web.Response:
    """Tell the other district that the record must not be used."""
    reason = form_of(request).one("reason")
    if reason not in REASONS:
        raise Malformed("choose why the record is taken back")
    await recall(node_of(request), _id(request), person=somebody, reason=Reason(reason))
    return see_other(f"/desk/transfers/{_id(request)}")


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show what the record left behind."""
    reversal = await read_recall(node_of(request), somebody, _id(request))
    ids = [reversal.transfer.peer, *(one.peer for one in reversal.onward)]
    others = await other_districts(node_of(request), ids)
    imported = reversal.imported and somebody.roles & IMPORTERS
    undoing = await preview_undo(node_of(request), _id(request), person=somebody) if imported else None
    view = View(reversal=reversal, others=others, undoing=undoing)
    return page(request, somebody, "recalls/reversal.html", view)


async def answer(request: web.Request, somebody: Person) -> web.Response:
    """Undo the import, or answer the recall."""
    form = form_of(request)
    if form.one("act") == "undo":
        await undo_import(node_of(request), _id(request), person=somebody, reason=form.one("reason"))
        return see_other(f"/desk/transfers/{_id(request)}/recall")
    outcome = form.one("answer")
    if outcome not in set(RecallAnswer):
        raise Malformed("choose what becomes of the record")
    await answer_recall(node_of(request), somebody, _id(request), RecallAnswer(outcome), why=form.one("why"))
    return see_other(f"/desk/transfers/{_id(request)}/recall")


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

"""The release of a record: a list of what is to be done, a preview of what leaves, and taking it back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import TransferId
from gateway.domain.policy import Person, WithheldReason
from gateway.domain.policy.basis import NoticeGiven
from gateway.domain.policy.people import StaffRole
from gateway.domain.policy.release import KEPT_BACK
from gateway.domain.transfer import Reason, State
from gateway.http.pages.forms import Form
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page, see_other
from gateway.usecases.casework import OtherDistrict, other_districts, shown_state
from gateway.usecases.decide_release import approve, deny, hold, keep_back, lift, undo
from gateway.usecases.ports import Node
from gateway.usecases.preview_release import Preview, preview_release

RELEASERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})
REASONS: Final = (
    *(Reason.POLICY, Reason.NOT_ENROLLED, Reason.LEGAL_HOLD),
    *(Reason.COURT_ORDER, Reason.SAFETY, Reason.DUPLICATE),
)
"""Why a request is refused or kept where it is; never told to the other district."""


def routes() -> Iterable[web.RouteDef]:
    """Return the page of a release, and what is done on it."""
    path = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/release"
    return (
        web.get(path, person(RELEASERS, show), allow_head=False),
        web.post(path, person(RELEASERS, act)),
        web.get(f"{path}/preview", person(RELEASERS, preview), allow_head=False),
        web.get(f"{path}/approve", person(RELEASERS, ask_again, fresh=True), allow_head=False),
        web.post(f"{path}/approve", person(RELEASERS, let_go, fresh=True)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One section that was asked for."""

    section: str
    entries: int
    """How many leave, of all districts' segments."""
    reason: WithheldReason | None
    """Why the section, or some of it, stays."""
    kept_back: WithheldReason | None
    """What a person decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    release: Preview
    other: OtherDistrict
    state: State
    """As this person may see it."""
    lines: Sequence[Line]
    kept_back_reasons: Sequence[WithheldReason] = KEPT_BACK
    reasons: Sequence[Reason] = REASONS

    @property
    def under_review(self) -> bool:
        """Whether a person decides now."""
        return self.release.transfer.state is State.REVIEW

    @property
    def held(self) -> bool:
        """Whether the request is kept where it is."""
        return self.state is State.HELD

    @property
    def minutes_to_undo(self) -> int | None:
        """How many minutes are left to take the approval back; None where there is none, or it has left."""
        until = self.release.undo_until
        return None if until is None else max(0, ceil((until - self.release.now).total_seconds() / 60))


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show what is to be done before the record leaves."""
    return page(request, somebody, "releases/release.html", await _view(request, somebody))


async def preview(request: web.Request, somebody: Person) -> web.Response:
    """Show exactly what the other side would get."""
    view = await _view(request, somebody)
    return page(request, somebody, "releases/preview.html", view, own=node_of(request).id)


async def ask_again(request: web.Request, somebody: Person) -> web.Response:
    """Go back to the list: whoever had to sign in again comes here."""
    del somebody
    return see_other(f"/desk/transfers/{_id(request)}/release")


async def let_go(request: web.Request, somebody: Person) -> web.Response:
    """Approve the release."""
    form = form_of(request)
    await approve(node_of(request), _id(request), person=somebody, notice=_notice(form), why=form.one("why"))
    return see_other(f"/desk/transfers/{_id(request)}/release")


async def act(request: web.Request, somebody: Person) -> web.Response:
    """Do one of the other things that a person decides here."""
    form, node, id_ = form_of(request), node_of(request), _id(request)
    match form.one("act"):
        case "keep":
            await _keep(node, id_, somebody, form)
        case "undo":
            await undo(node, id_, person=somebody)
        case "deny":
            await deny(node, id_, person=somebody, reason=_reason(form))
        case "hold":
            await hold(node, id_, person=somebody, reason=_reason(form))
        case "lift":
            await lift(node, id_, person=somebody, why=form.one("why"))
        case _:
            raise Malformed("this form says nothing that can be done here")
    return see_other(f"/desk/transfers/{id_}/release")


async def _view(request: web.Request, somebody: Person) -> View:
    found = await preview_release(node_of(request), somebody, _id(request))
    peer = found.transfer.peer
    others = await other_districts(node_of(request), [peer])
    return View(
        release=found,
        other=others[peer],
        state=shown_state(found.transfer, somebody),
        lines=lines_of(found),
    )


def lines_of(found: Preview) -> Sequence[Line]:
    """Return a line for each section that was asked for, in the order of the request."""
    leaving: dict[str, int] = {}
    reasons: dict[str, WithheldReason] = {}
    for one in found.segments:
        for section, positions in one.release.granted.items():
            leaving[section] = leaving.get(section, 0) + len(positions)
        reasons |= {kept.section: kept.reason for kept in one.release.withheld}
    return [
        Line(
            section=section,
            entries=leaving.get(section, 0),
            reason=reasons.get(section),
            kept_back=found.case.kept_back.get(section),
        )
        for section in found.transfer.sections
    ]


async def _keep(node: Node, id_: TransferId, somebody: Person, form: Form) -> None:
    chosen: Mapping[str, WithheldReason] = {
        name.removeprefix("keep."): WithheldReason(form.one(name))
        for name in form.fields
        if name.startswith("keep.") and form.one(name) in KEPT_BACK
    }
    await keep_back(node, id_, chosen, person=somebody, why=form.one("why"))


def _reason(form: Form) -> Reason:
    try:
        return Reason(form.one("reason"))
    except ValueError:
        raise Malformed("choose a reason") from None


def _notice(form: Form) -> NoticeGiven | None:
    given = form.one("notice")
    return NoticeGiven.read(given) if given else None


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

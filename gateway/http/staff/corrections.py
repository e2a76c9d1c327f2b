"""Records that have changed since they were sent: which, what exactly, sent again, taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.corrections import CHOSEN, ChangeReason, EntryChange
from gateway.domain.errors import Malformed
from gateway.domain.ids import Digest, EntityId, TransferId
from gateway.domain.importing.places import places
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.transfer import State
from gateway.http.pages.forms import Form
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page, see_other
from gateway.usecases.casework import OtherDistrict, other_districts
from gateway.usecases.changes import CORRECTABLE
from gateway.usecases.correct_record import (
    CorrectionPreview,
    OutdatedPage,
    Wanted,
    correct,
    preview_correction,
    read_outdated,
    take_back,
)

SENDERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER, StaffRole.PRIVACY_OFFICER})
PATH: Final = "/desk/corrections"
SECTIONS_OF_PART: Final = (Section("corrections", PATH, SENDERS, "8"),)
_ON_ITS_WAY: Final = frozenset({State.APPROVED, State.CORRECTED, State.PACKAGED, State.RELEASED})


def routes() -> Iterable[web.RouteDef]:
    """Return the list, the page of one record, and what is done on it."""
    path = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/correction"
    return (
        web.get(PATH, person(SENDERS, show_list), allow_head=False),
        web.get(path, person(SENDERS, show), allow_head=False),
        web.post(path, person(SENDERS, give_up)),
        web.get(f"{path}/send", person(SENDERS, ask_again, fresh=True), allow_head=False),
        web.post(f"{path}/send", person(SENDERS, send, fresh=True)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """The list."""

    found: OutdatedPage
    others: Mapping[EntityId, OtherDistrict]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page of one record."""

    preview: CorrectionPreview
    other: OtherDistrict
    own: EntityId
    included: frozenset[str]
    """Sections that were to follow and are looked at as if they went along."""
    reasons: Sequence[ChangeReason] = CHOSEN

    @property
    def may_send(self) -> bool:
        """Whether it can be sent now."""
        fits = self.preview.transfer.state in CORRECTABLE
        return fits and bool(self.preview.changes) and self.preview.basis is not None

    @property
    def may_take_back(self) -> bool:
        """Whether a correction is on its way."""
        transfer = self.preview.transfer
        return bool(transfer.accepted_version) and transfer.state in _ON_ITS_WAY

    def values(self, change: EntryChange) -> Sequence[tuple[str, object, object]]:
        """Return place, old and new value of what differs; all of an entry that came or went."""
        old, new = places(change.before or {}), places(change.after or {})
        names = [name for name in change.fields if name in old or name in new]
        return [(name, old.get(name), new.get(name)) for name in names or dict.fromkeys((*old, *new))]

    def statements(self, change: EntryChange) -> Sequence[Mapping[str, str]]:
        """Return what a family states against the entry."""
        found: Sequence[Mapping[str, str]] = (change.after or {}).get("meta", {}).get("statements", ())
        return found


async def show_list(request: web.Request, somebody: Person) -> web.Response:
    """Show which records have changed since they were sent."""
    after = request.query.get("after")
    found = await read_outdated(node_of(request), somebody, after=TransferId(after) if after else None)
    others = await other_districts(node_of(request), [one.transfer.peer for one in found.records])
    return page(request, somebody, "corrections/list.html", ListView(found=found, others=others))


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show exactly what changes for the other side."""
    included = frozenset(request.query.getall("with", ()))
    node, id_ = node_of(request), _id(request)
    found = await preview_correction(node, somebody, id_, included=included)
    peer = found.transfer.peer
    others = await other_districts(node, [peer])
    view = View(preview=found, other=others[peer], own=node.id, included=included)
    return page(request, somebody, "corrections/correction.html", view)


async def ask_again(request: web.Request, somebody: Person) -> web.Response:
    """Go back to the page: whoever had to sign in again comes here."""
    del somebody
    return see_other(f"/desk/transfers/{_id(request)}/correction")


async def send(request: web.Request, somebody: Person) -> web.Response:
    """Send the record again."""
    form, id_ = form_of(request), _id(request)
    await correct(node_of(request), id_, _wanted(form), person=somebody)
    return see_other(f"/desk/transfers/{id_}/correction")


async def give_up(request: web.Request, somebody: Person) -> web.Response:
    """Take a correction back before it is fetched."""
    if form_of(request).one("act") != "take_back":
        raise Malformed("this form says nothing that can be done here")
    await take_back(node_of(request), _id(request), person=somebody)
    return see_other(f"/desk/transfers/{_id(request)}/correction")


def _wanted(form: Form) -> Wanted:
    try:
        reason = ChangeReason(form.one("reason"))
    except ValueError:
        raise Malformed("choose a reason") from None
    return Wanted(
        reason=reason,
        seen=Digest(form.one("seen")),
        included=frozenset(form.many("with")),
        why=form.one("why"),
    )


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])

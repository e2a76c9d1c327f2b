"""Sealed sections: let go by two people at the holder, opened and confirmed by one role at the receiver."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import TransferId
from gateway.domain.policy import Person, WithheldReason
from gateway.domain.policy.people import StaffRole
from gateway.domain.policy.release import KEPT_BACK
from gateway.domain.sealed import BY_PERSON, PartFault, SealedPart
from gateway.domain.transfer import State, Transfer
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page, see_other
from gateway.http.staff.queue import WORKERS, today
from gateway.usecases.casework import OtherDistrict, other_districts
from gateway.usecases.sealed_reading import (
    ReadPart,
    Waiting,
    Which,
    answer_part,
    list_received,
    read_part,
    waiting_parts,
)
from gateway.usecases.sealed_release import (
    SealedRelease,
    keep_sealed,
    let_sealed_go,
    list_sealed,
    read_sealed,
)

OPENERS: Final = frozenset(
    {StaffRole.NURSE, StaffRole.SPECIAL_EDUCATION, StaffRole.COUNSELOR, StaffRole.PRINCIPAL}
    | {StaffRole.PRIVACY_OFFICER, StaffRole.SAFETY_OFFICER}
)
DECIDERS: Final = OPENERS | {StaffRole.RECORDS_OFFICER}
PATH: Final = "/desk/sealed"
SECTIONS_OF_PART: Final = (Section("sealed", PATH, OPENERS, "0"),)
_HELD: Final = "/desk/transfers/{id:T-[A-Za-z0-9_-]{8,64}}/sealed"
_CAME: Final = "/desk/transfers/{id:R-[A-Za-z0-9_-]{8,64}}/sealed"
_PART: Final = _CAME + "/{version:[1-9][0-9]{0,2}}/{n:[1-9][0-9]?}"


def routes() -> Iterable[web.RouteDef]:
    """Return the pages of sealed sections, and what is done on them."""
    return (
        web.get(PATH, person(OPENERS, waiting), allow_head=False),
        web.get(_HELD, person(WORKERS, show_held), allow_head=False),
        web.post(_HELD, person(DECIDERS, decide, fresh=True)),
        web.get(_HELD + "/{section:[A-Za-z]{1,64}}", person(OPENERS, show_section), allow_head=False),
        web.get(_CAME, person(WORKERS, show_received), allow_head=False),
        web.get(_PART, person(OPENERS, open_), allow_head=False),
        web.post(_PART, person(OPENERS, answer)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToOpen:
    """What waits for this person's roles."""

    lines: Sequence[Waiting]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The page at the holder."""

    release: SealedRelease
    other: OtherDistrict
    reasons: Sequence[WithheldReason] = KEPT_BACK
    decides: bool
    opens: frozenset[str]
    """The roles in which this person may look into a section."""

    @property
    def under_review(self) -> bool:
        """Whether people decide now."""
        return self.release.transfer.state is State.REVIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The page at the receiver."""

    transfer: Transfer
    parts: Sequence[SealedPart]
    other: OtherDistrict
    opens: frozenset[str]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in a section or part."""

    transfer: Transfer
    back: str
    section: str
    segments: Sequence[tuple[str, Mapping[str, Sequence[Mapping[str, Any]]]]]
    """By district: the entries of each section, those set aside included."""
    read: ReadPart | None = None
    faults: Sequence[PartFault] = BY_PERSON


async def waiting(request: web.Request, somebody: Person) -> web.Response:
    """Show the parts that wait for this person."""
    lines = await waiting_parts(node_of(request), somebody)
    return page(request, somebody, "sealed/waiting.html", ToOpen(lines=lines, today=today(request)))


async def show_held(request: web.Request, somebody: Person) -> web.Response:
    """Show which sections of a request go sealed, and what people decided."""
    release = await list_sealed(node_of(request), somebody, _id(request))
    view = Held(
        release=release,
        other=await _other(request, release.transfer),
        decides=bool(somebody.roles & DECIDERS),
        opens=frozenset(map(str, somebody.roles)),
    )
    return page(request, somebody, "sealed/held.html", view)


async def decide(request: web.Request, somebody: Person) -> web.Response:
    """Let a section go, or keep it."""
    form, node, id_ = form_of(request), node_of(request), _id(request)
    section, why = form.one("section"), form.one("why")
    match form.one("act"):
        case "go":
            await let_sealed_go(node, id_, section, person=somebody, why=why)
        case "keep" if form.one("reason") in KEPT_BACK:
            reason = WithheldReason(form.one("reason"))
            await keep_sealed(node, id_, section, reason, person=somebody, why=why)
        case _:
            raise Malformed("this form says nothing that can be done here")
    return see_other(f"/desk/transfers/{id_}/sealed")


async def show_section(request: web.Request, somebody: Person) -> web.Response:
    """Show what is in a section that would go sealed."""
    node, id_, section = node_of(request), _id(request), request.match_info["section"]
    entries = await read_sealed(node, somebody, id_, section)
    transfer = await node.store.read(lambda tx: tx.transfers.get(id_))
    view = Content(
        transfer=transfer,
        back=f"/desk/transfers/{id_}/sealed",
        section=section,
        segments=[("", {section: entries})],
    )
    return page(request, somebody, "sealed/content.html", view)


async def show_received(request: web.Request, somebody: Person) -> web.Response:
    """Show which sealed parts came, for whom, and whether they are confirmed."""
    found = await list_received(node_of(request), somebody, _id(request))
    view = Received(
        transfer=found.transfer,
        parts=found.parts,
        other=await _other(request, found.transfer),
        opens=frozenset(map(str, somebody.roles)),
        today=today(request),
    )
    return page(request, somebody, "sealed/received.html", view)


async def open_(request: web.Request, somebody: Person) -> web.Response:
    """Open a sealed part."""
    read = await read_part(node_of(request), somebody, _which(request))
    view = Content(
        transfer=read.transfer,
        back=f"/desk/transfers/{read.transfer.id}/sealed",
        section=read.part.sections[0],
        segments=[(one["issuer"], _entries(one)) for one in read.segments],
        read=read,
    )
    return page(request, somebody, "sealed/content.html", view)


async def answer(request: web.Request, somebody: Person) -> web.Response:
    """Send the part's receipt."""
    form, which = form_of(request), _which(request)
    fault = None
    if form.one("act") == "refuse":
        fault = _fault(form.one("fault"))
    elif form.one("act") != "confirm":
        raise Malformed("this form says nothing that can be done here")
    await answer_part(node_of(request), which, person=somebody, fault=fault)
    return see_other(f"/desk/transfers/{which.transfer}/sealed")


def _entries(segment: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    apart = {name: [one["entry"] for one in held] for name, held in segment["quarantined"].items()}
    names = [*segment["sections"], *(name for name in apart if name not in segment["sections"])]
    return {name: [*segment["sections"].get(name, ()), *apart.get(name, ())] for name in names}


def _fault(text: str) -> PartFault:
    try:
        return PartFault(text)
    except ValueError:
        raise Malformed("choose why it is refused") from None


async def _other(request: web.Request, transfer: Transfer) -> OtherDistrict:
    return (await other_districts(node_of(request), [transfer.peer]))[transfer.peer]


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])


def _which(request: web.Request) -> Which:
    found = request.match_info
    return Which(_id(request), int(found["version"]), int(found["n"]))

"""One transfer: every step with who, when and by what it is proven."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.ids import TransferId
from gateway.domain.messages import Direction, Message
from gateway.domain.outside import outside_name
from gateway.domain.policy.people import Person, StaffRole
from gateway.domain.transfer import STEPS, Role, State, Transfer
from gateway.http.site import node_of, now_of
from gateway.http.staff.clock_words import Left, left
from gateway.http.staff.confirmations import CONFIRMERS
from gateway.http.staff.confirmations import READERS as PROOF_READERS
from gateway.http.staff.guard import person
from gateway.http.staff.imports import IMPORTERS
from gateway.http.staff.letters import WRITERS
from gateway.http.staff.page import page
from gateway.http.staff.queue import WORKERS, colleagues, is_done, today
from gateway.http.staff.recalls import ANSWERERS, RECALLERS
from gateway.http.staff.releases import RELEASERS
from gateway.http.staff.snapshots import READERS as SNAPSHOT_READERS
from gateway.usecases.casework import shown_state
from gateway.usecases.ports import Account
from gateway.usecases.timeline import Step, Timeline, read_timeline

_OF_SIDE: Final = {
    side: set(STEPS[role]) | {after for steps in STEPS[role].values() for after in steps}
    for side, role in (("request", Role.REQUESTER), ("release", Role.HOLDER))
}
_BY_LETTER: Final = (
    *("letter.made", "letter.printed", "letter.renewed"),
    *("upload.came", "upload.opened", "upload.accepted", "upload.rejected"),
)
_SNAPSHOT: Final = (
    *("preview", "approved", "taken_back", "sent", "fetched"),
    *("arrived", "rejected", "read"),
)
KNOWN_STEPS: Final[Mapping[str, str]] = {
    **{f"{side}.{state}": f"step.{side}.{state}" for side, states in _OF_SIDE.items() for state in states},
    **{
        f"correction.{what}": f"step.correction.{what}"
        for what in ("approved", "taken_back", "preview", "waits")
    },
    "release.rekeyed": "step.release.rekeyed",
    **{f"log.{step}": f"step.log.{step}" for step in ("compared", "reconciled", "refused")},
    "case.take": "step.case.take",
    "case.hand_over": "step.case.hand_over",
    "case.reminded": "step.case.reminded",
    "case.escalated": "step.case.escalated",
    **{
        f"sealed.{step}": f"step.sealed.{step}"
        for step in ("approved", "kept", "fetched", "arrived", "read", "confirmed", "refused", "late")
    },
    **{step: f"step.{step}" for step in _BY_LETTER},
    "recall.answered": "step.recall.answered",
    "enrollment.confirmed": "step.enrollment.confirmed",
    "enrollment.read": "step.enrollment.read",
    **{f"snapshot.{step}": f"step.snapshot.{step}" for step in _SNAPSHOT},
}
"""What the log calls a step, and the message that says it. Others are shown as the log has them."""


def routes() -> Iterable[web.RouteDef]:
    """Return the page of a transfer."""
    path = "/desk/transfers/{id:[TR]-[A-Za-z0-9_-]{8,64}}"
    return (web.get(path, person(WORKERS, show), allow_head=False),)


@dataclass(frozen=True, slots=True)
class Next:
    """A page on which a person decides."""

    path: str
    message: str


_DECIDES: Final = frozenset({State.REVIEW, State.HELD, State.NOTICE, State.APPROVED})


_REFUSED: Final = frozenset({State.DENIED, State.WITHDRAWN, State.REVOKED, State.RECALLED})
_ARRIVED: Final = frozenset({State.VERIFIED, State.IMPORTED, State.RECEIPTED})


def next_page(transfer: Transfer, state: State, somebody: Person) -> Next | None:
    """Return the page on which this person goes on with the transfer, if there is one."""
    if outside_name(transfer.peer) is not None:
        return _by_letter(transfer, state) if somebody.roles & WRITERS else None
    found = _of_holder(transfer, state) if transfer.role is Role.HOLDER else _of_requester(state)
    if found is None or not somebody.roles & found[0]:
        return None
    _, path, message = found
    return Next(f"/desk/transfers/{transfer.id}/{path}", message)


def _of_holder(transfer: Transfer, state: State) -> tuple[frozenset[StaffRole], str, str] | None:
    if state is State.NO_MATCH:
        return RELEASERS, "match", "timeline.to_match"
    if state in _DECIDES:
        return RELEASERS, "release", "timeline.to_release"
    return (RELEASERS, "correction", "timeline.to_correction") if transfer.accepted_version else None


def _of_requester(state: State) -> tuple[frozenset[StaffRole], str, str] | None:
    if state is State.RECALLED:
        return ANSWERERS, "recall", "timeline.to_recall"
    return (IMPORTERS, "import", "timeline.to_import") if state in _ARRIVED else None


def _by_letter(transfer: Transfer, state: State) -> Next:
    if state in {State.RETURNED, State.CLOSED}:
        return Next(f"/desk/transfers/{transfer.id}/returned", "timeline.to_returned")
    return Next(f"/desk/transfers/{transfer.id}/letter", "timeline.to_letter")


def may_recall(transfer: Transfer, somebody: Person) -> bool:
    """Return whether this person may take back a record that the other district has."""
    after = STEPS[transfer.role].get(transfer.state, frozenset())
    has_it = transfer.role is Role.HOLDER and State.RECALLED in after
    return has_it and bool(somebody.roles & RECALLERS)


def may_confirm(told: Timeline, somebody: Person) -> bool:
    """Return whether the former district waits for a word that this person may give."""
    transfer = told.transfer
    asked = transfer.role is Role.REQUESTER and transfer.remote_id is not None
    return asked and transfer.state not in _REFUSED and bool(somebody.roles & CONFIRMERS)


def has_snapshot(told: Timeline, somebody: Person) -> bool:
    """Return whether the page of a student who starts here has something to show this person."""
    here = told.case.snapshot_sent_at is not None or told.transfer.state in _ARRIVED
    return told.transfer.role is Role.REQUESTER and here and bool(somebody.roles & SNAPSHOT_READERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    told: Timeline
    state: State
    left: Left
    colleagues: Sequence[Account]
    mine: bool
    done: bool
    efforts: int
    """How often the other district was written to."""
    printed_at: object
    next_page: Next | None
    """Where the person works on it."""
    confirms: bool
    """Whether this person may confirm the enrollment to the former district now."""
    proof: bool
    """Whether the new district confirmed the enrollment of a student who left."""
    recalls: bool
    """Whether this person may take the record back from the other district."""
    snapshot: bool
    """Whether there is a day-1 snapshot that this person may open."""

    def words(self, step: Step) -> str | None:
        """Return the message for a step, None if there is none."""
        return KNOWN_STEPS.get(step.action)

    def sent(self) -> Sequence[Message]:
        """Return what this district signed."""
        return [one for one in self.told.messages if one.direction is Direction.OUT]

    def came(self) -> Sequence[Message]:
        """Return what the other district signed."""
        return [one for one in self.told.messages if one.direction is Direction.IN]


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show a transfer step by step."""
    node = node_of(request)
    told = await read_timeline(node, somebody, TransferId(request.match_info["id"]))
    accounts = await node.store.read(lambda tx: tx.staff.list())
    state = shown_state(told.transfer, somebody)
    view = View(
        told=told,
        state=state,
        next_page=next_page(told.transfer, state, somebody),
        confirms=may_confirm(told, somebody),
        recalls=may_recall(told.transfer, somebody),
        proof=told.transfer.role is Role.HOLDER
        and told.case.confirmed_on is not None
        and told.transfer.student is not None
        and bool(somebody.roles & PROOF_READERS),
        snapshot=has_snapshot(told, somebody),
        left=left(told.case.due_on, today(request)),
        colleagues=colleagues(accounts, somebody),
        mine=told.case.owner == somebody.id,
        done=is_done(told.transfer),
        efforts=sum(one.direction is Direction.OUT for one in told.messages),
        printed_at=now_of(request),
    )
    return page(request, somebody, "transfers/timeline.html", view, requester=Role.REQUESTER)

"""The auditor's pages: the log by pseudonym, its proofs, who read records, where logs differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.ids import EntityId
from gateway.domain.messages import MessageType
from gateway.domain.policy.people import Person, StaffRole
from gateway.domain.reconciling import LogFinding
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import Section, page, see_other
from gateway.http.staff.transfers import KNOWN_STEPS
from gateway.usecases.audit_view import (
    Evidence,
    LogLine,
    LogPage,
    Wanted,
    advice,
    read_accesses,
    read_evidence,
    read_log,
    reconcile_now,
)
from gateway.usecases.casework import other_districts
from gateway.usecases.log import export_leaves

AUDITORS: Final = frozenset({StaffRole.AUDITOR, StaffRole.PRIVACY_OFFICER})
CHECKERS: Final = AUDITORS | {StaffRole.RECORDS_OFFICER}
PATH: Final = "/desk/log"
CHECKS: Final = "/desk/checks"
SECTIONS_OF_PART: Final = (Section("log", PATH, AUDITORS, "l"), Section("checks", CHECKS, CHECKERS, "c"))

KINDS: Final = ("release", "request", "case", "import", "snapshot", "safety", "students", "log")
"""First words of actions that the page offers; any other may stand in the address."""
_NAMES: Final = {str(type_): f"message.{type_.name}" for type_ in MessageType}


def routes() -> Iterable[web.RouteDef]:
    """Return the log, a proof, the accesses, and the comparison with partners and the witness."""
    return (
        web.get(PATH, person(AUDITORS, show), allow_head=False),
        web.get(f"{PATH}/accesses", person(AUDITORS, show_accesses), allow_head=False),
        web.get(PATH + "/{seq:[1-9][0-9]{0,14}}/proof", person(AUDITORS, proof), allow_head=False),
        web.get(CHECKS, person(CHECKERS, show_checks), allow_head=False),
        web.post(CHECKS, person(CHECKERS, compare)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """The page of the log."""

    told: LogPage
    wanted: Wanted
    names: Mapping[EntityId, str]
    older: str
    """Where the next page is; empty at the end."""
    command: str

    def words(self, line: LogLine) -> str | None:
        """Return the message for what was done, None if there is none."""
        return KNOWN_STEPS.get(line.leaf.action)

    @property
    def kinds(self) -> Sequence[str]:
        """Return what can be chosen."""
        return ("", *KINDS)

    @property
    def roles(self) -> Sequence[str]:
        """Return what can be chosen."""
        return ("", *sorted(StaffRole))


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show the log, newest first, filtered by the address."""
    node, wanted = node_of(request), _wanted(request)
    told = await read_log(node, somebody, wanted)
    peers = {line.leaf.peer for line in told.lines if line.leaf.peer}
    names = {id_: one.name for id_, one in (await other_districts(node, sorted(peers))).items()}
    view = LogView(
        told=told,
        wanted=wanted,
        names=names,
        older=f"{PATH}?{_query(replace(wanted, before=told.older))}" if told.older else "",
        command=_command(wanted),
    )
    return page(request, somebody, "audit/log.html", view)


def _wanted(request: web.Request) -> Wanted:
    asked = request.query
    try:
        return Wanted(
            kind=asked.get("kind", "")[:32],
            role=StaffRole(asked["role"]) if asked.get("role") else None,
            handle=asked.get("handle", "").strip()[:200],
            since=_day(asked.get("since", "")),
            until=_day(asked.get("until", "")),
            before=int(asked["before"]) if asked.get("before") else None,
        )
    except ValueError:
        raise Malformed("a day is written as 2026-11-20, a line as its number") from None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _said(wanted: Wanted) -> dict[str, str]:
    said = {
        "kind": wanted.kind,
        "role": wanted.role,
        "handle": wanted.handle,
        "since": wanted.since,
        "until": wanted.until,
    }
    return {name: str(value) for name, value in said.items() if value}


def _query(wanted: Wanted) -> str:
    return urlencode(_said(wanted) | ({"before": str(wanted.before)} if wanted.before else {}))


def _command(wanted: Wanted) -> str:
    return " ".join(["backpack log list", *(f"--{name} {value}" for name, value in _said(wanted).items())])


async def proof(request: web.Request, somebody: Person) -> web.Response:
    """Return the file that proves one line, for `backpack log verify` at any computer."""
    seq = int(request.match_info["seq"])
    told = await export_leaves(node_of(request), seq, seq, person=somebody)
    answer = web.Response(body=orjson.dumps(told), content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="log-{seq}.json"'
    return answer


async def show_accesses(request: web.Request, somebody: Person) -> web.Response:
    """Show who read records last. Whose they were is on the student's own page."""
    return page(request, somebody, "audit/accesses.html", await read_accesses(node_of(request), somebody))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksView:
    """The page of the comparison."""

    told: Evidence
    names: Mapping[EntityId, str]

    def entry(self, finding: LogFinding) -> str | None:
        """Return the message for what is missing, None for a fault of another kind."""
        return _NAMES.get(finding.what)

    def advice(self, finding: LogFinding) -> str:
        """Return the message that says what to do."""
        return f"checks.do.{advice(finding)}"


async def show_checks(request: web.Request, somebody: Person) -> web.Response:
    """Show how the log stands with the witness and with each partner."""
    node = node_of(request)
    told = await read_evidence(node, somebody)
    peers = {*told.compared, *(one.peer for one in told.findings)}
    names = {id_: one.name for id_, one in (await other_districts(node, sorted(peers))).items()}
    return page(request, somebody, "audit/checks.html", ChecksView(told=told, names=names))


async def compare(request: web.Request, somebody: Person) -> web.Response:
    """Compare with one partner, or all, now."""
    peer = form_of(request).one("peer")
    await reconcile_now(node_of(request), somebody, [EntityId(peer)] if peer else [])
    return see_other(CHECKS)

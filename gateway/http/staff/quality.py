"""How old the local system's data is here, and what is wrong with it: for those who can mend it."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from gateway.domain.errors import Malformed
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.spreadsheets import safe_cell
from gateway.http.site import node_of
from gateway.http.staff.guard import person
from gateway.http.staff.page import Section, page
from gateway.mapping.findings import Rule
from gateway.usecases.ports import FindingFilter, FindingPlace, FindingTally
from gateway.usecases.source_quality import count_findings, list_findings, read_source

WATCHERS: Final = frozenset({StaffRole.IT_ADMIN, StaffRole.OBSERVER})
MENDERS: Final = frozenset({StaffRole.IT_ADMIN, StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})
SOURCE: Final = "/desk/source"
FINDINGS: Final = "/desk/findings"
SECTIONS_OF_PART: Final = (Section("source", SOURCE, WATCHERS), Section("findings", FINDINGS, MENDERS))
SHOWN: Final = 50
EXPORTED: Final = 100_000
_COLUMNS: Final = (
    *("severity", "rule", "school", "student", "file", "line", "column"),
    *("message", "suggestion"),
)


def routes() -> Iterable[web.RouteDef]:
    """Return the pages of the source and of what is wrong with its rows."""
    return (
        web.get(SOURCE, person(WATCHERS, source), allow_head=False),
        web.get(FINDINGS, person(MENDERS, counts), allow_head=False),
        web.get(f"{FINDINGS}/list", person(MENDERS, places), allow_head=False),
        web.get(f"{FINDINGS}/list.csv", person(MENDERS, export), allow_head=False),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How often one thing is wrong at a school, or in a column, and where the list of it is."""

    rule: Rule
    where: str
    number: int
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is wrong, the most frequent first."""

    by_school: Sequence[Line]
    by_column: Sequence[Line]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where it is wrong."""

    found: Sequence[FindingPlace]
    query: str
    more: bool
    """Whether there are more than are shown."""
    for_school: str
    """The school of all that is shown, empty if there are several."""


async def source(request: web.Request, somebody: Person) -> web.Response:
    """Show how old the data is."""
    return page(request, somebody, "quality/source.html", await read_source(node_of(request), somebody))


async def counts(request: web.Request, somebody: Person) -> web.Response:
    """Show what is wrong by school, and by column."""
    tallies = await count_findings(node_of(request), somebody, FindingFilter())
    view = Counts(
        by_school=_by_school(tallies),
        by_column=_by_column(tallies),
        total=sum(one.number for one in tallies),
    )
    return page(request, somebody, "quality/findings.html", view)


async def places(request: web.Request, somebody: Person) -> web.Response:
    """Show where it is, and what to do about it."""
    which = _which(request)
    found = await list_findings(node_of(request), somebody, which, limit=SHOWN + 1)
    view = Places(
        found=found[:SHOWN],
        query=request.query_string,
        more=len(found) > SHOWN,
        for_school=next(iter(which.schools), "") if which.schools else "",
    )
    return page(request, somebody, "quality/list.html", view)


async def export(request: web.Request, somebody: Person) -> web.Response:
    """Answer with the same as comma-separated values, of which no cell is a formula."""
    found = await list_findings(node_of(request), somebody, _which(request), limit=EXPORTED)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    rows.writerows([_cell(getattr(one, name)) for name in _COLUMNS] for one in found)
    headers = {"Content-Disposition": 'attachment; filename="findings.csv"'}
    return web.Response(text=text.getvalue(), content_type="text/csv", charset="utf-8", headers=headers)


def _by_school(tallies: Sequence[FindingTally]) -> list[Line]:
    counted = Counter[tuple[Rule, str]]()
    for one in tallies:
        counted[one.rule, one.school or ""] += one.number
    return [
        Line(rule=rule, where=school, number=number, query=_query(rule=rule, school=school))
        for (rule, school), number in counted.most_common(SHOWN)
    ]


def _by_column(tallies: Sequence[FindingTally]) -> list[Line]:
    counted = Counter[tuple[Rule, str, str]]()
    for one in tallies:
        counted[one.rule, one.file, one.column or ""] += one.number
    return [
        Line(
            rule=rule,
            where=f"{file} {column}".strip(),
            number=number,
            query=_query(rule=rule, file=file, column=column),
        )
        for (rule, file, column), number in counted.most_common(SHOWN)
    ]


def _query(**asked: str) -> str:
    return urlencode({name: value for name, value in asked.items() if value})


def _which(request: web.Request) -> FindingFilter:
    asked = request.query
    try:
        rule = Rule(asked["rule"]) if asked.get("rule") else None
    except ValueError:
        raise Malformed("there is no such rule of findings") from None
    school = asked.get("school")
    return FindingFilter(
        schools=frozenset({school}) if school else None,
        rule=rule,
        file=asked.get("file") or None,
        column=asked.get("column") or None,
    )


def _cell(value: object) -> str:
    return safe_cell("" if value is None else str(value))

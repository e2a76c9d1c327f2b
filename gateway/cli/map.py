"""The mapping: from the rows of the local system to backpacks."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import private_text
from gateway.cli.exits import ExitCode
from gateway.cli.locating import tell
from gateway.cli.map_tools import register
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import columns, progress, say, show
from gateway.cli.session import at_node
from gateway.domain.errors import Misconfigured
from gateway.domain.spreadsheets import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gateway.domain.ids import LocalStudentId
    from gateway.mapping.findings import Finding
    from gateway.mapping.plan import Plan
    from gateway.usecases.map_students import MapReport
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_MOST = 100_000
_FIELDS = ("severity", "rule", "student", "file", "line", "column", "raw_value", "message", "suggestion")


@app.command()
def run(
    *,
    full: Annotated[bool, typer.Option("--full", help="Map everybody, not only who changed.")] = False,
    approve_removals: Annotated[
        bool, typer.Option("--approve-removals", help="Remove students who are gone, however many.")
    ] = False,
    despite_blackout: Annotated[
        bool, typer.Option("--despite-blackout", help="Read although the local system is being rebuilt.")
    ] = False,
    no_locator: Annotated[
        bool, typer.Option("--no-locator", help="Do not tell the agency's locator.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Read the local system, map who changed since the last run, keep the findings; then tell the locator.

    Exit 1 if nobody was found, or if so many are gone that none was removed.
    """

    async def work(opened: "Opened") -> "tuple[MapReport, int | None]":
        from gateway.usecases.map_students import MapWish, map_students

        wish = MapWish(full=full, approve_removals=approve_removals, despite_blackout=despite_blackout)
        with progress("students") as count:
            report = await map_students(opened.node, count, wish)
        return report, None if no_locator else await tell(opened.node)

    report, told = at_node(config, work, alone=no_locator)
    _note(config, report)
    show(_report(report, told), _report_lines(report, told), as_json=as_json)
    if report.drafts:
        say(f"{report.drafts} new students: for each a request waits at the desk to be looked at.")
    elif report.arrivals:
        say(
            f"{report.arrivals} new students at once: no requests were opened;"
            " ask for many at once at the desk"
        )
    if report.held_removals:
        say(
            f"{report.held_removals} students are gone from the source but were kept, because they are too"
            " many: a file is probably missing. Check the export, then run this again; --approve-removals"
            " removes them."
        )
        raise typer.Exit(ExitCode.REFUSED)
    if not report.students:
        say("Not one student was found: the table of people is missing or empty. See the findings.")
        raise typer.Exit(ExitCode.REFUSED)


def _note(config: Path, report: "MapReport") -> None:
    """Keep the run's figures for the trend that `map quality` shows."""
    from datetime import UTC, datetime

    from gateway.cli.map_runs import note_run

    note_run(config.parent, datetime.now(UTC), report.mapping, report)


@app.command()
def findings(
    rule: Annotated[str | None, typer.Option(help="Only of this rule, such as date.invalid.")] = None,
    student: Annotated[
        str | None, typer.Option(metavar="LOCAL_ID", help="Only of this student; - reads the id.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="At most so many.")] = 1000,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a spreadsheet.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List what was wrong with the rows of the last run: place, value, and what to do about it."""
    from gateway.domain.ids import LocalStudentId

    about = LocalStudentId(private_text(student, "--student")) if student else None

    async def work(opened: "Opened") -> "Sequence[tuple[LocalStudentId | None, Finding]]":
        return await opened.node.store.read(
            lambda tx: tx.findings.list(student=about, rule=rule, limit=limit)
        )

    told = [finding_facts(found, whose) for whose, found in at_node(config, work, alone=True)]
    if as_csv and not as_json:
        _write_csv(told)
        return
    show(told, finding_lines(told), as_json=as_json)
    if not told:
        say("No findings.")
    elif len(told) == limit:
        say(f"These are the first {limit}; --limit shows more.")


async def plan_of(opened: "Opened") -> "Plan":
    """Return the mapping held against the source's headers; `Misconfigured` if there is no source."""
    from gateway.mapping.plan import make_plan

    if opened.adapter is None or opened.mapping is None:
        raise Misconfigured("this node has no source: name one under [source] in its settings")
    return make_plan(opened.mapping, await opened.adapter.tables(), opened.node.now().date())


def finding_facts(found: "Finding", student: str | None = None) -> dict[str, Any]:
    """Return a finding as scripts see it."""
    facts = {name: getattr(found, name) for name in _FIELDS if name != "student"} | {"student": student}
    return {name: facts[name] for name in _FIELDS}


def finding_lines(told: "Iterable[Mapping[str, Any]]") -> "Iterator[str]":
    """Yield findings in plain words, two lines for one that says how to mend it."""
    for one in told:
        place = ":".join(str(part) for part in (one["file"], one["line"]) if part)
        column = f" {one['column']}" if one["column"] else ""
        value = f" {one['raw_value']!r}" if one["raw_value"] is not None else ""
        yield f"{one['severity']:<7}  {place}{column}{value}: {one['message']} ({one['rule']})"
        if one["suggestion"]:
            yield f"         {one['suggestion']}"


def _report(report: "MapReport", told: int | None) -> dict[str, Any]:
    return {
        "students": report.students,
        "mapped": report.mapped,
        "changed": report.changed,
        "removed": report.removed,
        "arrivals": report.arrivals,
        "drafts": report.drafts,
        "held_removals": report.held_removals,
        "findings": dict(report.findings),
        "files": report.files,
        "locator": told,
    }


def _report_lines(report: "MapReport", told: int | None) -> "Iterator[str]":
    yield (
        f"{report.students} students; {report.mapped} mapped, {report.changed} changed,"
        f" {report.removed} removed."
    )
    if told is not None:
        yield f"The locator knows of {told} students."
    if report.findings:
        yield ""
        yield from columns(
            ("FINDINGS", "RULE"), ((str(n), rule) for rule, n in report.findings.most_common())
        )
        yield "`backpack map findings --rule RULE` lists them."


def _write_csv(told: "Sequence[Mapping[str, Any]]") -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(_FIELDS)
    writer.writerows([_cell(one[name]) for name in _FIELDS] for one in told)


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return safe_cell("" if value is None else str(value))


register(app)

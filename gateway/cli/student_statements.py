"""Statements of disagreement (34 CFR 99.21): what a family states against an entry goes where it goes."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.asking import private_text
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, show
from gateway.cli.session import at_node
from gateway.cli.student import app
from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId

if TYPE_CHECKING:
    from gateway.domain.statements import Statement
    from gateway.usecases.statements import Stated
    from gateway.wiring import Opened

StudentArgument = Annotated[
    str | None, typer.Argument(metavar="STUDENT", help="The student's local id; - reads it.")
]


@app.command()
def statements(
    student: StudentArgument = None,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List what was stated about a student's entries, and the entries. Shows personal data."""
    whose = LocalStudentId(private_text(student, "STUDENT"))

    async def work(opened: "Opened") -> "Stated":
        from gateway.usecases.statements import read_statements

        return await read_statements(opened.node, whose, person=opened.operator(actor))

    found = at_node(config, work)
    said = [
        {
            "section": one.section,
            "record_id": one.record,
            "by": one.by,
            "made_on": one.made_on.isoformat(),
            "text": one.text,
            "entry_is_here": one.id not in found.without_entry,
        }
        for one in found.statements
    ]
    entries = [
        {"section": name, "record_id": one["meta"]["recordId"]}
        for name, of_section in found.sections.items()
        for one in of_section
    ]
    lines = [
        *columns(("SECTION", "RECORD ID", "BY", "MADE ON", "STATEMENT"), [_cells(one) for one in said]),
        *columns(("SECTION", "RECORD ID"), [(one["section"], one["record_id"]) for one in entries]),
    ]
    show({"student": whose, "statements": said, "entries": entries}, lines, as_json=as_json)


@app.command()
def state(
    student: StudentArgument = None,
    *,
    section: Annotated[str, typer.Option(help="The section of the entry.")],
    record: Annotated[str, typer.Option(help="The entry's record id.")],
    statement: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="JSON with text, by (such as: Rosa Ortiz, mother) and made_on (YYYY-MM-DD);"
            " - reads it from standard input.",
        ),
    ],
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Attach a family's statement of disagreement to an entry; nobody sees one without the other."""
    whose = LocalStudentId(private_text(student, "STUDENT"))
    text, by, made_on = _read(statement)

    async def work(opened: "Opened") -> "Statement":
        from gateway.usecases.statements import NewStatement, attach_statement

        new = NewStatement(section=section, record=record, text=text, by=by, made_on=made_on)
        return await attach_statement(opened.node, whose, new, person=opened.operator(actor))

    made = at_node(config, work)
    told = {"id": made.id, "section": made.section, "record_id": made.record}
    show(told, ["Attached. Send it to those who have the entry: backpack correction list"], as_json=as_json)


def _read(file: str) -> tuple[str, str, date]:
    raw = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    try:
        given = json.loads(raw)
        return str(given["text"]), str(given["by"]), date.fromisoformat(given["made_on"])
    except (ValueError, KeyError, TypeError):
        raise Malformed("the statement is JSON with text, by and made_on (YYYY-MM-DD)") from None


def _cells(one: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(one[name]) for name in ("section", "record_id", "by", "made_on", "text"))

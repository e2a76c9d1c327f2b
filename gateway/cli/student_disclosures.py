"""Who asked for, received or read one student's record."""

import csv
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.asking import private_text
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, say, show
from gateway.cli.session import at_node
from gateway.cli.student import app
from gateway.domain.ids import LocalStudentId
from gateway.domain.spreadsheets import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.domain.disclosures import Access
    from gateway.usecases.disclosures import DisclosureRecord
    from gateway.wiring import Opened

_FIELDS = ("at", "kind", "party", "name", "interest", "basis", "sections", "transfer", "reason")
_FIELDS_ALL = (*_FIELDS, "ferpa_exempt")
_READ = "read"


@app.command()
def disclosures(
    student: Annotated[
        str | None, typer.Argument(metavar="STUDENT", help="The student's local id; - reads it.")
    ] = None,
    *,
    report: Annotated[
        Literal["99.32", "all"],
        typer.Option(help="99.32: what the law asks for. all: who read the record here as well."),
    ] = "all",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output, for a spreadsheet.")] = False,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show who asked for a student's record, who got it, who was refused, and who read it here.

    The record of disclosures of 34 CFR 99.32. Who looked at it is in the audit log.
    """
    if as_csv and as_json:
        raise typer.BadParameter("give --json or --csv, not both", param_hint="--csv")
    wanted = LocalStudentId(private_text(student, "STUDENT"))

    from gateway.usecases.disclosures import read_disclosures

    async def work(opened: "Opened") -> "DisclosureRecord":
        return await read_disclosures(opened.node, wanted, person=opened.operator(actor))

    rows = _rows(at_node(config, work), everything=report == "all")
    if as_csv:
        _write_csv(rows, _FIELDS_ALL if report == "all" else _FIELDS)
        return
    told = {"student": wanted, "report": report, "lines": rows}
    show(told, _lines(rows), as_json=as_json)
    if not rows:
        say("Nobody asked for this record, and nobody read it here.")


def _rows(record: "DisclosureRecord", *, everything: bool) -> list[dict[str, Any]]:
    rows = [
        {
            "at": one.at,
            "kind": one.kind.value,
            "party": one.party,
            "name": record.parties.get(one.party, one.party),
            "interest": one.interest,
            "basis": one.basis,
            "sections": list(one.sections),
            "transfer": one.transfer,
            "reason": one.reason,
            "ferpa_exempt": one.ferpa_exempt,
        }
        for one in record.disclosures
        if everything or not one.ferpa_exempt
    ]
    if everything:
        rows += [_read(one) for one in record.accesses]
    return sorted(rows, key=lambda row: row["at"])


def _read(access: "Access") -> dict[str, Any]:
    return {
        "at": access.at,
        "kind": _READ,
        "party": access.person,
        "name": access.person,
        "interest": access.why,
        "basis": access.role,
        "sections": list(access.sections),
        "transfer": access.transfer,
        "reason": "",
        "ferpa_exempt": True,
    }


def _lines(rows: "Sequence[dict[str, Any]]") -> "Iterable[str]":
    if not rows:
        return ()
    head = ("WHEN", "WHAT", "WHO", "WHY", "BASIS", "SECTIONS")
    return columns(head, map(_cells, rows))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    what = f"{row['kind']} ({row['reason']})" if row["reason"] else row["kind"]
    why = row["interest"].removeprefix("urn:backpack:purpose:")
    return (moment(row["at"]), what, row["name"], why, row["basis"], ", ".join(row["sections"]))


def _write_csv(rows: "Sequence[dict[str, Any]]", fields: "Sequence[str]") -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(fields)
    writer.writerows([safe_cell(text) for text in _texts(row, fields)] for row in rows)


def _texts(row: dict[str, Any], fields: "Sequence[str]") -> "Iterator[str]":
    for name in fields:
        value = row[name]
        yield " ".join(value) if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)

"""`backpack map reverse`: a backpack as rows that the local system imports."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.asking import private_text
from gateway.cli.exits import ExitCode
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.cli.viewing import access_of, ask_leave, leaf_of
from gateway.domain.errors import Conflict, Misconfigured, Unknown

if TYPE_CHECKING:
    from gateway.mapping.inverse_rows import ImportRows
    from gateway.mapping.plan import Plan
    from gateway.usecases.ports import Tx
    from gateway.wiring import Opened

_LOSSES: Final = ("section", "field", "reason", "values")
_SHOWN: Final = 15


def reverse(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDENT|TRANSFER", help="A student's local id, or a received transfer; - reads it."
        ),
    ] = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="A folder that is not there yet.")
    ],
    student: Annotated[
        str | None,
        typer.Option(
            "--student", metavar="LOCAL_ID", help="The learner's id here, where it is known; - reads it."
        ),
    ] = None,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="For people who open the files: no cell is a formula.")
    ] = False,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Write a backpack as CSV rows for the local system's import, and what finds no column as losses.csv.

    The rows are read again before they are written: what comes out otherwise is a loss. Exit 1 if a contact
    was left out because no row can say what he or she may not do.
    """
    if output.exists():
        raise Conflict("the folder is there already; name one that is not")
    wanted = private_text(what, "STUDENT|TRANSFER")
    key = private_text(student, "--student") if student else None

    async def work(opened: "Opened") -> "tuple[Plan, ImportRows]":
        return await _rows(opened, wanted, key, actor)

    plan, rows = at_node(config, work)
    told = _facts(rows, _write(output, plan, rows, spreadsheet=spreadsheet))
    show(told, _lines(told), as_json=as_json)
    for one in rows.blocked:
        say(f"{one.section} {one.number}: {one.message}.")
    if rows.blocked:
        raise typer.Exit(ExitCode.REFUSED)


async def _rows(opened: "Opened", wanted: str, key: str | None, actor: str) -> "tuple[Plan, ImportRows]":
    from gateway.mapping.inverse_proof import proved_rows
    from gateway.mapping.plan import make_plan

    if opened.adapter is None or opened.mapping is None:
        raise Misconfigured("this node has no source: name one under [source] in its settings")
    await ask_leave(opened, actor, "student.export")
    today = opened.node.now().date()
    plan = make_plan(opened.mapping, await opened.adapter.tables(), today)
    received = await _received(opened, wanted, actor)
    sections = received if received is not None else await _own(opened, wanted, actor)
    whose = key or (wanted if received is None else None)
    return plan, await proved_rows(plan, sections, today, organization=opened.node.id, student=whose)


async def _received(
    opened: "Opened", wanted: str, actor: str
) -> Mapping[str, Sequence[Mapping[str, Any]]] | None:
    """Return the entries of a received record; None where there is no transfer of that id."""
    from gateway.domain.errors import Gone
    from gateway.domain.ids import TransferId
    from gateway.domain.transfer import State
    from gateway.usecases.received import document_of

    id_ = TransferId(wanted)
    try:
        transfer = await opened.node.store.read(lambda tx: tx.transfers.get(id_))
    except Unknown:
        return None
    if transfer.state in {State.RECALLED, State.REVOKED, State.REJECTED}:
        raise Gone("this record was taken back, or refused here, and must not be used")
    archived = await opened.node.store.read(lambda tx: tx.archive.get(id_))
    record = await opened.node.seals.open_record(archived.jws, transfer.peer)
    leaf = leaf_of(opened.node, archived.learner, actor=actor, peer=transfer.peer)
    sections: dict[str, list[Mapping[str, Any]]] = {}
    for segment in document_of(record)["segments"]:
        for name, entries in segment["sections"].items():
            sections.setdefault(name, []).extend(entries)
    read = access_of(opened.node, actor=actor, why="map reverse", sections=sections, transfer=id_)

    def note(tx: "Tx") -> None:
        tx.audit.add(leaf)
        tx.accesses.add(read)

    await opened.node.store.write(note)
    return sections


async def _own(opened: "Opened", wanted: str, actor: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the entries of a student of this district, or raise `Unknown`."""
    from gateway.domain.ids import LocalStudentId
    from gateway.usecases.wholes import read_whole, sections_of

    def look(tx: "Tx") -> Mapping[str, Sequence[Mapping[str, Any]]]:
        stored = read_whole(tx, LocalStudentId(wanted))
        tx.audit.add(leaf_of(opened.node, stored.learner, actor=actor))
        read = sections_of(stored)
        tx.accesses.add(
            access_of(opened.node, actor=actor, why="map reverse", sections=read, student=stored.student)
        )
        return read

    return await opened.node.store.write(look)


def _write(folder: Path, plan: "Plan", rows: "ImportRows", *, spreadsheet: bool) -> list[str]:
    """Write the files, for their owner only, and return their names."""
    from gateway.mapping.inverse_csv import csv_text, csv_texts

    losses = [dict(zip(_LOSSES, loss, strict=True)) for loss in rows.losses]
    texts = csv_texts(plan, rows.tables, spreadsheet=spreadsheet)
    texts["losses.csv"] = csv_text(_LOSSES, losses, spreadsheet=True)
    folder.mkdir(mode=0o700, parents=True)
    for name, text in texts.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
    return list(texts)


def _facts(rows: "ImportRows", files: list[str]) -> dict[str, Any]:
    return {
        "entries": rows.entries,
        "files": files,
        "tables": {name: len(found) for name, found in rows.tables.items()},
        "losses": [dict(zip(_LOSSES, loss, strict=True)) for loss in rows.losses],
        "blocked": [{"section": one.section, "entry": one.number} for one in rows.blocked],
    }


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield one page: the tables, and the sections that lose most."""
    yield f"{told['entries']} entries became {sum(told['tables'].values())} rows."
    yield from columns(("TABLE", "ROWS"), ((name, str(rows)) for name, rows in told["tables"].items()))
    yield ""
    lost: Counter[tuple[str, str]] = Counter()
    for one in told["losses"]:
        lost[one["section"], one["reason"]] += one["values"]
    if not lost:
        yield "Nothing is lost."
        return
    yield f"{lost.total()} values are not in the rows as they came:"
    most = lost.most_common(_SHOWN)
    yield from columns(
        ("SECTION", "VALUES", "WHY"), ((section, str(n), reason) for (section, reason), n in most)
    )
    yield "losses.csv names every field."

"""Records that have changed since they were sent: looked at, sent again, taken back."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.cli.transfer_request import TransferArgument
from gateway.domain.ids import TransferId

if TYPE_CHECKING:
    from gateway.domain.corrections import EntryChange
    from gateway.domain.transfer import Transfer
    from gateway.usecases.correct_record import CorrectionPreview, OutdatedPage
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="SECTION", help="A section that was to follow and goes along now."),
]
_HEAD = ("SECTION", "WHAT", "FIELDS", "SAID BY")


@app.command("list")
def list_(
    *,
    after: Annotated[str | None, typer.Option(help="Go on after this transfer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Look at so many at most.")] = 100,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List the records that were taken in elsewhere and have changed here since."""

    async def work(opened: "Opened") -> "OutdatedPage":
        from gateway.usecases.correct_record import read_outdated

        last = TransferId(after) if after else None
        return await read_outdated(opened.node, opened.operator(actor), after=last, limit=limit)

    found = at_node(config, work)
    told = [
        {"transfer": one.transfer.id, "to": one.transfer.peer, "changes": _told(one.changes)}
        for one in found.records
    ]
    rows = [
        (one.transfer.id, one.transfer.peer, ", ".join(sorted({each.section for each in one.changes})))
        for one in found.records
    ]
    show(told, columns(("TRANSFER", "SENT TO", "CHANGED"), rows), as_json=as_json)
    if found.after:
        say(f"There may be more: --after {found.after}")


@app.command()
def preview(
    id_: TransferArgument,
    actor: ActorName,
    included: With = None,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show by section and field what a further version would change; no values."""

    async def work(opened: "Opened") -> "CorrectionPreview":
        from gateway.usecases.correct_record import preview_correction

        operator = opened.operator(actor)
        return await preview_correction(opened.node, operator, TransferId(id_), included=included or ())

    found = at_node(config, work)
    told = {
        "transfer": id_,
        "changes": _told(found.changes),
        "seen": found.seen,
        "follows": list(found.follows),
        "late_until": found.late_until.isoformat(),
        "basis": found.basis,
    }
    lines = [
        *columns(_HEAD, [(*_words(one), one.issuer) for one in found.changes]),
        f"Additions until {found.late_until}. Basis: {found.basis or found.to_do}",
    ]
    show(told, lines, as_json=as_json)


@app.command()
def send(
    id_: TransferArgument,
    actor: ActorName,
    *,
    reason: Annotated[
        Literal["correction", "amendment", "statement", "late_addition"],
        typer.Option(help="Why; the other district is told."),
    ],
    included: With = None,
    why: Annotated[str, typer.Option(help="For the second person, where one must agree.")] = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Send the record again, on the same basis as before. The other district tells those that it told."""

    async def work(opened: "Opened") -> "Transfer":
        from gateway.domain.corrections import ChangeReason
        from gateway.usecases.correct_record import Wanted, correct

        wanted = Wanted(reason=ChangeReason(reason), included=frozenset(included or ()), why=why)
        return await correct(opened.node, TransferId(id_), wanted, person=opened.operator(actor))

    after = at_node(config, work)
    sent = after.state == "approved"
    line = "It leaves as soon as it can." if sent else "A second person must do the same."
    show({"transfer": id_, "state": after.state}, [line], as_json=as_json)


@app.command("take-back")
def take_back(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Take a correction back before it is fetched: what the other district took in stands."""

    async def work(opened: "Opened") -> "Transfer":
        from gateway.usecases.correct_record import take_back

        return await take_back(opened.node, TransferId(id_), person=opened.operator(actor))

    after = at_node(config, work)
    show({"transfer": id_, "state": after.state}, ["What was taken in stands."], as_json=as_json)


def _words(change: "EntryChange") -> tuple[str, str, str]:
    return change.section, change.kind.value, ", ".join(change.fields)


def _told(changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "issuer": one.issuer,
            "section": one.section,
            "kind": one.kind.value,
            "fields": list(one.fields),
        }
        for one in changes
    ]

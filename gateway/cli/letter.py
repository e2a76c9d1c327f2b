"""Letters to schools outside the network, and what comes back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, show
from gateway.cli.session import at_node
from gateway.cli.subjects import SubjectFile, read_subject
from gateway.cli.transfer_request import TransferArgument
from gateway.domain.ids import LocalStudentId, TransferId

if TYPE_CHECKING:
    from gateway.usecases.letters import PrintedLetter
    from gateway.usecases.returned import Returned
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="As `files` lists it.")]


@app.command()
def new(
    actor: ActorName,
    school: Annotated[str, typer.Option(help="The name of the school outside the network.")],
    address: Annotated[str, typer.Option(help="Its address or fax number.")] = "",
    subject: SubjectFile = None,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Ask a school outside the network for a student's record by letter."""
    student = read_subject(subject)

    async def work(opened: "Opened") -> str:
        from gateway.usecases.letters import LetterWish, request_by_letter

        wish = LetterWish(subject=student, school_name=school, address=address)
        return (await request_by_letter(opened.node, opened.operator(actor), wish)).id

    id_ = at_node(config, work)
    told = f"{id_}: print the letter at /desk/transfers/{id_}/letter of this node."
    show({"transfer": id_, "school": school}, [told], as_json=as_json)


@app.command("show")
def show_(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Show a letter's reference and the address of its inbox. Print the letter itself from the desk."""

    async def work(opened: "Opened") -> "PrintedLetter":
        from gateway.usecases.letters import print_letter

        return await print_letter(opened.node, opened.operator(actor), TransferId(id_))

    printed = at_node(config, lambda opened: _with_url(opened, work))
    told, letter = {"url": printed[1]}, printed[0].letter
    told |= {"transfer": id_, "school": letter.school, "reference": letter.reference}
    lines = [
        f"{letter.reference}, to {letter.school}",
        f"Files come in at {printed[1]} until {moment(letter.expires_at)}.",
    ]
    show(told | {"expires_at": letter.expires_at}, lines, as_json=as_json)


async def _with_url(opened: "Opened", work: Any) -> "tuple[PrintedLetter, str]":
    printed: PrintedLetter = await work(opened)
    return printed, f"{opened.node.id}/inbox/{printed.code}"


@app.command()
def renew(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Give a letter a new code and more time; the code before opens nothing any more."""

    async def work(opened: "Opened") -> None:
        from gateway.usecases.letters import renew_letter

        await renew_letter(opened.node, opened.operator(actor), TransferId(id_))

    at_node(config, work)
    show({"transfer": id_}, ["A new code is made. Print the letter again."], as_json=as_json)


@app.command()
def files(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """List what came back for a letter."""

    async def work(opened: "Opened") -> "Returned":
        from gateway.usecases.returned import read_returned

        return await read_returned(opened.node, opened.operator(actor), TransferId(id_))

    found = at_node(config, work).files
    told = [
        {"id": one.id, "name": one.name, "sender": one.sender, "at": one.at, "size": one.size}
        | {"kind": one.kind, "state": one.state, "active": one.active, "digest": one.digest}
        for one in found
    ]
    rows = [(one.id, one.name, one.sender, str(one.kind), str(one.state)) for one in found]
    show(told, columns(("ID", "NAME", "SENT BY", "KIND", "STATE"), rows) if rows else (), as_json=as_json)


@app.command()
def save(
    id_: TransferArgument,
    file: FileArgument,
    out: Annotated[Path, typer.Argument(help="Where to write it.", dir_okay=False)],
    actor: ActorName,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Write a file that came back to a place of yours. Look at it with care: nobody proved who sent it."""

    async def work(opened: "Opened") -> bytes:
        from gateway.usecases.returned import open_upload

        return (await open_upload(opened.node, opened.operator(actor), TransferId(id_), file))[1]

    out.write_bytes(at_node(config, work))
    show({"file": file, "out": str(out)}, [f"Written to {out}."], as_json=as_json)


@app.command()
def accept(
    id_: TransferArgument,
    file: FileArgument,
    actor: ActorName,
    student: Annotated[str | None, typer.Option(help="The local number of the student here.")] = None,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Attach a file to the request, and to the student where that is known here already."""

    async def work(opened: "Opened") -> None:
        from gateway.usecases.returned import accept_upload

        known = LocalStudentId(student) if student else None
        await accept_upload(opened.node, opened.operator(actor), TransferId(id_), file, student=known)

    at_node(config, work)
    show({"file": file}, ["Attached."], as_json=as_json)


@app.command()
def reject(
    id_: TransferArgument,
    file: FileArgument,
    actor: ActorName,
    reason: Annotated[str, typer.Option(help="Why; kept with the case.")],
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Refuse a file: its content is gone at once."""

    async def work(opened: "Opened") -> None:
        from gateway.usecases.returned import reject_upload

        await reject_upload(opened.node, opened.operator(actor), TransferId(id_), file, reason=reason)

    at_node(config, work)
    show({"file": file}, ["Rejected; its content is deleted."], as_json=as_json)


@app.command()
def settle(
    id_: TransferArgument,
    actor: ActorName,
    *,
    more: Annotated[bool, typer.Option("--more", help="Something is missing: go on waiting.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Close a request that was answered; with --more wait for the rest."""

    async def work(opened: "Opened") -> None:
        from gateway.usecases.letters import settle_letter

        await settle_letter(opened.node, opened.operator(actor), TransferId(id_), answered=not more)

    at_node(config, work)
    show({"transfer": id_}, ["Waiting for the rest." if more else "Closed."], as_json=as_json)

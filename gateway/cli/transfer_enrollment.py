"""The confirmation of enrollment, from the command line."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import show
from gateway.cli.session import at_node
from gateway.cli.transfer import app
from gateway.cli.transfer_request import TransferArgument
from gateway.domain.errors import Forbidden
from gateway.domain.ids import TransferId

if TYPE_CHECKING:
    from gateway.usecases.confirm_enrollment import LeaverProof
    from gateway.wiring import Opened

EnrolledOn = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Since when the student is here.")]
OutFile = Annotated[Path | None, typer.Option(help="Where to write the signed confirmation.", dir_okay=False)]


@app.command("confirm-enrollment")
def confirm(
    id_: TransferArgument,
    actor: ActorName,
    enrolled_on: EnrolledOn,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Confirm to the former district that the student is enrolled here."""

    async def work(opened: "Opened") -> None:
        from gateway.usecases.confirm_enrollment import confirm_enrollment

        await confirm_enrollment(opened.node, opened.operator(actor), TransferId(id_), enrolled_on.date())

    at_node(config, work)
    told = {"transfer": id_, "enrolled_on": enrolled_on.date()}
    show(told, [f"Confirmed: enrolled here since {enrolled_on.date()}."], as_json=as_json)


@app.command()
def enrollment(
    id_: TransferArgument,
    actor: ActorName,
    out: OutFile = None,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show that a student who left is enrolled elsewhere; with --out keep the signed proof."""

    async def work(opened: "Opened") -> "LeaverProof":
        from gateway.usecases.confirm_enrollment import read_proof

        return await read_proof(opened.node, opened.operator(actor), TransferId(id_))

    proof = at_node(config, work)
    if out is not None:
        if proof.masked:
            raise Forbidden("where the student went is not shown to you")
        out.write_text(proof.message.body, "ascii")
    told: dict[str, Any] = {
        "transfer": id_,
        "student": proof.transfer.student,
        "enrolled_on": proof.enrolled_on,
        "at": proof.other,
        "digest": proof.message.digest,
    }
    show(
        told,
        [f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in told.items()],
        as_json=as_json,
    )

"""Holds on students' records."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.asking import private_text
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, say, show
from gateway.cli.session import at_node
from gateway.domain.ids import LocalStudentId

if TYPE_CHECKING:
    from gateway.domain.safety.holds import Hold
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Kind = Literal["fee", "records_incomplete", "legal", "court_order", "missing_child", "custody", "other"]
StudentArgument = Annotated[
    str | None, typer.Argument(metavar="LOCAL_ID", help="The student's local id; - reads it.")
]
Why = Annotated[str, typer.Option(help="In words; kept here and never sent.")]
_HEAD = ("ID", "STUDENT", "KIND", "PLACED", "PLANNED END", "MAY LIFT", "REASON")


@app.command()
def place(
    student: StudentArgument = None,
    *,
    kind: Annotated[Kind, typer.Option(help="A fee never stops what goes from school to school.")],
    reason: Why,
    actor: ActorName,
    planned_end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which it is expected to end.")
    ] = None,
    silent: Annotated[
        bool, typer.Option("--silent", help="Nobody but the safety officer may know of it.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Hold a student's record. The other district sees requests for it as pending, as before."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID"))

    async def work(opened: "Opened") -> "Hold":
        from gateway.domain.safety.holds import HoldKind
        from gateway.usecases.holds import HoldWish, place_hold

        wish = HoldWish(
            student=whose,
            kind=HoldKind(kind),
            reason=reason,
            planned_end=planned_end.date() if planned_end else None,
            silent=silent,
        )
        return await place_hold(opened.node, opened.operator(actor), wish)

    placed = at_node(config, work)
    words = [f"{placed.id} holds the record."]
    if kind == "fee":
        words.append("What is owed stops the family's own transcript only, never a transfer between schools.")
    show(_facts(placed), words, as_json=as_json)


@app.command()
def lift(
    id_: Annotated[str, typer.Argument(metavar="HOLD")],
    *,
    actor: ActorName,
    why: Why = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Lift a hold. Two people must ask for it: the first says why, the second does it."""

    async def work(opened: "Opened") -> "Hold | None":
        from gateway.usecases.holds import lift_hold

        return await lift_hold(opened.node, opened.operator(actor), id_, why=why)

    lifted = at_node(config, work)
    words = "The hold is lifted." if lifted else "A second person must now ask for the same."
    show({"hold": id_, "lifted": lifted is not None}, [words], as_json=as_json)


@app.command("list")
def list_(
    student: StudentArgument = None,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List the holds that you may know of: all that are active, or those of a student."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID")) if student else None

    async def work(opened: "Opened") -> "list[Hold]":
        from gateway.usecases.holds import list_holds

        return list(await list_holds(opened.node, opened.operator(actor), student=whose))

    rows = [_facts(one) for one in at_node(config, work)]
    cells = (
        (
            *(one["id"], one["student"], one["kind"], moment(one["placed_at"])),
            *(str(one["planned_end"] or "-"), one["may_lift"], one["reason"]),
        )
        for one in rows
    )
    show(rows, columns(_HEAD, cells) if rows else (), as_json=as_json)
    if not rows:
        say("No holds.")


def _facts(hold: "Hold") -> dict[str, Any]:
    names = ("id", "student", "kind", "reason", "placed_at", "planned_end", "may_lift", "silent", "lifted_at")
    return {name: getattr(hold, name) for name in names}

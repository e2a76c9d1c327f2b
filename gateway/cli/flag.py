"""Safety flags of students, and what the officers have to do."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.asking import private_text
from gateway.cli.hold import StudentArgument, Why
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, say, show
from gateway.cli.session import at_node
from gateway.domain.errors import Malformed
from gateway.domain.ids import LocalStudentId

if TYPE_CHECKING:
    from gateway.domain.safety.emergencies import Emergency
    from gateway.domain.safety.flags import Flag
    from gateway.domain.safety.tasks import SafetyTask
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Kind = Literal["address_confidential", "missing_child", "protected", "court_restriction"]
ThreatKind = Literal["medical", "violence", "self_harm", "abuse", "missing", "disaster"]
FlagArgument = Annotated[str, typer.Argument(metavar="FLAG")]
_HEAD = ("ID", "STUDENT", "KIND", "SINCE", "UNTIL", "CONFIRMED", "DOCUMENT")
_TASK_HEAD = ("ID", "TASK", "DUE", "STUDENT", "TRANSFER", "OTHER DISTRICT")


@app.command("set")
def set_(
    student: StudentArgument = None,
    *,
    kind: Annotated[Kind, typer.Option(help="What the flag says.")],
    why: Why,
    actor: ActorName,
    document: Annotated[
        str | None, typer.Option(help="Where the order or certificate is kept; a restriction needs one.")
    ] = None,
    substitute: Annotated[
        str | None, typer.Option(metavar="JSON", help="The address that a programme gave, as `Address`.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Set a flag. What protects takes effect at once; a second person confirms it."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID"))

    async def work(opened: "Opened") -> "Flag":
        from gateway.domain.safety.flags import FlagKind
        from gateway.usecases.flags import FlagWish, set_flag

        wish = FlagWish(
            student=whose, kind=FlagKind(kind), why=why, document=document, substitute=_address(substitute)
        )
        return await set_flag(opened.node, opened.operator(actor), wish)

    made = at_node(config, work)
    show(_facts(made), [f"{made.id} is set; a second person confirms it."], as_json=as_json)


@app.command()
def confirm(
    id_: FlagArgument, *, actor: ActorName, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Confirm a flag as the second person: you have read what it rests on."""

    async def work(opened: "Opened") -> "Flag":
        from gateway.usecases.flags import confirm_flag

        return await confirm_flag(opened.node, opened.operator(actor), id_)

    show(_facts(at_node(config, work)), ["The flag is confirmed."], as_json=as_json)


@app.command()
def clear(
    id_: FlagArgument,
    *,
    actor: ActorName,
    why: Why = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Clear a flag. Two people must ask for it: the first says why, the second does it."""

    async def work(opened: "Opened") -> "Flag | None":
        from gateway.usecases.flags import clear_flag

        return await clear_flag(opened.node, opened.operator(actor), id_, why=why)

    cleared = at_node(config, work)
    words = (
        "The flag is cleared; `backpack map run` reads the record anew."
        if cleared
        else "A second person must now ask for the same."
    )
    show({"flag": id_, "cleared": cleared is not None}, [words], as_json=as_json)


@app.command("list")
def list_(
    student: StudentArgument = None,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List the flags that you may know of: all that stand, or those of a student."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID")) if student else None

    async def work(opened: "Opened") -> "list[Flag]":
        from gateway.usecases.flags import list_flags

        return list(await list_flags(opened.node, opened.operator(actor), student=whose))

    rows = [_facts(one) for one in at_node(config, work)]
    cells = (
        (
            *(one["id"], one["student"], one["kind"], str(one["since"]), str(one["until"] or "-")),
            *("yes" if one["confirmed_at"] else "no", one["document"] or "-"),
        )
        for one in rows
    )
    show(rows, columns(_HEAD, cells) if rows else (), as_json=as_json)
    if not rows:
        say("No flags.")


@app.command()
def tasks(*, actor: ActorName, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """List what the safety and privacy officers have to do: reports, alarms, emergencies, flags."""

    async def work(opened: "Opened") -> "list[SafetyTask]":
        from gateway.usecases.watch_safety import list_tasks

        return list(await list_tasks(opened.node, opened.operator(actor)))

    names = ("id", "kind", "due_at", "student", "transfer", "peer", "about")
    rows = [{name: getattr(one, name) for name in names} for one in at_node(config, work)]
    cells = (
        (
            *(one["id"], one["kind"], moment(one["due_at"]), one["student"] or "-"),
            *(one["transfer"] or "-", one["peer"] or "-"),
        )
        for one in rows
    )
    show(rows, columns(_TASK_HEAD, cells) if rows else (), as_json=as_json)
    if not rows:
        say("Nothing to do.")


@app.command()
def done(
    id_: Annotated[str, typer.Argument(metavar="TASK")],
    *,
    actor: ActorName,
    tracking: Annotated[
        str | None, typer.Option(help="Of a report: the number that the agency gave it.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Note that a task is done."""

    async def work(opened: "Opened") -> "SafetyTask":
        from gateway.usecases.watch_safety import settle_task

        return await settle_task(opened.node, opened.operator(actor), id_, tracking=tracking)

    settled = at_node(config, work)
    show({"id": settled.id, "done_at": settled.done_at}, ["Done."], as_json=as_json)


def break_glass(
    student: StudentArgument = None,
    *,
    threat: Annotated[ThreatKind, typer.Option(help="What the emergency is about.")],
    basis: Annotated[str, typer.Option(help="What the threat is, in words: the law wants it recorded.")],
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Open a student's record in a health or safety emergency, for 24 hours. The privacy officer is told."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID"))

    async def work(opened: "Opened") -> "Emergency":
        from gateway.domain.safety.emergencies import Threat
        from gateway.usecases.emergencies import break_glass as open_record

        return await open_record(opened.node, opened.operator(actor), whose, Threat(threat), basis)

    opened = at_node(config, work)
    told = {"id": opened.id, "opened_at": opened.opened_at}
    show(told, ["The record is open to you for 24 hours; the privacy officer is told."], as_json=as_json)


def _address(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        said = json.loads(text)
    except json.JSONDecodeError:
        raise Malformed("--substitute is not JSON") from None
    if not isinstance(said, dict):
        raise Malformed("--substitute is no JSON object")
    return said


def _facts(flag: "Flag") -> dict[str, Any]:
    names = ("id", "student", "kind", "since", "until", "document", "set_at", "confirmed_at", "cleared_at")
    return {name: getattr(flag, name) for name in names}

"""Sealed sections: what goes apart for one role, who let it go, and what came."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.entries import section_lines
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, say, show
from gateway.cli.session import at_node
from gateway.cli.transfer_request import TransferArgument
from gateway.domain.ids import TransferId

if TYPE_CHECKING:
    from gateway.domain.sealed import SealedPart
    from gateway.usecases.sealed_reading import ReadPart, Waiting
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

SectionArgument = Annotated[str, typer.Argument(metavar="SECTION", help="Such as health.")]
PartArgument = Annotated[int, typer.Argument(metavar="PART", min=1, help="The number of the part.")]
VersionOption = Annotated[int, typer.Option(min=1, help="The version of the record.")]
Kept = Literal["not_sent", "follows"]
Fault = Literal["wrong_student", "unreadable"]
_HEAD = ("VERSION", "PART", "SECTIONS", "FOR", "STATE", "CONFIRM BY", "SINCE")


@app.command()
def waiting(actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """List the sealed parts that wait for your roles to open and confirm them."""

    async def work(opened: "Opened") -> "Sequence[Waiting]":
        from gateway.usecases.sealed_reading import waiting_parts

        return await waiting_parts(opened.node, opened.operator(actor))

    rows = [{"transfer": one.transfer.id, **_facts(one.part)} for one in at_node(config, work)]
    cells = [(str(row["transfer"]), *_cells(row)) for row in rows]
    show(rows, columns(("TRANSFER", *_HEAD), cells) if rows else (), as_json=as_json)
    if not rows:
        say("Nothing sealed waits for your roles.")


@app.command("list")
def list_(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """List what goes or came sealed with a transfer, and for whom; not what is in it."""

    async def work(opened: "Opened") -> "tuple[list[dict[str, Any]], Sequence[SealedPart]]":
        from gateway.domain.transfer import Role
        from gateway.usecases.sealed_reading import list_received
        from gateway.usecases.sealed_release import list_sealed

        node, person = opened.node, opened.operator(actor)
        transfer = await node.store.read(lambda tx: tx.transfers.get(TransferId(id_)))
        if transfer.role is Role.REQUESTER:
            return [], (await list_received(node, person, transfer.id)).parts
        found = await list_sealed(node, person, transfer.id)
        return [
            {
                "section": one.section,
                "role": str(one.role),
                "approved": one.approval is not None,
                "kept_back": one.kept_back,
                "waits_for_second": one.waiting is not None and not one.decided,
            }
            for one in found.sections
        ], found.parts

    sections, parts = at_node(config, work)
    facts = [_facts(part) for part in parts]
    lines = [
        *(f"{one['section']} for the role {one['role']}: {_decision(one)}" for one in sections),
        *(columns(_HEAD, [_cells(one) for one in facts]) if facts else ()),
    ]
    show({"transfer": id_, "sections": sections, "parts": facts}, lines, as_json=as_json)
    if not lines:
        say("Nothing sealed.")


@app.command("let-go")
def let_go(
    id_: TransferArgument,
    section: SectionArgument,
    actor: ActorName,
    why: Annotated[str, typer.Option(help="For the second person; both give this command.")] = "",
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let a sealed section go with the record. Two people must ask for it: the second one does it."""

    async def work(opened: "Opened") -> bool:
        from gateway.usecases.sealed_release import let_sealed_go

        person = opened.operator(actor)
        return bool(await let_sealed_go(opened.node, TransferId(id_), section, person=person, why=why))

    goes = at_node(config, work)
    words = f"{section} goes with the record." if goes else "A second person must now ask for the same."
    show({"transfer": id_, "section": section, "goes": goes}, [words], as_json=as_json)


@app.command()
def keep(
    id_: TransferArgument,
    section: SectionArgument,
    actor: ActorName,
    why: Annotated[str, typer.Option(help="A note for this district, kept with the case.")],
    reason: Annotated[Kept, typer.Option(help="What the other district is told.")] = "not_sent",
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Keep a sealed section here."""

    async def work(opened: "Opened") -> None:
        from gateway.domain.policy import WithheldReason
        from gateway.usecases.sealed_release import keep_sealed

        person, told = opened.operator(actor), WithheldReason(reason)
        await keep_sealed(opened.node, TransferId(id_), section, told, person=person, why=why)

    at_node(config, work)
    show(
        {"transfer": id_, "section": section, "kept_back": reason},
        [f"{section} stays: {reason}"],
        as_json=as_json,
    )


@app.command()
def read(
    id_: TransferArgument,
    section: SectionArgument,
    actor: ActorName,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Read a sealed section before it leaves, if you have its role. Personal data; the look is on record."""

    async def work(opened: "Opened") -> Sequence[Mapping[str, Any]]:
        from gateway.usecases.sealed_release import read_sealed

        return await read_sealed(opened.node, opened.operator(actor), TransferId(id_), section)

    entries = at_node(config, work)
    show({section: entries}, list(section_lines({section: entries})), as_json=as_json)


@app.command("open")
def open_(
    id_: TransferArgument,
    part: PartArgument,
    actor: ActorName,
    version: VersionOption = 1,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Open a sealed part that came, if you have its role. Personal data; the look is on record."""

    async def work(opened: "Opened") -> "ReadPart":
        from gateway.usecases.sealed_reading import Which, read_part

        return await read_part(opened.node, opened.operator(actor), Which(TransferId(id_), version, part))

    found = at_node(config, work)
    lines = [
        line
        for segment in found.segments
        for line in (f"Asserted by {segment['issuer']}", *section_lines(segment["sections"]))
    ]
    show({"part": _facts(found.part), "segments": found.segments}, lines, as_json=as_json)


@app.command()
def confirm(
    id_: TransferArgument,
    part: PartArgument,
    actor: ActorName,
    version: VersionOption = 1,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Confirm to the other district that a sealed part arrived, after you opened it."""
    _answer(id_, part, actor, version, fault=None, as_json=as_json, config=config)


@app.command()
def refuse(
    id_: TransferArgument,
    part: PartArgument,
    actor: ActorName,
    fault: Annotated[Fault, typer.Option(help="What is wrong; the other district is told.")],
    version: VersionOption = 1,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Refuse a sealed part, after you opened it; the record itself stays as it is."""
    _answer(id_, part, actor, version, fault=fault, as_json=as_json, config=config)


def _answer(id_: str, part: int, actor: str, version: int, *, fault: str | None, **where: Any) -> None:
    async def work(opened: "Opened") -> "SealedPart":
        from gateway.domain.sealed import PartFault
        from gateway.usecases.sealed_reading import Which, answer_part

        which = Which(TransferId(id_), version, part)
        found = PartFault(fault) if fault else None
        return await answer_part(opened.node, which, person=opened.operator(actor), fault=found)

    answered = at_node(where["config"], work)
    show(_facts(answered), [f"Part {part} is {answered.state}."], as_json=where["as_json"])


def _facts(part: "SealedPart") -> dict[str, Any]:
    names = ("version", "n", "role", "sections", "state", "due_on", "at", "fault", "opened_at", "digest")
    return {name: getattr(part, name) for name in names}


def _cells(facts: Mapping[str, Any]) -> tuple[str, ...]:
    sections, state = ", ".join(facts["sections"]), str(facts["state"])
    shown = f"{state}: {facts['fault']}" if facts["fault"] else state
    return (
        *(str(facts["version"]), str(facts["n"]), sections, facts["role"]),
        *(shown, str(facts["due_on"]), moment(facts["at"])),
    )


def _decision(one: Mapping[str, Any]) -> str:
    if one["kept_back"]:
        return f"stays ({one['kept_back']})"
    if one["approved"]:
        return "goes, two people agreed"
    return "waits for a second person" if one["waits_for_second"] else "not decided"

"""The day-1 snapshot, from the command line."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import moment, show
from gateway.cli.session import at_node
from gateway.cli.transfer import app
from gateway.cli.transfer_request import TransferArgument
from gateway.domain.ids import TransferId
from gateway.domain.transfer import Role

if TYPE_CHECKING:
    from gateway.domain.casework import Case
    from gateway.domain.policy import Person
    from gateway.usecases.ports import Node
    from gateway.wiring import Opened


@app.command()
def snapshot(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Show the day-1 snapshot: what came, or what would go ahead of the record. Shows personal data."""

    async def work(opened: "Opened") -> dict[str, Any]:
        from gateway.usecases.receive_snapshot import read_snapshot
        from gateway.usecases.send_snapshot import preview_snapshot

        node, person = opened.node, opened.operator(actor)
        transfer = await node.store.read(lambda tx: tx.transfers.get(TransferId(id_)))
        if transfer.role is Role.HOLDER:
            ahead = await preview_snapshot(node, person, transfer.id)
            kept = [name for name, why in ahead.withheld.items() if why != "follows"]
            return {"sent_at": ahead.case.snapshot_sent_at, "kept": kept, **asdict(ahead.page)}
        arrived = await read_snapshot(node, person, transfer.id)
        told = {"sender": arrived.sender, "as_of": arrived.as_of, "whole": arrived.whole}
        return {**told, "digest": arrived.digest, "kept": list(arrived.kept), **asdict(arrived.page)}

    told = at_node(config, work)
    show({"transfer": id_} | told, _lines(told), as_json=as_json)


NoticeOption = Annotated[
    str | None,
    typer.Option(metavar="BASIS", help="What tells the family, if not the annual notice; as for `approve`."),
]
WhyOption = Annotated[str, typer.Option(help="For the second person, where two must agree.")]


@app.command("send-snapshot")
def send(
    id_: TransferArgument,
    actor: ActorName,
    notice: NoticeOption = None,
    why: WhyOption = "",
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let the day-1 snapshot go ahead of the record."""
    from gateway.domain.policy.basis import NoticeGiven
    from gateway.usecases.send_snapshot import send_snapshot

    given = NoticeGiven.read(notice) if notice else None

    def work(node: "Node", person: "Person") -> Awaitable["Case"]:
        return send_snapshot(node, person, TransferId(id_), notice=given, why=why)

    _change(id_, actor, work, as_json=as_json, config=config)


@app.command("undo-snapshot")
def undo(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Take a day-1 snapshot back before it left."""
    from gateway.usecases.send_snapshot import take_snapshot_back

    _change(
        id_,
        actor,
        lambda node, person: take_snapshot_back(node, person, TransferId(id_)),
        as_json=as_json,
        config=config,
    )


def _change(
    id_: str,
    actor: str,
    work: Callable[["Node", "Person"], Awaitable["Case"]],
    *,
    as_json: bool,
    config: Any,
) -> None:
    async def at(opened: "Opened") -> "Case":
        return await work(opened.node, opened.operator(actor))

    case = at_node(config, at)
    waits = case.snapshot_waits
    leaves = case.snapshot_due_at if waits else None
    line = f"The snapshot leaves {moment(leaves)}." if leaves else "No snapshot is on its way."
    show({"transfer": id_, "on_its_way": waits, "leaves_at": leaves}, [line], as_json=as_json)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for name, value in told.items():
        if text := _text(value):
            yield f"{name.replace('_', ' ').capitalize()}: {text}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(filter(None, map(_text, value.values())))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(filter(None, map(_text, value)))
    return "" if value in (None, "", False) else "yes" if value is True else str(value)

"""Transfers: the queue in both directions."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.next_steps import is_stuck
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.cli.transfer_view import details, story, summary, table
from gateway.cli.viewing import access_of, ask_leave, leaf_of
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import TransferId
from gateway.domain.transfer import Role, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.domain.audit import Leaf
    from gateway.domain.messages import Message
    from gateway.domain.transfer import Transfer
    from gateway.usecases.ports import Tx
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_MOST = 10_000


@app.command("list")
def list_(
    role: Annotated[Role | None, typer.Option(help="Only where this node is that end of the move.")] = None,
    state: Annotated[list[State] | None, typer.Option(help="Only in this state; may be given again.")] = None,
    *,
    stuck: Annotated[bool, typer.Option("--stuck", help="Only those that the node cannot move on.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="At most so many.")] = 1000,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List transfers, newest first, with who must act next."""

    async def work(opened: "Opened") -> "Sequence[Transfer]":
        most = _MOST if stuck else limit
        return await opened.node.store.read(
            lambda tx: tx.transfers.list(role=role, states=state or (), limit=most)
        )

    found = [one for one in at_node(config, work) if not stuck or is_stuck(one)][:limit]
    show([summary(one) for one in found], table(found), as_json=as_json)
    if not found:
        say("No transfers.")


@app.command("show")
def show_(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show one transfer: what happened, each message and what became of it, and who must act next.

    Who looked, and when, is kept in the audit log.
    """

    async def work(opened: "Opened") -> "tuple[Transfer, list[Leaf], Sequence[Message]]":
        await ask_leave(opened, actor, "case.read")

        def look(tx: "Tx") -> "tuple[Transfer, list[Leaf], Sequence[Message]]":
            found = tx.transfers.get(TransferId(id_))
            leaves = [leaf for _, leaf in tx.audit.list(object_=found.id)]
            tx.audit.add(leaf_of(opened.node, found.id, actor=actor, peer=found.peer))
            tx.accesses.add(
                access_of(
                    opened.node,
                    actor=actor,
                    why="transfer show",
                    sections=("identity",),
                    student=found.student,
                    transfer=found.id,
                )
            )
            return found, leaves, tx.messages.of(found.id)

        return await opened.node.store.write(look)

    told = details(*at_node(config, work))
    show(told, story(told), as_json=as_json)


@app.command()
def holders(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """List whom this district can ask for a record: every other district that the agency vouches for."""

    async def work(opened: "Opened") -> "list[dict[str, str]]":
        if opened.settings.role != "district":
            raise Misconfigured("an agency asks for no records; run this at a district")
        found = await opened.members.members()
        return [{"name": name, "id": id_} for id_, name in found if id_ != opened.node.id]

    told = at_node(config, work)
    rows = ((one["name"], one["id"]) for one in told)
    show(told, columns(("NAME", "ADDRESS"), rows) if told else (), as_json=as_json)
    if not told:
        say("The agency vouches for no other district.")

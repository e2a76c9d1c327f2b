"""Transfers: the queue in both directions."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.next_steps import is_stuck
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import say, show
from gateway.cli.session import at_node
from gateway.cli.transfer_view import details, story, summary, table
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
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show one transfer: what happened, each message and what became of it, and who must act next."""

    def look(tx: "Tx") -> "tuple[Transfer, list[Leaf], Sequence[Message]]":
        found = tx.transfers.get(TransferId(id_))
        leaves = [leaf for _, leaf in tx.audit.list(object_=found.id)]
        return found, leaves, tx.messages.of(found.id)

    async def work(opened: "Opened") -> "tuple[Transfer, list[Leaf], Sequence[Message]]":
        return await opened.node.store.read(look)

    told = details(*at_node(config, work))
    show(told, story(told), as_json=as_json)

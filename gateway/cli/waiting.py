"""Waiting for a transfer that a serving node moves on."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.next_steps import rests
from gateway.cli.output import say, show
from gateway.cli.transfer_view import summary, table

if TYPE_CHECKING:
    from gateway.domain.transfer import Transfer
    from gateway.wiring import Opened

_EVERY: Final = 0.2


async def waited(
    opened: "Opened",
    transfer: "Transfer",
    seconds: float,
    *,
    goal: Callable[["Transfer"], bool] = rests,
) -> "Transfer":
    """Return the transfer as it stands when it reached the goal, or when the time is over."""
    import asyncio

    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    id_ = transfer.id
    while not goal(transfer) and loop.time() < end:
        await asyncio.sleep(_EVERY)
        transfer = await opened.node.store.read(lambda tx: tx.transfers.get(id_))
    return transfer


def report(
    transfer: "Transfer",
    *,
    waited_for: float,
    as_json: bool,
    goal: Callable[["Transfer"], bool] = rests,
) -> None:
    """Print the transfer; end with `TRY_LATER` if it was waited for and did not reach the goal."""
    show(summary(transfer), table([transfer]), as_json=as_json)
    if waited_for and not goal(transfer):
        say("It is still under way. Is the node running (`backpack serve`)?")
        raise typer.Exit(ExitCode.TRY_LATER)

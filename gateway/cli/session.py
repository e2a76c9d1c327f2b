"""A command's work at an opened node."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from gateway.wiring import Opened

T = TypeVar("T")


def at_node(config: Path, work: Callable[["Opened"], Awaitable[T]], *, alone: bool = False) -> T:
    """Open the node of these settings beside one that may be serving, do the work, close it.

    With `alone` it need not have an agency yet: the work talks to nobody.

    Raises:
        Misconfigured: the settings or what they name cannot be used.
    """
    import asyncio

    from gateway.logs import configure
    from gateway.settings import load

    settings = load(config)
    configure(level="error")

    async def run() -> T:
        from gateway.wiring import open_node

        async with open_node(settings, alone=alone) as opened:
            return await work(opened)

    return asyncio.run(run())

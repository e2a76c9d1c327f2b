"""Telling the agency's locator whose records are here."""

from typing import TYPE_CHECKING

from gateway.cli.output import say
from gateway.domain.errors import GatewayError

if TYPE_CHECKING:
    from gateway.usecases.ports import Node

AGAIN = "backpack student publish"


async def tell(node: "Node") -> int | None:
    """Tell it; return how many students have the keys for it, None where it could not be told.

    A mapping run is done whether the agency answers or not, so this warns only.
    """
    from gateway.usecases.locate_student import tell_locator

    if node.locator_token is None:
        return None
    try:
        return await tell_locator(node)
    except GatewayError as error:
        say(f"The locator was not told ({error.title.lower()}: {error}). Later: `{AGAIN}`.")
        return None

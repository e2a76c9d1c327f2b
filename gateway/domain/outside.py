"""Schools outside the network: they have no node, so a request goes to them as a letter."""

from typing import Final
from urllib.parse import quote, unquote

from gateway.domain.ids import EntityId

_SCHEME: Final = "outside:"


def outside_id(name: str) -> EntityId:
    """Return what stands for the school in a transfer: its name, and no address of a node."""
    return EntityId(_SCHEME + quote(name.strip(), safe=""))


def outside_name(peer: str) -> str | None:
    """Return the school's name; None for a node of the network."""
    return unquote(peer.removeprefix(_SCHEME)) if peer.startswith(_SCHEME) else None


def in_network(peer: str) -> bool:
    """Whether it is a node, which can be asked."""
    return not peer.startswith(_SCHEME)

"""The settings file of a new node, made from the commented example."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from gateway.crypto.keys import KeyRing

RoleName = Literal["district", "agency"]

ANCHOR_FILE: Final = "anchor.jwks.json"
NETWORK_KEY_FILE: Final = "network.key"
MAPPINGS: Final = {
    "oneroster_csv": "oneroster/oneroster",
    "oneroster_rest": "oneroster/oneroster",
    "edfi_xml": "edfi/edfi",
    "edfi_rest": "edfi/edfi",
    "xsre_xml": "xsre/xsre",
    "credentials_folder": "credentials/credentials",
}
"""The mapping file that fits what an adapter reads; tables of other adapters are each district's own."""
OWN_MAPPING: Final = "mapping.toml"
"""Where `backpack map new` leaves a district's own mapping file."""

_NO_ANCHOR: Final = f"""# The agency, and its key file; compare the fingerprint by telephone.
# [[trust.anchor]]
# id = "https://trust.state.example"
# keys = "{ANCHOR_FILE}\""""
_NO_SOURCE: Final = f"""# Where the students come from. `backpack map check` tries it.
# [source]
# adapter = "oneroster_csv"
# mapping = "{MAPPINGS["oneroster_csv"]}"
# options = {{ path = "export" }}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """What `init` was told of a node."""

    role: RoleName
    id: str
    name: str
    port: int
    contact: str = ""
    anchor: str | None = None
    """The agency's id; its keys are in `ANCHOR_FILE`."""
    adapter: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Of the adapter."""
    network_key: bool = False
    loopback: bool = False


def settings_text(node: NewNode) -> str:
    """Return the settings file, with its comments."""
    template = files("gateway.cli").joinpath(f"{node.role}.toml").read_text("utf-8")
    return Template(template).substitute(
        id=_toml(node.id),
        name=_toml(node.name),
        contact=_toml(node.contact),
        port=node.port,
        loopback=_toml(node.loopback),
        anchor=_anchor(node),
        source=_source(node),
        network_key=("" if node.network_key else "# ") + f"network_key = {_toml(NETWORK_KEY_FILE)}",
    )


def anchor_text(keys: "KeyRing") -> bytes:
    """Return the key file of an agency, for the districts to pin: its published federation keys."""
    from gateway.cli.output import to_json
    from gateway.crypto.keys import Purpose

    return to_json(keys.public_jwks(Purpose.FEDERATION)).encode() + b"\n"


def _anchor(node: NewNode) -> str:
    if node.anchor is None:
        return _NO_ANCHOR
    head = "# The agency, and its key file; compare the fingerprint by telephone."
    return f"{head}\n[[trust.anchor]]\nid = {_toml(node.anchor)}\nkeys = {_toml(ANCHOR_FILE)}"


def _source(node: NewNode) -> str:
    if node.adapter is None:
        return _NO_SOURCE
    options = ", ".join(f"{name} = {_toml(value)}" for name, value in node.options.items())
    mapping = MAPPINGS.get(node.adapter, OWN_MAPPING)
    hint = (
        ""
        if node.adapter in MAPPINGS
        else "\n# A packaged mapping, or your own: `backpack map new` drafts it."
    )
    return (
        f"# Where the students come from. `backpack map check` tries it.{hint}\n[source]\n"
        f"adapter = {_toml(node.adapter)}\nmapping = {_toml(mapping)}\noptions = {{ {options} }}"
    )


def _toml(value: Any) -> str:
    """Return a string or truth value as TOML spells it; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

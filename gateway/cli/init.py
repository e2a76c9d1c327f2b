"""A new node: settings, keys, database."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from gateway.cli.node_files import (
    ANCHOR_FILE,
    NETWORK_KEY_FILE,
    NewNode,
    RoleName,
    anchor_text,
    settings_text,
)
from gateway.cli.options import NODE_TOML, AsJson
from gateway.cli.output import show
from gateway.domain.errors import Malformed, Refused

if TYPE_CHECKING:
    from gateway.crypto.keys import KeyRing

_DEFAULT_PORT = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """Files that come from others and are copied into the node's folder."""

    anchor_keys: bytes | None
    network_key: bytes | None


def init(
    *,
    role: Annotated[RoleName, typer.Option(help="district, or agency for the state's node.")],
    name: Annotated[str, typer.Option(help="The organisation's name, as people know it.")],
    url: Annotated[str, typer.Option(metavar="URL", help="The node's public address. It can never change.")],
    folder: Annotated[Path, typer.Option("--dir", file_okay=False, help="Where the files go.")] = Path(),
    contact: Annotated[str, typer.Option(help="Mail address that other districts write to.")] = "",
    anchor_url: Annotated[
        str | None, typer.Option(metavar="URL", help="District: the agency's address.")
    ] = None,
    anchor_keys: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="District: the agency's key file.")
    ] = None,
    source_adapter: Annotated[
        str, typer.Option(help="District: what reads the local system.")
    ] = "oneroster_csv",
    source_path: Annotated[
        Path | None, typer.Option(help="District: the export's folder or archive.")
    ] = None,
    network_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="District: the key that the districts share."),
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Where it listens; 8080.")] = None,
    allow_loopback_http: Annotated[
        bool,
        typer.Option("--allow-loopback-http", help="Let nodes live at http://127.0.0.1. For demonstrations."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new node: settings, keys, database. Overwrites nothing.

    An agency also gets anchor.jwks.json, its public keys, to be handed to the districts.
    """
    if (anchor_url is None) != (anchor_keys is None):
        raise typer.BadParameter("--anchor-url and --anchor-keys go together", param_hint="--anchor-url")
    node = NewNode(
        role=role,
        id=_entity_id(url, loopback=allow_loopback_http),
        name=_one_line(name),
        port=_port(url) if port is None else port,
        contact=_one_line(contact),
        anchor=_entity_id(anchor_url, loopback=allow_loopback_http) if anchor_url else None,
        adapter=source_adapter if source_path else None,
        options={"path": os.path.relpath(source_path, folder)} if source_path else {},
        network_key=network_key is not None,
        loopback=allow_loopback_http,
    )
    given = _Given(
        anchor_keys=_key_set(anchor_keys) if anchor_keys else None,
        network_key=network_key.read_bytes() if network_key else None,
    )
    keys = _write(node, folder, given)
    told = _told(node, folder, keys, given)
    show(told, _lines(told), as_json=as_json)


def _write(node: NewNode, folder: Path, given: _Given) -> "KeyRing":
    import asyncio

    from gateway.crypto.keys import KeyRing
    from gateway.settings import load
    from gateway.wiring.node_secrets import pseudonyms

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_to_overwrite(folder)
    keys = KeyRing.generate()
    keys.save(folder / "keys")
    anchor = anchor_text(keys) if node.role == "agency" else given.anchor_keys
    if anchor:
        _write_file(folder / ANCHOR_FILE, anchor, mode=0o644)
    if given.network_key:
        _write_file(folder / NETWORK_KEY_FILE, given.network_key, mode=0o600)
    if node.role == "district":
        (folder / "received").mkdir(mode=0o700, exist_ok=True)
    asyncio.run(_make_store(folder / "node.db"))
    settings = folder / NODE_TOML
    pseudonyms(folder / "keys" / "pseudonyms.key")
    _write_file(settings, settings_text(node).encode(), mode=0o600)
    load(settings)
    return keys


async def _make_store(path: Path) -> None:
    from gateway.storage.store import SqlStore

    store = await SqlStore.open(path, checkpointer=False)
    await store.close()


def _refuse_to_overwrite(folder: Path) -> None:
    for name in (str(NODE_TOML), "node.db", "keys", ANCHOR_FILE, NETWORK_KEY_FILE):
        if (folder / name).exists():
            raise Refused(f"{folder / name} is there already; name another folder with --dir")


def _write_file(path: Path, content: bytes, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _key_set(file: Path) -> bytes:
    from gateway.crypto.offline import pinned

    content = file.read_bytes()
    pinned(content.decode("utf-8", "replace"))
    return content


def _entity_id(url: str, *, loopback: bool) -> str:
    from gateway.domain.entity_ids import entity_id
    from gateway.domain.errors import Untrusted

    try:
        return entity_id(url, allow_loopback_http=loopback)
    except Untrusted:
        hint = "" if loopback else " (with --allow-loopback-http also http://127.0.0.1:8080)"
        wanted = f"it must look like https://exchange.district.example, with no slash at the end{hint}"
        raise typer.BadParameter(wanted, param_hint="--url") from None


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORT if parts.scheme == "http" else _DEFAULT_PORT


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise Malformed("names and contacts are one line without control characters")
    return text


def _told(node: NewNode, folder: Path, keys: "KeyRing", given: _Given) -> dict[str, Any]:
    from gateway.cli.fingerprints import of_jwks
    from gateway.crypto.keys import Purpose
    from gateway.crypto.offline import pinned

    anchor = of_jwks(pinned(given.anchor_keys.decode())) if given.anchor_keys else None
    return {
        "settings": str(folder / NODE_TOML),
        "role": node.role,
        "id": node.id,
        "fingerprint": of_jwks(keys.public_jwks(Purpose.FEDERATION)),
        "anchor_file": str(folder / ANCHOR_FILE) if node.role == "agency" or anchor else None,
        "anchor_fingerprint": anchor,
        "next": _next(node, folder / NODE_TOML),
    }


def _next(node: NewNode, settings: Path) -> list[str]:
    config = "" if settings == NODE_TOML else f" --config {settings}"
    start = [f"backpack doctor{config}", f"backpack serve{config}"]
    if node.role == "agency":
        return [*start, f"backpack agency admit DISTRICT_URL --lea nces=DISTRICT_NCES_ID{config}"]
    if node.adapter:
        start.insert(1, f"backpack map run --no-locator{config}")
    return start


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [
        f"Made a new {told['role']}: {told['settings']}",
        f"Fingerprint of its federation key: {told['fingerprint']}",
    ]
    if told["anchor_fingerprint"]:
        lines.append(f"Fingerprint of the agency's key:   {told['anchor_fingerprint']}")
        lines.append("Compare the agency's fingerprint with the agency by telephone before you go on.")
    if told["role"] == "agency":
        lines.append(f"Hand {told['anchor_file']} to the districts; read the fingerprint aloud.")
    else:
        lines.append(
            f"Give the agency the address {told['id']} and the fingerprint, so that it admits this node."
        )
    return [*lines, "", "Next:", *(f"  {command}" for command in told["next"])]

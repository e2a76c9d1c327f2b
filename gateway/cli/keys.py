"""This node's keys, by purpose."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.asking import confirm
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile, Yes
from gateway.cli.output import columns, say, show
from gateway.domain.errors import Refused

if TYPE_CHECKING:
    from gateway.crypto.keys import KeyRing, Purpose
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

PurposeArgument = Annotated[
    Literal["federation", "client", "evidence", "encryption"], typer.Argument(metavar="PURPOSE")
]

_AFTER_ROTATION = {
    "federation": "Then: give the agency the new fingerprint (`backpack keys fingerprint`); it admits this"
    " node again; wait until `backpack doctor` says that the agency admits this node; then"
    " `backpack keys retire federation`. Retiring earlier cuts this node off.",
    "client": "Peers follow within a day. Then: `backpack keys retire client`.",
    "evidence": "Peers follow within a day. Then: `backpack keys retire evidence`. What the old key signed"
    " stays provable: each record carries the chain of its day.",
    "encryption": "Peers follow within a day. Then: `backpack keys retire encryption`.",
}
_BEFORE_RETIRING = {
    "federation": "Has the agency admitted the new key? If not, nobody will believe this node any more.",
}


@app.command("show")
def show_(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Show the keys: purpose, thumbprint, which one signs now, and the days since the last change."""
    settings, keys = _load(config)
    told = key_facts(settings, keys)
    rows = ((one["purpose"], one["thumbprint"], one["use"], str(one["days"])) for one in told)
    show(told, columns(("PURPOSE", "THUMBPRINT", "USE", "DAYS"), rows), as_json=as_json)


@app.command()
def fingerprint(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Print the fingerprint of the federation keys, to be read out to the agency or to a district."""
    from gateway.cli.fingerprints import of_jwks
    from gateway.crypto.keys import Purpose

    settings, keys = _load(config)
    told = of_jwks(keys.public_jwks(Purpose.FEDERATION))
    show({"id": settings.id, "fingerprint": told}, [told], as_json=as_json)


@app.command()
def rotate(
    purpose: PurposeArgument, *, yes: Yes = False, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Make a new current key. The old one stays published until it is retired; then restart the node.

    For the federation key the order is: rotate, the agency admits this node again, retire.
    """
    settings, keys = _load(config)
    confirm(f"Make a new {purpose} key?", yes=yes)
    _change(settings, keys, _purpose(purpose), keys.rotate, "keys.rotated")
    say(f"Restart the node. {_AFTER_ROTATION[purpose]}")
    _report(settings, keys, as_json=as_json)


@app.command()
def retire(
    purpose: PurposeArgument, *, yes: Yes = False, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Drop all but the current key of a purpose; then restart the node."""
    settings, keys = _load(config)
    if len(keys.all(_purpose(purpose))) == 1:
        raise Refused(
            f"there is only one {purpose} key; make another first with `backpack keys rotate {purpose}`"
        )
    if warning := _BEFORE_RETIRING.get(purpose):
        say(warning)
    confirm(f"Drop the old {purpose} keys for good?", yes=yes)
    _change(settings, keys, _purpose(purpose), keys.retire, "keys.retired")
    say("Restart the node.")
    _report(settings, keys, as_json=as_json)


def key_facts(settings: "Settings", keys: "KeyRing") -> list[dict[str, Any]]:
    """Return each key's purpose, thumbprint, use, and the days since its purpose's keys last changed."""
    from gateway.crypto.keys import Purpose

    return [
        {
            "purpose": str(purpose),
            "thumbprint": key.thumbprint(),
            "use": "current" if number == 0 else "old, still published",
            "days": _days(_file(settings, purpose)),
        }
        for purpose in Purpose
        for number, key in enumerate(keys.all(purpose))
    ]


def _load(config: Path) -> "tuple[Settings, KeyRing]":
    from gateway.crypto.keys import KeyRing
    from gateway.settings import load

    settings = load(config)
    return settings, KeyRing.load(settings.path(settings.keys.folder))


def _purpose(name: str) -> "Purpose":
    from gateway.crypto.keys import Purpose

    return Purpose(name)


def _change(
    settings: "Settings",
    keys: "KeyRing",
    purpose: "Purpose",
    change: "Callable[[Purpose], None]",
    action: str,
) -> None:
    """Change the keys of one purpose; the times of the other files stay, because they tell the age."""
    others = {
        file: file.stat().st_mtime
        for one in type(purpose)
        if one != purpose
        for file in [_file(settings, one)]
    }
    change(purpose)
    keys.save(settings.path(settings.keys.folder))
    for file, changed in others.items():
        os.utime(file, (changed, changed))
    import asyncio

    asyncio.run(_record(settings, purpose, action))


async def _record(settings: "Settings", purpose: "Purpose", action: str) -> None:
    from gateway.domain.audit import Leaf
    from gateway.storage.store import SqlStore

    leaf = Leaf(at=datetime.now(UTC), actor="operator", action=action, object=settings.id, rule=str(purpose))
    store = await SqlStore.open(settings.path(settings.store.path), checkpointer=False)
    try:
        await store.write(lambda tx: tx.audit.add(leaf))
    finally:
        await store.close()


def _report(settings: "Settings", keys: "KeyRing", *, as_json: bool) -> None:
    told = key_facts(settings, keys)
    rows = ((one["purpose"], one["thumbprint"], one["use"]) for one in told)
    show(told, columns(("PURPOSE", "THUMBPRINT", "USE"), rows), as_json=as_json)


def _file(settings: "Settings", purpose: "Purpose") -> Path:
    return settings.path(settings.keys.folder) / f"{purpose}.jwks.json"


def _days(file: Path) -> int:
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return (datetime.now(UTC) - changed).days

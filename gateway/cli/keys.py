"""This node's keys, by purpose."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.asking import confirm
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile, Yes
from gateway.cli.output import columns, say, show

if TYPE_CHECKING:
    from gateway.crypto.keys import KeyRing, PrivateKey, Purpose
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

PurposeArgument = Annotated[
    Literal["federation", "client", "evidence", "encryption"], typer.Argument(metavar="PURPOSE")
]

_FOLLOWED = "Peers follow within a day. Then: `backpack keys retire {purpose}`."
_AFTER_ROTATION = {
    "district": "The new key signs nothing yet. Then: the agency admits this node again, by the new"
    " fingerprint (`backpack keys fingerprint`); after that `backpack keys switch`.",
    "agency": "The new key signs nothing yet. Then: hand every district the new key file and let it compare"
    " the fingerprint (`backpack keys fingerprint`), put the file in place of its old one, and restart;"
    " after that `backpack keys switch`.",
    "client": _FOLLOWED,
    "evidence": f"{_FOLLOWED} What the old key signed stays provable: each record carries the chain of its"
    " day.",
    "encryption": _FOLLOWED,
}
_BEFORE_SWITCHING = {
    "district": "Has the agency admitted this node with both keys? If not, nobody will believe it any more.",
    "agency": "Has every district both keys? One that has not will believe nobody any more.",
}
_AFTER_SWITCHING = "When a day has passed: `backpack keys retire federation`."
_AFTER_RETIRING = {
    "district": " The agency admits this node once more, so that it vouches for the old key no longer.",
    "agency": " The districts may put the new key file in place of theirs, without the old key.",
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
    """Make a new key and publish it; then restart the node. The old one stays until it is retired.

    A federation key does not sign at once, because others must write it down first. The order is: rotate;
    the agency admits this node again (at an agency: every district pins the new key file); switch; a day
    later retire. Restart the node after each of the three.
    """
    settings, keys = _load(config)
    keys.rotate(_purpose(purpose))
    confirm(f"Make a new {purpose} key?", yes=yes)
    _save(settings, keys, _purpose(purpose), "keys.rotated")
    say(f"Restart the node. {_AFTER_ROTATION[_case(purpose, settings)].format(purpose=purpose)}")
    _report(settings, keys, as_json=as_json)


@app.command()
def switch(*, yes: Yes = False, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Let the new federation key sign, once others have written it down; then restart the node."""
    settings, keys = _load(config)
    keys.switch()
    say(_BEFORE_SWITCHING[settings.role])
    confirm("Let the new federation key sign?", yes=yes)
    _save(settings, keys, _purpose("federation"), "keys.switched")
    say(f"Restart the node. {_AFTER_SWITCHING}")
    _report(settings, keys, as_json=as_json)


@app.command()
def retire(
    purpose: PurposeArgument, *, yes: Yes = False, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Drop all but the current key of a purpose; then restart the node."""
    settings, keys = _load(config)
    keys.retire(_purpose(purpose))
    confirm(f"Drop the old {purpose} keys for good?", yes=yes)
    _save(settings, keys, _purpose(purpose), "keys.retired")
    say(f"Restart the node.{_AFTER_RETIRING.get(_case(purpose, settings), '')}")
    _report(settings, keys, as_json=as_json)


def _case(purpose: str, settings: "Settings") -> str:
    """Return what the next step depends on: the purpose; of federation keys, the role of the node."""
    return settings.role if purpose == "federation" else purpose


def key_facts(settings: "Settings", keys: "KeyRing") -> list[dict[str, Any]]:
    """Return each key's purpose, thumbprint, use, and the days since its purpose's keys last changed."""
    from gateway.crypto.keys import Purpose

    return [
        {
            "purpose": str(purpose),
            "thumbprint": key.thumbprint(),
            "use": _use(keys, purpose, key),
            "days": _days(_file(settings, purpose)),
        }
        for purpose in Purpose
        for key in keys.all(purpose)
    ]


def _use(keys: "KeyRing", purpose: "Purpose", key: "PrivateKey") -> str:
    if key is keys.current(purpose):
        return "current"
    return "new, published, does not sign yet" if key is keys.successor else "old, still published"


def _load(config: Path) -> "tuple[Settings, KeyRing]":
    from gateway.crypto.keys import KeyRing
    from gateway.settings import load

    settings = load(config)
    return settings, KeyRing.load(settings.path(settings.keys.folder))


def _purpose(name: str) -> "Purpose":
    from gateway.crypto.keys import Purpose

    return Purpose(name)


def _save(settings: "Settings", keys: "KeyRing", purpose: "Purpose", action: str) -> None:
    """Keep the changed keys of a purpose; the times of the other files stay, because they tell the age."""
    others = {
        file: file.stat().st_mtime
        for one in type(purpose)
        if one != purpose
        for file in [_file(settings, one)]
    }
    keys.save(settings.path(settings.keys.folder))
    if settings.role == "agency":
        _publish_anchor(settings, keys)
    for file, changed in others.items():
        os.utime(file, (changed, changed))
    import asyncio

    asyncio.run(_record(settings, purpose, action))


def _publish_anchor(settings: "Settings", keys: "KeyRing") -> None:
    """Write the key file that the districts pin anew."""
    from gateway.cli.node_files import ANCHOR_FILE, anchor_text

    file = settings.path(Path(ANCHOR_FILE))
    draft = file.with_suffix(".new")
    draft.write_bytes(anchor_text(keys))
    draft.replace(file)


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

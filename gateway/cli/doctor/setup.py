"""Checks of what lies on the disk: settings, rights, room, keys, tables."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.cli.doctor.checks import Check, fail, ok, warn
from gateway.domain.errors import GatewayError

if TYPE_CHECKING:
    from gateway.settings import Settings

_GIB: Final = 1024**3
_LITTLE: Final = 2 * _GIB
_TOO_LITTLE: Final = _GIB // 5
_OLD_DAYS: Final = 365
_OTHERS: Final = 0o077
_OTHERS_WRITE: Final = 0o022


def checks(settings: "Settings") -> Iterator[Check]:
    """Yield what can be seen without opening the node."""
    yield ok("settings", f"{settings.file}: {settings.role} {settings.id}")
    yield _rights(settings)
    yield _room(settings)
    yield _keys(settings)
    yield _tables(settings)


def _rights(settings: "Settings") -> Check:
    private = [*_private_files(settings)]
    for file, mask in [(settings.file, _OTHERS_WRITE), *((file, _OTHERS) for file in private)]:
        if file.exists() and file.stat().st_mode & mask:
            what = "write" if mask == _OTHERS_WRITE else "read"
            return fail("file rights", f"others may {what} {file}", f"chmod go-rwx {file}")
    return ok("file rights", "keys, database and settings are the node's own")


def _private_files(settings: "Settings") -> Iterator[Path]:
    folder = settings.path(settings.keys.folder)
    yield folder
    if folder.is_dir():
        yield from sorted(folder.iterdir())
    yield settings.path(settings.store.path)
    if settings.locator.network_key:
        yield settings.path(settings.locator.network_key)


def _room(settings: "Settings") -> Check:
    place = settings.path(settings.store.path).resolve().parent
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return fail("disk", f"{place}: {error.strerror}", "make the folder that [store] names")
    found = f"{free / _GIB:.1f} GiB free"
    if free >= _LITTLE:
        return ok("disk", found)
    fix = f"make room on the disk of {place}"
    return fail("disk", found, fix) if free < _TOO_LITTLE else warn("disk", found, fix)


def _keys(settings: "Settings") -> Check:
    from gateway.cli.keys import key_facts
    from gateway.crypto.keys import KeyRing

    try:
        facts = key_facts(settings, KeyRing.load(settings.path(settings.keys.folder)))
    except GatewayError as error:
        return fail(
            "keys", str(error), "restore the folder of the keys from a backup, or begin anew: `backpack init`"
        )
    age = max(fact["days"] for fact in facts)
    oldest = next(fact["purpose"] for fact in facts if fact["days"] == age)
    if age > _OLD_DAYS:
        return warn("keys", f"the {oldest} key is {age} days old", f"backpack keys rotate {oldest}")
    return ok("keys", f"{len(facts)} keys, the oldest {age} days old")


def _tables(settings: "Settings") -> Check:
    from gateway.storage import sqlite
    from gateway.storage.schema import HEAD, stored_revision

    path = settings.path(settings.store.path)
    if not path.exists():
        return warn(
            "database", f"{path} is not there yet", "`backpack serve` makes it; or correct [store] path"
        )
    engine = sqlite.open_engine(path, checkpointer=False)
    try:
        with sqlite.explained(path), sqlite.reader(engine) as connection:
            revision = stored_revision(connection)
    except GatewayError as error:
        return fail("database", str(error), "restore the database from a backup")
    finally:
        engine.dispose()
    if revision == HEAD:
        return ok("database", f"tables of revision {revision}")
    return warn(
        "database", f"tables of revision {revision or 'none'}, not {HEAD}", "start the node: it upgrades them"
    )

"""The command."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from gateway.cli.doctor.checks import Check, Status, fail, tried
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import plain, to_json
from gateway.domain.errors import GatewayError

if TYPE_CHECKING:
    from gateway.cli.doctor.checks import NodeCheck
    from gateway.settings import Settings

_EXIT: Final = {Status.OK: 0, Status.WARN: 1, Status.FAIL: 2}


def doctor(config: ConfigFile = NODE_TOML, *, as_json: AsJson = False) -> None:
    """Try everything once: one line for each check, and one way to mend each that fails.

    Works while the node is down and while it runs. Exit 0 if all is well, 1 with warnings, 2 with
    failures.
    """
    import asyncio

    from gateway.logs import configure

    configure(level="critical")
    worst = asyncio.run(_examine(config, as_json=as_json))
    raise typer.Exit(_EXIT[worst])


async def _examine(config: Path, *, as_json: bool) -> Status:
    found = []
    async for check in _checks(config):
        found.append(check)
        if not as_json:
            _print(check)
    if as_json:
        print(to_json([asdict(check) for check in found]))
    return max((check.status for check in found), key=list(_EXIT).index)


def _print(check: Check) -> None:
    print(plain(f"{check.status:<5} {check.name:<22} {check.found}"), flush=True)
    if check.fix:
        print(plain(f"      {'':<22} mend it: {check.fix}"), flush=True)


async def _checks(config: Path) -> AsyncIterator[Check]:
    from gateway.cli.doctor import machine
    from gateway.settings import load

    for check in machine.checks():
        yield check
    try:
        settings = load(config)
    except GatewayError as error:
        yield fail("settings", str(error), "correct the file, or name another with --config")
        return
    async for check in _of_settings(settings):
        yield check


async def _of_settings(settings: "Settings") -> AsyncIterator[Check]:
    from gateway.cli.doctor import setup
    from gateway.wiring import open_node

    for check in setup.checks(settings):
        yield check
    try:
        async with open_node(settings) as opened:
            for name, examine, fix in _of_node(settings):
                yield await tried(name, examine, opened, fix)
    except GatewayError as error:
        yield fail("node", str(error), "do what the message says; then run `backpack doctor` again")


def _of_node(settings: "Settings") -> "tuple[tuple[str, NodeCheck, str], ...]":
    from gateway.cli.doctor import local, rules, trust, work

    if settings.role == "agency":
        return (*trust.AGENCY_CHECKS, *work.SHARED_CHECKS)
    return (*trust.DISTRICT_CHECKS, *local.CHECKS, *rules.CHECKS, *work.SHARED_CHECKS, *work.DISTRICT_CHECKS)

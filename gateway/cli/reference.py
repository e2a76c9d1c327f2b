"""Reference pages that are made from the program itself."""

from collections.abc import Iterator
from typing import Any

import typer

from gateway.cli.exits import MEANINGS

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, hidden=True)


@app.command()
def cli() -> None:
    """Print the reference of the command line, in Markdown."""
    print("\n".join(pages()))


@app.command()
def policy() -> None:
    """Print the reference of the policy, in Markdown."""
    from gateway.cli.policy_pages import pages

    print("\n".join(pages()))


def pages() -> Iterator[str]:
    """Yield the lines of the reference: every command, then the exit codes."""
    from typer.main import get_command

    from gateway.cli import app as whole

    yield "# The command line"
    yield ""
    yield "Made by `backpack reference cli`. Results go to standard output, messages to standard error."
    yield "`--json` prints one JSON value and nothing else. Without a terminal nothing is asked."
    for path, command in _commands(get_command(whole), ("backpack",)):
        yield from _page(path, command)
    yield ""
    yield "## Exit codes"
    yield ""
    yield "| code | means |"
    yield "|---|---|"
    yield from (f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items())


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if command.hidden:
        return
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _commands(child, (*path, name))


def _page(path: tuple[str, ...], command: Any) -> Iterator[str]:
    yield ""
    yield f"## `{' '.join(path)}`"
    yield ""
    yield from (command.help or "").strip().splitlines()
    yield ""
    yield "| name | means |"
    yield "|---|---|"
    for parameter in command.params:
        if not parameter.hidden:
            yield f"| `{_names(parameter)}` | {(parameter.help or '').replace('|', '/')} |"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return ", ".join(parameter.opts)

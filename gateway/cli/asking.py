"""Questions to the person at the terminal; without a terminal nothing is asked."""

import sys

import typer


def has_terminal() -> bool:
    """Whether a person can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, *, yes: bool, instead: str = "--yes") -> None:
    """Go on if the person agrees or agreed on the command line; else end with exit code 1.

    Raises:
        typer.BadParameter: there is no terminal, and the option that stands for a yes is not given.
    """
    if yes:
        return
    if not has_terminal():
        raise typer.BadParameter(f"there is no terminal to ask at; give {instead}", param_hint=instead)
    typer.confirm(question, abort=True, err=True)


def private_text(value: str | None, name: str) -> str:
    """Return a text that should not stand in the command line, where other users see it.

    It is `value`; or the first line of standard input where that is `-`; or asked for.
    """
    if value == "-":
        return sys.stdin.readline().strip()
    if value is not None:
        return value
    if not has_terminal():
        raise typer.BadParameter(f"give {name}, or - to read it from standard input", param_hint=name)
    return str(typer.prompt(name, err=True)).strip()

"""The demonstration: one student moves between two districts on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.options import AsJson
from gateway.cli.output import plain, say, show
from gateway.domain.errors import Refused

if TYPE_CHECKING:
    from gateway.demo.display import Silence
    from gateway.demo.nodes import Nodes
    from gateway.demo.outcome import Outcome
    from gateway.demo.story import Plan


def demo(
    source: Annotated[
        Path | None,
        typer.Option(
            exists=True, help="Your OneRoster 1.1 or 1.2 bundle, a folder or a ZIP; else one is made up."
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="An empty folder for the nodes; else a temporary one."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the made-up district.")] = 7,
    students: Annotated[int, typer.Option(min=1, help="In the made-up district.")] = 400,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the nodes running.")] = False,
    profile_less: Annotated[
        bool,
        typer.Option("--profile-less", help="Ask for the official record only, not for profile and goals."),
    ] = False,
    data_only: Annotated[
        bool,
        typer.Option(
            "--data-only", help="Only write the made-up export and the student who moves, for the tutorial."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Move one student from a district to another: two districts and an agency, each a process of its own.

    Exit 0 only if the record was verified, imported and receipted.
    """
    place = _fresh(folder)
    if data_only:
        _write_data(place, seed, students, as_json=as_json)
        return
    _end_orderly()
    from gateway.demo.nodes import Nodes
    from gateway.demo.story import Plan

    plan = Plan(folder=place, source=source, seed=seed, students=students, with_profile=not profile_less)
    with Nodes() as nodes:
        outcome = _play(plan, nodes, _display(as_json=as_json))
        outcome.kept = keep
        stays = keep and not as_json and _on_terminal()
        if keep and not stays:
            outcome.pids = nodes.leave_running()
        _show(outcome, as_json=as_json)
        if stays:
            _wait_for_interrupt(outcome)
    raise typer.Exit(ExitCode.OK if outcome.succeeded else ExitCode.REFUSED)


def _write_data(place: Path, seed: int, students: int, *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from gateway.demo.district import make_bundle, scenario_student

    bundle = make_bundle(seed, students=students)
    student = asdict(scenario_student(bundle))
    del student["local_id"]
    files = {"export": place / "export.zip", "student": place / "student.json"}
    files["export"].write_bytes(bundle.to_zip())
    files["student"].write_text(json.dumps(student, default=str, ensure_ascii=False, indent=2), "utf-8")
    told = {name: str(file) for name, file in files.items()}
    show(told, [f"{file}" for file in told.values()], as_json=as_json)


def _play(plan: "Plan", nodes: "Nodes", display: "Silence") -> "Outcome":
    import asyncio

    from gateway.demo.story import Story
    from gateway.logs import configure

    with (plan.folder / "demo.log").open("w", encoding="utf-8") as log, display:
        configure(level="warning", stream=log)
        return asyncio.run(Story(plan, nodes, display).play())


def _fresh(folder: Path | None) -> Path:
    """Return an empty folder that only this user can look into."""
    import tempfile

    if folder is None:
        return Path(tempfile.mkdtemp(prefix="backpack-demo-"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Refused(f"{folder} is not empty; name another folder")
    return folder.resolve()


def _end_orderly() -> None:
    """Let whatever ends this process end its nodes too, as Ctrl-C does."""
    import signal

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _display(*, as_json: bool) -> "Silence":
    from rich.console import Console

    from gateway.demo.display import Lines, Screen, Silence

    console = Console(stderr=as_json)
    if console.is_terminal:
        return Screen(console)
    return Silence() if as_json else Lines(console)


def _on_terminal() -> bool:
    import sys

    return sys.stdout.isatty()


def _show(outcome: "Outcome", *, as_json: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from gateway.demo.summary import summary

    if as_json:
        show(outcome.to_json(), (), as_json=True)
        return
    console = Console()
    for number, line in enumerate(summary(outcome)):
        heading = number == 0 or not line.startswith(" ")
        console.print(Text(plain(line), "bold" if heading else ""), soft_wrap=True)


def _wait_for_interrupt(outcome: "Outcome") -> None:
    import contextlib
    import signal

    say("The nodes are running: " + ", ".join(f"{name} at {url}" for name, url in outcome.nodes.items()))
    say("Ctrl-C stops them.")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()

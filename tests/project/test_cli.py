"""The command line as people and scripts meet it: processes, exit codes, pure JSON, no questions, no tracebacks."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli.reference import pages

ROOT = Path(__file__).parents[2]
URL = "http://127.0.0.1:9"

Spoil = Callable[[Path], object]


def backpack(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run it as a user would, with nobody at the keyboard."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        stdin=subprocess.DEVNULL,
        **more,
    )


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    return _leaves(get_command(app), ())


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(child, (*path, name))


VISIBLE = [(path, command) for path, command in commands() if path[0] != "reference"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agency and a district in folders of their own; nothing changes them."""
    folder = tmp_path_factory.mktemp("nodes")
    init(folder / "agency", "agency", URL)
    init(folder / "maple", "district", "http://127.0.0.1:10", anchor=folder / "agency", anchor_url=URL)
    return folder


def init(folder: Path, role: str, url: str, *, anchor: Path | None = None, anchor_url: str = "") -> None:
    pinned = ["--anchor-url", anchor_url, "--anchor-keys", str(anchor / "anchor.jwks.json")] if anchor else []
    arguments = ["init", "--role", role, "--name", folder.name.title(), "--url", url, "--dir", str(folder)]
    done = CliRunner().invoke(app, [*arguments, "--allow-loopback-http", *pinned])
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*path, "--help"])

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 4


@pytest.mark.parametrize(("path", "command"), VISIBLE, ids=[" ".join(path) for path, _ in VISIBLE])
def test_every_command_can_speak_json(path: tuple[str, ...], command: Any) -> None:
    options = {option for parameter in command.params for option in parameter.opts}

    assert "--json" in options, path
    assert command.help


def test_the_reference_page_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8") == "\n".join(pages()) + "\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("transfer", "list"),
        ("student", "list"),
        ("student", "find", "Ana"),
        ("map", "findings"),
        ("keys", "show"),
        ("keys", "fingerprint"),
        ("schema", "sections"),
        ("schema", "export"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_with_json_there_is_nothing_but_json(made: Path, arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(
        app, [*arguments, "--json"], env={"BACKPACK_CONFIG": str(made / "maple" / "node.toml")}
    )

    assert isinstance(json.loads(done.stdout), dict | list)


def test_in_a_process_json_stands_alone_on_standard_output(made: Path) -> None:
    done = backpack("transfer", "list", "--json", "--config", str(made / "maple" / "node.toml"))

    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "No transfers.\n")


def _no_settings(folder: Path) -> None:
    (folder / "node.toml").unlink()


def _broken_settings(folder: Path) -> None:
    (folder / "node.toml").write_text("role = ")


def _no_anchor(folder: Path) -> None:
    (folder / "anchor.jwks.json").unlink()


def _anchor_is_no_key(folder: Path) -> None:
    (folder / "anchor.jwks.json").write_text('{"keys": [{"kty": "oct"}]}')


def _key_for_all(folder: Path) -> None:
    (folder / "keys" / "client.jwks.json").chmod(0o644)


def _key_of_nothing(folder: Path) -> None:
    (folder / "keys" / "client.jwks.json").write_text("{}")


def _no_keys(folder: Path) -> None:
    (folder / "keys").rename(folder / "elsewhere")


def _secret_is_text(folder: Path) -> None:
    (folder / "keys" / "pseudonyms.key").write_text("secret")


def _database_is_text(folder: Path) -> None:
    (folder / "node.db").write_text("not a database, but long enough to be read as the head of one" * 20)


def _adapter_unknown(folder: Path) -> None:
    file = folder / "node.toml"
    file.write_text(file.read_text("utf-8") + '\n[source]\nadapter = "abacus"\nmapping = "x"\n', "utf-8")


SPOILS: list[Spoil] = [
    _no_settings,
    _broken_settings,
    _no_anchor,
    _anchor_is_no_key,
    _key_for_all,
    _key_of_nothing,
    _no_keys,
    _secret_is_text,
    _database_is_text,
    _adapter_unknown,
]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__.strip("_"))
def test_a_misconfiguration_is_one_sentence_and_never_a_traceback(tmp_path: Path, spoil: Spoil) -> None:
    init(tmp_path / "agency", "agency", URL)
    folder = tmp_path / "maple"
    init(folder, "district", "http://127.0.0.1:10", anchor=tmp_path / "agency", anchor_url=URL)
    spoil(folder)

    done = CliRunner().invoke(app, ["transfer", "list", "--config", str(folder / "node.toml")])
    examined = CliRunner().invoke(app, ["doctor", "--json", "--config", str(folder / "node.toml")])

    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.startswith("backpack: This node is not set up for that: ")
    assert "Traceback" not in done.stderr
    assert examined.exit_code == 2
    assert any(one["status"] == "fail" and one["fix"] for one in json.loads(examined.stdout))


def test_a_file_that_cannot_be_written_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = backpack("schema", "export", "--out", str(tmp_path / "nowhere" / "schema.json"))

    assert done.returncode == 4
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_does_not_exist_is_a_usage_error_with_a_suggestion() -> None:
    done = backpack("transfr")

    assert done.returncode == 2
    assert "transfer" in done.stderr


def test_without_a_terminal_nothing_is_asked(made: Path) -> None:
    done = backpack("keys", "rotate", "client", "--config", str(made / "maple" / "node.toml"))

    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "[y/N]" not in done.stderr + done.stdout


def test_a_fault_of_ours_shows_its_place_and_no_value() -> None:
    script = """
import typer
from gateway.cli import app
@app.command()
def boom():
    raise KeyError("Zephyrine Quux")
app(["boom"])
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert done.returncode == 70
    assert "KeyError" in done.stderr
    assert "Zephyrine" not in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_nothing_heavy() -> None:
    script = """
import sys
from gateway.cli import app
try:
    app(["--help"])
except SystemExit:
    heavy = {"pydantic", "aiohttp", "sqlalchemy", "asyncio", "rich", "orjson", "joserfc", "structlog"}
    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert done.stderr.strip() == "[]"
    assert "Commands:" in done.stdout


def test_the_version_is_printed() -> None:
    done = backpack("--version")

    assert done.returncode == 0
    assert done.stdout.startswith("backpack 0.")


def test_the_shell_completes_commands() -> None:
    done = backpack(
        env={
            **os.environ,
            "_BACKPACK_COMPLETE": "complete_bash",
            "COMP_WORDS": "backpack tran",
            "COMP_CWORD": "1",
        }
    )

    assert done.stdout.split() == ["transfer"]


@pytest.mark.timeout(120)
def test_an_agency_admits_a_running_district_that_finds_all_well(tmp_path: Path) -> None:
    """Init, serve, compare fingerprints, admit, doctor, suspend: as the two offices would do it."""
    agency_url, maple_url = (f"http://127.0.0.1:{port}" for port in free_ports())
    agency, maple = tmp_path / "agency", tmp_path / "maple"
    init(agency, "agency", agency_url)
    init(maple, "district", maple_url, anchor=agency, anchor_url=agency_url)
    at_agency, at_maple = ("--config", str(agency / "node.toml")), ("--config", str(maple / "node.toml"))

    with serving(agency) as agency_said, serving(maple) as maple_said:
        fingerprint = backpack("keys", "fingerprint", *at_maple).stdout.strip()
        admit = ("agency", "admit", maple_url, "--lea", "nces=0612345", *at_agency)
        unasked = backpack(*admit)
        wrong = backpack(*admit, "--fingerprint", "0" + fingerprint[1:])
        admitted = backpack(*admit, "--fingerprint", fingerprint, "--json")
        others = backpack("transfer", "holders", "--json", *at_maple)
        checks = json.loads(backpack("doctor", "--json", *at_maple).stdout)
        suspended = backpack("agency", "suspend", maple_url, "--yes", "--json", *at_agency)

    found = {one["name"]: one["status"] for one in checks}
    assert (agency_said["url"], maple_said["url"]) == (agency_url, maple_url)
    assert (others.returncode, json.loads(others.stdout)) == (0, [])
    assert (unasked.returncode, wrong.returncode) == (2, 1)
    assert fingerprint in unasked.stderr
    assert json.loads(admitted.stdout)["lea"] == {"nces": "0612345"}
    well = ("agency", "clock", "own statement", "own chain", "listening")
    assert {name: found[name] for name in well} == dict.fromkeys(well, "ok")
    assert json.loads(suspended.stdout)["status"] == "suspended"


@contextmanager
def serving(folder: Path) -> Iterator[Any]:
    """A running node; gives what `serve --json` said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--json", "--config", str(folder / "node.toml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        try:
            yield json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], other.getsockname()[1]]

"""What the pages, examples and locked dependencies say is so."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from gateway.cli import app
from gateway.settings import Settings, load

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
EXAMPLES: Final = sorted((ROOT / "config").glob("*.example.toml"))

_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE: Final = re.compile(r"^\s*```(\w*)\n(.*?)^\s*```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`(backpack [^`\n]+)`")
_CALL: Final = re.compile(r"(\S*/)?backpack\s")
_COMMENTED: Final = re.compile(r"# ([a-z_]+ = \S.*)")
_TABLE: Final = re.compile(r"(?m)^(?:# )?\[\[?([a-z_.]+)\]\]?$")

REGISTRIES: Final = tuple(
    f"{host}.{end}"
    for host, end in (
        *(("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")),
        *(("crates", "io"), ("proxy.golang", "org"), ("anaconda", "org"), ("rubygems", "org")),
    )
)
MACHINE_PATH: Final = re.compile(r"(?<![\w./$}~-])/(?:work|root|tmp|home|Users)/[\w.-]+")
FEWEST_COMMANDS: Final = 6
TEXT: Final = {".py", ".md", ".toml", ".lock", ".csv", ".sh", ".yml", ".yaml", ".svg", ".service", ""}


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def tracked() -> tuple[Path, ...]:
    """Return the project's files: those that Git knows, or may come to know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        return tuple(file for file in ROOT.glob("*/**/*") if file.is_file() and file.suffix in TEXT - {""})
    files = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(file for file in files if file.is_file() and file.suffix in TEXT)


def commands_in(text: str) -> Iterator[Sequence[str]]:
    """Yield the words of each `backpack` command, from blocks of commands and from the text."""
    for language, block in _FENCE.findall(text):
        if language in {"console", "bash", "sh", "shell", ""}:
            for line in block.replace("\\\n", " ").splitlines():
                yield from _words_of(line.strip().removeprefix("$ "))
    for inline in _INLINE.findall(_FENCE.sub("", text)):
        yield from _words_of(inline)


def _words_of(line: str) -> Iterator[Sequence[str]]:
    for part in re.split(r"\s(?:\||&&|;)\s", line):
        if _CALL.match(part):
            yield _before_redirection(shlex.split(part, comments=True)[1:])


def _before_redirection(words: Sequence[str]) -> Sequence[str]:
    end = next((at for at, word in enumerate(words) if word in {">", ">>", "<", "&", "2>"}), len(words))
    return words[:end]


def fault_of(words: Sequence[str]) -> str | None:
    """Return what of a command does not exist, or None."""
    command: Any = get_command(app)
    rest = list(words)
    while rest and (children := getattr(command, "commands", None)):
        if rest[0].startswith("-"):
            break
        if rest[0] not in children:
            return f"no command {rest[0]}"
        command = children[rest.pop(0)]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "-h"}
    used = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    return f"no option {min(used - known)}" if used - known else None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = _LINK.findall(_FENCE.sub("", page.read_text("utf-8")))
    files = [link.partition("#")[0] for link in links if "://" not in link and not link.startswith("mailto:")]

    missing = [name for name in files if name and not (page.parent / name).exists()]

    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    faults = {
        " ".join(words): fault for words in commands_in(page.read_text("utf-8")) if (fault := fault_of(words))
    }

    assert faults == {}


def test_the_pages_name_commands_and_files() -> None:
    texts = [page.read_text("utf-8") for page in PAGES]

    assert sum(len(list(commands_in(text))) for text in texts) >= FEWEST_COMMANDS
    assert any(_LINK.search(text) for text in texts)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("backpack transfer list --stuck --json", None),
        ("backpack transfr list", "no command transfr"),
        ("backpack transfer list --stuk", "no option --stuk"),
        ("backpack map findings --csv > out.csv", None),
        (".venv/bin/backpack demo --source x.zip", None),
        ("backpack keys rotate client -y", None),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str, fault: str | None) -> None:
    (words,) = commands_in(f"```console\n{line}\n```\n")

    assert fault_of(words) == fault


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_of_settings_loads(example: Path) -> None:
    assert load(example).role in {"district", "agency"}


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_what_an_example_leaves_as_a_comment_loads_too(example: Path, tmp_path: Path) -> None:
    text = example.read_text("utf-8")
    uncommented = tmp_path / "node.toml"
    uncommented.write_text(re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text), "utf-8")

    assert _COMMENTED.search(text)
    assert load(uncommented).role == load(example).role


def test_the_examples_show_every_table_of_settings() -> None:
    shown = {name.split(".")[0] for file in EXAMPLES for name in _TABLE.findall(file.read_text("utf-8"))}
    plain = {"role", "id", "name", "contact", "file"}

    tables = {field.alias or name for name, field in Settings.model_fields.items()} - plain

    assert tables - shown <= {"requests"}


@pytest.mark.parametrize("file", tracked(), ids=name_of)
def test_no_file_names_a_registry_or_a_place_on_somebodys_machine(file: Path) -> None:
    text = file.read_text("utf-8", errors="replace")

    assert [host for host in REGISTRIES if host in text] == []
    assert MACHINE_PATH.findall(text) == []


def test_a_place_on_somebodys_machine_would_be_noticed() -> None:
    place = Path("/") / "home" / "ada" / "x"

    assert MACHINE_PATH.findall(f'path = "{place}"')
    assert not MACHINE_PATH.findall("docs/home/ada and https://example.org/tmp/x")


def test_every_dependency_is_locked_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    unlocked = [line for line in lines if "==" not in line or "--hash=sha256:" not in line]

    assert len(lines) > len(dependencies())
    assert unlocked == []
    assert "://" not in text


def test_every_direct_dependency_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = {normal(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", lock)}

    assert {normal(name) for name in dependencies()} <= locked


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    wanted = re.compile(r'^\s+"([A-Za-z0-9._-]+)[^"]*",\s*(#.*)?$')
    found = {match[1]: match[2] or "" for line in lines if (match := wanted.match(line))}

    silent = [name for name in dependencies() if len(found.get(name, "").split()) < 2]

    assert silent == []


def dependencies() -> list[str]:
    """Return the names of the project's own dependencies, those for development too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return [match[0] for one in listed if (match := re.match(r"[A-Za-z0-9._-]+", one))]


def normal(name: str) -> str:
    """Return a distribution's name as names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).casefold()

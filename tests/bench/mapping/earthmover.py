"""earthmover 0.4.10, the tool that districts use today, in an environment of its own."""

import csv
import json
import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree
from typing import Final

from tests.bench.mapping.codes import load_codes

VERSION: Final = "0.4.10"
_PROJECT: Final = Path(__file__).parent / "earthmover_project"
_INSTALL_SECONDS: Final = 600


class NotToBeHad(Exception):
    """It could not be installed."""


def installed(cache: Path) -> Path:
    """Return the program; it is installed into the cache folder if it is not there.

    Raises:
        NotToBeHad: the registry cannot be reached or does not have it.
    """
    folder = cache / f"earthmover-{VERSION}"
    program = folder / "bin" / "earthmover"
    if program.exists():
        return program
    venv.create(folder, with_pip=True, symlinks=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"earthmover=={VERSION}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotToBeHad(f"not installed after {_INSTALL_SECONDS} seconds") from None
    if done.returncode:
        raise NotToBeHad((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    return program


def command(program: Path, bundle: Path, out: Path) -> Sequence[str]:
    """Return the command that writes `all.jsonl` into a folder, in which the project is laid first."""
    project = out / "project"
    copytree(_PROJECT, project)
    _write_codes(project / "codes")
    parameters = {
        "BUNDLE": str(bundle),
        "CODES": str(project / "codes"),
        "OUT": str(out),
        "TEMPLATE": "student.jsont",
    }
    return [str(program), "run", "-c", str(project / "earthmover.yaml"), "-p", json.dumps(parameters)]


def _write_codes(folder: Path) -> None:
    """Write the crosswalks as earthmover reads them: every spelling of a code on a line of its own."""
    folder.mkdir()
    for name, codes in load_codes().items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("local", "code"))
            for local, code in codes.by_local.items():
                spellings = dict.fromkeys((local, local.capitalize(), local.title(), local.upper(), code))
                writer.writerows((spelling, code) for spelling in spellings)

"""The package as it is installed: whole, and without the source beside it."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and the libraries of this one behind it."""

    wheel: Path
    bin: Path
    folder: Path
    """An empty folder to work in."""

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        program = str(self.bin / command[0])
        return subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def python(self, script: str) -> str:
        done = self.run("python", "-c", script)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def build(folder: Path) -> Path:
    """Build the wheel with what is installed here: no network, nothing left in the source."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build(folder)
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    packages = next(environment.glob("lib/python*/site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)],
        check=True,
        capture_output=True,
        timeout=100,
    )
    empty = folder / "elsewhere"
    empty.mkdir()
    return Installed(wheel, environment / "bin", empty)


def test_what_runs_is_what_was_installed(installed: Installed) -> None:
    script = (
        "import gateway, adapters, mappings; print(*(one.__file__ for one in (gateway, adapters, mappings)))"
    )

    places = installed.python(script).split()

    assert len(places) == 3
    assert all(Path(place).is_relative_to(installed.bin.parent) for place in places)


def test_the_command_says_its_version(installed: Installed) -> None:
    done = installed.run("backpack", "--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1] in installed.wheel.name


def test_the_schema_can_be_exported(installed: Installed) -> None:
    done = installed.run("backpack", "schema", "export")

    schema: Mapping[str, object] = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_packaged_mapping_and_its_codes_load(installed: Installed) -> None:
    script = """
from gateway import resources
from gateway.mapping.spec import load_mapping
name = "oneroster/oneroster"
print(type(load_mapping(resources.mapping_text(name), resources.code_texts(), name=name)).__name__)
"""

    assert installed.python(script) == "MappingFile"


def test_adapters_and_sinks_are_found_and_can_be_loaded(installed: Installed) -> None:
    script = """
from importlib.metadata import entry_points
for group in ("backpack.adapters", "backpack.sinks"):
    print(*sorted(one.name for one in entry_points(group=group) if one.load()))
"""

    adapters, sinks = installed.python(script).splitlines()

    assert adapters.split() == [
        *("credentials_folder", "edfi_rest", "edfi_xml", "oneroster_csv", "oneroster_rest"),
        *("sql", "table_files", "xsre_xml"),
    ]
    assert sinks.split() == ["json_folder", "table_folder"]


def test_a_node_can_be_made_and_examined(installed: Installed) -> None:
    folder = installed.folder / "agency"
    made = installed.run(
        *("backpack", "init", "--role", "agency", "--name", "Agency", "--dir", str(folder)),
        *("--url", "http://127.0.0.1:9", "--allow-loopback-http"),
    )

    examined = installed.run("backpack", "doctor", "--json", "--config", str(folder / "node.toml"))

    assert made.returncode == 0, made.stderr
    assert {one["name"]: one["status"] for one in json.loads(examined.stdout)}["settings"] == "ok"


def test_the_wheel_has_code_data_and_licence_and_nothing_else(installed: Installed) -> None:
    with ZipFile(installed.wheel) as archive:
        names = archive.namelist()

    tops = {name.partition("/")[0] for name in names}
    assert {"gateway", "adapters", "mappings"} <= tops
    assert all(top in {"gateway", "adapters", "mappings"} or top.endswith(".dist-info") for top in tops)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {Path(name).suffix for name in names} <= {
        ".po",
        ".py",
        ".svg",
        ".toml",
        ".css",
        ".csv",
        ".json",
        ".txt",
        ".md",
        ".html",
        *(".css", ".svg", ".po"),
        "",
    }

"""The command line in this process, and a district's folder made by it."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.demo.district import Bundle, make_bundle
from gateway.demo.nodes import school_year

AGENCY_URL = "http://127.0.0.1:9"
DISTRICT_URL = "http://127.0.0.1:10"
"""Nobody listens at these ports."""

Run = Callable[..., Result]


@dataclass(frozen=True)
class District:
    """A district's folder and the command line at it."""

    folder: Path
    config: Path
    run: Run

    def json(self, *arguments: str, **more: Any) -> Any:
        """What the command says as JSON."""
        return json.loads(self.run(*arguments, "--json", "--config", str(self.config), **more).stdout)

    def do(self, *arguments: str, **more: Any) -> Result:
        return self.run(*arguments, "--config", str(self.config), **more)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Commands send logs to a stream that ends with them."""
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[logging.NullHandler()], level=logging.WARNING, force=True)


@pytest.fixture
def run() -> Run:
    def run(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(app, list(arguments), **more)

    return run


@pytest.fixture
def agency(run: Run, tmp_path: Path) -> District:
    folder = tmp_path / "agency"
    made = run(*_init("agency", AGENCY_URL, folder))
    assert made.exit_code == 0, made.stderr
    return District(folder, folder / "node.toml", run)


@pytest.fixture
def district(run: Run, agency: District, tmp_path: Path) -> District:
    folder = tmp_path / "maple"
    made = run(*_init("district", DISTRICT_URL, folder), *_anchor(agency))
    assert made.exit_code == 0, made.stderr
    give_notice(folder / "node.toml")
    return District(folder, folder / "node.toml", run)


def give_notice(config: Path) -> None:
    """Enter this school year's annual notice."""
    year = school_year(datetime.now(UTC).date())
    text = config.read_text("utf-8")
    config.write_text(text.replace("[notice]\n", f'[notice]\nyear = "{year}"\ntext = "made up"\n'), "utf-8")


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return make_bundle(7, students=12)


@pytest.fixture
def mapped(run: Run, agency: District, bundle: Bundle, tmp_path: Path) -> District:
    """A district that has read its export."""
    export = tmp_path / "export.zip"
    export.write_bytes(bundle.to_zip())
    folder = tmp_path / "maple"
    made = run(*_init("district", DISTRICT_URL, folder), *_anchor(agency), "--source-path", str(export))
    assert made.exit_code == 0, made.stderr
    give_notice(folder / "node.toml")
    district = District(folder, folder / "node.toml", run)
    assert district.do("map", "run", "--no-locator").exit_code == 0
    return district


def _init(role: str, url: str, folder: Path) -> list[str]:
    return [
        *("init", "--role", role, "--name", f"A made-up {role}", "--url", url),
        *("--dir", str(folder), "--allow-loopback-http"),
    ]


def _anchor(agency: District) -> list[str]:
    return ["--anchor-url", AGENCY_URL, "--anchor-keys", str(agency.folder / "anchor.jwks.json")]

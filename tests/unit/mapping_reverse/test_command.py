"""`backpack map reverse` at a terminal."""

import csv
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import typer
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.cli.guard import GuardedGroup
from gateway.cli.map_reverse import reverse
from tests.harness.bundles import small_district

URL = "http://127.0.0.1:9"
"""Nobody listens at this port."""


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Commands send logs to a stream that ends with them."""
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[logging.NullHandler()], level=logging.WARNING, force=True)


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The settings of a district that has read its export."""
    bundle = small_district(2).folder(tmp_path / "export")
    network = ["--dir", str(tmp_path / "agency"), "--allow-loopback-http"]
    _do("init", "--role", "agency", "--name", "A made-up agency", "--url", URL, *network)
    anchor = ["--anchor-url", URL, "--anchor-keys", str(tmp_path / "agency" / "anchor.jwks.json")]
    place = ["--dir", str(tmp_path / "node"), "--allow-loopback-http", "--source-path", str(bundle)]
    _do("init", "--role", "district", "--name", "Maple", "--url", "http://127.0.0.1:10", *place, *anchor)
    settings = tmp_path / "node" / "node.toml"
    _do("map", "run", "--no-locator", "--config", str(settings))
    return settings


def _do(*arguments: str) -> None:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.stderr


def _reverse(node: Path, folder: Path, *arguments: str, student: str = "U1") -> Result:
    alone = typer.Typer(cls=GuardedGroup, rich_markup_mode=None)
    alone.command("reverse")(reverse)
    alone.command("other")(lambda: None)
    options = ["--output", str(folder), "--config", str(node), "--actor", "r.lopez", *arguments]
    return CliRunner().invoke(alone, ["reverse", "-", *options], input=f"{student}\n")


def test_a_student_becomes_files_that_only_the_owner_reads(node: Path, tmp_path: Path) -> None:
    done = _reverse(node, tmp_path / "rows")

    assert done.exit_code == 0, done.stderr
    assert "Nothing is lost." in done.stdout
    names = {file.name for file in (tmp_path / "rows").iterdir()}
    assert {"users.csv", "roles.csv", "enrollments.csv", "losses.csv"} <= names
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "rows").iterdir()} == {0o600}
    with (tmp_path / "rows" / "users.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["sourcedId"]: row for row in csv.DictReader(file)}
    assert rows["U1"]["givenName"] == "Juniper1"


def test_a_folder_that_is_there_is_not_touched(node: Path, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()

    done = _reverse(node, tmp_path / "rows")

    assert done.exit_code == 1
    assert list((tmp_path / "rows").iterdir()) == []


def test_a_student_who_is_not_there_makes_no_folder(node: Path, tmp_path: Path) -> None:
    done = _reverse(node, tmp_path / "rows", student="nobody")

    assert done.exit_code == 1
    assert not (tmp_path / "rows").exists()


def test_scripts_get_the_figures(node: Path, tmp_path: Path) -> None:
    done = _reverse(node, tmp_path / "rows", "--json")

    told = json.loads(done.stdout)
    assert told["tables"]["demographics"] == 1
    assert (told["losses"], told["blocked"]) == ([], [])

"""`backpack map diff --stored`: what the next run would change."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.harness.bundles import small_district
from tests.unit.cli.conftest import Run

URL = "http://127.0.0.1:9"
"""Nobody listens at this port."""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A district's export of two students."""
    return small_district(2).folder(tmp_path / "export")


@pytest.fixture
def at(run: Run, export: Path, tmp_path: Path) -> Sequence[str]:
    """The option that names a node that has mapped the export."""
    network = ["--dir", str(tmp_path / "agency"), "--allow-loopback-http"]
    done(run("init", "--role", "agency", "--name", "A made-up agency", "--url", URL, *network))
    anchor = ["--anchor-url", URL, "--anchor-keys", str(tmp_path / "agency" / "anchor.jwks.json")]
    place = ["--dir", str(tmp_path / "node"), "--allow-loopback-http", "--source-path", str(export)]
    done(
        run("init", "--role", "district", "--name", "Maple", "--url", "http://127.0.0.1:10", *place, *anchor)
    )
    config = ["--config", str(tmp_path / "node" / "node.toml")]
    done(run("map", "run", "--no-locator", *config))
    return config


def done(result: Any) -> Any:
    assert result.exit_code == 0, result.stderr
    return result


def rename(export: Path, old: str, new: str) -> None:
    users = export / "users.csv"
    text = users.read_text("utf-8")
    assert old in text
    users.write_text(text.replace(old, new), "utf-8")


def differing(run: Run, at: Sequence[str]) -> Any:
    return json.loads(done(run("map", "diff", "--stored", *at, "--json")).stdout)


def test_where_the_source_is_as_it_was_nothing_differs(run: Run, at: Sequence[str]) -> None:
    told = differing(run, at)

    assert (told["students"], told["differ"], told["fields"]) == (2, 0, [])


def test_what_the_next_run_would_change_is_counted_by_field_and_not_stored(
    run: Run, at: Sequence[str], export: Path
) -> None:
    rename(export, "Juniper1", "Juniperia")

    first, second = differing(run, at), differing(run, at)

    assert first == second
    assert first["differ"] == 1
    assert first["fields"] == [{"field": "identity.names.given", "changed": 1, "added": 0, "removed": 0}]


def test_no_value_of_a_student_is_shown(run: Run, at: Sequence[str], export: Path) -> None:
    rename(export, "Juniper1", "Juniperia")

    said = done(run("map", "diff", "--stored", *at)).stdout

    assert "identity.names.given" in said
    assert "Juniper" not in said
    assert run("map", "diff", "--stored", "--student", "U1", *at).exit_code == 2


def test_students_who_come_and_go_are_counted(run: Run, at: Sequence[str], export: Path) -> None:
    rename(export, "U1,", "U9,")

    told = differing(run, at)

    assert (told["students"], told["only_before"]) == (1, 1)


def test_of_a_student_whose_place_is_protected_nothing_is_compared(
    run: Run, at: Sequence[str], export: Path
) -> None:
    asked = ("--why", "the programme's letter", "--actor", "s.okafor")
    done(run("flag", "set", "-", "--kind", "address_confidential", *asked, *at, input="U1\n"))
    rename(export, "Juniper1", "Juniperia")

    told = differing(run, at)

    assert (told["students"], told["differ"], told["only_after"]) == (1, 0, 0)

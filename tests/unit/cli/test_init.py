"""Making a node."""

import json
import stat
import tomllib
from pathlib import Path

from gateway.cli.node_files import NewNode, settings_text
from gateway.settings import load
from tests.unit.cli.conftest import DISTRICT_URL, District, Run

ROOT = Path(__file__).parents[3]


def test_a_new_district_has_settings_that_load(district: District) -> None:
    settings = load(district.config)

    assert (settings.role, settings.id) == ("district", DISTRICT_URL)
    assert [anchor.id for anchor in settings.trust.anchor] == ["http://127.0.0.1:9"]


def test_what_is_private_is_the_owners_only(district: District) -> None:
    private = [*(district.folder / "keys").iterdir(), district.folder / "node.db", district.config]

    modes = {stat.S_IMODE(file.stat().st_mode) for file in private}

    assert modes == {0o600}


def test_an_agency_gets_a_file_with_its_public_keys_only(agency: District) -> None:
    keys = json.loads((agency.folder / "anchor.jwks.json").read_text())["keys"]

    assert keys
    assert all("d" not in key for key in keys)


def test_nothing_is_overwritten(district: District, run: Run) -> None:
    before = district.config.read_bytes()

    again = run(
        "init",
        "--role",
        "district",
        "--name",
        "Other",
        "--url",
        "https://other.example",
        "--dir",
        str(district.folder),
    )

    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert district.config.read_bytes() == before


def test_init_prints_the_commands_that_come_next(agency: District, run: Run, tmp_path: Path) -> None:
    made = run(
        *("init", "--role", "district", "--name", "Cedar", "--url", "https://cedar.example"),
        *("--dir", str(tmp_path / "cedar"), "--json"),
    )

    told = json.loads(made.stdout)
    assert told["next"] == [
        f"backpack doctor --config {tmp_path / 'cedar' / 'node.toml'}",
        f"backpack serve --config {tmp_path / 'cedar' / 'node.toml'}",
    ]


def test_an_address_that_no_node_may_have_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    made = run(
        "init", "--role", "district", "--name", "A", "--url", "http://a.example", "--dir", str(tmp_path / "a")
    )

    assert made.exit_code == 2
    assert "https://" in made.stderr
    assert not (tmp_path / "a").exists()


def test_a_name_cannot_break_out_of_the_settings() -> None:
    name = 'Maple "West"\\ # \x7f'

    text = settings_text(NewNode(role="agency", id="https://a.example", name=name, port=1))

    assert tomllib.loads(text)["name"] == name


def test_the_example_of_a_district_is_what_init_writes() -> None:
    node = NewNode(
        role="district",
        id="https://exchange.maple.example",
        name="Maple Unified School District",
        contact="records@maple.example",
        port=8080,
        anchor="https://trust.state.example",
        adapter="oneroster_csv",
        options={"path": "export"},
        network_key=True,
    )

    assert (ROOT / "config" / "node.example.toml").read_text("utf-8") == settings_text(node)
    assert load(ROOT / "config" / "node.example.toml").source is not None


def test_the_example_of_an_agency_is_what_init_writes() -> None:
    node = NewNode(
        role="agency",
        id="https://trust.state.example",
        name="State Education Agency",
        contact="exchange@state.example",
        port=8080,
    )

    assert (ROOT / "config" / "agency.example.toml").read_text("utf-8") == settings_text(node)
    assert load(ROOT / "config" / "agency.example.toml").role == "agency"
